"""When a tournament has heard enough, and about how many votes that is away.

It is over when somebody is the best with the probability asked for, or when the budget is spent.

The votes left are looked up in simulated futures. Each has a truth of its own, drawn from today's
posterior, and hears more and more votes, spread over pairs as top-two sampling would by what that
future knows; votes are summed up as the normal scores they add up to. The estimate is the number
after which half of the futures are over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tournaments.comparisons import Floats
from tournaments.ratings import Posterior, p_best

_FUTURES: Final = 48
_DRAWS: Final = 192
_GROWTH: Final = 1.35  # From one number of votes looked at to the next.
_NOTICED: Final = 0.005  # A fall of P(best) that people would call one.


@dataclass(frozen=True, slots=True)
class StopRule:
    """What ends a tournament."""

    budget: int
    """Most votes."""
    p_best: float | None = None
    """Enough is a leader who is the best with this probability; None: only the budget ends it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How far a tournament is, for people: "P(A is best) = 0.93, about 14 votes left"."""

    leader: int
    p_best: float
    votes: int
    """Votes counted so far."""
    votes_left: int
    """About. 0 when it is over."""
    over: bool
    entries: int

    def shown_after(self, before: Forecast | None) -> Forecast:
        """The same, but votes left do not rise above what was shown before without a cause.

        A cause is another leader, a leader less sure than before, votes taken back, or entries
        that were added. Everything else is the estimate's own noise.
        """
        if before is None or before.over or self.over:
            return self
        cause = (
            self.leader != before.leader
            or self.entries != before.entries
            or self.votes < before.votes
            or self.p_best < before.p_best - _NOTICED
        )
        return self if cause else replace(self, votes_left=min(self.votes_left, before.votes_left))


def forecast(posterior: Posterior, votes: int, rule: StopRule, *, seed: int = 0) -> Forecast:
    """Where the tournament stands. The same input gives the same numbers."""
    chances = p_best(posterior, seed=seed)
    leader = int(chances.argmax())
    budget_left = max(0, rule.budget - votes)
    reached = rule.p_best is not None and chances[leader] >= rule.p_best
    left = 0
    if not reached and budget_left:
        left = budget_left
        if rule.p_best is not None:
            left = _votes_until(posterior, rule.p_best, budget_left, seed=seed)
    return Forecast(
        leader=leader,
        p_best=float(chances[leader]),
        votes=votes,
        votes_left=left,
        over=reached or not budget_left,
        entries=posterior.strengths.size,
    )


def _votes_until(posterior: Posterior, wanted: float, most: int, *, seed: int) -> int:
    """Votes after which half of the futures have had somebody best with probability `wanted`."""
    rng = np.random.default_rng(seed)
    futures = _Futures(posterior, rng)
    over = np.zeros(_FUTURES, dtype=bool)
    heard, step, share = 0, 1, 0.0
    while heard < most:
        step = min(step, most - heard)
        chances = futures.hear(step)
        over |= chances.max(axis=1) >= wanted
        before, share = share, float(over.mean())
        if share >= 0.5:
            # Between the two numbers looked at, as if the share rose in a straight line.
            return max(1, heard + round(step * (0.5 - before) / (share - before)))
        heard += step
        step = int(np.ceil(heard * (_GROWTH - 1)))
    return most


class _Futures:
    """Posteriors that hear votes; all arrays begin with (futures, entries …)."""

    def __init__(self, posterior: Posterior, rng: np.random.Generator) -> None:
        n = posterior.strengths.size
        self._rng = rng
        self._truth = posterior.draw(rng, _FUTURES)
        self._log_nu = posterior.tie.mean
        self._mean: Floats = np.tile(posterior.strengths, (_FUTURES, 1))
        self._covariance: Floats = np.tile(posterior.covariance, (_FUTURES, 1, 1))
        self._noise = rng.standard_normal((_DRAWS, n))
        self._chances = self._best()
        self._upper = np.triu(np.ones((n, n), dtype=bool), 1)

    def hear(self, votes: int) -> Floats:
        """After so many votes more: P(best), (futures, entries)."""
        told = votes * self._attention() * self._information()
        laplacian = -told
        np.einsum("kii->ki", laplacian)[:] = told.sum(axis=2)
        luck = np.sqrt(told) * self._rng.standard_normal(told.shape) * self._upper
        luck = (luck - luck.transpose(0, 2, 1)).sum(axis=2)
        # Information adds up: C' = (C⁻¹ + L)⁻¹, and the mean moves by what is new in the scores.
        eye = np.eye(self._mean.shape[1])
        after = np.linalg.solve(eye + self._covariance @ laplacian, self._covariance)
        self._covariance = np.asarray(after + after.transpose(0, 2, 1), dtype=np.float64) / 2
        news = _times(laplacian, self._truth - self._mean) + luck
        self._mean = self._mean + _times(self._covariance, news)
        self._chances = self._best()
        return self._chances

    def _best(self) -> Floats:
        """P(best) by the same draws each time, (futures, entries)."""
        # Strengths add to zero; a common level makes the covariance regular and changes no order.
        roots = np.linalg.cholesky(self._covariance + 1.0)
        drawn = self._mean[:, None, :] + self._noise @ roots.transpose(0, 2, 1)
        leaders = drawn.argmax(axis=2)[:, :, None] == np.arange(drawn.shape[2])
        best: Floats = leaders.mean(axis=1)
        return best

    def _attention(self) -> Floats:
        """The share of votes each pair gets, (futures, entries, entries); pairs add to one."""
        p = self._chances[:, :, None] + 1e-3
        p = p / p.sum(axis=1, keepdims=True)
        q = p.transpose(0, 2, 1)
        share = p * q / (1 - p) + p * q / (1 - q)
        np.einsum("kii->ki", share)[:] = 0.0
        attention: Floats = share / (share.sum(axis=(1, 2), keepdims=True) / 2)
        return attention

    def _information(self) -> Floats:
        """Of one vote on each pair: the variance of its score, at what is now believed."""
        half = (self._mean[:, :, None] - self._mean[:, None, :]) / 2
        scale = np.logaddexp(np.logaddexp(half, -half), self._log_nu)
        p_a, p_b = np.exp(half - scale), np.exp(-half - scale)
        variance: Floats = (p_a + p_b - (p_a - p_b) ** 2) / 4
        return variance


def _times(matrices: Floats, vectors: Floats) -> Floats:
    product: Floats = (matrices @ vectors[:, :, None])[:, :, 0]
    return product
