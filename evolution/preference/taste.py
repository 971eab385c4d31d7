"""What one listener likes: the crowd's taste, moved by their own votes as far as these carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evolution.preference.crowd import Crowd
from evolution.preference.judgements import (
    FEATURE_VERSION,
    HALF_LIFE_DAYS,
    FeaturesChanged,
    Floats,
    Judgements,
    features,
)
from evolution.preference.likelihood import HABITS, Panel, panels
from evolution.preference.posterior import posteriors
from evolution.reliability import Reliability

_WEIGHTS: Final = slice(0, -len(HABITS))


@dataclass(frozen=True, slots=True)
class Taste:
    """A normal posterior of a listener's F feature weights, in logits per audible step."""

    mean: Floats
    """(F,)"""
    covariance: Floats
    """(F, F)"""
    habits: Floats
    """As HABITS: logits for side A, logits for the side heard first, log nu."""
    votes: int = 0
    reliability: Reliability = field(default_factory=Reliability.usual)
    version: int = FEATURE_VERSION

    @classmethod
    def of_crowd(cls, crowd: Crowd) -> Taste:
        """Of somebody who has not voted: the crowd's mean, uncertain by how people differ."""
        covariance = crowd.covariance + np.diag(crowd.spread**2)
        return cls(
            mean=crowd.mean[_WEIGHTS],
            covariance=covariance[_WEIGHTS, _WEIGHTS],
            habits=crowd.mean[-len(HABITS) :],
        )

    def utility(self, descriptors: ArrayLike) -> Floats:
        """(…, D) descriptors -> (…,) expected utility in logits; only differences mean anything."""
        utility: Floats = features(descriptors) @ self.mean
        return utility

    def draws(self, rng: np.random.Generator, count: int) -> Floats:
        """`count` weights that this listener may have, (count, F)."""
        root = np.linalg.cholesky(self.covariance)
        drawn: Floats = self.mean + rng.standard_normal((count, self.mean.size)) @ root.T
        return drawn

    def advantage(self, a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
        """Of mixes a over b, (…, D) each: expected log-odds and their deviation, (…,) each."""
        difference = features(a) - features(b)
        variance = np.einsum("...f,fg,...g->...", difference, self.covariance, difference)
        return difference @ self.mean, np.sqrt(np.maximum(variance, 0.0))

    def to_arrays(self) -> dict[str, Floats]:
        """For the database, by name; numbers are arrays of no axes."""
        trust = self.reliability
        return {
            "mean": self.mean,
            "covariance": self.covariance,
            "habits": self.habits,
            "votes": np.array(self.votes, np.float64),
            "lapse": np.array((trust.lapse, trust.low, trust.high)),
            "version": np.array(self.version, np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64]]) -> Taste:
        """What `to_arrays` gave. Raises FeaturesChanged."""
        if int(arrays["version"]) != FEATURE_VERSION:
            raise FeaturesChanged(f"features are of version {FEATURE_VERSION} now")
        return cls(
            mean=arrays["mean"],
            covariance=arrays["covariance"],
            habits=arrays["habits"],
            votes=int(arrays["votes"]),
            reliability=Reliability(*(float(rate) for rate in arrays["lapse"])),
        )


def fit_taste(
    crowd: Crowd,
    judgements: Judgements,
    *,
    known: NDArray[np.bool_] | None = None,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Taste:
    """The taste of the one listener who judged. The order of the votes cannot matter, to the bit.

    `known` (n,) marks the judgements the crowd was fitted to; their share is taken out of the
    crowd first. None: the crowd has seen none of them.
    """
    if not len(judgements):
        return Taste.of_crowd(crowd)
    found = fit_tastes(crowd, judgements, known=known, half_life_days=half_life_days)
    if len(found) > 1:
        raise ValueError("judgements are one listener's; fit_tastes takes those of many")
    return next(iter(found.values()))


def fit_tastes(
    crowd: Crowd,
    judgements: Judgements,
    *,
    known: NDArray[np.bool_] | None = None,
    half_life_days: float = HALF_LIFE_DAYS,
) -> dict[int, Taste]:
    """The taste of every listener who judged, by their id; as `fit_taste`, all in one go."""
    seen = np.zeros(len(judgements), dtype=np.bool_) if known is None else known
    tastes: dict[int, Taste] = {}
    for panel in panels(judgements, half_life_days):
        tastes.update(_tastes(crowd, panel, seen))
    return tastes


def _tastes(crowd: Crowd, panel: Panel, seen: NDArray[np.bool_]) -> dict[int, Taste]:
    prior = crowd.without(panel.only(seen)) if seen.any() else crowd.prior()
    found = posteriors(panel, prior)
    counted = np.count_nonzero(panel.strength, axis=1)
    return {
        int(listener): Taste(
            mean=found.mean[row, _WEIGHTS],
            covariance=found.covariance[row, _WEIGHTS, _WEIGHTS],
            habits=found.mean[row, -len(HABITS) :],
            votes=int(counted[row]),
            reliability=Reliability.of(found.lapse_grid[row]),
        )
        for row, listener in enumerate(panel.listener)
    }
