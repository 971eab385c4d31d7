"""What a person asked to sound like: a reference's figures, and the mixes that follow them."""

import uuid

from django.conf import settings
from django.db import models


class ReferenceMatch(models.Model):
    """A mix to be brought nearer to a reference track.

    The track's file is gone: only what was measured on it is kept (`mixing.audio.reference`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reference_matches"
    )
    mix = models.ForeignKey("mixing.Mix", on_delete=models.CASCADE, related_name="matches")
    matched = models.ForeignKey("mixing.Mix", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    # Percent of the way from the mix to the reference.
    amount = models.PositiveSmallIntegerField()
    # Profiles of the reference and of the mix, and the third octaves that were predicted.
    reference = models.JSONField()
    before = models.JSONField()
    predicted_db = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "reference matches"
        ordering = ["-created_at"]
        # "What did this person match this mix to, newest first?"
        indexes = [models.Index(fields=["owner", "mix", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.mix} like {self.name}"
