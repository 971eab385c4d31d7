"""How many votes it takes until the entry rated best is the best, by way of choosing pairs.

True strengths are normal with deviation 1 logit, listeners answer by Bradley-Terry without ties,
and every vote is another listener's. All ways meet the same fields. The even and the adaptive ones
are the open arena's own code; Swiss and single elimination are the formats'. Except for single
elimination, where the bracket says who won, the entry with the greatest fitted strength is meant.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from scipy.optimize import isotonic_regression

from mixing.benchmarking import Figures, Progress
from tournaments.comparisons import Floats
from tournaments.formats import (
    FORMATS,
    Drawn,
    Field,
    Goal,
    Heard,
    Match,
    Round,
    Summary,
    single_elimination,
    swiss,
)
from tournaments.pairing import all_pairs, information_gain, top_two
from tournaments.ratings import fit
from tournaments.simulation.listeners import Honest
from tournaments.sums import Alike, Sums

CHECKED: Final = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 90, 128)
"""Votes per entry (each vote is one of two entries) after which the leader is looked at."""
PER_MATCH: Final = (1, 3, 5, 9, 15, 25, 41, 65, 101, 161)
_REFITS_PER_ROUND: Final = 4
_MARGIN: Final = (
    0.05  # Beyond the share wanted, so that luck at one number of votes does not end it.
)


class Course(Protocol):
    """One simulated tournament that goes on for as long as it is asked to."""

    def play(self, votes: int) -> None:
        """Go on until there are so many votes."""
        ...

    def best(self) -> int: ...


class _Rated:
    """A course whose winner is the strongest by the fit."""

    def __init__(self, truth: Floats, rng: np.random.Generator) -> None:
        self.entries = truth.size
        self.rng = rng
        self.tally = Sums(truth.size)
        self._listener = Honest(truth, nu=0.0)

    def vote(self, a: int, b: int) -> float:
        score = self._listener.answer(a, b, self.rng)
        self.tally.add(Alike(a, b, "a" if score == 1.0 else "b", "", 1.0))  # Nobody ties here.
        return score

    def best(self) -> int:
        return int(fit(self.entries, self.tally.votes(), with_effects=False).strengths.argmax())


class RandomPairs(_Rated):
    def play(self, votes: int) -> None:
        while self.tally.count < votes:
            a, b = self.rng.choice(self.entries, 2, replace=False).tolist()
            self.vote(a, b)


class OpenArena(_Rated):
    """The arena with one of its goals; the fit is made anew a few times per vote and entry."""

    goal: Goal = "winner"

    def __init__(self, truth: Floats, rng: np.random.Generator) -> None:
        super().__init__(truth, rng)
        self._times = [0] * self.entries
        self._field = Field(
            entries=self.entries,
            audible=(frozenset(range(self.entries)),),
            budget=1_000_000,
            goal=self.goal,
        )

    def play(self, votes: int) -> None:
        batch = max(1, self.entries // _REFITS_PER_ROUND)
        while self.tally.count < votes:
            posterior = fit(self.entries, self.tally.votes(), with_effects=False)
            for _ in range(min(batch, votes - self.tally.count)):
                summary = Summary(posterior, tuple(self._times), self.tally.count)
                field = replace(self._field, summary=summary)
                drawn = FORMATS["arena"].next_battle(field, self.rng)
                assert isinstance(drawn, Drawn)
                self.vote(drawn.a, drawn.b)
                self._times[drawn.a] += 1
                self._times[drawn.b] += 1


class InformationGain(OpenArena):
    goal = "table"


class SwissRounds(_Rated):
    """One Swiss tournament after the other, one vote per match, each seeded by all votes so far."""

    def __init__(self, truth: Floats, rng: np.random.Generator) -> None:
        super().__init__(truth, rng)
        self._field = self._another()

    def play(self, votes: int) -> None:
        while self.tally.count < votes:
            matches = _open(swiss.played_rounds(self._field))
            if not matches:
                self._field = self._another()
            heard = tuple(self._heard(match) for match in matches)
            self._field = replace(self._field, heard=self._field.heard + heard)

    def _another(self) -> Field:
        strengths = fit(self.entries, self.tally.votes(), with_effects=False).strengths
        return Field(
            entries=self.entries,
            audible=(frozenset(range(self.entries)),),
            budget=1_000_000,
            seeding=tuple(strengths.tolist()),
            seed=int(self.rng.integers(2**32)),
        )

    def _heard(self, match: Match) -> Heard:
        a, b = match.a.entry, match.b.entry
        assert a is not None
        assert b is not None
        return Heard(a, b, self.vote(a, b), match=match.number)


WAYS: Final[dict[str, Callable[[Floats, np.random.Generator], Course]]] = {
    "random_pairs": RandomPairs,
    "swiss": SwissRounds,
    "information_gain": InformationGain,
    "top_two": OpenArena,
}


def measure(
    sizes: Sequence[int], runs: int, wanted: float, seed: int, progress: Progress
) -> Figures:
    """Votes needed for each way and number of entries; None if CHECKED or PER_MATCH are too few."""
    needed: dict[str, dict[str, float | None]] = {}
    for entries in sizes:
        row: dict[str, float | None] = {}
        for name, way in WAYS.items():
            progress(f"{entries} entries: {name} …")
            row[name] = _needed(way, entries, runs, wanted, seed)
        progress(f"{entries} entries: single_elimination …")
        row["single_elimination"] = _needed_by_knockout(entries, runs, wanted, seed)
        needed[str(entries)] = row
    return {
        "benchmark": "pairing",
        "wanted": wanted,
        "runs": runs,
        "seed": seed,
        "votes_needed": needed,
        "top_two_of_random": {
            size: _ratio(row["top_two"], row["random_pairs"]) for size, row in needed.items()
        },
        "choice_ms_at_100_entries": _choice_ms(),
    }


def _needed(
    way: Callable[[Floats, np.random.Generator], Course],
    entries: int,
    runs: int,
    wanted: float,
    seed: int,
) -> float | None:
    """All runs go on together, until enough of them know the best."""
    truths = [
        np.random.default_rng((seed, entries, run)).normal(size=entries) for run in range(runs)
    ]
    courses = [
        way(truth, np.random.default_rng((seed, entries, run, 1)))
        for run, truth in enumerate(truths)
    ]
    points: list[tuple[float, float]] = []
    for per_entry in CHECKED:
        votes = per_entry * entries // 2
        for course in courses:
            course.play(votes)
        right = [c.best() == truth.argmax() for c, truth in zip(courses, truths, strict=True)]
        points.append((votes, float(np.mean(right))))
        if points[-1][1] >= wanted + _MARGIN:
            break
    return _crossing(points, wanted)


def _truth(entries: int, seed: int, run: int) -> Floats:
    return np.random.default_rng((seed, entries, run)).normal(size=entries)


def _needed_by_knockout(entries: int, runs: int, wanted: float, seed: int) -> float | None:
    points: list[tuple[float, float]] = []
    for per_match in PER_MATCH:
        right = []
        for run in range(runs):
            truth = _truth(entries, seed, run)
            rng = np.random.default_rng((seed, entries, run, per_match))
            right.append(_knockout(truth, per_match, rng) == truth.argmax())
        points.append((float((entries - 1) * per_match), float(np.mean(right))))
        if points[-1][1] >= wanted + _MARGIN:
            break
    return _crossing(points, wanted)


def _knockout(truth: Floats, per_match: int, rng: np.random.Generator) -> int:
    """The winner of a single elimination."""
    listener = Honest(truth, nu=0.0)
    field = Field(
        entries=truth.size,
        audible=(frozenset(range(truth.size)),),
        budget=1_000_000,
        votes_per_match=per_match,
        seed=int(rng.integers(2**32)),
    )
    while matches := _open(single_elimination.played_rounds(field)):
        heard = []
        for match in matches:
            a, b = match.a.entry, match.b.entry
            assert a is not None
            assert b is not None
            votes = (listener.answer(a, b, rng) for _ in range(per_match))
            heard += [Heard(a, b, score, match=match.number) for score in votes]
        field = replace(field, heard=field.heard + tuple(heard))
    (final,) = single_elimination.played_rounds(field)[-1].matches
    assert final.winner is not None
    return final.winner


def _open(rounds: Sequence[Round]) -> list[Match]:
    return [match for part in rounds for match in part.matches if match.status == "open"]


def _crossing(points: Sequence[tuple[float, float]], wanted: float) -> float | None:
    """Votes at which the share of right answers reaches what is wanted; None if it does not.

    A share that is smaller than one before it is luck: shares are pooled until they rise (isotonic
    regression), and the line between two of them is followed in the logarithm of votes.
    """
    votes, shares = (np.array(column) for column in zip(*points, strict=True))
    rising = isotonic_regression(shares).x
    if rising[-1] < wanted:
        return None
    return round(float(np.exp(np.interp(wanted, rising, np.log(votes)))), 1)


def _ratio(ours: float | None, other: float | None) -> float | None:
    return None if ours is None or other is None else round(ours / other, 3)


def _choice_ms(entries: int = 100, votes: int = 2000) -> dict[str, float]:
    """Median time of one choice once the posterior is known, in milliseconds of this thread."""
    rng = np.random.default_rng(0)
    course = RandomPairs(rng.normal(size=entries), rng)
    course.play(votes)
    pairs = all_pairs(range(entries))
    found = {}
    for name, choose in (("top_two", top_two), ("information_gain", information_gain)):
        times = []
        for _ in range(9):
            posterior = fit(entries, course.tally.votes())
            start = time.thread_time()
            choose(posterior, pairs, rng)
            times.append(1000 * (time.thread_time() - start))
        found[name] = round(float(np.median(times)), 3)
    return found
