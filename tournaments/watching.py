"""What spectators see of a tournament: names, bracket, strengths, who beat whom, and the votes.

Whoever has a battle open in it sees numbers in place of names, and no votes: a table that says
"these two meet now, and this one leads" would tell them what they are about to hear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import Count, Q, QuerySet

from accounts.models import User
from mixing.models import Song
from tournaments import standings, tables
from tournaments.fields import MATCHES, field_of
from tournaments.formats import FORMATS, Bracket
from tournaments.insights import Insights, insights_of
from tournaments.judgements import SCORES
from tournaments.membership import may_vote
from tournaments.models import Battle, Entry, Tournament, TournamentQuerySet, Vote
from tournaments.rosters import Roster, roster_of
from tournaments.standings import Standing

MOST_VOTES_SHOWN: Final = 200
KNOCKOUT: Final = frozenset(
    {Tournament.Format.SINGLE_ELIMINATION, Tournament.Format.DOUBLE_ELIMINATION}
)
"""Formats that are drawn as a bracket; others with rounds are told by points."""
# Its own stream: the numbers on the page say nothing of the chance that draws pairs and sides.
_NUMBERS: Final = 7


@dataclass(frozen=True, slots=True)
class Duel:
    """Votes between two entries that are alike. Score of A: 1, ½, 0, or None for "both bad"."""

    a: int
    b: int
    score: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Spectacle:
    """A tournament as this viewer may see it now. Entries are numbered from 0."""

    entries: tuple[Entry, ...]
    names: tuple[str, ...]
    order: tuple[int, ...]
    """In which entries are listed; by name, or by the numbers that stand for names."""
    blind: bool
    standings: list[Standing]
    bracket: Bracket | None
    duels: tuple[Duel, ...]
    votes: int
    left_out: int
    """Votes that stand and do not count."""
    voters: int
    insights: Insights | None
    """None before the first vote."""

    @property
    def leader(self) -> Standing | None:
        return self.standings[0] if self.standings else None

    def name_of(self, entry: Entry) -> str:
        return self.by_id[entry.pk]

    @property
    def by_id(self) -> dict[UUID, str]:
        """Names as this viewer may see them."""
        return {entry.pk: name for entry, name in zip(self.entries, self.names, strict=True)}


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote between two entries, seen from the first; its listener is a number."""

    number: int
    song: Song
    score: float | None
    listener: str
    heard_s: float
    device: str
    chips: tuple[str, ...]
    counted: bool
    why_not_counted: str
    weight: float
    is_informed: bool
    cast_at: datetime


def tournaments_to_watch(user: object) -> QuerySet[Tournament]:
    """What this person may open: their own, those they joined, those open to everybody."""
    return Tournament.objects.open_to(user).select_related("song", "owner")


def tournaments_of_person(user: object) -> QuerySet[Tournament]:
    """Those this person started or took part in, newest first; nobody has none."""
    if not isinstance(user, User):
        return Tournament.objects.none()
    mine = Q(owner=user) | Q(participants__listener=user)
    return Tournament.objects.filter(mine).distinct().select_related("song", "owner")


def public_tournaments(user: object) -> TournamentQuerySet:
    """Other people's tournaments that everybody may vote in, newest first."""
    found = Tournament.objects.filter(voters=Tournament.Voters.EVERYBODY)
    if isinstance(user, User):
        found = found.exclude(Q(owner=user) | Q(participants__listener=user))
    return found.select_related("song", "owner")


def is_blind(tournament: Tournament, viewer: object) -> bool:
    """Whether this viewer hears a battle of it now (one query)."""
    if not isinstance(viewer, User) or not tournament.is_open():
        return False
    return tournament.battles.filter(listener=viewer, state=Battle.State.OPEN).exists()


def may_take_part(tournament: Tournament, viewer: object) -> bool:
    """Whether there is a battle to ask for: guests are made on the way where everybody may."""
    if not isinstance(viewer, User):
        return tournament.is_public()
    return may_vote(tournament, viewer)


def spectacle(tournament: Tournament, viewer: object) -> Spectacle:
    """All that moves on a tournament's page, in a fixed number of queries."""
    roster = roster_of(tournament)
    blind = is_blind(tournament, viewer)
    names, order = _names(tournament, roster.entries, blind=blind)
    bracket = _bracket(tournament, roster)
    found = {entry.pk: entry for entry in roster.entries}
    table = tables.table_of(tournament)
    counts = Vote.objects.standing().filter(
        battle__tournament=tournament, battle__kind=Battle.Kind.REAL
    )
    totals = counts.aggregate(
        votes=Count("pk", filter=Q(counted=True)),
        left_out=Count("pk", filter=Q(counted=False)),
        voters=Count("listener", distinct=True),
    )
    return Spectacle(
        entries=tuple(roster.entries),
        names=names,
        order=order,
        blind=blind,
        standings=standings.named(table, found),
        bracket=bracket,
        duels=_duels(tournament, roster),
        insights=insights_of(tournament, table),
        **totals,
    )


