"""A tournament as its format sees it, read from the rows: entries and songs become numbers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from tournaments import ratings, tables
from tournaments.formats import Assigned, Field, Heard, Summary
from tournaments.judgements import FIRST, SCORES
from tournaments.models import Battle, Tournament, Vote
from tournaments.prepared import Prepared
from tournaments.rosters import Roster

ENDLESS: Final = 1_000_000
"""Votes of a tournament that no budget ends."""
MATCHES: Final = frozenset(
    {
        Tournament.Format.ROUND_ROBIN,
        Tournament.Format.SWISS,
        Tournament.Format.SINGLE_ELIMINATION,
        Tournament.Format.DOUBLE_ELIMINATION,
    }
)
"""Formats in which several votes decide a match."""
MOST_REPEATS: Final = 2
LEFT_OUT: Final = "held_out"
"""Begins every reason for which a vote that counted when it was cast is left out of the fit."""


def field_of(tournament: Tournament, roster: Roster, listener_id: UUID | None = None) -> Field:
    """All that the format may know when this listener asks (three to five queries)."""
    arena = tournament.format == Tournament.Format.ARENA
    return Field(
        entries=len(roster.entries),
        audible=roster.audible(),
        coming=roster.coming(),
        budget=vote_limit(tournament),
        heard=heard_in(tournament, roster, listener_id if arena else None),
        summary=_summary(tournament, roster) if arena else None,
        listener=listener_id.int if listener_id else 0,
        assigned=_given(tournament, roster) if arena else _assigned(tournament, roster),
        skipped=_skipped(tournament, roster, listener_id) if listener_id else (),
        seed=tournament.seed,
        seeding=tuple(entry.seeding for entry in roster.entries),
        votes_per_match=tournament.votes_per_match,
        rounds=tournament.rounds,
        repeats=_repeats(tournament),
        goal="table" if tournament.goal == Tournament.Goal.TABLE else "winner",
        stop_at=tournament.stop_at,
        over=not tournament.is_open(),
    )


def heard_in(
    tournament: Tournament, roster: Roster, listener_id: UUID | None = None
) -> tuple[Heard, ...]:
    """Votes of real battles, in the order in which the battles were decided (one query).

    Only this listener's, if one is named.
    """
    rows: Iterable[tuple[Any, ...]] = (
        _votes(tournament.pk).iterator()
        if listener_id is None
        else _VOTES_OF_ONE(tournament.pk, listener_id)
    )
    place, song_place = roster.place, roster.song_place
    fixed = tournament.format in MATCHES
    return tuple(
        Heard(
            a=place[a],
            b=place[b],
            score=SCORES.get(choice),
            listener=listener.int,
            song=song_place.get(song, 0),
            match=match,
            first=FIRST.get(first, 0),
            # What a bracket decided stays decided; only the fit goes without a vote left out later.
            weight=weight if counted or (fixed and why.startswith(LEFT_OUT)) else 0.0,
        )
        for a, b, choice, listener, song, match, first, weight, counted, why in rows
        if a in place and b in place
    )


def vote_limit(tournament: Tournament) -> int:
    """Votes after which the tournament is over, if nothing ends it before."""
    if tournament.is_personal():
        return tournament.battle_budget
    return tournament.vote_budget or ENDLESS


def _votes(tournament: UUID) -> QuerySet[Vote, tuple[Any, ...]]:
    return (
        Vote.objects.standing()
        .filter(
            battle__tournament=tournament,
            battle__state=Battle.State.DECIDED,
            battle__kind=Battle.Kind.REAL,
        )
        .order_by("battle__decided_at", "battle__number", "battle")
        .values_list(
            "battle__side_a",
            "battle__side_b",
            "choice",
            "listener",
            "battle__song",
            "battle__match",
            "first_side",
            "weight",
            "counted",
            "why_not_counted",
        )
    )


def _battles(tournament: UUID, state: str) -> QuerySet[Battle]:
    real = Battle.Kind.REAL
    return Battle.objects.filter(tournament=tournament, state=state, kind=real).order_by("number")


def _open(tournament: UUID, now: datetime) -> QuerySet[Battle]:
    """Real battles that nobody gave up on."""
    still = Q(expires_at=None) | Q(expires_at__gt=now)
    return _battles(tournament, Battle.State.OPEN).filter(still)


_ASSIGNED: Final = ("side_a", "side_b", "listener", "song", "match")
_VOTES_OF_ONE: Final = Prepared(
    lambda tournament, listener: _votes(tournament).filter(listener=listener), UUID, UUID
)
_OPEN: Final = Prepared(
    lambda tournament, now: _open(tournament, now).values_list(*_ASSIGNED), UUID, datetime
)
_OPEN_PAIRS: Final = Prepared(
    lambda tournament, now: (
        _open(tournament, now)
        .order_by("side_a", "side_b", "song")
        .values_list("side_a", "side_b", "song")
        .annotate(times=Count("pk"))
    ),
    UUID,
    datetime,
)
_SKIPPED: Final = Prepared(
    lambda tournament, listener: (
        _battles(tournament, Battle.State.SKIPPED).filter(listener=listener).values_list(*_ASSIGNED)
    ),
    UUID,
    UUID,
)


def _assigned(tournament: Tournament, roster: Roster) -> tuple[Assigned, ...]:
    return _as_assigned(roster, _OPEN(tournament.pk, timezone.now()))


def _given(tournament: Tournament, roster: Roster) -> tuple[Assigned, ...]:
    """Open battles of an arena: a thousand listeners have few different ones. Whose each is does
    not matter there: whoever asks for a battle has none open."""
    place, song_place = roster.place, roster.song_place
    found: list[Assigned] = []
    for a, b, song, times in _OPEN_PAIRS(tournament.pk, timezone.now()):
        found += [Assigned(place[a], place[b], song=song_place.get(song, 0))] * times
    return tuple(found)


def _skipped(tournament: Tournament, roster: Roster, listener: UUID) -> tuple[Assigned, ...]:
    return _as_assigned(roster, _SKIPPED(tournament.pk, listener))


def _as_assigned(roster: Roster, rows: Iterable[tuple[Any, ...]]) -> tuple[Assigned, ...]:
    place, song_place = roster.place, roster.song_place
    return tuple(
        Assigned(place[a], place[b], listener.int, song_place.get(song, 0), match)
        for a, b, listener, song, match in rows
    )


def _summary(tournament: Tournament, roster: Roster) -> Summary:
    """What the votes add up to. An arena may run on for a hundred thousand votes, so this is kept
    until 2 % more have come: pair choice does not feel the difference."""
    state = tables.state_of(tournament.pk)
    votes = state.votes_counted
    step = max(1, votes // 50)
    key = f"summary:{tournament.pk}:{len(roster.entries)}:{step}:{votes // step}"
    found = cache.get(key)
    if isinstance(found, Summary):
        return found
    entries = tuple(entry.pk for entry in roster.entries)
    sums = tables.sums_of(tournament, state, entries)
    times = np.sum(sums.records(), axis=0)
    made = Summary(ratings.fit(len(entries), sums.votes()), tuple(times.tolist()), votes)
    cache.set(key, made, tables.KEPT_S)
    return made


def _repeats(tournament: Tournament) -> int:
    """How often one listener may hear one pair in one song.

    The same ears on the same two clips mostly answer the same. Where only one person votes they
    must be able to decide a match alone.
    """
    if tournament.voters == Tournament.Voters.OWNER and not tournament.is_personal():
        return max(1, tournament.votes_per_match)
    return MOST_REPEATS if tournament.is_personal() else 1
