"""Battles: a pair assigned to a listener, and what was heard of it."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from mixing.audio import SAMPLE_RATE
from mixing.models import Song
from tournaments.models.entry import Entry, EntryMix
from tournaments.models.tournament import Tournament


class BattleQuerySet(models.QuerySet["Battle"]):
    def that_stand(self) -> Self:
        """Open and decided battles; voided and skipped ones gave their number back."""
        return self.filter(state__in=(Battle.State.OPEN, Battle.State.DECIDED))


class Battle(models.Model):
    """Two mixes of a song that one listener hears blind. Which entry is A was drawn at the start.

    Battles of one match (of a bracket or a round) carry its number: several listeners decide it.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DECIDED = "decided", "Decided"
        VOIDED = "voided", "Voided"
        SKIPPED = "skipped", "Skipped"

    class Kind(models.TextChoices):
        """Hidden checks look like any battle until long after the vote."""

        REAL = "real", "Real"
        IDENTICAL = "identical", "The same mix twice"
        REPEAT = "repeat", "Asked before, sides swapped"
        ANCHOR = "anchor", "One side is made bad"

    class SkipReason(models.TextChoices):
        CANNOT_HEAR = "cannot_hear", "I cannot hear it well"
        NO_OPINION = "no_opinion", "I do not know this kind of music"
        BROKEN = "broken", "The player or a clip is broken"
        TIRED = "tired", "My ears are tired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tournament = models.ForeignKey(Tournament, on_delete=models.CASCADE, related_name="battles")
    # The listener's first, second, … battle of this tournament.
    number = models.PositiveIntegerField()
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="+")
    # Of a bracket or a round, as the tournament's format numbers them.
    match = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REAL)
    repeats = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="repeated_by"
    )
    side_a = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="battles_as_a")
    side_b = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="battles_as_b")
    # How the sides sound on this song; null for an imported battle.
    mix_a = models.ForeignKey(EntryMix, on_delete=models.CASCADE, null=True, related_name="+")
    mix_b = models.ForeignKey(EntryMix, on_delete=models.CASCADE, null=True, related_name="+")
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="battles"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # Why it was skipped (a SkipReason), or what ended it: expired, unplayable, closed, undone.
    reason = models.CharField(max_length=20, blank=True)
    # One linear gain per side brings both clips to this loudness; both last this many frames.
    clip_lufs = models.FloatField()
    clip_frames = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    # A pair that nobody finishes goes to somebody else after this moment; null: never.
    expires_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[BattleQuerySet] = models.Manager.from_queryset(BattleQuerySet)()  # type: ignore[assignment]

    class Meta:
        ordering = ["number"]
        constraints = [
            # A voided or skipped battle gives its number back.
            models.UniqueConstraint(
                fields=["tournament", "listener", "number"],
                condition=Q(state__in=("open", "decided")),
                name="battle_number_once_per_listener",
            ),
            models.CheckConstraint(
                condition=~Q(side_a=F("side_b")) | Q(kind="identical"),
                name="battle_sides_differ",
            ),
            # At most one open battle for a listener in a tournament, whatever races happen.
            models.UniqueConstraint(
                fields=["tournament", "listener"],
                condition=Q(state="open"),
                name="battle_one_open_per_listener",
            ),
        ]
        # "Which assignments ran out?"
        indexes = [models.Index(fields=["state", "expires_at"])]

    def __str__(self) -> str:
        return f"Battle {self.number} of {self.tournament}"

    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_voided(self) -> bool:
        return self.state == self.State.VOIDED

    def is_check(self) -> bool:
        return self.kind != self.Kind.REAL

    @property
    def duration_s(self) -> float:
        return self.clip_frames / SAMPLE_RATE


class Listening(models.Model):
    """What one listener has heard of a battle, counted by the server's clock."""

    class Side(models.TextChoices):
        A = "a", "A"
        B = "b", "B"

    battle = models.OneToOneField(Battle, on_delete=models.CASCADE, related_name="listening")
    playing = models.CharField(max_length=1, choices=Side.choices, blank=True)
    first_side = models.CharField(max_length=1, choices=Side.choices, blank=True)
    heard_a_ms = models.PositiveIntegerField(default=0)
    heard_b_ms = models.PositiveIntegerField(default=0)
    switches = models.PositiveIntegerField(default=0)
    region_start_s = models.FloatField(null=True, blank=True)
    region_stop_s = models.FloatField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
