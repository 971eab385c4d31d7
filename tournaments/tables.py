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
from tournaments.judgements import FIRST, SCORES
from tournaments.models import Battle, Tournament, Vote
from tournaments.ratings import Comparison, Posterior, Votes

KEPT_S: Final = 3600
_VERSION: Final = 1


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


def table_of(tournament: Tournament, order: Sequence[UUID] | None = None) -> Table:
    """The tournament's table as its votes stand now (one query if nothing changed, else two).

    `order` lists its entries, if they are known already (else one query more).
    """
    key = f"table:{_VERSION}:{tournament.pk}:{fingerprint(tournament)}"
    found = cache.get(key)
    if isinstance(found, Table):
        return found
    order = _order(tournament) if order is None else order
    made = table(cells_of([tournament])[tournament.pk], order)
    cache.set(key, made, KEPT_S)
    return made


def table(cells: Sequence[Cell], order: Sequence[UUID]) -> Table:
    """The table of these votes; only entries that were heard stand in it.

    `order` lists the tournament's entries: whatever the order of votes, sums are the same.
    """
    heard = {entry for cell in cells for entry in (cell.side_a, cell.side_b)}
    entries = tuple(entry for entry in order if entry in heard)
    votes = sum(cell.count for cell in cells)
    if not entries:
        return Table((), (), None, votes)
    posterior = fit(cells, entries)
    ranking = ratings.ranking(posterior)
    errors = posterior.standard_errors
    records = _records(cells)
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
            **records[entry],
        )
        for k, entry in enumerate(entries)
    ]
    return Table(tuple(sorted(rows, key=lambda row: row.rank)), entries, posterior, votes)


def fit(cells: Iterable[Cell], entries: Sequence[UUID]) -> Posterior:
    """The posterior of these entries' strengths."""
    place = {entry: k for k, entry in enumerate(entries)}
    return ratings.fit(
        len(entries),
        Votes.of(
            Comparison(
                place[cell.side_a],
                place[cell.side_b],
                SCORES[cell.choice],
                FIRST.get(cell.first_side, 0),
                cell.weight * cell.count,
            )
            for cell in cells
            if cell.choice in SCORES
        ),
    )


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


def _records(cells: Iterable[Cell]) -> dict[UUID, dict[str, int]]:
    names = ("wins", "losses", "ties", "both_bad")
    records: dict[UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    for cell in cells:
        a, b = {
            Vote.Choice.A.value: ("wins", "losses"),
            Vote.Choice.B.value: ("losses", "wins"),
            Vote.Choice.TIE.value: ("ties", "ties"),
        }.get(cell.choice, ("both_bad", "both_bad"))
        records[cell.side_a][a] += cell.count
        records[cell.side_b][b] += cell.count
    return records


def _order(tournament: Tournament) -> list[UUID]:
    return list(tournament.entries.order_by("number").values_list("pk", flat=True))


def fingerprint(tournament: Tournament) -> str:
    """Another one after every change of a vote (one query)."""
    counts = Q(withdrawn_at=None, counted=True, battle__kind=Battle.Kind.REAL)
    state: dict[str, datetime | float | int | None] = Vote.objects.filter(
        battle__tournament=tournament
    ).aggregate(
        votes=Count("pk"),
        votes_counted=Count("pk", filter=counts),
        weight_counted=Sum("weight", filter=counts),
        last_cast=Max("created_at"),
        last_withdrawn=Max("withdrawn_at"),
    )
    return "-".join(
        str(value.timestamp() if isinstance(value, datetime) else value) for value in state.values()
    )
