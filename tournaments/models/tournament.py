"""A tournament: which question, about which songs, asked of whom, and until when."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from mixing.models import Song


class TournamentQuerySet(models.QuerySet["Tournament"]):
    def open(self) -> Self:
        return self.filter(state=Tournament.State.OPEN)

    def of(self, user: object) -> Self:
        """Those this person started."""
        return self.filter(_owned_by(user))

    def open_to(self, user: object) -> Self:
        """What a person may open: their own, those they joined, and those open to everybody."""
        return self.filter(
            _owned_by(user) | Q(voters=Tournament.Voters.EVERYBODY) | Q(pk__in=_joined_by(user))
        )


def _owned_by(user: object) -> Q:
    """Somebody who is not logged in owns nothing (guests are logged in)."""
    return Q(owner=user) if getattr(user, "is_authenticated", False) else Q(pk__in=())


def _joined_by(user: object) -> "models.QuerySet[Tournament, Any]":
    if not isinstance(user, User):
        return Tournament.objects.none()
    # A link that was turned off lets nobody new in; who joined stays.
    return Tournament.objects.filter(participants__listener=user).values("pk")


class Tournament(models.Model):
    """Entries under one question: which mixer does best on these songs?"""

    class Format(models.TextChoices):
        PERSONAL = "personal", "Personal"
        ROUND_ROBIN = "round_robin", "Round robin"
        SWISS = "swiss", "Swiss"
        SINGLE_ELIMINATION = "single_elimination", "Single elimination"
        DOUBLE_ELIMINATION = "double_elimination", "Double elimination"
        ARENA = "arena", "Open arena"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    class Voters(models.TextChoices):
        """Who may vote; those who may vote may also watch."""

        OWNER = "owner", "Only me"
        LINK = "link", "People with the link"
        EVERYBODY = "everybody", "Everybody"

    class Goal(models.TextChoices):
        WINNER = "winner", "Find the winner"
        TABLE = "table", "Order the whole table"

    class Ending(models.TextChoices):
        """Why it closed."""

        BUDGET = "budget", "All votes were cast"
        DATE = "date", "Its time was over"
        SURE = "sure", "The votes were sure enough"
        FORMAT = "format", "Every match was decided"
        OWNER = "owner", "Ended by hand"
        NO_PAIR = "no_pair", "Fewer than two mixes can be heard"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tournaments"
    )
    title = models.CharField(max_length=120, blank=True)
    # The first of `songs`: what lists show, and the whole story of a personal tournament.
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="tournaments")
    songs: "models.ManyToManyField[Song, TournamentSong]" = models.ManyToManyField(
        Song, through="TournamentSong", related_name="all_tournaments"
    )
    format = models.CharField(max_length=20, choices=Format.choices, default=Format.PERSONAL)
    goal = models.CharField(max_length=10, choices=Goal.choices, default=Goal.WINNER)
    voters = models.CharField(max_length=10, choices=Voters.choices, default=Voters.OWNER)
    is_community = models.BooleanField(default=False, help_text="Made by staff for everybody.")
    # Battles of one sitting: all of a personal tournament, a listener's session in others.
    battle_budget = models.PositiveSmallIntegerField(default=7)
    votes_per_match = models.PositiveSmallIntegerField(default=1)
    rounds = models.PositiveSmallIntegerField(
        default=0, help_text="Of a Swiss tournament; 0 is its own choice."
    )
    # Three ways to end by itself; empty ones do not.
    vote_budget = models.PositiveIntegerField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    stop_at = models.FloatField(
        null=True, blank=True, help_text="Closes when P(the leader is best) reaches this."
    )
    hidden_checks = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    ended_because = models.CharField(max_length=10, choices=Ending.choices, blank=True)
    # Seed of the pairing's and the sides' chance: never leaves the server.
    seed = models.PositiveBigIntegerField()
    # Null: not shared. A fresh token replaces it; clearing it ends the public page.
    share_token = models.CharField(max_length=43, unique=True, null=True, blank=True)
    # Of the link that lets people vote; null unless `voters` is link.
    join_token = models.CharField(max_length=43, unique=True, null=True, blank=True)
    # The id it had where it was exported; the same export twice is one tournament.
    imported_from = models.UUIDField(unique=True, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TournamentQuerySet] = TournamentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(battle_budget__gte=1, battle_budget__lte=1000),
                name="tournament_budget_1_to_1000",
            ),
            models.CheckConstraint(
                condition=Q(votes_per_match__gte=1, votes_per_match__lte=99),
                name="tournament_votes_per_match_1_to_99",
            ),
            models.CheckConstraint(
                condition=Q(stop_at=None) | Q(stop_at__gte=0.5, stop_at__lte=0.999),
                name="tournament_stop_at_a_probability",
            ),
        ]
        # "Which open ones end by now?" and "what is open to everybody?"
        indexes = [
            models.Index(fields=["state", "ends_at"]),
            models.Index(fields=["voters", "state", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.song} ({self.get_format_display()})"

    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_personal(self) -> bool:
        return self.format == self.Format.PERSONAL

    def is_public(self) -> bool:
        return self.voters == self.Voters.EVERYBODY

    @property
    def topic(self) -> str:
        return f"tournament:{self.pk}"


class TournamentSong(models.Model):
    """A song of a tournament, in its place."""

    tournament = models.ForeignKey(
        Tournament, on_delete=models.CASCADE, related_name="tournament_songs"
    )
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["tournament", "song"], name="tournament_song_once"),
        ]
