"""What votes add up to, per tournament: strengths, ranks and records. Derived, and made anew.

The database sums votes by pair, choice, side heard first and weight, so that the cost follows the
pairs and not the votes. A table is kept in the cache under what its votes were: a vote cast, taken
back, weighed anew or left out makes another key, and a lost cache costs a few milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Max, Q, QuerySet, Sum

from tournaments import ratings
from tournaments.models import Battle, Tournament, Vote
from tournaments.prepared import Prepared
from tournaments.ratings import Posterior
from tournaments.sums import Alike, Sums

KEPT_S: Final = 3600
_VERSION: Final = 2
# Of the same weights, added up in another order.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Cell:
    """Votes that are alike, and how many they are."""

    side_a: UUID
    side_b: UUID
    choice: str
    first_side: str
    weight: float
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One entry's strength in logits (mean zero) with its 95 % interval, and its record."""

    entry_id: UUID
    strength: float
    standard_error: float
    low: float
    high: float
    rank: int
    rank_low: int
    rank_high: int
    p_best: float
    wins: int
    losses: int
    ties: int
    both_bad: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows best first, the posterior behind them, and the entries in its order."""

    rows: tuple[Row, ...]
    entry_ids: tuple[UUID, ...]
    posterior: Posterior | None
    votes: int


@dataclass(frozen=True, slots=True)
class State:
    """What the votes of a tournament are, without reading them: another one after every change."""

    votes: int
    votes_counted: int
    weight_counted: float
    last_cast: datetime | None
    last_withdrawn: datetime | None

    def knows_of(self, withdrawn: datetime) -> bool:
        """Whether a vote taken back at this moment was so already."""
        return self.last_withdrawn is not None and withdrawn <= self.last_withdrawn

    @property
    def fingerprint(self) -> str:
        times = (self.last_cast, self.last_withdrawn)
        told = (str(time and time.timestamp()) for time in times)
        return "-".join((str(self.votes), str(self.votes_counted), str(self.weight_counted), *told))


@dataclass(frozen=True, slots=True)
class _Kept:
    """Sums of a tournament's votes, and the state they are of."""

    state: State
    entries: tuple[UUID, ...]
    sums: Sums


def table_of(tournament: Tournament, order: Sequence[UUID] | None = None) -> Table:
    """The tournament's table as its votes stand now (one query if nothing changed, else two).

    `order` lists its entries, if they are known already (else one query more).
    """
    state = state_of(tournament.pk)
    key = f"table:{_VERSION}:{tournament.pk}:{state.fingerprint}"
    found = cache.get(key)
    if isinstance(found, Table):
        return found
    entries = tuple(_order(tournament) if order is None else order)
    made = _table(sums_of(tournament, state, entries), entries)
    cache.set(key, made, KEPT_S)
    return made


def table(cells: Iterable[Cell], order: Sequence[UUID]) -> Table:
    """The table of these votes; only entries that were heard stand in it.

    `order` lists the tournament's entries: whatever the order of votes, sums are the same.
    """
    return _table(_added_up(cells, order), order)


def _table(sums: Sums, order: Sequence[UUID]) -> Table:
    heard = sums.heard()
    entries = tuple(order[k] for k in heard)
    if not entries:
        return Table((), (), None, sums.count)
    posterior = ratings.fit(len(entries), sums.votes().among(heard))
    ranking = ratings.ranking(posterior)
    errors = posterior.standard_errors
    wins, losses, ties, both_bad = (column[heard] for column in sums.records())
    rows = [
        Row(
            entry_id=entry,
            strength=float(posterior.strengths[k]),
            standard_error=float(errors[k]),
            low=float(posterior.strengths[k] - ratings.Z_95 * errors[k]),
            high=float(posterior.strengths[k] + ratings.Z_95 * errors[k]),
            rank=int(ranking.rank[k]),
            rank_low=int(ranking.rank_low[k]),
            rank_high=int(ranking.rank_high[k]),
            p_best=float(ranking.p_best[k]),
            wins=int(wins[k]),
            losses=int(losses[k]),
            ties=int(ties[k]),
            both_bad=int(both_bad[k]),
        )
        for k, entry in enumerate(entries)
    ]
    return Table(tuple(sorted(rows, key=lambda row: row.rank)), entries, posterior, sums.count)


def fit(cells: Iterable[Cell], entries: Sequence[UUID]) -> Posterior:
    """The posterior of these entries' strengths."""
    return ratings.fit(len(entries), _added_up(cells, entries).votes())


