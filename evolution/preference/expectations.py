"""What is expected of weights before any vote, and how far votes correct the expectations.

How much a step of anything matters is not known in advance: it depends on the music, the people and
the descriptors. So the expected deviations are guesses of which the votes learn the level, one for
all linear and one for all squared weights: between the weights of a crowd, and between people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from evolution.preference.judgements import Floats, Judgements
from evolution.preference.likelihood import HABITS

LINEAR_SD: Final = 0.08
"""Logits per audible step, as all that follow: how much a step may matter to a crowd."""
SQUARED: Final = (-0.025, 0.025)
"""Mean and deviation per squared step. Negative: too much and too little are both worse."""
SQUARED_MEAN_SD: Final = 0.04
"""How far that mean may be from the one that votes tell."""
PERSONAL_LINEAR: Final = 0.1
"""How far one listener's weights are from the crowd's."""
PERSONAL_SQUARED: Final = 0.01
HABITS_MEAN: Final = (0.0, 0.0, float(np.log(0.4)))
"""As HABITS: no pull to a side; between equals, one vote in six is "no difference"."""
HABITS_SD: Final = (0.3, 0.3, 0.7)
PERSONAL_HABITS: Final = (0.2, 0.2, 0.7)
LEVEL_WORTH: Final = 5.0
"""What an expected level is worth against the votes, in well-determined weights. What no weight
explains looks like large weights: with less, the level follows that."""
OWN_WORTH: Final = 10.0
"""What the level is worth for each weight's own deviation between people."""
ORDINARY: Final = 2.0
"""Steps by which two mixes ordinarily differ in a descriptor."""
VOTES_FOR_SCALE: Final = 100.0
"""What that is worth against the differences seen, in votes."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of P parameters: F feature weights per step, then HABITS."""

    mean: Floats
    """(P,) of the crowd's weights."""
    sd: Floats
    """(P,) of the crowd's weights around that mean."""
    spread: Floats
    """(P,) of one listener's weights around the crowd's."""
    scale: Floats
    """(F,) by which the weights of a feature are taken to be smaller; at least 1."""

    @classmethod
    def of(cls, scale: Floats) -> Expectation:
        """Before any vote, for features that differ this many times more than ordinarily."""
        half = scale.size // 2

        def each(linear: float, squared: float, habits: tuple[float, ...]) -> Floats:
            return np.concatenate((np.repeat((linear, squared), half) / scale, habits))

        return cls(
            mean=each(0.0, SQUARED[0], HABITS_MEAN),
            sd=each(LINEAR_SD, SQUARED[1], HABITS_SD),
            spread=each(PERSONAL_LINEAR, PERSONAL_SQUARED, PERSONAL_HABITS),
            scale=scale,
        )

    def informed(self, sd: Floats, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        """Mean and deviations (P,) after the crowd's posterior (P,), (P, P) under deviations `sd`.

        All linear weights have one level of deviation; all squared ones too, and one mean.
        """
        expected, learnt = self.mean.copy(), self.sd.copy()
        _, squared = kinds = _kinds(mean)
        own = sd[squared] * self.scale[squared]
        seen = np.sum(mean[squared] * self.scale[squared] / own**2)
        certain = SQUARED_MEAN_SD**-2.0
        common = (SQUARED[0] * certain + seen) / (certain + np.sum(own**-2.0))
        expected[squared] = min(common, 0.0) / self.scale[squared]
        for kind in kinds:
            squares = (mean - expected)[kind] ** 2 / learnt[kind] ** 2
            determined = 1 - np.diag(covariance)[kind] / sd[kind] ** 2
            learnt[kind] *= np.sqrt(_level(squares, determined))
        return expected, learnt

    def spread_after(self, squares: Floats, determined: Floats) -> Floats:
        """(P,) between people, by MacKay's rule: squared deviations, summed over listeners (P,),
        over the number of well-determined ones (P,); where that is small, the level of its kind."""
        relative = squares / self.spread**2
        level = np.ones(self.spread.size)
        for kind in _kinds(self.spread):
            level[kind] = _level(relative[kind], determined[kind])
        ratio = (OWN_WORTH * level + relative) / (OWN_WORTH + determined)
        return np.asarray(self.spread * np.sqrt(ratio), dtype=np.float64)


def scale_of(judgements: Judgements, half_life_days: float) -> Floats:
    """(F,) how many times their ordinary size the descriptors' differences are; and its square.

    A descriptor that differs by ten steps as a rule cannot matter as much per step as others, or
    every vote would be foregone; one that differs little still matters as much as it is audible.
    """
    strength = judgements.strength(half_life_days)
    order = judgements.canonical_order()
    linear = judgements.differences()[order, : judgements.dimensions]
    ordinary = VOTES_FOR_SCALE * ORDINARY**2
    votes = strength[order].sum() + VOTES_FOR_SCALE
    mean_square = (strength[order] @ linear**2 + ordinary) / votes
    scale = np.maximum(mean_square / ORDINARY**2, 1.0)
    return np.concatenate((np.sqrt(scale), scale))


def _level(squares: Floats, determined: Floats) -> float:
    return float((LEVEL_WORTH + squares.sum()) / (LEVEL_WORTH + determined.sum()))


def _kinds(mean: Floats) -> tuple[slice, slice]:
    """Where the linear and where the squared weights are."""
    half = (mean.size - len(HABITS)) // 2
    return slice(0, half), slice(half, 2 * half)
