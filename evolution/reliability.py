"""How far a listener can be trusted: the share of their votes that say nothing of the mixes.

A vote is compared with what the listener's other votes and the crowd foresee. A careful listener's
votes are foreseen better than a coin would; a coin-flipper's are not. The lapse rate that explains
the difference has a Beta prior and is integrated on a grid, which one matrix product does for all
listeners at once. Leaving out the vote itself matters: with two dozen weights, a model explains
thirty random votes that it has seen.

Pure: no Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BETA: Final = (1.0, 9.0)
"""Lapse rates before any vote: one in ten on average, a quarter above 14 %, any value possible."""
USUAL_LAPSE: Final = BETA[0] / sum(BETA)

_GRID: Final = 48
_RATES: Final = (np.arange(_GRID) + 0.5) / _GRID


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one listener: the lapse rate with its 90 % interval, and what their votes are worth."""

    lapse: float
    low: float
    high: float

    @property
    def weight(self) -> float:
        """Information of a vote relative to one of somebody who never lapses, 0 to 1.

        A lapse rate scales the slope of the choice curve by (1 - lapse), and information grows
        with the square of the slope.
        """
        return (1.0 - self.lapse) ** 2


UNKNOWN: Final = Reliability(USUAL_LAPSE, *(1 - (1 - q) ** (1 / BETA[1]) for q in (0.05, 0.95)))
"""Of a listener who has not voted: the prior's."""


def lapse_posterior(foreseen: Floats, careless: Floats, strength: Floats) -> Floats:
    """Chances of the lapse rates on the grid, (L, grid), each row adding to one.

    foreseen (L, n): chance of each vote seen, by a model that did not see it, if it was meant.
    careless (L, n): its chance if it was not. strength (L, n): how much it counts, 0 for padding.
    """
    rates = _RATES[:, None]
    prior = (BETA[0] - 1) * np.log(_RATES) + (BETA[1] - 1) * np.log1p(-_RATES)
    log_chance = np.empty((len(foreseen), _GRID))
    for row, (meant, unmeant, counted) in enumerate(
        zip(foreseen, careless, strength, strict=True)
    ):
        log_chance[row] = np.log((1 - rates) * meant + rates * unmeant) @ counted
    log_chance += prior
    chance = np.exp(log_chance - log_chance.max(axis=1, keepdims=True))
    posterior: Floats = chance / chance.sum(axis=1, keepdims=True)
    return posterior


def expected_lapse(posterior: Floats) -> Floats:
    """(L, grid) chances -> (L,) expected lapse rates."""
    rates: Floats = posterior @ _RATES
    return rates


def reliability(posterior: Floats) -> Reliability:
    """(grid,) chances of one listener -> their reliability with a 90 % interval."""
    edges = np.linspace(0.0, 1.0, _GRID + 1)
    cumulated = np.concatenate(([0.0], np.cumsum(posterior)))
    low, high = (float(np.interp(q, cumulated, edges)) for q in (0.05, 0.95))
    return Reliability(float(posterior @ _RATES), low, high)
