"""Strengths with honest uncertainty: a Bayesian Bradley-Terry posterior with ties.

The model is Davidson's (see `davidson`). With d the log-odds of A over B, and nu how readily a
listener says "no difference",

    P(A) : P(tie) : P(B)  =  exp(d/2) : nu : exp(-d/2),      d = strength A - strength B + effects.

Counting a tie as half a win each would have the same estimate at equal strengths, but would claim
the information of a decided vote for it: with 30 % ties, intervals come out one sixth too narrow.
Davidson's form gives ties their own probability, stays concave, and is Bradley-Terry without ties.
"Both bad" says nothing of which mix is better, so such votes do not enter.

Strengths have a normal prior, so an entry that won everything stays finite. The posterior is
Laplace's: the normal with the mode and curvature of the log posterior. Votes are summed per pair
first, so their order cannot matter and the cost follows the pairs, not the votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from tournaments.comparisons import Comparison, Floats, Integers, Votes
from tournaments.davidson import EFFECTS, USUAL, Davidson, Prior, RatingNotConverged

__all__ = [
    "Comparison",
    "Effect",
    "Posterior",
    "Prior",
    "Ranking",
    "RatingNotConverged",
    "Votes",
    "best_first",
    "fit",
    "p_best",
    "ranking",
]

VOTES_FOR_EFFECTS: Final = 40
"""Fewer votes cannot tell an effect from luck; fitting it would only widen every interval."""
Z_95: Final = 1.959963984540054
DRAWS: Final = 8192
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class Effect:
    """A habit of the listeners in logits: positive favours side A, or the side heard first."""

    mean: float
    standard_error: float


@dataclass(frozen=True)
class Posterior:
    """What the votes say about `entries` strengths (log scale, mean zero)."""

    strengths: Floats
    """(entries,) posterior means."""
    covariance: Floats
    """(entries, entries) of the strengths, in which their mean is fixed at zero."""
    tie: Effect
    """log nu."""
    effects: dict[str, Effect]
    """By name in EFFECTS; empty below VOTES_FOR_EFFECTS votes."""

    @cached_property
    def standard_errors(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @cached_property
    def _root(self) -> Floats:
        """A matrix R with R Rᵀ = covariance, which is singular: strengths add to zero."""
        values, vectors = np.linalg.eigh(self.covariance)
        root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
        return root

    def foresee(
        self, pairs: Sequence[tuple[int, int]] | Integers, times: Floats | float = 1.0
    ) -> Posterior:
        """As sure as after more votes on the pairs (`times` each), whatever they will say.

        Strengths stay; each vote adds the information expected of it at today's strengths.
        """
        if not len(pairs):
            return self
        i, j = np.asarray(pairs, dtype=np.intp).T
        p_a, p_tie, p_b = self.outcomes(i, j)
        told = times * ((1.0 - p_tie) - (p_a - p_b) ** 2) / 4  # variance of the score
        laplacian = np.zeros_like(self.covariance)
        np.add.at(laplacian, (np.r_[i, j], np.r_[i, j]), np.r_[told, told])
        np.add.at(laplacian, (np.r_[i, j], np.r_[j, i]), -np.r_[told, told])
        # (C⁻¹ + L)⁻¹ without inverting C, which is singular: strengths add to zero.
        eye = np.eye(self.strengths.size)
        covariance = np.linalg.solve(eye + self.covariance @ laplacian, self.covariance)
        return replace(self, covariance=(covariance + covariance.T) / 2)

    def outcomes(self, a: Integers, b: Integers) -> tuple[Floats, Floats, Floats]:
        """P(A), P(tie), P(B) at the posterior means, for arrays of entries of one shape."""
        half = (self.strengths[a] - self.strengths[b]) / 2
        scale = np.logaddexp(np.logaddexp(half, -half), self.tie.mean)
        return np.exp(half - scale), np.exp(self.tie.mean - scale), np.exp(-half - scale)

    def predict(self, a: int, b: int) -> tuple[float, float, float]:
        """P(A), P(tie), P(B) of the next vote on a pair, all uncertainty of strengths included.

        Without effects: side and order are even over many votes. Gauss-Hermite quadrature.
        """
        gap = self.covariance[a, a] + self.covariance[b, b] - 2 * self.covariance[a, b]
        half = (self.strengths[a] - self.strengths[b] + np.sqrt(max(gap, 0.0)) * _NODES) / 2
        scale = np.logaddexp(np.logaddexp(half, -half), self.tie.mean)
        logs = (half - scale, self.tie.mean - scale, -half - scale)
        p_a, p_tie, p_b = (float(np.exp(log) @ _WEIGHTS) for log in logs)
        return p_a, p_tie, p_b

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """`count` possible truths, (count, entries)."""
        return self.spread(rng.standard_normal((count, self.strengths.size)))

    def spread(self, noise: Floats) -> Floats:
        """The possible truths that standard normal `noise`, (count, entries), stands for."""
        draws = noise @ self._root.T
        draws += self.strengths
        return draws


@dataclass(frozen=True, slots=True)
class Ranking:
    """Where each entry may stand: all (entries,), ranks from 1."""

    p_best: Floats
    rank: Integers
    rank_low: Integers
    rank_high: Integers


def fit(
    entries: int, votes: Votes, *, prior: Prior = USUAL, with_effects: bool | None = None
) -> Posterior:
    """The posterior of `entries` strengths.

    `with_effects` fits EFFECTS too; by default when there are VOTES_FOR_EFFECTS votes. Raises
    ValueError for votes that name nothing and RatingNotConverged if the mode is not found.
    """
    votes.check(entries)
    if with_effects is None:
        with_effects = len(votes) >= VOTES_FOR_EFFECTS
    model = Davidson.of(entries, votes, prior, with_effects=with_effects)
    mode = model.mode()
    covariance = np.linalg.inv(model.information(mode))
    spread = np.sqrt(np.diag(covariance))
    named = ["tie", *(EFFECTS if with_effects else ())]
    extras = {
        name: Effect(float(mode[entries + k]), float(spread[entries + k]))
        for k, name in enumerate(named)
    }
    # Votes only tell differences: the strengths' common level is the prior's and is taken out.
    centred = covariance[:entries, :entries]
    centred = centred - centred.mean(axis=0) - centred.mean(axis=1)[:, None] + centred.mean()
    strengths = mode[:entries] - mode[:entries].mean() if entries else mode[:0]
    return Posterior(strengths, centred, extras.pop("tie"), extras)


def p_best(posterior: Posterior, *, seed: int = 0, draws: int = DRAWS) -> Floats:
    """The probability of each entry to be the best, from seeded draws of the posterior.

    The Monte Carlo error of a probability is at most 0.5 / sqrt(draws): 0.6 % by default.
    """
    noise = _noise(seed, draws, posterior.strengths.size)
    return _share_of_first(posterior.spread(noise))


def best_first(posterior: Posterior, chances: Floats) -> Integers:
    """The entries by strength. Equal ones (no vote told them apart) go by their P(best)."""
    return np.lexsort((-chances, -np.round(posterior.strengths, 9)))


def ranking(posterior: Posterior, *, seed: int = 0, draws: int = DRAWS) -> Ranking:
    """P(best), ranks, and 95 % rank ranges from seeded draws of the posterior, as `p_best`."""
    entries = posterior.strengths.size
    order = np.argsort(-posterior.spread(_noise(seed, draws, entries)), axis=1)
    # How often each entry came to each place, (entries, places): far fewer numbers than draws.
    cells = (order * entries + np.arange(entries)).ravel()
    times = np.bincount(cells, minlength=entries**2).reshape(entries, entries)
    chances: Floats = times[:, 0] / draws if entries else np.zeros(0)
    below = times.cumsum(axis=1)
    low, high = (1 + (below < share * draws).sum(axis=1) for share in (0.025, 0.975))
    rank = np.empty(entries, dtype=np.intp)
    rank[best_first(posterior, chances)] = np.arange(1, entries + 1)
    return Ranking(chances, rank, low, high)


@lru_cache(maxsize=4)
def _noise(seed: int, draws: int, entries: int) -> Floats:
    """Standard normal draws, (draws, entries); the same are asked for with every vote."""
    noise = np.random.default_rng(seed).standard_normal((draws, entries))
    noise.flags.writeable = False
    return noise


def _share_of_first(sampled: Floats) -> Floats:
    draws, entries = sampled.shape
    share: Floats = np.bincount(sampled.argmax(axis=1), minlength=entries) / draws
    return share
