"""Mixers across tournaments: boards overall and per genre, and how they moved.

One fit over all votes that count, whatever the tournament or format. Boards go by the lower end of
the interval: a mixer with three lucky votes does not lead. Personal mixers are nobody else's
business and stand on no board.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone

from mixing.models import Mixer
from tournaments import ratings
from tournaments.judgements import FIRST, SCORES
from tournaments.models import Battle, MixerStrength, Vote, VoteQuerySet
from tournaments.ratings import Comparison, Votes

LEAST_VOTES: Final = 30
"""Below, a mixer is listed as preliminary."""
KEPT_S: Final = 60
_OTHERS_MIXERS = Q(battle__side_a__mixer__owner=None, battle__side_b__mixer__owner=None)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A mixer's place: strength in logits (mean zero) with its 95 % interval."""

    rank: int
    mixer: Mixer
    strength: float
    low: float
    high: float
    p_best: float
    votes: int
    tournaments: int
    preliminary: bool
    """Too few votes to be ranked among the others; such rows come last."""


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard; an empty genre is all music, an empty device whatever people listen with."""

    genre: str
    device: str
    rows: tuple[BoardRow, ...]
    votes: int
    voters: int


@dataclass(frozen=True, slots=True)
class Strength:
    """One mixer's figures before they have a name."""

    mixer_id: UUID
    strength: float
    low: float
    high: float
    p_best: float
    votes: int


def leaderboard(*, genre: str = "", device: str = "") -> Board:
    """The board as it is now, at most a minute old; `device` is one of Vote.Device or empty."""
    asked = hashlib.sha256(f"{genre.casefold()}\n{device}".encode()).hexdigest()
    key = f"leaderboard:{asked}"
    found = cache.get(key)
    if not isinstance(found, tuple):
        votes = _votes(genre, device)
        found = (_strengths(votes), _tournaments(votes), _totals(votes))
        cache.set(key, found, KEPT_S)
    rows, tournaments, (count, voters) = found
    return Board(genre, device, _ranked(rows, tournaments), count, voters)


def genres() -> list[str]:
    """Genres in which mixers were compared, the most voted first."""
    rows = (
        _votes("")
        .exclude(battle__song__genre="")
        .order_by()
        .values("battle__song__genre")
        .annotate(votes=Count("pk"))
        .order_by("-votes", "battle__song__genre")
    )
    return [row["battle__song__genre"] for row in rows]


def history(mixers: Iterable[Mixer], *, genre: str = "") -> dict[UUID, list[MixerStrength]]:
    """Each mixer's strength day by day, oldest first (one query)."""
    found: dict[UUID, list[MixerStrength]] = defaultdict(list)
    for row in MixerStrength.objects.filter(mixer__in=list(mixers), genre=genre):
        found[row.mixer_id].append(row)
    return found


def strengths(*, genre: str = "", until: datetime | None = None) -> list[Strength]:
    """Every mixer that was heard, fitted together; by lower bound, best first."""
    votes = _votes(genre)
    return _strengths(votes if until is None else votes.filter(created_at__lte=until))


def _strengths(votes: VoteQuerySet) -> list[Strength]:
    cells = list(
        votes.order_by()
        .values_list(
            "battle__side_a__mixer", "battle__side_b__mixer", "choice", "first_side", "weight"
        )
        .annotate(count=Count("pk"))
    )
    mixers = sorted({mixer for cell in cells for mixer in cell[:2]})
    if not mixers:
        return []
    place = {mixer: k for k, mixer in enumerate(mixers)}
    posterior = ratings.fit(
        len(mixers),
        Votes.of(
            Comparison(place[a], place[b], SCORES[choice], FIRST.get(first, 0), weight * count)
            for a, b, choice, first, weight, count in cells
            if choice in SCORES and a != b
        ),
    )
    heard: dict[UUID, int] = defaultdict(int)
    for a, b, *_, count in cells:
        heard[a] += count
        heard[b] += count
    chances, spread = ratings.p_best(posterior), ratings.Z_95 * posterior.standard_errors
    rows = [
        Strength(
            mixer_id=mixer,
            strength=float(posterior.strengths[k]),
            low=float(posterior.strengths[k] - spread[k]),
            high=float(posterior.strengths[k] + spread[k]),
            p_best=float(chances[k]),
            votes=heard[mixer],
        )
        for k, mixer in enumerate(mixers)
    ]
    return sorted(rows, key=lambda row: (-row.low, row.mixer_id))


def record_strengths(day: date | None = None) -> int:
    """Keep today's boards for the history; run again, it replaces them. The number of rows."""
    day = day or timezone.now().date()
    rows = [
        MixerStrength(
            mixer_id=row.mixer_id,
            genre=genre,
            day=day,
            strength=row.strength,
            low=row.low,
            high=row.high,
            votes=row.votes,
        )
        for genre in ("", *genres())
        for row in strengths(genre=genre)
    ]
    MixerStrength.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["mixer", "genre", "day"],
        update_fields=["strength", "low", "high", "votes"],
    )
    return len(rows)


def _votes(genre: str, device: str = "") -> VoteQuerySet:
    """Votes between the community's mixers that count, personal tournaments' too."""
    votes = Vote.objects.that_count().filter(
        _OTHERS_MIXERS,
        battle__state=Battle.State.DECIDED,
        battle__side_a__mixer__isnull=False,
        battle__side_b__mixer__isnull=False,
    )
    if genre:
        votes = votes.filter(battle__song__genre__iexact=genre)
    return votes.filter(device=device) if device else votes


def _tournaments(votes: VoteQuerySet) -> dict[UUID, int]:
    """How many tournaments each mixer was heard in."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = votes.order_by().values_list(
        "battle__tournament", "battle__side_a__mixer", "battle__side_b__mixer"
    )
    for tournament, a, b in rows.distinct():
        found[a].add(tournament)
        found[b].add(tournament)
    return {mixer: len(tournaments) for mixer, tournaments in found.items()}


def _totals(of: VoteQuerySet) -> tuple[int, int]:
    totals = of.aggregate(votes=Count("pk"), voters=Count("listener", distinct=True))
    return totals["votes"], totals["voters"]


def _ranked(rows: Sequence[Strength], tournaments: dict[UUID, int]) -> tuple[BoardRow, ...]:
    mixers = Mixer.objects.in_bulk([row.mixer_id for row in rows])
    known = [row for row in rows if row.mixer_id in mixers]
    order = sorted(known, key=lambda row: row.votes < LEAST_VOTES)
    return tuple(
        BoardRow(
            rank=rank,
            mixer=mixers[row.mixer_id],
            strength=row.strength,
            low=row.low,
            high=row.high,
            p_best=row.p_best,
            votes=row.votes,
            tournaments=tournaments.get(row.mixer_id, 0),
            preliminary=row.votes < LEAST_VOTES,
        )
        for rank, row in enumerate(order, start=1)
    )
