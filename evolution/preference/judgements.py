"""Judgements as numbers: what two mixes of one song sounded like, and which was preferred.

A mix is described by D descriptors in audible steps (see `evolution.descriptors`). Utility is a sum
of a parabola per descriptor, because a level, a tilt or an amount of reverb has a best value, and
less and more are both worse: so every descriptor gives a linear and a squared feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEATURE_VERSION: Final = 1
"""Raised when features() changes: weights learnt for other features mean nothing for these."""

HALF_LIFE_DAYS: Final = 180.0
"""Tastes drift: a vote this old counts half."""

_SCORES: Final = (0.0, 0.5, 1.0)


class FeaturesChanged(ValueError):
    """Stored weights were learnt for other features; fit again from the votes."""

    code = "features_changed"


OUTERMOST: Final = 12.0
"""Steps. Beyond, a mix is broken one way or another; how far beyond is no taste, and a measurement
of near silence must not outweigh all other votes."""


def features(descriptors: ArrayLike) -> Floats:
    """(…, D) descriptors in audible steps -> (…, 2 D) features: linear, then squared."""
    steps = np.clip(np.asarray(descriptors, dtype=np.float64), -OUTERMOST, OUTERMOST)
    return np.concatenate((steps, steps**2), axis=-1)


@dataclass(frozen=True, slots=True)
class Judgements:
    """Votes as columns, one entry each; side A against side B. "Both bad" votes are left out.

    `score` is 1 (A better), 0.5 (no difference) or 0 (B better); `first` is 1 when A was heard
    first, -1 for B, 0 when unknown; `weight` is finite, 0 or more; `age_days` is 0 or more.
    """

    listener: Integers
    a: Floats
    """(n, D) descriptors of the mix on side A, in audible steps; `b` likewise."""
    b: Floats
    score: Floats
    first: Floats
    weight: Floats
    age_days: Floats

    @classmethod
    def of(
        cls,
        a: ArrayLike,
        b: ArrayLike,
        score: ArrayLike,
        *,
        listener: ArrayLike = 0,
        first: ArrayLike = 0.0,
        weight: ArrayLike = 1.0,
        age_days: ArrayLike = 0.0,
    ) -> Judgements:
        """Columns from anything array-like; what is one number holds for all. Checked."""
        rows = np.asarray(a, dtype=np.float64)
        count = len(rows)

        def column(values: ArrayLike) -> Floats:
            return np.broadcast_to(np.asarray(values, dtype=np.float64), (count,)).copy()

        who = np.broadcast_to(np.asarray(listener, dtype=np.int64), (count,)).copy()
        judgements = cls(
            listener=who,
            a=rows,
            b=np.asarray(b, dtype=np.float64),
            score=column(score),
            first=column(first),
            weight=column(weight),
            age_days=column(age_days),
        )
        judgements.check()
        return judgements

    @classmethod
    def none(cls, dimensions: int) -> Judgements:
        """No votes about `dimensions` descriptors."""
        return cls.of(np.empty((0, dimensions)), np.empty((0, dimensions)), [])

    def __len__(self) -> int:
        return int(self.listener.size)

    @property
    def dimensions(self) -> int:
        """D."""
        return int(self.a.shape[1])

    def check(self) -> None:
        """Raise ValueError for columns that are no votes."""
        if self.a.ndim != 2 or self.a.shape != self.b.shape:
            raise ValueError(f"a and b are (n, D) alike, not {self.a.shape} and {self.b.shape}")
        if not (np.all(np.isfinite(self.a)) and np.all(np.isfinite(self.b))):
            raise ValueError("descriptors are finite")
        if not np.all(np.isin(self.score, _SCORES)):
            raise ValueError("a score is 1, 0.5 or 0")
        if not np.all(np.isin(self.first, (-1.0, 0.0, 1.0))):
            raise ValueError("first is 1 (A), -1 (B) or 0 (unknown)")
        for name, column in (("weights", self.weight), ("ages", self.age_days)):
            if not np.all(np.isfinite(column) & (column >= 0)):
                raise ValueError(f"{name} are finite and not negative")

    def where(self, chosen: NDArray[np.bool_] | Integers) -> Judgements:
        """These rows only."""
        return Judgements(
            listener=self.listener[chosen],
            a=self.a[chosen],
            b=self.b[chosen],
            score=self.score[chosen],
            first=self.first[chosen],
            weight=self.weight[chosen],
            age_days=self.age_days[chosen],
        )

    def differences(self) -> Floats:
        """features(a) - features(b), (n, 2 D)."""
        difference: Floats = features(self.a) - features(self.b)
        return difference

    def strength(self, half_life_days: float) -> Floats:
        """(n,) how much each vote counts: its weight, halved for every half-life of its age."""
        counted: Floats = self.weight * 0.5 ** (self.age_days / half_life_days)
        return counted

    def canonical_order(self) -> Integers:
        """An order by listener and content. Sums in it are the same to the bit for any order."""
        table = np.column_stack(
            (self.a, self.b, self.score, self.first, self.weight, self.age_days)
        )
        # Plus zero turns -0.0 into 0.0, which compare equal but differ in their bytes.
        rows = np.ascontiguousarray(table + 0.0)
        content = rows.view(f"V{rows.shape[1] * rows.itemsize}").ravel()
        order = np.argsort(content, kind="stable")
        by_listener = np.argsort(self.listener[order], kind="stable")
        return order[by_listener].astype(np.int64)
