"""Posteriors of listeners' parameters: the normal that fits slopes and curvature on average.

Laplace's posterior takes slope and curvature of the log likelihood at its top. With twenty votes
for thirty weights the top is nearer to zero than the mean, and a crowd fitted to tops comes out a
fifth too weak (penalised quasi-likelihood; Breslow and Lin, Biometrika 82, 1995). Averaged over the
posterior itself, the same Newton steps give the best normal in the sense of Kullback and Leibler
(Opper and Archambeau, Neural Computation 21, 2009), which has no such bias at the same cost.

The curvature is the expected information, which is never negative, also where a lapse rate makes
the log likelihood bend the wrong way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from evolution import reliability
from evolution.preference.judgements import Floats
from evolution.preference.likelihood import (
    Panel,
    davidson,
    expected_slopes,
    gradient,
    information,
    log_odds,
    variance_of,
)

_MAX_STEPS: Final = 80
_FULL: Final = 14
"""So many full steps; then ever shorter ones, for votes that send them round in circles (all alike,
between mixes far apart)."""
_TOLERANCE: Final = 1e-6
"""A step that moves no log-odds by more than this, in widths of the choice curve, is the last."""
_TOO_FAR: Final = 0.5
"""A last step that moves one by more than this is no result."""
_TRUSTED: Final = 2.0
"""No step moves a vote's log-odds by more: beyond, the parabola says nothing of the curve."""
_LAPSES_AT: Final = (2, 4, 6, 8)
"""Steps after which lapse rates are judged anew."""


class PreferenceNotConverged(ArithmeticError):
    """No posterior was found: the judgements hold something that is not a number."""

    code = "preference_not_converged"


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal prior, one for all listeners (first axis 1) or one for each (first axis L)."""

    mean: Floats
    """(L | 1, P)"""
    precision: Floats
    """(L | 1, P, P)"""


@dataclass(frozen=True, slots=True)
class Sites:
    """What a panel's votes say, as normal likelihoods: precision and precision times mean."""

    precision: Floats
    """(L, P, P)"""
    shift: Floats
    """(L, P)"""

    def towards(self, other: Sites, share: float) -> Sites:
        """This share of the way to the other."""
        if share == 1.0:
            return other
        return Sites(
            self.precision + share * (other.precision - self.precision),
            self.shift + share * (other.shift - self.shift),
        )


@dataclass(frozen=True, slots=True)
class Posteriors:
    """Of L listeners: means (L, P), covariances (L, P, P), lapse rates (L,) and their chances."""

    mean: Floats
    covariance: Floats
    lapse: Floats
    lapse_grid: Floats


def inverse(matrices: Floats) -> Floats:
    """(…, P, P)"""
    return np.asarray(np.linalg.inv(matrices), dtype=np.float64)


def product(matrices: Floats, vectors: Floats) -> Floats:
    """(…, P, P) times (…, P) -> (…, P)."""
    return np.asarray(np.matmul(matrices, vectors[..., None])[..., 0], dtype=np.float64)


def posteriors(panel: Panel, prior: Prior) -> Posteriors:
    """Weights and lapse rates in turn; each lapse rate is judged by votes left out.

    Raises PreferenceNotConverged.
    """
    count = len(panel.listener)
    at = np.broadcast_to(prior.mean, (count, prior.mean.shape[1]))
    covariance = np.broadcast_to(inverse(prior.precision), (count, *prior.precision.shape[1:]))
    lapse = np.full(count, reliability.USUAL_LAPSE)
    votes = sites(panel, at, covariance, lapse)
    for turn in range(_MAX_STEPS):
        aim, covariance = step(votes, prior)
        at, largest = trusted(panel, at, aim, covariance)
        if turn in _LAPSES_AT:
            grid = reliability.posterior(foreseen(panel, at, covariance, lapse))
            lapse = reliability.expected_lapse(grid)
        elif turn > max(_LAPSES_AT) and largest < _TOLERANCE:
            break
        share = min(1.0, _FULL / (turn + 1))
        votes = votes.towards(sites(panel, at, covariance, lapse), share)
    if not largest < _TOO_FAR:
        raise PreferenceNotConverged(f"still moving by {largest:.3g} after {_MAX_STEPS} steps")
    return Posteriors(at, covariance, lapse, grid)


def sites(panel: Panel, at: Floats, covariance: Floats, lapse: Floats) -> Sites:
    """The likelihoods as parabolas, as they are on average over normals (L, P), (L, P, P)."""
    slope = expected_slopes(
        panel, log_odds(panel, at), variance_of(panel, covariance), at[:, -1], lapse
    )
    precision = information(panel, slope)
    return Sites(precision, product(precision, at) + gradient(panel, slope))


def step(votes: Sites, prior: Prior) -> tuple[Floats, Floats]:
    """Posterior means (L, P) and covariances (L, P, P) of prior times parabola."""
    covariance = inverse(votes.precision + prior.precision)
    shift = product(prior.precision, prior.mean) + votes.shift
    return product(covariance, shift), covariance


def trusted(panel: Panel, at: Floats, aim: Floats, covariance: Floats) -> tuple[Floats, float]:
    """As far from `at` towards `aim` as the parabola is trusted; and the largest move wished.

    Moves of log-odds are counted in widths of the choice curve, which uncertainty blurs.
    """
    move = aim - at
    width = np.sqrt(1 + np.pi / 8 * variance_of(panel, covariance))
    largest = np.abs(log_odds(panel, move) / width).max(axis=1, initial=0.0)
    reach = np.minimum(1.0, _TRUSTED / np.maximum(largest, _TRUSTED))
    return at + reach[:, None] * move, float(largest.max(initial=0.0))


def foreseen(panel: Panel, mean: Floats, covariance: Floats, lapse: Floats) -> Floats:
    """Log likelihoods of lapse rates, (L, cells), by each vote as foreseen without itself.

    Leaving a vote out takes its parabola out of the normal (the cavity; Rasmussen and Williams,
    Gaussian Processes for Machine Learning, eq. 3.56); the expected chance over what is left is
    that at log-odds shrunk by their uncertainty (MacKay, Neural Computation 4, 1992).
    """
    d, variance = log_odds(panel, mean), variance_of(panel, covariance)
    slope = expected_slopes(panel, d, variance, mean[:, -1], lapse)
    without = variance / np.maximum(1 - slope.dd * variance, 1e-9)
    d = (d - without * slope.d) / np.sqrt(1 + np.pi / 8 * without)
    meant = np.choose(panel.outcome, davidson(d, mean[:, -1:]))
    unmeant = np.take_along_axis(panel.careless, panel.outcome, axis=1)
    return reliability.log_likelihoods(meant, unmeant, panel.strength)
