"""How strong mixers were, day by day: derived from votes, and made anew from them at any time."""

from django.db import models

from mixing.models import Mixer


class MixerStrength(models.Model):
    """A mixer's place on a leaderboard on one day; an empty genre is the overall board."""

    mixer = models.ForeignKey(Mixer, on_delete=models.CASCADE, related_name="strengths")
    genre = models.CharField(max_length=60, blank=True)
    day = models.DateField()
    strength = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    votes = models.PositiveIntegerField()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["mixer", "genre", "day"], name="strength_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.mixer} on {self.day}: {self.strength:+.2f}"
