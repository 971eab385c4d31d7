"""Votes as numbers: who met whom, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
