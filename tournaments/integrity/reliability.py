"""How attentively a listener answers, from hidden checks.

A listener answers a share `attention` of battles with attention and guesses the rest. A check is
passed with probability attention * careful + (1 - attention) * guessing. The posterior of the
attention is computed on a grid; the prior holds that most people listen and a few do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import beta

GRID: Final = (np.arange(400) + 0.5) / 400
_PRIOR = 0.9 * beta.pdf(GRID, 20, 1) + 0.1 * beta.pdf(GRID, 1, 6)
_PRIOR = _PRIOR / _PRIOR.sum()
PRIOR_MEAN: Final = float(_PRIOR @ GRID)


class Kind(Enum):
    """A hidden check, and what passing it means."""

    IDENTICAL = "identical"
    """The same mix on both sides: passed by "no difference"."""
    SWAPPED = "swapped"
    """A pair heard before, sides swapped: passed by the same answer."""
    ANCHOR = "anchor"
    """A mix against its clearly degraded copy: passed by preferring the mix."""


class Odds(NamedTuple):
    """Probability to pass with attention, and by guessing."""

    careful: float
    guessing: float


ODDS: Final = {
    # Careful listeners are at times unsure and pick a side all the same.
    Kind.IDENTICAL: Odds(0.75, 0.2),
    Kind.SWAPPED: Odds(0.8, 0.4),
    Kind.ANCHOR: Odds(0.97, 0.4),
}


class Check(NamedTuple):
    kind: Kind
    passed: bool


@dataclass(frozen=True, slots=True)
class Reliability:
    """What hidden checks say of a listener."""

    weight: float
    """0 to 1, for the fit. 1 for those who were not checked, and for those who pass."""
    attention: float
    """Posterior mean of the share of attentive answers."""
    low: float
    high: float
    """Its central 95 %."""
    checks: int

    @property
    def known(self) -> bool:
        """Whether there was any check. If not, the listener is unknown, not unreliable."""
        return self.checks > 0


def reliability(checks: Iterable[Check]) -> Reliability:
    """The reliability after these checks, in any order."""
    log_posterior = np.log(_PRIOR)
    count = 0
    for check in checks:
        odds = ODDS[check.kind]
        passing = GRID * odds.careful + (1 - GRID) * odds.guessing
        log_posterior = log_posterior + np.log(passing if check.passed else 1 - passing)
        count += 1
    posterior = np.exp(log_posterior - log_posterior.max())
    posterior /= posterior.sum()
    mean = float(posterior @ GRID)
    low, high = (float(GRID[np.searchsorted(posterior.cumsum(), q)]) for q in (0.025, 0.975))
    return Reliability(
        # Relative to somebody unknown, who counts in full; nobody counts more than once.
        weight=1.0 if not count else min(1.0, mean / PRIOR_MEAN),
        attention=mean,
        low=low,
        high=high,
        checks=count,
    )
