"""The taste of everybody, and how much people differ: an empirical Bayes fit over all listeners.

Listener l's parameters are normal around the crowd's, w_l ~ N(mean, diag(spread²)), so a listener
with few votes is the crowd and one with many is themselves. With the votes of each as a parabola,
the w_l integrate out and the crowd's mean has a normal posterior whose natural parameters are sums
over listeners; a listener's share can be taken out again (`without`). The spreads follow MacKay's
rule (Neural Computation 4, 1992): squared deviations over the number of well-determined ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from evolution.preference.expectations import Expectation, scale_of
from evolution.preference.judgements import (
    FEATURE_VERSION,
    HALF_LIFE_DAYS,
    FeaturesChanged,
    Floats,
    Judgements,
)
from evolution.preference.likelihood import HABITS, Panel, panels
from evolution.preference.posterior import (
    Prior,
    Sites,
    foreseen,
    inverse,
    posteriors,
    product,
    sites,
    trusted,
)
from evolution.reliability import USUAL_LAPSE, expected_lapse, posterior

_ROUNDS: Final = 12
_MOST_REPEATED: Final = 0.8
_STILL: Final = 1e-9
_LAPSES_AT: Final = (2, 4, 6, 8)
"""Rounds after which lapse rates are judged anew: not before there is a mean to judge them by."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What votes say of people in general; P = F feature weights per audible step, then HABITS."""

    mean: Floats
    """(P,)"""
    spread: Floats
    """(P,) deviation of one listener from the mean."""
    covariance: Floats
    """(P, P) of the mean: how well it is known."""
    scale: Floats
    """(F,) times a feature differs more than ordinarily between two mixes; at least 1."""
    expected: Floats
    """(P,) prior of the mean, its levels learnt; `expected_sd` its deviations."""
    expected_sd: Floats
    votes: int
    listeners: int
    version: int = FEATURE_VERSION

    @classmethod
    def initial(cls, dimensions: int) -> Crowd:
        """Nobody has voted: much of anything is disliked a little, all else is open."""
        return cls.of_nobody(Expectation.of(np.ones(2 * dimensions)))

    @classmethod
    def of_nobody(cls, expectation: Expectation) -> Crowd:
        """What is expected, and no votes."""
        return cls(
            mean=expectation.mean,
            spread=expectation.spread,
            covariance=np.diag(expectation.sd**2),
            scale=expectation.scale,
            expected=expectation.mean,
            expected_sd=expectation.sd,
            votes=0,
            listeners=0,
        )

    @property
    def weights(self) -> Floats:
        """(F,) of the features."""
        return self.mean[: -len(HABITS)]

    @property
    def nu(self) -> float:
        """How readily "no difference" is said: its odds against a win between equals."""
        return float(np.exp(self.mean[-1]))

    def to_arrays(self) -> dict[str, Floats]:
        """For the database, by name; numbers are arrays of no axes."""
        return {one.name: np.asarray(getattr(self, one.name), np.float64) for one in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> Crowd:
        """What `to_arrays` gave. Raises FeaturesChanged."""
        whole = {name: int(arrays[name]) for name in ("votes", "listeners", "version")}
        if whole["version"] != FEATURE_VERSION:
            raise FeaturesChanged(f"features are of version {FEATURE_VERSION} now")
        return cls(**{**arrays, **whole})  # type: ignore[arg-type]

    def prior(self) -> Prior:
        """Of a listener who is not in the crowd yet."""
        covariance = self.covariance + np.diag(self.spread**2)
        return Prior(self.mean[None], inverse(covariance)[None])

    def without(self, own: Panel) -> Prior:
        """The prior of listeners (one row each) whose votes `own` are part of the crowd's.

        Their share of the crowd's natural parameters is taken out, so that no vote counts twice.
        """
        among = Prior(self.mean[None], np.diag(self.spread**-2.0)[None])
        found = posteriors(own, among)
        votes = sites(own, found.mean, found.covariance, found.lapse)
        share = _share(votes, found.covariance, self.spread**-2.0)
        known, first = inverse(self.covariance), np.diag(self.expected_sd**-2.0)
        left = first + _never_negative(known - first - share.precision)
        covariance = inverse(left)
        mean = product(covariance, known @ self.mean - share.shift)
        return Prior(mean, inverse(covariance + np.diag(self.spread**2)))


@dataclass(slots=True)
class _Group:
    """Listeners of one panel and where the fit stands with them."""

    panel: Panel
    at: Floats
    lapse: Floats
    covariance: Floats
    votes: Sites

    @classmethod
    def starting(cls, panel: Panel, expectation: Expectation) -> _Group:
        count = len(panel.listener)
        at = np.tile(expectation.mean, (count, 1))
        lapse = np.full(count, USUAL_LAPSE)
        covariance = np.tile(np.diag(expectation.spread**2), (count, 1, 1))
        return cls(panel, at, lapse, covariance, sites(panel, at, covariance, lapse))

    def share(self, precision: Floats) -> Sites:
        """What their votes say of the crowd's mean; `precision` (P,) is 1 / spread²."""
        self.votes = sites(self.panel, self.at, self.covariance, self.lapse)
        self.covariance = inverse(self.votes.precision + np.diag(precision))
        return _share(self.votes, self.covariance, precision)

    def follow(self, mean: Floats, precision: Floats) -> None:
        """A Newton step of each towards their own mode under the new mean."""
        aim = product(self.covariance, precision * mean + self.votes.shift)
        self.at, _ = trusted(self.panel, self.at, aim, self.covariance)

    def judge(self) -> None:
        """Lapse rates by what is foreseen now."""
        votes = foreseen(self.panel, self.at, self.covariance, self.lapse)
        self.lapse = expected_lapse(posterior(votes))


def fit_crowd(judgements: Judgements, *, half_life_days: float = HALF_LIFE_DAYS) -> Crowd:
    """Means and spreads of everybody's weights. The votes' order cannot matter, to the bit."""
    start = Expectation.of(scale_of(judgements, half_life_days))
    if not len(judgements):
        return Crowd.of_nobody(start)
    groups = [_Group.starting(each, start) for each in panels(judgements, half_life_days)]
    faster = _Secant()
    spread, mean_next, sd_next = start.spread, start.mean, start.sd
    for turn in range(_ROUNDS):
        expected, sd = mean_next, sd_next
        precision, certain = spread**-2.0, sd**-2.0
        shares = [group.share(precision) for group in groups]
        known = np.diag(certain) + sum(share.precision.sum(axis=0) for share in shares)
        covariance = inverse(known)
        mean = covariance @ (certain * expected + sum(each.shift.sum(axis=0) for each in shares))
        for group in groups:
            group.follow(mean, precision)
            if turn in _LAPSES_AT:
                group.judge()
        spread = faster(spread, start.spread_after(*_differences(groups, mean, spread)))
        mean_next, sd_next = start.informed(sd, mean, covariance)
    return Crowd(
        mean=mean,
        spread=spread,
        covariance=covariance,
        scale=start.scale,
        expected=expected,
        expected_sd=sd,
        votes=int(np.count_nonzero(judgements.weight)),
        listeners=sum(len(group.panel.listener) for group in groups),
    )


def _differences(groups: list[_Group], mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Squared deviations of all listeners from the mean, and how many votes determine: (P,)."""
    squares = [np.sum((group.at - mean) ** 2, axis=0) for group in groups]
    free = [np.diagonal(group.covariance, axis1=1, axis2=2) / spread**2 for group in groups]
    return np.sum(squares, axis=0), np.sum([np.sum(1 - one, axis=0) for one in free], axis=0)


def _share(votes: Sites, covariance: Floats, precision: Floats) -> Sites:
    """Votes (L, …) as seen from the crowd's mean, their listeners' own weights integrated out.

    With S = diag(1 / precision) and C the listeners' covariance: S⁻¹ - S⁻¹ C S⁻¹ and S⁻¹ C shift.
    """
    scaled = precision[:, None] * covariance
    return Sites(
        np.diag(precision) - scaled * precision,
        product(scaled, votes.shift),
    )


class _Secant:
    """Where a slow fixed-point iteration x -> f(x) is going, per entry, on a log scale.

    Steffensen's idea: the last two rounds tell how much of a step the next one repeats.
    """

    def __init__(self) -> None:
        self._last: tuple[Floats, Floats] | None = None

    def __call__(self, x: Floats, after: Floats) -> Floats:
        at, step = np.log(x), np.log(after / x)
        repeated = np.zeros_like(at)
        if self._last is not None:
            moved, changed = at - self._last[0], step - self._last[1]
            np.divide(moved + changed, moved, out=repeated, where=np.abs(moved) > _STILL)
            repeated = np.clip(repeated, 0.0, _MOST_REPEATED)
        self._last = at, step
        return np.asarray(np.exp(at + step / (1 - repeated)), dtype=np.float64)


def _never_negative(matrices: Floats) -> Floats:
    """Symmetric (…, P, P), with what rounding or another linearisation made negative set to 0."""
    values, vectors = np.linalg.eigh((matrices + np.swapaxes(matrices, -1, -2)) / 2)
    turned = vectors * np.maximum(values, 0.0)[..., None, :]
    return np.asarray(np.matmul(turned, np.swapaxes(vectors, -1, -2)), dtype=np.float64)
