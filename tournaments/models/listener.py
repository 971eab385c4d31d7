"""Listeners as tournaments know them: who takes part, and how far their votes are trusted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tournaments.models.tournament import Tournament


class Participant(models.Model):
    """Somebody who hears battles of a tournament."""

    tournament = models.ForeignKey(
        Tournament, on_delete=models.CASCADE, related_name="participants"
    )
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="participations"
    )
    joined_at = models.DateTimeField(auto_now_add=True)
    # The listener's session is complete; the code says so once, to whoever asked for it.
    finished_at = models.DateTimeField(null=True, blank=True)
    completion_code = models.CharField(max_length=16, unique=True, null=True, blank=True)
    code_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tournament", "listener"], name="participant_once_per_tournament"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listener} in {self.tournament}"


class ListenerTrust(models.Model):
    """What hidden checks and comparisons with other voters say of a listener; derived.

    `unknown` is the answer until there is enough to say, and whenever a checker could not run.
    """

    class Verdict(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        CLEAR = "clear", "Clear"
        FLAGGED = "flagged", "Flagged"

    listener = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trust"
    )
    weight = models.FloatField(default=1.0)
    checks = models.PositiveIntegerField(default=0)
    checks_passed = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.UNKNOWN)
    reasons = models.JSONField(default=list, blank=True)
    p_value = models.FloatField(null=True, blank=True)
    # What staff decided stands above what was computed; empty: nothing decided.
    staff_verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True)
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="trust_weight_0_to_1"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listener}: {self.final_verdict}"

    @property
    def final_verdict(self) -> str:
        return self.staff_verdict or self.verdict
