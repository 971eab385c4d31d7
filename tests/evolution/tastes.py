"""Tastes that are known, in place of learnt ones."""

from dataclasses import dataclass

import numpy as np

from evolution.descriptors import COLUMN, COUNT
from evolution.preference.judgements import features


@dataclass(frozen=True)
class KnownTaste:
    """Utility by weights (F,) of features, and how unsure one is of each."""

    mean: np.ndarray
    spread: np.ndarray

    def utility(self, descriptors: np.ndarray) -> np.ndarray:
        return features(descriptors) @ self.mean

    def draws(self, rng: np.random.Generator, k: int) -> np.ndarray:
        return self.mean + self.spread * rng.normal(size=(k, len(self.mean)))


def likes(spread: float = 0.1, **ideal: float) -> KnownTaste:
    """Somebody whose best mix is so many steps from the reference in the named qualities."""
    wanted = np.zeros(COUNT)
    for name, steps in ideal.items():
        wanted[COLUMN[name]] = steps
    curve = np.full(COUNT, -0.08)
    mean = np.concatenate([-2 * curve * wanted, curve])
    unsure = np.concatenate([np.full(COUNT, spread), np.full(COUNT, spread / 10)])
    return KnownTaste(mean, unsure)
