"""Tournaments, entries, battles, listening and votes. Knows mixes, never weights."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from mixing.audio import SAMPLE_RATE
from mixing.models import Mix, Mixer, Song


class Tournament(models.Model):
    """Entries under one question: which mix of this song is best?"""

    class Format(models.TextChoices):
        PERSONAL = "personal", "Personal"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tournaments"
    )
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="tournaments")
    format = models.CharField(max_length=12, choices=Format.choices, default=Format.PERSONAL)
    battle_budget = models.PositiveSmallIntegerField(default=7)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # Seed of the pairing's and the sides' chance: never leaves the server.
    seed = models.PositiveBigIntegerField()
    # Null: not shared. A fresh token replaces it; clearing it ends the public page.
    share_token = models.CharField(max_length=43, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(battle_budget__gte=3, battle_budget__lte=15),
                name="tournament_budget_3_to_15",
            )
        ]

    def __str__(self) -> str:
        return f"{self.song} ({self.get_format_display()})"

    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def topic(self) -> str:
        return f"tournament:{self.pk}"


class Entry(models.Model):
    """A mixer in a tournament."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tournament = models.ForeignKey(Tournament, on_delete=models.CASCADE, related_name="entries")
    # RESTRICT, not PROTECT: a song may go with its mixes and tournaments, a mix alone may not.
    mixer = models.ForeignKey(Mixer, on_delete=models.RESTRICT, related_name="entries")
    preview = models.ForeignKey(Mix, on_delete=models.RESTRICT, related_name="+")
    full = models.ForeignKey(Mix, on_delete=models.RESTRICT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tournament", "mixer"], name="entry_once_per_mixer")
        ]

    def __str__(self) -> str:
        return str(self.mixer)


class BattleQuerySet(models.QuerySet["Battle"]):
    def that_stand(self) -> Self:
        """Open and decided battles; voided ones never happened."""
        return self.exclude(state=Battle.State.VOIDED)


class Battle(models.Model):
    """Two mixes heard blind. Which entry is A was drawn when the battle was made."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DECIDED = "decided", "Decided"
        VOIDED = "voided", "Voided"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tournament = models.ForeignKey(Tournament, on_delete=models.CASCADE, related_name="battles")
    number = models.PositiveSmallIntegerField()
    side_a = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="battles_as_a")
    side_b = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="battles_as_b")
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="battles"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # One linear gain per side brings both clips to this loudness; both last this many frames.
    clip_lufs = models.FloatField()
    clip_frames = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[BattleQuerySet] = models.Manager.from_queryset(BattleQuerySet)()  # type: ignore[assignment]

    class Meta:
        ordering = ["number"]
        constraints = [
            # A voided battle gives its number back.
            models.UniqueConstraint(
                fields=["tournament", "number"],
                condition=~Q(state="voided"),
                name="battle_number_once",
            ),
            models.CheckConstraint(condition=~Q(side_a=F("side_b")), name="battle_sides_differ"),
            # At most one open battle for a listener in a tournament, whatever races happen.
            models.UniqueConstraint(
                fields=["tournament", "listener"],
                condition=Q(state="open"),
                name="battle_one_open_per_listener",
            ),
        ]

    def __str__(self) -> str:
        return f"Battle {self.number} of {self.tournament}"

    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_voided(self) -> bool:
        return self.state == self.State.VOIDED

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


class VoteQuerySet(models.QuerySet["Vote"]):
    def standing(self) -> Self:
        """Votes that nobody took back."""
        return self.filter(withdrawn_at=None)


class Vote(models.Model):
    """One listener's choice in one battle. Rows are never changed, only withdrawn by undo."""

    class Choice(models.TextChoices):
        A = "a", "A"
        B = "b", "B"
        TIE = "tie", "No difference"
        NEITHER = "neither", "Both bad"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="votes")
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes"
    )
    choice = models.CharField(max_length=8, choices=Choice.choices)
    heard_a_s = models.FloatField()
    heard_b_s = models.FloatField()
    switches = models.PositiveIntegerField(default=0)
    first_side = models.CharField(max_length=1, blank=True)
    region_start_s = models.FloatField(null=True, blank=True)
    region_stop_s = models.FloatField(null=True, blank=True)
    counted = models.BooleanField(default=True)
    why_not_counted = models.CharField(max_length=60, blank=True)
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
        ]
        # "How many votes did this listener cast in the last ten minutes?"
        indexes = [models.Index(fields=["listener", "created_at"])]

    def __str__(self) -> str:
        return self.get_choice_display()
