"""Votes as numbers: who met whom, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


class Comparison(NamedTuple):
    """One vote: entries `a` and `b`, score 1 (A better), 0.5 (no difference) or 0 (B better).

    `first` tells which side was heard first: 1 is A, -1 is B, 0 is unknown.
    """

    a: int
    b: int
    score: float
    first: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Votes:
    """Many comparisons as columns of equal length (one entry per vote)."""

    a: Integers
    b: Integers
    score: Floats
    first: Integers
    weight: Floats

    @classmethod
    def of(cls, comparisons: Iterable[Comparison]) -> Votes:
        rows: Sequence[Comparison] = list(comparisons)
        table = np.array(rows, dtype=np.float64).reshape(len(rows), 5)
        return cls(
            a=table[:, 0].astype(np.intp),
            b=table[:, 1].astype(np.intp),
            score=table[:, 2],
            first=table[:, 3].astype(np.intp),
            weight=table[:, 4],
        )

    def __len__(self) -> int:
        return self.a.size

    def among(self, entries: Integers) -> Votes:
        """The same votes, entries numbered by their place in `entries` (ascending, all of them)."""
        a, b = (np.searchsorted(entries, side) for side in (self.a, self.b))
        return Votes(a, b, self.score, self.first, self.weight)

    def check(self, entries: int) -> None:
        """Raise ValueError unless every vote compares two different entries of `entries`."""
        if not len(self):
            return
        if min(self.a.min(), self.b.min()) < 0 or max(self.a.max(), self.b.max()) >= entries:
            raise ValueError(f"votes name entries outside 0 to {entries - 1}")
        if np.any(self.a == self.b):
            raise ValueError("an entry cannot meet itself")
        if not np.all(np.isin(self.score, (0.0, 0.5, 1.0))):
            raise ValueError("a score is 1, 0.5 or 0")
        if not np.all(np.isin(self.first, (-1, 0, 1))):
            raise ValueError("first is 1 (A), -1 (B) or 0 (unknown)")
        if not np.all(np.isfinite(self.weight) & (self.weight >= 0)):
            raise ValueError("weights are finite and not negative")


class Tally:
    """Votes of `entries` entries summed up, to which single votes can be added or taken away.

    The fit of `votes()` is that of all the votes, at a cost that does not grow with them. Weights
    are kept in steps of 2^-20, so that sums are exact: their order and history leave no trace.
    """

    _STEP = 2.0**-20

    def __init__(self, entries: int) -> None:
        self.count = 0
        """Votes with a weight."""
        # By a, b, first (-1, 0, 1) and score (0, 1/2, 1).
        self._weight = np.zeros((entries, entries, 3, 3))

    def add(self, vote: Comparison) -> None:
        self._change(vote, 1)

    def take_away(self, vote: Comparison) -> None:
        """Undo `add` of an equal vote. Raises ValueError if there is none."""
        self._change(vote, -1)

    def votes(self) -> Votes:
        """One row per pair, order and score, weighted."""
        a, b, first, score = np.nonzero(self._weight)
        weight = self._weight[a, b, first, score]
        return Votes(a, b, score / 2, first - 1, weight)

    def _change(self, vote: Comparison, times: int) -> None:
        """Raises ValueError for a vote that `Votes.check` would refuse."""
        _check(vote, len(self._weight))
        weight = round(vote.weight / self._STEP) * self._STEP
        cell = (vote.a, vote.b, vote.first + 1, round(2 * vote.score))
        if self._weight[cell] + times * weight < 0:
            raise ValueError(f"there is no such vote: {vote}")
        self._weight[cell] += times * weight
        self.count += times * (weight > 0)


def _check(vote: Comparison, entries: int) -> None:
    """As `Votes.check`, which is slow for a single vote."""
    known = 0 <= vote.a < entries and 0 <= vote.b < entries and vote.a != vote.b
    if known and vote.score in (0, 0.5, 1) and vote.first in (-1, 0, 1) and 0 <= vote.weight < inf:
        return
    Votes.of([vote]).check(entries)
