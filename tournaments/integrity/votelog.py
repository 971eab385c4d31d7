"""All votes of a tournament with who cast them and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tournaments.comparisons import Floats, Integers


class Cast(NamedTuple):
    """A vote: score 1, 0.5 or 0 for side A; None is "both bad"."""

    listener: int
    a: int
    b: int
    score: float | None
    at_s: float = float("nan")
    """When, in seconds from any fixed moment."""
    took_s: float = float("nan")
    """Seconds from the battle's start to the vote."""


@dataclass(frozen=True, slots=True)
class VoteLog:
    """Votes as columns, (votes,) each. `outcome` is 0 for A, 1 for no difference, 2 for B."""

    entries: int
    listener: Integers
    a: Integers
    b: Integers
    outcome: Integers
    at_s: Floats
    took_s: Floats

    @classmethod
    def of(cls, entries: int, casts: Iterable[Cast]) -> VoteLog:
        rows = [cast._replace(score=0.5 if cast.score is None else cast.score) for cast in casts]
        table = np.array(rows, dtype=np.float64).reshape(len(rows), 6)
        listener, a, b = (table[:, k].astype(np.intp) for k in range(3))
        if len(rows) and (min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= entries):
            raise ValueError(f"votes name entries outside 0 to {entries - 1}")
        outcome = np.round(2 - 2 * table[:, 3]).astype(np.intp)
        return cls(entries, listener, a, b, outcome, table[:, 4], table[:, 5])

    def __len__(self) -> int:
        return self.a.size
