"""How far a listener can be trusted: the share of their votes that say nothing of the mixes.

A vote is compared with what the listener's other votes and the crowd foresee. A careful listener's
votes are foreseen better than a coin would; a coin-flipper's are not. The lapse rate that explains
the difference has a Beta prior and is integrated on a grid.
Leaving out the vote itself matters: with two dozen weights, a model explains thirty random votes
that it has seen.

Pure: no Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]

USUAL_LAPSE: Final = 0.05
"""Share of careless votes expected of a careful listener. It is not learnt from the crowd: but for
votes between very unequal mixes, lapses look the same as weaker tastes, and choices are foreseen as
well by either."""
_WORTH: Final = 20.0
"""What that expectation is worth against a careful listener's own votes: as many votes."""
_CARELESS: Final = 0.08
"""Share of listeners of whom anything may be true: from perfect to never listening."""
_CELLS: Final = 48
_EDGES: Final = np.linspace(0.0, 1.0, _CELLS + 1)
_RATES: Final = (_EDGES[1:] + _EDGES[:-1]) / 2
_CAREFUL: Final = np.diff(betainc(_WORTH * USUAL_LAPSE, _WORTH * (1 - USUAL_LAPSE), _EDGES))
_LOG_PRIOR: Final = np.log((1 - _CARELESS) * _CAREFUL + _CARELESS / _CELLS)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one listener: the lapse rate with its 90 % interval, and what their votes are worth."""

    lapse: float
    low: float
    high: float

    @classmethod
    def of(cls, posterior: Floats) -> Reliability:
        """From the chances of the grid's rates, (cells,)."""
        cumulated = np.concatenate(([0.0], np.cumsum(posterior)))
        low, high = (float(np.interp(q, cumulated, _EDGES)) for q in (0.05, 0.95))
        return cls(float(posterior @ _RATES), low, high)

    @classmethod
    def usual(cls) -> Reliability:
        """Of somebody who has not voted."""
        return cls.of(np.exp(_LOG_PRIOR))

    @property
    def weight(self) -> float:
        """Information of a vote relative to one of somebody who never lapses, 0 to 1.

        A lapse rate scales the slope of the choice curve by (1 - lapse), and information grows
        with the square of the slope.
        """
        return (1.0 - self.lapse) ** 2


def log_likelihoods(foreseen: Floats, careless: Floats, strength: Floats) -> Floats:
    """Of the grid's lapse rates, (L, cells).

    foreseen (L, n): chance of each vote seen, by a model that did not see it, if it was meant.
    careless (L, n): its chance if it was not. strength (L, n): how much it counts, 0 for padding.
    """
    rates = _RATES[:, None]
    log_chance = np.empty((len(foreseen), _CELLS))
    for row, (meant, unmeant, counted) in enumerate(zip(foreseen, careless, strength, strict=True)):
        log_chance[row] = np.log((1 - rates) * meant + rates * unmeant) @ counted
    return log_chance


def posterior(log_likelihood: Floats) -> Floats:
    """Chances of the grid's rates, (L, cells) from and to."""
    log_chance = log_likelihood + _LOG_PRIOR
    chance = np.exp(log_chance - log_chance.max(axis=1, keepdims=True))
    normed: Floats = chance / chance.sum(axis=1, keepdims=True)
    return normed


def expected_lapse(chances: Floats) -> Floats:
    """(L, cells) -> (L,) expected lapse rates."""
    rates: Floats = chances @ _RATES
    return rates
