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
from evolution.reliability import USUAL_LAPSE, expected, posterior

_ROUNDS: Final = 12
_MOST_REPEATED: Final = 0.8
_STILL: Final = 1e-9
_LAPSES_AT: Final = (2, 4, 6, 8)
"""Rounds after which lapse rates are judged anew: not before there is a mean to judge them by."""
_ORDINARY: Final = 2.0
"""Steps by which two mixes ordinarily differ in a descriptor."""
_VOTES_FOR_SCALE: Final = 100.0
"""What that is worth against the differences seen, in votes."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected before any vote, in logits per feature of scale 1 (one audible step)."""

    linear_sd: float = 0.15
    squared: tuple[float, float] = (-0.04, 0.02)
    """Mean and deviation. Negative: too much and too little of anything are both worse."""
    squared_mean_sd: float = 0.04
    """How far that mean may be from the one learnt."""
    personal_linear: float = 0.1
    """How far one listener's weights are from the crowd's; likewise for squared and habits."""
    personal_squared: float = 0.01
    habits: tuple[float, ...] = (0.0, 0.0, float(np.log(0.4)))
    habits_sd: tuple[float, ...] = (0.3, 0.3, 0.7)
    personal_habits: tuple[float, ...] = (0.2, 0.2, 0.7)
    level_worth: float = 3.0
    """What the expected deviations are worth, in well-determined parameters, when votes tell the
    level of all linear (or squared) ones together;"""
    own_worth: float = 10.0
    """and what that level is worth for each one's own deviation between listeners."""


USUAL: Final = Expectation()


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
        return _before_votes(np.ones(2 * dimensions))

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
    def starting(cls, panel: Panel, crowd: Crowd) -> _Group:
        count = len(panel.listener)
        at = np.tile(crowd.mean, (count, 1))
        lapse = np.full(count, USUAL_LAPSE)
        covariance = np.tile(np.diag(crowd.spread**2), (count, 1, 1))
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
        self.lapse = expected(posterior(votes))


def fit_crowd(judgements: Judgements, *, half_life_days: float = HALF_LIFE_DAYS) -> Crowd:
    """Means and spreads of everybody's weights. The votes' order cannot matter, to the bit."""
    start = _before_votes(_scale(judgements, half_life_days))
    if not len(judgements):
        return start
    groups = [_Group.starting(each, start) for each in panels(judgements, half_life_days)]
    spread, prior, faster = start.spread, (start.expected, start.expected_sd), _Secant()
    for turn in range(_ROUNDS):
        precision, certain = spread**-2.0, prior[1] ** -2.0
        shares = [group.share(precision) for group in groups]
        known = np.diag(certain) + sum(share.precision.sum(axis=0) for share in shares)
        covariance = inverse(known)
        mean = covariance @ (certain * prior[0] + sum(s.shift.sum(axis=0) for s in shares))
        for group in groups:
            group.follow(mean, precision)
            if turn in _LAPSES_AT:
                group.judge()
        spread = faster(spread, _spread(start.spread, spread, mean, groups))
        used, prior = prior, _prior(start, prior[1], mean, covariance)
    return Crowd(
        mean=mean,
        spread=spread,
        covariance=covariance,
        scale=start.scale,
        expected=used[0],
        expected_sd=used[1],
        votes=int(np.count_nonzero(judgements.weight)),
        listeners=sum(len(group.panel.listener) for group in groups),
    )


def _share(votes: Sites, covariance: Floats, precision: Floats) -> Sites:
    """Votes (L, …) as seen from the crowd's mean, their listeners' own weights integrated out.

    With S = diag(1 / precision) and C the listeners' covariance: S⁻¹ - S⁻¹ C S⁻¹ and S⁻¹ C shift.
    """
    scaled = precision[:, None] * covariance
    return Sites(
        np.diag(precision) - scaled * precision,
        product(scaled, votes.shift),
    )


