"""Posteriors of listeners' parameters: the normal with the mode and information at it (Laplace).

Fisher scoring: Newton's method with the expected information, which is never negative, also where
a lapse rate makes the log likelihood bend the wrong way. Without lapses the two are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from evolution.preference.judgements import Floats
from evolution.preference.likelihood import (
    Panel,
    davidson,
    gradient,
    information,
    log_odds,
    slopes,
)
from evolution.reliability import USUAL_LAPSE, expected_lapse, lapse_posterior

_MAX_STEPS: Final = 50
_TOLERANCE: Final = 1e-11
"""A step that moves no log-odds by more than this is the last."""
_TRUSTED: Final = 3.0
"""No step moves a vote's log-odds by more: beyond, the parabola says nothing of the curve."""
_LAPSE_ROUNDS: Final = 3


class PreferenceNotConverged(ArithmeticError):
    """The mode was not found: the judgements hold something that is not a number."""

    code = "preference_not_converged"


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal prior, one for all listeners (first axis 1) or one for each (first axis L)."""

    mean: Floats
    """(L | 1, P)"""
    precision: Floats
    """(L | 1, P, P)"""

    def row(self, index: int) -> Prior:
        """The prior of one listener."""
        if len(self.mean) == 1:
            return self
        return Prior(self.mean[index : index + 1], self.precision[index : index + 1])


@dataclass(frozen=True, slots=True)
class Sites:
    """What a panel's votes say, as normal likelihoods: precision and precision times mean."""

    precision: Floats
    """(L, P, P)"""
    shift: Floats
    """(L, P)"""


@dataclass(frozen=True, slots=True)
class Posteriors:
    """Of L listeners: modes (L, P), covariances (L, P, P), lapse rates (L,) and their grids."""

    mean: Floats
    covariance: Floats
    lapse: Floats
    lapse_grid: Floats


def posteriors(panel: Panel, prior: Prior) -> Posteriors:
    """Parameters and lapse rates in turn: each lapse rate is judged by votes left out."""
    lapse = np.full(len(panel.listener), USUAL_LAPSE)
    start = np.broadcast_to(prior.mean, (len(panel.listener), prior.mean.shape[1]))
    for _ in range(_LAPSE_ROUNDS):
        mean, covariance = mode(panel, prior, lapse, start)
        grid = lapses(panel, mean, covariance, lapse)
        lapse, start = expected_lapse(grid), mean
    mean, covariance = mode(panel, prior, lapse, start)
    return Posteriors(mean, covariance, lapse, grid)


def mode(panel: Panel, prior: Prior, lapse: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Modes (L, P) and covariances (L, P, P) at known lapse rates (L,).

    Raises PreferenceNotConverged.
    """
    at = np.array(start)
    for _ in range(_MAX_STEPS):
        aim, covariance = step(sites(panel, at, lapse), prior)
        at, largest = trusted(panel, at, aim)
        if not np.isfinite(largest):
            break
        if largest < _TOLERANCE:
            return at, covariance
    raise PreferenceNotConverged(f"no mode after {_MAX_STEPS} steps")


def sites(panel: Panel, at: Floats, lapse: Floats) -> Sites:
    """The likelihoods as parabolas around parameters (L, P)."""
    slope = slopes(panel, at, lapse)
    precision = information(panel, slope)
    return Sites(precision, np.matmul(precision, at[..., None])[..., 0] + gradient(panel, slope))


def step(votes: Sites, prior: Prior) -> tuple[Floats, Floats]:
    """Posterior means (L, P) and covariances (L, P, P) of prior times parabola."""
    covariance = np.linalg.inv(votes.precision + prior.precision)
    shift = np.matmul(prior.precision, prior.mean[..., None])[..., 0] + votes.shift
    return np.matmul(covariance, shift[..., None])[..., 0], covariance


def trusted(panel: Panel, at: Floats, aim: Floats) -> tuple[Floats, float]:
    """As far from `at` towards `aim` as the parabola is trusted; and the largest move wished."""
    move = aim - at
    shifts = np.abs(log_odds(panel, move)).max(axis=1, initial=0.0)
    largest = np.maximum(shifts, np.abs(move).max(axis=1))
    reach = np.minimum(1.0, _TRUSTED / np.maximum(shifts, _TRUSTED))
    return at + reach[:, None] * move, float(largest.max(initial=0.0))


def lapses(panel: Panel, mean: Floats, covariance: Floats, lapse: Floats) -> Floats:
    """Chances of lapse rates, (L, grid), from each vote as foreseen without itself.

    Leaving a vote out of a Laplace posterior takes its parabola out of the normal (the cavity;
    Rasmussen and Williams, Gaussian Processes for Machine Learning, eq. 3.56); the expected chance
    over what is left is that at log-odds shrunk by their uncertainty (MacKay, Neural Computation 4,
    1992).
    """
    slope = slopes(panel, mean, lapse)
    known = np.matmul(panel.design, covariance[:, :-1, :-1])
    variance = np.einsum("lnp,lnp->ln", known, panel.design)
    without = variance / np.maximum(1 - slope.dd * variance, 1e-9)
    d = (log_odds(panel, mean) - without * slope.d) / np.sqrt(1 + np.pi / 8 * without)
    seen = panel.outcome[..., None]
    foreseen = np.take_along_axis(davidson(d, mean[:, -1:]), seen, axis=-1)[..., 0]
    careless = np.take_along_axis(panel.careless, panel.outcome, axis=1)
    return lapse_posterior(foreseen, careless, panel.strength)
