"""Listeners with a known taste, who vote as the preference model supposes people do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolution.preference import Judgements, features

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Voters:
    """People and their votes; everybody's true weights are known."""

    crowd: Floats
    """(2 D,)"""
    weights: Floats
    """(listeners, 2 D)"""
    votes: Judgements


def voters(
    seed: int,
    *,
    listeners: int,
    votes: int,
    dimensions: int = 6,
    differ: float = 1.0,
    lapse: float = 0.05,
    side_a: float = 0.0,
    first_heard: float = 0.0,
) -> Voters:
    """Everybody votes on `votes` random pairs; `differ` scales how much tastes differ."""
    rng = np.random.default_rng(seed)
    size = dimensions
    crowd = np.concatenate((rng.normal(0, 0.25, size), rng.uniform(-0.09, -0.03, size)))
    spread = differ * np.repeat((0.15, 0.01), size)
    weights = crowd + spread * rng.standard_normal((listeners, 2 * size))
    who = np.repeat(np.arange(listeners), votes)
    return Voters(
        crowd,
        weights,
        cast(rng, weights[who], who, lapse=lapse, habits=(side_a, first_heard)),
    )


def cast(
    rng: np.random.Generator,
    weights: Floats,
    who: NDArray[np.int64],
    *,
    lapse: float = 0.05,
    nu: float = 0.4,
    habits: tuple[float, float] = (0.0, 0.0),
) -> Judgements:
    """One vote per row of weights (n, 2 D), on a random pair."""
    shape = (len(weights), weights.shape[1] // 2)
    a, b = rng.normal(0, 1.5, shape), rng.normal(0, 1.5, shape)
    first = rng.choice((-1.0, 1.0), len(weights))
    odds = np.sum((features(a) - features(b)) * weights, axis=1)
    odds = odds + habits[0] + habits[1] * first
    chances = np.exp(np.stack((odds / 2, np.full(len(odds), np.log(nu)), -odds / 2), axis=1))
    chances /= chances.sum(axis=1, keepdims=True)
    chances = (1 - lapse) * chances + lapse / 3
    passed = rng.random(len(odds))[:, None] > chances.cumsum(axis=1)
    score = 1 - passed[:, :2].sum(axis=1) / 2
    return Judgements.of(a, b, score, listener=who, first=first)
