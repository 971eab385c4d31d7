"""What the model believes of a listener, one descriptor at a time, and which votes say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from evolution.preference.crowd import Crowd
from evolution.preference.judgements import HALF_LIFE_DAYS, Floats, Judgements
from evolution.preference.likelihood import expected_slopes, panels
from evolution.preference.taste import Taste

FURTHEST: Final = 4.0
"""Steps. Parabolas learnt from a few votes may have their top anywhere; people's votes do not."""

# Fixed, evenly spread draws, so that the same posterior always makes the same claims: multiples of
# the two ratios that fill a square most evenly (M. Roberts' R2 sequence, 2018).
_PLASTIC: Final = 1.324717957244746
_COUNTED: Final = np.arange(1, 1025)[:, None]
_NORMALS: Final = ndtri((0.5 + _COUNTED / np.array((_PLASTIC, _PLASTIC**2))) % 1)


@dataclass(frozen=True, slots=True)
class Claim:
    """ "They like this descriptor `steps` higher", all else equal, with its uncertainty."""

    descriptor: int
    """Its place in DESCRIPTORS."""
    steps: float
    """The best amount in audible steps from the reference mix; its sign is the direction."""
    low: float
    high: float
    """90 % interval, within FURTHEST; may include the other direction."""
    probability: float
    """Of the direction, 0.5 to 1."""
    gain: float
    """Expected log-odds of a mix with the best amount against the reference: how much it
    matters."""
    crowd_steps: float
    """The best amount for people in general."""
    p_above_crowd: float
    """Probability that the listener's best amount is above the crowd's: near 0 and 1 it is their
    own taste, near 0.5 the crowd's or unknown."""

    @property
    def direction(self) -> int:
        """1: more of it, -1: less."""
        return 1 if self.steps >= 0 else -1


def claims(taste: Taste, crowd: Crowd) -> list[Claim]:
    """One per descriptor, the surest first."""
    count = taste.mean.size // 2
    everybody = _best(crowd.weights[:count], crowd.weights[count:])
    found = [_claim(taste, k, float(everybody[k])) for k in range(count)]
    return sorted(found, key=lambda claim: -claim.probability)


def influence(
    taste: Taste,
    claim: Claim,
    judgements: Judgements,
    *,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Floats:
    """How much surer each vote made the claim, (n,), in deviations of the weight behind it.

    Positive: without the vote, the claim's direction would be that much less sure; negative: the
    vote speaks against it. `judgements` are those of one listener that `taste` was fitted to.
    Leaving a vote out is one step in closed form, not a new fit (the cavity, see `posterior`).
    """
    found = np.zeros(len(judgements))
    weight = claim.descriptor
    deviation = float(np.sqrt(taste.covariance[weight, weight]))
    for panel in panels(judgements, half_life_days):
        x = panel.design[0, :, :-2]
        known = x @ taste.covariance
        variance = np.sum(known * x, axis=1)
        d = panel.design[0] @ np.concatenate((taste.mean, taste.habits[:-1]))
        slope = expected_slopes(
            panel, d[None], variance[None], taste.habits[-1:], np.array([taste.reliability.lapse])
        )
        without = slope.d[0] / np.maximum(1 - slope.dd[0] * variance, 1e-9)
        found[panel.row[0]] = claim.direction * known[:, weight] * without / deviation
    return found


def _claim(taste: Taste, descriptor: int, crowd_steps: float) -> Claim:
    pair = [descriptor, descriptor + taste.mean.size // 2]
    mean, covariance = taste.mean[pair], taste.covariance[np.ix_(pair, pair)]
    drawn = mean + _NORMALS @ np.linalg.cholesky(covariance).T
    amounts = _best(drawn[:, 0], drawn[:, 1])
    steps = float(_best(*mean))
    low, high = np.quantile(amounts, (0.05, 0.95))
    above = np.mean(amounts > crowd_steps) + np.mean(amounts == crowd_steps) / 2
    return Claim(
        descriptor=descriptor,
        steps=steps,
        low=float(low),
        high=float(high),
        probability=float(ndtr(abs(mean[0]) / np.sqrt(covariance[0, 0]))),
        gain=float(mean[0] * steps + mean[1] * steps**2),
        crowd_steps=crowd_steps,
        p_above_crowd=float(above),
    )


def _best(linear: Floats, squared: Floats) -> Floats:
    """The amount of highest utility in reach; a parabola that opens upwards ends at the edge."""
    bent = np.minimum(squared, -1e-12)
    best: Floats = np.clip(-linear / (2 * bent), -FURTHEST, FURTHEST)
    return best
