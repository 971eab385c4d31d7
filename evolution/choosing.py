"""What follows from a believed taste: what breeding sees, who is better, what to play next.

The product and its simulations decide through these functions, so that what the benchmark measures
is what listeners get.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from evolution.preference import Crowd, Taste, features

Floats = NDArray[np.float64]
Pair = tuple[int, int]

MODEL_ERROR: Final = 0.06
"""Deviation, in logits per step between two mixes, of what no weights of the descriptors explain.

Regressions of the true utilities of simulated worlds on the descriptors left 0.035 to 0.08 of
mixers' mean utilities unexplained, whatever the number of votes: descriptors interact, saturate and
do not hear everything. Without this term the model is sure of mixers far from all that was judged.
"""
SLACK: Final = 0.25
"""Expected utility, in logits, that a played mix may lack to the best: 6 points of battles."""
GATE: Final = 0.85
"""Another mixer is given when it is better with at least this probability."""


@dataclass(frozen=True)
class Tempered:
    """A taste as breeding should see it: cautious at its mean, its draws nearer to the mean.

    The best of many candidates by a posterior mean is the one whose luck was best (the optimiser's
    curse), so what is unknown of a mix counts against it: ``caution`` standard deviations of its
    advantage over the reference mix, which is zero in every descriptor. And in a dozen dimensions
    a plain draw lies so far out that its favourite is no pleasure to hear: draws keep ``boldness``
    of their distance from the mean. They come in pairs on opposite sides of it, so that two
    challengers differ twice as much as either from the best.
    """

    taste: Taste
    caution: float
    boldness: float

    def utility(self, descriptors: NDArray[np.floating]) -> Floats:
        """Lower bounds of the utility (...,) of mixes (..., D)."""
        wide = features(descriptors)
        deviation = _deviation(self.taste, wide, descriptors)
        return np.asarray(wide @ self.taste.mean - self.caution * deviation)

    def draws(self, rng: np.random.Generator, k: int) -> Floats:
        """(k, F)"""
        offset = self.boldness * (self.taste.draws(rng, (k + 1) // 2) - self.taste.mean)
        both = np.stack([offset, -offset], axis=1).reshape(-1, offset.shape[1])
        return np.asarray(self.taste.mean + both[:k])


def advantages(
    taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """Of mixers over the last of them: expected utility over songs less harm, and its deviation.

    Args:
        rows: (m, songs, D). harm: (m,) in logits.

    Returns:
        (m - 1,) each, in logits.
    """
    wide, mean_rows = features(rows).mean(axis=1), np.asarray(rows, np.float64).mean(axis=1)
    difference = wide[:-1] - wide[-1]
    expected = difference @ taste.mean - (harm[:-1] - harm[-1])
    return expected, _deviation(taste, difference, mean_rows[:-1] - mean_rows[-1])


def p_better(taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating]) -> Floats:
    """(m - 1,) P(each mixer is worth more than the last); a half for equals. As ``advantages``."""
    expected, deviation = advantages(taste, rows, harm)
    surest = np.where(expected == 0.0, 0.5, expected > 0.0)
    sure = expected / np.where(deviation > 0.0, deviation, 1.0)
    return np.where(deviation > 0.0, ndtr(sure), surest)


def replacement(
    taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating], gate: float = GATE
) -> int | None:
    """Which mixer should take the place of the last one; None as long as none passes the gate.

    Of those that are better with probability ``gate``, the one whose worth is the highest at that
    probability: a small step that is sure before a large one that may be luck. As ``advantages``.
    """
    expected, deviation = advantages(taste, rows, harm)
    if not len(expected):
        return None
    surely = expected - float(ndtri(gate)) * deviation
    best = int(np.argmax(surely))
    return best if surely[best] > 0.0 else None


def average_taste(crowd: Crowd) -> Taste:
    """What the average listener likes: the crowd's mean, as surely as it is known."""
    known = len(crowd.weights)
    habits = crowd.mean[known:]
    return Taste(crowd.weights, crowd.covariance[:known, :known], habits, crowd.votes)


def telling_pair(
    taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating],
    rng: np.random.Generator, slack: float, among: Sequence[Pair] | None = None,
) -> Pair:  # fmt: skip
    """Two mixes (rows (m, D), harm (m,)) that are both good to hear, and whose difference the
    listener's taste knows least about.

    Good: expected utility at most ``slack`` below the best. Where no pair is good, the one whose
    worse mix is the best. Chance decides between equals. ``among`` limits the choice.
    """
    pairs = list(combinations(range(len(rows)), 2) if among is None else among)
    if not pairs:
        raise ValueError("A pair needs two mixes to choose from.")
    first, second = np.array(pairs).T
    expected = taste.utility(rows) - harm
    worse = np.minimum(expected[first], expected[second])
    best = expected[np.unique([first, second])].max()
    good = np.flatnonzero(worse >= min(best - slack, worse.max()))
    wide = features(rows)
    difference = wide[first[good]] - wide[second[good]]
    unknown = np.einsum("pf,fg,pg->p", difference, taste.covariance, difference, optimize=True)
    chosen: int = good[int(np.argmax(unknown + 1e-9 * rng.random(len(good))))]
    return pairs[chosen]


def _deviation(taste: Taste, wide: Floats, steps: NDArray[np.floating]) -> Floats:
    """(...,) of the utility of differences in features (..., F) and descriptors (..., D)."""
    known = np.einsum("...f,fg,...g->...", wide, taste.covariance, wide, optimize=True)
    error = MODEL_ERROR**2 * np.square(steps, dtype=np.float64).sum(axis=-1)
    return np.asarray(np.sqrt(np.maximum(known, 0.0) + error))
