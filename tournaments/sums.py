"""Votes added up, to which single votes can be added or taken away, with nothing left behind.

Weights are kept as whole steps of 2^-40, so sums are exact: however a sum came about, one vote at a
time or all at once, it is the same to the last bit, and so is the table made of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from tournaments.comparisons import Floats, Integers, Votes

_STEP: Final = 2.0**-40
_CHOICES: Final = ("a", "tie", "b", "neither")
_SCORES: Final = np.array([1.0, 0.5, 0.0, np.nan])
_FIRST: Final = {"b": 0, "": 1, "a": 2}


class Alike(NamedTuple):
    """Votes that are alike, and how many they are; sides A and B as entry numbers."""

    a: int
    b: int
    choice: str
    """a, tie, b or neither."""
    first_side: str
    """a, b, or empty if it is not known which was heard first."""
    weight: float
    """Of each, 0 to 1."""
    times: int = 1


@dataclass(slots=True)
class Sums:
    """Votes between entries by who met whom, what was chosen, and what was heard first."""

    entries: int
    count: int = 0
    """Votes in it."""
    weight: float = 0.0
    """Their weights, summed in floating point."""
    _cells: dict[int, tuple[int, int]] = field(default_factory=dict)  # Steps of weight, and votes.

    def add(self, votes: Alike) -> None:
        """Raises ValueError for a vote that is none (KeyError for unknown sides)."""
        self._change(votes, 1)

    def take_away(self, votes: Alike) -> None:
        """Undo `add` of equal votes. Raises ValueError if there are none."""
        self._change(votes, -1)

    def heard(self) -> Integers:
        """The entries that votes are about, ascending."""
        a, b, _, _ = self._columns()
        return np.unique(np.concatenate((a, b)))

    def votes(self) -> Votes:
        """What the fit reads: one weighted row per cell that tells which is better."""
        a, b, first, choice = self._columns()
        steps = np.fromiter((self._cells[key][0] for key in sorted(self._cells)), dtype=np.float64)
        tells = (choice < 3) & (steps > 0)
        score = _SCORES[choice[tells]]
        return Votes(a[tells], b[tells], score, first[tells] - 1, steps[tells] * _STEP)

    def records(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Wins, losses, ties and "both bad" per entry, in votes."""
        a, b, _, choice = self._columns()
        count = np.fromiter((self._cells[key][1] for key in sorted(self._cells)), dtype=np.float64)
        of_a, of_b = (self._per_entry(side, choice, count) for side in (a, b))
        wins, losses = of_a[:, 0] + of_b[:, 2], of_a[:, 2] + of_b[:, 0]
        return wins, losses, of_a[:, 1] + of_b[:, 1], of_a[:, 3] + of_b[:, 3]

    def _per_entry(self, side: Integers, choice: Integers, count: Floats) -> Integers:
        summed = np.bincount(side * 4 + choice, weights=count, minlength=4 * self.entries)
        return summed.astype(np.intp).reshape(self.entries, 4)

    def _columns(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Of each cell, in lasting order: A, B, heard first (0 B, 1 unknown, 2 A), and choice."""
        keys = np.array(sorted(self._cells), dtype=np.intp)
        pair, rest = np.divmod(keys, 12)
        a, b = np.divmod(pair, max(self.entries, 1))
        first, choice = np.divmod(rest, 4)
        return a, b, first, choice

    def _change(self, votes: Alike, sign: int) -> None:
        a, b, choice, first_side, weight, times = votes
        if not (0 <= a < self.entries and 0 <= b < self.entries and a != b and 0 <= weight <= 1):
            raise ValueError(f"no vote between {self.entries} entries: {votes}")
        key = ((a * self.entries + b) * 3 + _FIRST[first_side]) * 4 + _CHOICES.index(choice)
        steps, number = self._cells.get(key, (0, 0))
        steps += sign * times * round(weight / _STEP)
        number += sign * times
        if steps < 0 or number < 0:
            raise ValueError(f"there is no such vote: {votes}")
        if number:
            self._cells[key] = steps, number
        else:
            self._cells.pop(key, None)
        self.count += sign * times
        self.weight += sign * times * weight