def _added_up(cells: Iterable[Cell], entries: Sequence[UUID]) -> Sums:
    place = {entry: k for k, entry in enumerate(entries)}
    sums = Sums(len(entries))
    for cell in cells:
        a, b = place[cell.side_a], place[cell.side_b]
        sums.add(Alike(a, b, cell.choice, cell.first_side, cell.weight, cell.count))
    return sums


def sums_of(tournament: Tournament, state: State, entries: tuple[UUID, ...]) -> Sums:
    """The votes that count, summed: what was kept and the votes since then, if that is all.

    `entries` give the numbers; votes about others are an error. `state` is that of the votes now.
    """
    key = f"sums:{_VERSION}:{tournament.pk}:{len(entries)}"
    kept = cache.get(key)
    made = None
    if isinstance(kept, _Kept) and kept.entries == entries:
        made = _brought_up_to(state, kept, tournament.pk)
    if made is None:
        made = _added_up(cells_of([tournament])[tournament.pk], entries)
    cache.set(key, _Kept(state, entries, made), KEPT_S)
    return made


def _brought_up_to(state: State, kept: _Kept, tournament: UUID) -> Sums | None:
    """The sums after the votes since; None if something else must have changed as well."""
    since = kept.state
    if since.last_cast is None or state.last_cast is None:
        return None
    sums, place = kept.sums, {entry: k for k, entry in enumerate(kept.entries)}
    rows = _SINCE(tournament, since.last_cast, since.last_withdrawn or since.last_cast)
    try:
        for a, b, choice, first_side, weight, cast, withdrawn in rows:
            # What happened after the state was asked for belongs to the next one.
            stands = withdrawn is None or not state.knows_of(withdrawn)
            votes = Alike(place[a], place[b], choice, first_side, weight)
            if since.last_cast < cast <= state.last_cast and stands:
                sums.add(votes)
            elif cast <= since.last_cast and not stands:
                sums.take_away(votes)
    except (KeyError, ValueError):
        return None
    agrees = abs(sums.weight - state.weight_counted) < _ROUNDING
    return sums if agrees and sums.count == state.votes_counted else None


def cells_of(
    tournaments: Sequence[Tournament], *, votes: QuerySet[Vote] | None = None
) -> dict[UUID, list[Cell]]:
    """The votes that count, summed, per tournament (one query)."""
    counted = (votes if votes is not None else Vote.objects.all()).that_count()  # type: ignore[attr-defined]
    rows = (
        counted.filter(battle__tournament__in=tournaments, battle__state=Battle.State.DECIDED)
        .order_by()
        .values_list(
            "battle__tournament",
            "battle__side_a",
            "battle__side_b",
            "choice",
            "first_side",
            "weight",
        )
        .annotate(count=Count("pk"))
    )
    found: dict[UUID, list[Cell]] = defaultdict(list)
    for tournament_id, *cell in rows:
        found[tournament_id].append(Cell(*cell))
    return found


def _order(tournament: Tournament) -> list[UUID]:
    return list(tournament.entries.order_by("number").values_list("pk", flat=True))


def fingerprint(tournament: Tournament) -> str:
    """Another one after every change of a vote (one query)."""
    return state_of(tournament.pk).fingerprint


def state_of(tournament: UUID) -> State:
    """What the tournament's votes are now (one query)."""
    row = _STATE.first(tournament)
    return (
        State(0, 0, 0.0, None, None)
        if row is None
        else State(row[0], row[1], row[2] or 0.0, *row[3:])
    )


_COUNTS: Final = Q(withdrawn_at=None, counted=True, battle__kind=Battle.Kind.REAL)
_STATE: Final = Prepared(
    lambda tournament: (
        Vote.objects.filter(battle__tournament=tournament)
        .order_by()
        .values("battle__tournament")
        .annotate(
            votes=Count("pk"),
            votes_counted=Count("pk", filter=_COUNTS),
            weight_counted=Sum("weight", filter=_COUNTS),
            last_cast=Max("created_at"),
            last_withdrawn=Max("withdrawn_at"),
        )
        .values_list("votes", "votes_counted", "weight_counted", "last_cast", "last_withdrawn")
    ),
    UUID,
)
_SINCE: Final = Prepared(
    lambda tournament, cast, withdrawn: (
        Vote.objects.filter(
            Q(created_at__gt=cast) | Q(withdrawn_at__gt=withdrawn),
            battle__tournament=tournament,
            battle__kind=Battle.Kind.REAL,
            counted=True,
        )
        .order_by()
        .values_list(
            "battle__side_a",
            "battle__side_b",
            "choice",
            "first_side",
            "weight",
            "created_at",
            "withdrawn_at",
        )
    ),
    UUID,
    datetime,
    datetime,
)
