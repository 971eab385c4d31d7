"""Matches decided by votes: counting them, settling level ones, and handing them to listeners."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tournaments.formats.bracket import Match, Round
from tournaments.formats.field import Assigned, Drawn, Field, Heard, Nothing
from tournaments.formats.hearing import draw
from tournaments.pairing import Pair
from tournaments.ratings import Comparison, Votes, fit

Rounds = Sequence[Round]

LEVEL = 1e-9
"""Points and strengths nearer than this differ by rounding only."""


class Count(NamedTuple):
    """The votes that count in a match of `pair`."""

    votes: tuple[Heard, ...]
    points: tuple[float, float]

    @property
    def ahead(self) -> int:
        """1 if the first of the pair has more points, -1 if the second has, 0 if they are level."""
        difference = self.points[0] - self.points[1]
        return 0 if abs(difference) < LEVEL else 1 if difference > 0 else -1


class Ballots:
    """Counted votes by match, in the order they were decided."""

    def __init__(self, field: Field) -> None:
        self._wanted = field.votes_per_match
        self._by_match: dict[int, list[Heard]] = defaultdict(list)
        for battle in field.counted:
            if battle.match is not None:
                self._by_match[battle.match].append(battle)

    def of(self, number: int, pair: Pair) -> Count:
        """The first `votes_per_match` votes; later ones change nothing that people saw decided."""
        sides = set(pair)
        votes = [b for b in self._by_match.get(number, ()) if {b.a, b.b} == sides]
        votes = votes[: self._wanted]
        points = [0.0, 0.0]
        for vote in votes:
            # "Both bad" uses the listener's turn, and is half a point for each.
            score = 0.5 if vote.score is None else vote.score
            for_first = score if vote.a == pair[0] else 1.0 - score
            points[0] += vote.weight * for_first
            points[1] += vote.weight * (1.0 - for_first)
        return Count(tuple(votes), (points[0], points[1]))


def strengths(field: Field, counts: Iterable[Count]) -> tuple[float, ...]:
    """Bradley-Terry strengths by the votes that counted in these matches."""
    comparisons = tuple(
        Comparison(vote.a, vote.b, vote.score, vote.first, vote.weight)
        for count in counts
        for vote in count.votes
        if vote.score is not None
    )
    return _strengths(field.entries, comparisons)


@lru_cache(maxsize=256)
def _strengths(entries: int, comparisons: tuple[Comparison, ...]) -> tuple[float, ...]:
    # Rounds that are closed are asked for again with every battle.
    return tuple(fit(entries, Votes.of(comparisons)).strengths.tolist())


def can_be_heard(field: Field, pair: Pair) -> bool:
    """Whether the two can be heard together, now or when a mix in the making is done."""
    return bool(field.songs_of(pair) or field.songs_coming(pair))


def next_of(field: Field, rounds: Rounds, rng: np.random.Generator) -> Drawn | Nothing:
    """The battle for the field's listener among the matches that are open.

    A match is given to no more listeners at once than it wants votes. Those that lack most votes
    come first, then those this listener did not skip or just hear.
    """
    if all(part.closed for part in rounds):
        return Nothing.FINISHED
    given = Counter(battle.match for battle in field.assigned)
    mine = _mine(field)
    skipped = Counter(battle.match for battle in field.skipped)
    last = next((b.match for b in reversed(field.heard) if b.listener == field.listener), None)
    silent = full = False
    ready: list[tuple[Match, list[int]]] = []
    for match in _open(rounds):
        songs = field.songs_of(_pair(match))
        fresh = [song for song in songs if mine[match.number, song] < field.repeats]
        if match.counted + given[match.number] >= match.wanted:
            full = True
        elif fresh:
            ready.append((match, fresh))
        elif field.songs_coming(_pair(match)):
            silent = True
    if not ready:
        return Nothing.PREVIEWS if silent else Nothing.OTHERS if full else Nothing.HEARD

    def rank(k: int) -> tuple[int, bool, int]:
        match = ready[k][0]
        number = match.number
        return skipped[number], number == last, match.counted + given[number]

    match, songs = ready[min(rng.permutation(len(ready)).tolist(), key=rank)]
    return draw(field, _pair(match), rng, songs=songs, match=match.number)


def within_budget(field: Field, build: Callable[[Field], Rounds]) -> Rounds:
    """The rounds; when their matches have used the budget, what is undecided is settled."""
    rounds = build(field)
    if field.over or sum(match.counted for match in matches_of(rounds)) < field.budget:
        return rounds
    return build(replace(field, over=True))


def matches_of(rounds: Rounds) -> list[Match]:
    return [match for part in rounds for match in part.matches]


def _mine(field: Field) -> Counter[tuple[int | None, int]]:
    """How often the listener heard, or was given, each match in each song."""
    battles: list[Heard | Assigned] = [*field.heard, *field.assigned]
    return Counter((b.match, b.song) for b in battles if b.listener == field.listener)


def _open(rounds: Rounds) -> list[Match]:
    return [m for m in matches_of(rounds) if m.status == "open" and m.counted < m.wanted]


def _pair(match: Match) -> Pair:
    if match.a.entry is None or match.b.entry is None:
        raise ValueError(f"match {match.number} has an empty side")
    return match.a.entry, match.b.entry
