"""What people make at the console: presets of their own, and mixes by hand."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models


class PresetQuerySet(models.QuerySet["Preset"]):
    def owned_by(self, user: object) -> Self:
        return self.filter(owner=user) if getattr(user, "is_authenticated", False) else self.none()


class Preset(models.Model):
    """Moves of the console's knobs that somebody saved (see `mixing.presets.content`).

    Those that come with the product are code: `mixing.presets.built_in`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets"
    )
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    content = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[PresetQuerySet] = PresetQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name", "created_at"]
        # "My presets, by name."
        indexes = [models.Index(fields=["owner", "name"])]

    def __str__(self) -> str:
        return self.name


class HandMix(models.Model):
    """A mix that somebody made at the console: theirs, under a name.

    The mixes themselves may be shared: the same settings of the same stems are one mix.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hand_mixes"
    )
    preview = models.ForeignKey("mixing.Mix", on_delete=models.CASCADE, related_name="+")
    full = models.ForeignKey("mixing.Mix", on_delete=models.CASCADE, related_name="hand_mixes")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "hand mixes"
        ordering = ["-created_at"]
        constraints = [
            # Rendering the same settings again renames what is there.
            models.UniqueConstraint(fields=["owner", "full"], name="hand_mix_once_per_owner"),
        ]

    def __str__(self) -> str:
        return self.name
