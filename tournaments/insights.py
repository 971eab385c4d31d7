"""How far a table can be trusted, and how far it is from its end: dearer questions, asked seldom.

Answers are kept while the votes are the same, and for some seconds while they change: under many
votes a second nobody reads them faster.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from django.core.cache import cache

from tournaments import analyses
from tournaments.analyses import HeadToHead
from tournaments.comparisons import Integers
from tournaments.fields import vote_limit
from tournaments.judgements import FIRST, SCORES
from tournaments.models import Battle, Tournament, Vote
from tournaments.ratings import Comparison, Votes
from tournaments.stopping import Forecast, StopRule, forecast
from tournaments.tables import Table

KEPT_S: Final = 3600
FRESH_S: Final = 5.0
USUAL_GOAL: Final = 0.95
"""How sure the leader is to be where the tournament itself names no goal."""
FARTHEST: Final = 2000
"""Votes ahead that are looked at; beyond, an estimate helps nobody."""
LEAST_VOTERS: Final = 3
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Removal:
    """What would become of the lead without its most influential 1 % of listeners."""

    listeners: int
    leader: UUID | None
    """Who would lead then; None if it would be the same."""


@dataclass(frozen=True, slots=True)
class Insights:
    """Entries by id."""

    votes_left: int | None
    """About how many until the leader is sure; None if that is too far away to tell."""
    goal: float
    """The probability that counts as sure."""
    circles: tuple[tuple[UUID, UUID, UUID], ...]
    """Each beats the next, and the last one the first."""
    without: Removal | None


@dataclass(frozen=True, slots=True)
class _Kept:
    digest: str
    at: float
    insights: Insights
    forecast: Forecast


def insights_of(tournament: Tournament, table: Table) -> Insights | None:
    """What the table says about itself; None before the first vote."""
    if table.posterior is None:
        return None
    key = f"insights:{_VERSION}:{tournament.pk}"
    digest = hashlib.sha256(table.posterior.strengths.tobytes()).hexdigest()
    kept = cache.get(key)
    before = kept if isinstance(kept, _Kept) else None
    if before is not None and (before.digest == digest or time.time() - before.at < FRESH_S):
        return before.insights
    ahead = _forecast(tournament, table, before)
    votes, listeners = _votes(tournament, table)
    found = Insights(
        votes_left=ahead.votes_left if ahead.votes_left < FARTHEST else None,
        goal=tournament.stop_at or USUAL_GOAL,
        circles=_circles(table, votes),
        without=_without(table, votes, listeners),
    )
    cache.set(key, _Kept(digest, time.time(), found, ahead), KEPT_S)
    return found


def _forecast(tournament: Tournament, table: Table, before: _Kept | None) -> Forecast:
    assert table.posterior is not None
    budget = min(vote_limit(tournament), table.votes + FARTHEST)
    rule = StopRule(budget=budget, p_best=tournament.stop_at or USUAL_GOAL)
    ahead = forecast(table.posterior, table.votes, rule)
    return ahead.shown_after(before.forecast if before is not None else None)


def _circles(table: Table, votes: Votes) -> tuple[tuple[UUID, UUID, UUID], ...]:
    pairs: HeadToHead = analyses.head_to_head(len(table.entry_ids), votes)
    return tuple(
        (table.entry_ids[c.first], table.entry_ids[c.second], table.entry_ids[c.third])
        for c in analyses.intransitive_triples(pairs)
    )


def _without(table: Table, votes: Votes, listeners: Integers) -> Removal | None:
    """None where there are too few voters for anybody to be left out."""
    if np.unique(listeners).size < LEAST_VOTERS:
        return None
    found = analyses.without_top_listeners(len(table.entry_ids), votes, listeners)
    leader = table.entry_ids[found.leader_without] if found.changes_leader else None
    return Removal(len(found.removed), leader)


def _votes(tournament: Tournament, table: Table) -> tuple[Votes, Integers]:
    """The counted votes one by one, and whose each is (one query)."""
    place = {entry: k for k, entry in enumerate(table.entry_ids)}
    rows = list(
        Vote.objects.that_count()
        .filter(
            battle__tournament=tournament,
            battle__state=Battle.State.DECIDED,
            choice__in=list(SCORES),
            battle__side_a__in=place,
            battle__side_b__in=place,
        )
        .order_by("created_at", "pk")
        .values_list(
            "battle__side_a", "battle__side_b", "choice", "first_side", "weight", "listener"
        )
    )
    number: dict[UUID, int] = {}
    listeners = [number.setdefault(row[-1], len(number)) for row in rows]
    comparisons = (
        Comparison(place[a], place[b], SCORES[choice], FIRST.get(first, 0), weight)
        for a, b, choice, first, weight, _ in rows
    )
    return Votes.of(comparisons), np.array(listeners, dtype=np.int64)