def invited_by(token: str) -> QuerySet[Tournament]:
    """The tournament behind an invitation, if it is one."""
    return Tournament.objects.filter(
        join_token=token, voters=Tournament.Voters.LINK
    ).select_related("song", "owner")


def songs_of(tournament: Tournament) -> list[Song]:
    """The tournament's songs in their order (one query)."""
    rows = tournament.tournament_songs.select_related("song").order_by("position")
    return [row.song for row in rows]


def entry_count(tournament: Tournament) -> int:
    """How many compete; hidden anchors do not."""
    return tournament.entries.exclude(kind=Entry.Kind.ANCHOR).count()


def entry_name(tournament: Tournament, number: int) -> str:
    """An entry's name by its number. Raises IndexError."""
    return roster_of(tournament).entries[number].name


def bracket_winner(tournament: Tournament) -> str:
    """Who won by the rules of the format; empty while that is open, or if it has no rounds."""
    if tournament.format not in MATCHES:
        return ""
    roster = roster_of(tournament)
    bracket = _bracket(tournament, roster)
    if bracket is None or bracket.winner is None:
        return ""
    return roster.entries[bracket.winner].name


def votes_between(tournament: Tournament, a: int, b: int) -> list[CastVote]:
    """The newest votes between entries `a` and `b`, also those that do not count.

    Raises IndexError for entries that do not exist.
    """
    entries = roster_of(tournament).entries
    first, second = entries[a], entries[b]
    sides = (first.pk, second.pk)
    votes = (
        Vote.objects.standing()
        .filter(
            battle__tournament=tournament,
            battle__kind=Battle.Kind.REAL,
            battle__side_a__in=sides,
            battle__side_b__in=sides,
        )
        .select_related("battle__song")
        .order_by("-created_at")[:MOST_VOTES_SHOWN]
    )
    listeners = _pseudonyms(tournament)
    return [_cast(vote, first, listeners) for vote in votes]


def _bracket(tournament: Tournament, roster: Roster) -> Bracket | None:
    if tournament.format not in MATCHES:
        return None
    return FORMATS[tournament.format].bracket(field_of(tournament, roster))


def _names(
    tournament: Tournament, entries: Sequence[Entry], *, blind: bool
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What entries are called, and in which order they are listed."""
    if not blind:
        return tuple(entry.name for entry in entries), tuple(range(len(entries)))
    # Entries are numbered by name, so their own order would tell.
    rng = np.random.default_rng((tournament.seed, _NUMBERS))
    order = tuple(int(k) for k in rng.permutation(len(entries)))
    number = {entry: place for place, entry in enumerate(order, start=1)}
    return tuple(f"Mix {number[k]}" for k in range(len(entries))), order


def _duels(tournament: Tournament, roster: Roster) -> tuple[Duel, ...]:
    place = roster.place
    return tuple(
        Duel(place[cell.side_a], place[cell.side_b], SCORES.get(cell.choice), cell.count)
        for cell in tables.cells_of([tournament])[tournament.pk]
        if cell.side_a in place and cell.side_b in place
    )


def _pseudonyms(tournament: Tournament) -> dict[UUID, str]:
    """Listeners by the order in which they joined: the same number wherever they are named."""
    joined = tournament.participants.order_by("joined_at", "pk").values_list("listener", flat=True)
    return {listener: f"Listener {number}" for number, listener in enumerate(joined, start=1)}


def _cast(vote: Vote, first: Entry, listeners: dict[UUID, str]) -> CastVote:
    score = SCORES.get(vote.choice)
    if score is not None and vote.battle.side_a_id != first.pk:
        score = 1.0 - score
    return CastVote(
        number=vote.battle.number,
        song=vote.battle.song,
        score=score,
        listener=listeners.get(vote.listener_id, "A listener"),
        heard_s=vote.heard_a_s + vote.heard_b_s,
        device=vote.get_device_display() if vote.device else "",
        chips=tuple(dict(Vote.Chip.choices)[chip] for chip in vote.chips),
        counted=vote.counted,
        why_not_counted=vote.why_not_counted,
        weight=vote.weight,
        is_informed=vote.is_informed,
        cast_at=vote.created_at,
    )
