"""What follows from a believed taste: what breeding sees, who is better, what to play next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from evolution.preference import Crowd, Taste, features

Floats = NDArray[np.float64]


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
        unknown = np.einsum("...f,fg,...g->...", wide, self.taste.covariance, wide, optimize=True)
        return np.asarray(wide @ self.taste.mean - self.caution * np.sqrt(np.maximum(unknown, 0.0)))

    def draws(self, rng: np.random.Generator, k: int) -> Floats:
        """(k, F)"""
        offset = self.boldness * (self.taste.draws(rng, (k + 1) // 2) - self.taste.mean)
        both = np.stack([offset, -offset], axis=1).reshape(-1, offset.shape[1])
        return np.asarray(self.taste.mean + both[:k])


def p_better(taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating]) -> float:
    """P(the first of two mixers is worth more than the second): utility over songs less harm.

    Args:
        rows: (2, songs, D). harm: (2,) in logits.
    """
    difference = np.mean(features(rows[0]) - features(rows[1]), axis=0)
    advantage = float(difference @ taste.mean) - float(harm[0] - harm[1])
    deviation = float(np.sqrt(max(float(difference @ taste.covariance @ difference), 0.0)))
    if deviation == 0.0:
        return 0.5 if advantage == 0.0 else float(advantage > 0.0)
    return float(ndtr(advantage / deviation))


def average_taste(crowd: Crowd) -> Taste:
    """What the average listener likes: the crowd's mean, as surely as it is known."""
    known = len(crowd.weights)
    habits = crowd.mean[known:]
    return Taste(crowd.weights, crowd.covariance[:known, :known], habits, crowd.votes)


def telling_pair(
    taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating],
    rng: np.random.Generator, slack: float,
) -> tuple[int, int]:  # fmt: skip
    """Two mixes (rows (m, D), harm (m,)) that are both good to hear, and whose difference the
    listener's taste knows least about.

    Good: expected utility at most ``slack`` below the best. With nothing else to choose from, the
    two best. Chance decides between equals.
    """
    expected = taste.utility(rows) - harm
    good = np.flatnonzero(expected >= expected.max() - slack)
    if len(good) < 2:
        good = np.argsort(-expected, kind="stable")[:2]
    wide = features(rows[good])
    product = wide @ taste.covariance @ wide.T
    own = np.diagonal(product)
    unknown = own[:, None] + own[None] - 2.0 * product
    unknown = np.triu(unknown + 1e-9 * rng.random(unknown.shape), k=1)
    first, second = np.unravel_index(int(np.argmax(unknown)), unknown.shape)
    return int(good[first]), int(good[second])