def _spread(expected: Floats, spread: Floats, mean: Floats, groups: list[_Group]) -> Floats:
    """MacKay's rule per parameter; where votes are few, held to a level of all of its kind."""
    squares = sum(np.sum((group.at - mean) ** 2, axis=0) for group in groups) / expected**2
    determined = sum(
        np.sum(1 - np.diagonal(group.covariance, axis1=1, axis2=2) / spread**2, axis=0)
        for group in groups
    )
    level = np.ones(mean.size)
    for kind in _kinds(mean):
        level[kind] = _level(squares[kind], determined[kind])
    ratio = (USUAL.own_worth * level + squares) / (USUAL.own_worth + determined)
    return np.asarray(expected * np.sqrt(ratio), dtype=np.float64)


def _prior(
    start: Crowd, deviation: Floats, mean: Floats, covariance: Floats
) -> tuple[Floats, Floats]:
    """Of the crowd's mean, (P,) and deviations (P,): how much anything matters is learnt too.

    All linear weights have one level of deviation; all squared ones too, and one mean.
    """
    expected, spread = start.expected.copy(), start.expected_sd.copy()
    _, squared = kinds = _kinds(mean)
    own = deviation[squared] * start.scale[squared]
    seen = np.sum(mean[squared] * start.scale[squared] / own**2)
    first, sd = USUAL.squared[0], USUAL.squared_mean_sd
    common = (first / sd**2 + seen) / (1 / sd**2 + np.sum(own**-2.0))
    expected[squared] = min(common, 0.0) / start.scale[squared]
    for kind in kinds:
        squares = (mean - expected)[kind] ** 2 / spread[kind] ** 2
        determined = 1 - np.diag(covariance)[kind] / deviation[kind] ** 2
        spread[kind] *= np.sqrt(_level(squares, determined))
    return expected, spread


def _level(squares: Floats, determined: Floats) -> float:
    worth = USUAL.level_worth
    return float((worth + squares.sum()) / (worth + determined.sum()))


def _kinds(mean: Floats) -> tuple[slice, slice]:
    """Where the linear and where the squared weights are."""
    half = (mean.size - len(HABITS)) // 2
    return slice(0, half), slice(half, 2 * half)


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


def _before_votes(scale: Floats) -> Crowd:
    half = scale.size // 2

    def each(linear: float, squared: float, habits: tuple[float, ...]) -> Floats:
        return np.concatenate((np.repeat((linear, squared), half) / scale, habits))

    expected = each(0.0, USUAL.squared[0], USUAL.habits)
    expected_sd = each(USUAL.linear_sd, USUAL.squared[1], USUAL.habits_sd)
    return Crowd(
        mean=expected,
        spread=each(USUAL.personal_linear, USUAL.personal_squared, USUAL.personal_habits),
        covariance=np.diag(expected_sd**2),
        scale=scale,
        expected=expected,
        expected_sd=expected_sd,
        votes=0,
        listeners=0,
    )


def _scale(judgements: Judgements, half_life_days: float) -> Floats:
    """(F,) how many times their ordinary size the descriptors' differences are; and its square.

    A descriptor that differs by ten steps as a rule cannot matter as much per step as others, or
    every vote would be foregone; one that differs little still matters as much as it is audible.
    """
    strength = judgements.strength(half_life_days)
    order = judgements.canonical_order()
    linear = judgements.differences()[order, : judgements.dimensions]
    ordinary = _VOTES_FOR_SCALE * _ORDINARY**2
    mean_square = (strength[order] @ linear**2 + ordinary) / (
        strength[order].sum() + _VOTES_FOR_SCALE
    )
    scale = np.maximum(mean_square / _ORDINARY**2, 1.0)
    return np.concatenate((np.sqrt(scale), scale))


def _never_negative(matrices: Floats) -> Floats:
    """Symmetric (…, P, P), with what rounding or another linearisation made negative set to 0."""
    values, vectors = np.linalg.eigh((matrices + np.swapaxes(matrices, -1, -2)) / 2)
    turned = vectors * np.maximum(values, 0.0)[..., None, :]
    return np.asarray(np.matmul(turned, np.swapaxes(vectors, -1, -2)), dtype=np.float64)
