"""Votes: what was chosen is never changed, only withdrawn; what it weighs may be."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from tournaments.models.battle import Battle


class VoteQuerySet(models.QuerySet["Vote"]):
    def standing(self) -> Self:
        """Votes that nobody took back."""
        return self.filter(withdrawn_at=None)

    def that_count(self) -> Self:
        """Standing votes that enter the fit: real battles, not left out."""
        return self.standing().filter(counted=True, battle__kind=Battle.Kind.REAL)


class Vote(models.Model):
    """One listener's choice in one battle. A changed mind withdraws a row and adds one."""

    class Choice(models.TextChoices):
        A = "a", "A"
        B = "b", "B"
        TIE = "tie", "No difference"
        NEITHER = "neither", "Both bad"

    class Chip(models.TextChoices):
        """Why, in one tap."""

        VOCALS = "vocals", "Vocals"
        LOW_END = "low_end", "Low end"
        WIDTH = "width", "Width"
        PUNCH = "punch", "Punch"
        HARSH = "harsh", "Harsh"
        MUDDY = "muddy", "Muddy"
        TOO_LOUD = "too_loud", "Too loud"
        CLIPPING = "clipping", "Clipping"

    class Device(models.TextChoices):
        """What the listener said at the sound check; empty: nothing."""

        HEADPHONES = "headphones", "Headphones"
        SPEAKERS = "speakers", "Speakers"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="votes")
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes"
    )
    choice = models.CharField(max_length=8, choices=Choice.choices)
    chips = models.JSONField(default=list, blank=True)
    heard_a_s = models.FloatField()
    heard_b_s = models.FloatField()
    switches = models.PositiveIntegerField(default=0)
    first_side = models.CharField(max_length=1, blank=True)
    region_start_s = models.FloatField(null=True, blank=True)
    region_stop_s = models.FloatField(null=True, blank=True)
    device = models.CharField(max_length=10, choices=Device.choices, blank=True)
    # How much it says in the fit: its listener's weight when that was last measured, 0 to 1.
    weight = models.FloatField(default=1.0)
    counted = models.BooleanField(default=True)
    why_not_counted = models.CharField(max_length=60, blank=True)
    # Cast after the sides were revealed (an undone or edited vote): told, never hidden.
    is_informed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[VoteQuerySet] = models.Manager.from_queryset(VoteQuerySet)()  # type: ignore[assignment]

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["battle", "listener"],
                condition=Q(withdrawn_at__isnull=True),
                name="vote_once_per_battle_and_listener",
            ),
            models.CheckConstraint(
                condition=Q(choice__in=["a", "b", "tie", "neither"]), name="vote_choice_known"
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="vote_weight_0_to_1"
            ),
        ]
        # "How many votes did this listener cast in the last ten minutes?"
        indexes = [models.Index(fields=["listener", "created_at"])]

    def __str__(self) -> str:
        return self.get_choice_display()
