"""Strengths with honest uncertainty: a Bayesian Bradley-Terry posterior with ties.

The model is Davidson's (JASA 65, 1970, eq. 2.3). With d the log-odds of A over B, and nu how
readily a listener says "no difference",

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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

PRIOR_SD: Final = 1.0
"""Spread of strengths expected before any vote, on the logit scale (174 Elo points)."""
TIE_PRIOR: Final = (float(np.log(0.5)), 1.0)
"""Mean and deviation of log nu: one vote in five between equals is a tie, give or take a lot."""
EFFECT_PRIOR_SD: Final = 0.5
"""Expected size of a side or first-heard effect, logits: 0.5 makes an even pair 62 : 38."""
VOTES_FOR_EFFECTS: Final = 40
"""Fewer votes cannot tell an effect from luck; fitting it would only widen every interval."""
EFFECTS: Final = ("side_a", "first_heard")
Z_95: Final = 1.959963984540054
DRAWS: Final = 8192

_MAX_STEPS: Final = 60
# Newton's decrement (twice the distance of the log posterior from its top) that counts as there,
# and the rounding of that sum, both relative to its size.
_TOLERANCE: Final = 1e-14
_ROUNDING: Final = 1e-12


class RatingNotConverged(ArithmeticError):
    """Newton's method did not reach the mode: the votes hold something that is not a number."""

    code = "rating_not_converged"


class Comparison(NamedTuple):
    """One vote: entries `a` and `b`, score 1 (A better), 0.5 (no difference) or 0 (B better).

    `first` tells which side was heard first: 1 is A, -1 is B, 0 is unknown.
    """

    a: int
    b: int
    score: float
    first: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Votes:
    """Many comparisons as columns of equal length (one entry per vote)."""

    a: Integers
    b: Integers
    score: Floats
    first: Integers
    weight: Floats

    @classmethod
    def of(cls, comparisons: Iterable[Comparison]) -> Votes:
        rows: Sequence[Comparison] = list(comparisons)
        table = np.array(rows, dtype=np.float64).reshape(len(rows), 5)
        return cls(
            a=table[:, 0].astype(np.intp),
            b=table[:, 1].astype(np.intp),
            score=table[:, 2],
            first=table[:, 3].astype(np.intp),
            weight=table[:, 4],
        )

    def __len__(self) -> int:
        return self.a.size

    def check(self, entries: int) -> None:
        """Raise ValueError unless every vote compares two different entries of `entries`."""
        if not len(self):
            return
        if min(self.a.min(), self.b.min()) < 0 or max(self.a.max(), self.b.max()) >= entries:
            raise ValueError(f"votes name entries outside 0 to {entries - 1}")
        if np.any(self.a == self.b):
            raise ValueError("an entry cannot meet itself")
        if not np.all(np.isin(self.score, (0.0, 0.5, 1.0))):
            raise ValueError("a score is 1, 0.5 or 0")
        if not np.all(np.isin(self.first, (-1, 0, 1))):
            raise ValueError("first is 1 (A), -1 (B) or 0 (unknown)")
        if not np.all(np.isfinite(self.weight) & (self.weight >= 0)):
            raise ValueError("weights are finite and not negative")


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

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """`count` possible truths, (count, entries)."""
        noise = rng.standard_normal((count, self.strengths.size))
        draws: Floats = self.strengths + noise @ self._root.T
        return draws


@dataclass(frozen=True, slots=True)
class Ranking:
    """Where each entry may stand: all (entries,), ranks from 1."""

    p_best: Floats
    rank: Integers
    rank_low: Integers
    rank_high: Integers


def fit(
    entries: int,
    votes: Votes,
    *,
    prior_sd: float = PRIOR_SD,
    tie_prior: tuple[float, float] = TIE_PRIOR,
    with_effects: bool | None = None,
) -> Posterior:
    """The posterior of `entries` strengths.

    `with_effects` fits EFFECTS too; by default when there are VOTES_FOR_EFFECTS votes. Raises
    ValueError for votes that name nothing and RatingNotConverged if the mode is not found.
    """
    votes.check(entries)
    if with_effects is None:
        with_effects = len(votes) >= VOTES_FOR_EFFECTS
    model = _Model.of(entries, votes, prior_sd, tie_prior, with_effects)
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


def ranking(posterior: Posterior, *, seed: int = 0, draws: int = DRAWS) -> Ranking:
    """P(best) and 95 % rank ranges from seeded draws of the posterior.

    The Monte Carlo error of a probability is at most 0.5 / sqrt(draws): 0.6 % by default.
    """
    entries = posterior.strengths.size
    sampled = posterior.draw(np.random.default_rng(seed), draws)
    best = np.bincount(sampled.argmax(axis=1), minlength=entries) / draws
    places = np.empty((draws, entries), dtype=np.intp)
    order = np.argsort(-sampled, axis=1)
    np.put_along_axis(places, order, np.arange(1, entries + 1)[None, :], axis=1)
    low, high = np.quantile(places, (0.025, 0.975), axis=0, method="inverted_cdf")
    rank = np.empty(entries, dtype=np.intp)
    # Equal strengths (nothing told them apart) are ordered by P(best), then by place of entry.
    rank[np.lexsort((-best, -np.round(posterior.strengths, 9)))] = np.arange(1, entries + 1)
    return Ranking(best, rank, low.astype(np.intp), high.astype(np.intp))


@dataclass(frozen=True, slots=True)
class _Model:
    """The log posterior over x = (strengths, log nu, effects…), votes summed per (a, b, first).

    All cell arrays are (cells,); `columns` is (cells, effects).
    """

    entries: int
    a: Integers
    b: Integers
    weight: Floats
    lead: Floats  # sum of weight * (score - 1/2)
    ties: Floats  # sum of weight over ties
    columns: Floats
    prior_mean: Floats
    prior_precision: Floats

    @classmethod
    def of(
        cls,
        entries: int,
        votes: Votes,
        prior_sd: float,
        tie_prior: tuple[float, float],
        with_effects: bool,
    ) -> _Model:
        key = (votes.a * entries + votes.b) * 3 + (votes.first + 1 if with_effects else 1)
        # Sorted by value too: sums of unequal weights are then the same to the last bit.
        order = np.lexsort((votes.weight, votes.score, key))
        cells, cell = np.unique(key[order], return_inverse=True)
        weight, score = votes.weight[order], votes.score[order]

        def total(values: Floats) -> Floats:
            return np.bincount(cell, weights=values, minlength=cells.size).astype(np.float64)

        pair, first = np.divmod(cells, 3)
        a, b = np.divmod(pair, max(entries, 1))
        columns = np.stack((np.ones(cells.size), first - 1.0), axis=1)
        effects = len(EFFECTS) if with_effects else 0
        deviations = [prior_sd] * entries + [tie_prior[1]] + [EFFECT_PRIOR_SD] * effects
        mean = np.zeros(len(deviations))
        mean[entries] = tie_prior[0]
        return cls(
            entries=entries,
            a=a,
            b=b,
            weight=total(weight),
            lead=total(weight * (score - 0.5)),
            ties=total(weight * (score == 0.5)),
            columns=columns[:, :effects],
            prior_mean=mean,
            prior_precision=np.array(deviations) ** -2.0,
        )

    def mode(self) -> Floats:
        """Newton's method, with steps halved until the log posterior rises. It is concave."""
        x = self.prior_mean.copy()
        value = self._value(x)
        for _ in range(_MAX_STEPS):
            gradient = self._gradient(x)
            step = np.linalg.solve(self.information(x), gradient)
            if not np.all(np.isfinite(step)):
                break
            if gradient @ step < _TOLERANCE * (1.0 + abs(value)):
                return x
            floor = value - _ROUNDING * (1.0 + abs(value))
            while (trial := self._value(x + step)) < floor:
                step = step / 2
            x, value = x + step, trial
        raise RatingNotConverged(f"no mode after {_MAX_STEPS} steps")

    def information(self, x: Floats) -> Floats:
        """Minus the Hessian of the log posterior at `x`, (parameters, parameters)."""
        p_lead, p_tie, decided = self._moments(x)
        n = self.entries
        spread = self.weight * (decided / 4 - p_lead**2)
        mixed = self.weight * (-p_lead * p_tie)
        matrix = np.diag(self.prior_precision)
        pairs = np.bincount(self.a * n + self.b, weights=spread, minlength=n * n).reshape(n, n)
        matrix[:n, :n] -= pairs + pairs.T
        matrix[np.arange(n), np.arange(n)] += self._scatter(spread, sign=1.0)
        border = np.concatenate(
            [self._scatter(mixed)[:, None]]
            + [self._scatter(spread * column)[:, None] for column in self.columns.T],
            axis=1,
        )
        matrix[:n, n:] += border
        matrix[n:, :n] += border.T
        matrix[n, n] += np.sum(self.weight * p_tie * (1 - p_tie))
        matrix[n, n + 1 :] += mixed @ self.columns
        matrix[n + 1 :, n] += mixed @ self.columns
        matrix[n + 1 :, n + 1 :] += self.columns.T @ (spread[:, None] * self.columns)
        return matrix

    def _value(self, x: Floats) -> float:
        d, log_nu = self._odds(x), x[self.entries]
        scale = np.logaddexp(np.logaddexp(d / 2, -d / 2), log_nu)
        likelihood = self.lead @ d + self.ties.sum() * log_nu - self.weight @ scale
        return float(likelihood - self.prior_precision @ (x - self.prior_mean) ** 2 / 2)

    def _gradient(self, x: Floats) -> Floats:
        p_lead, p_tie, _ = self._moments(x)
        surplus = self.lead - self.weight * p_lead
        likelihood = np.concatenate(
            (
                self._scatter(surplus),
                [np.sum(self.ties - self.weight * p_tie)],
                surplus @ self.columns,
            )
        )
        gradient: Floats = likelihood - self.prior_precision * (x - self.prior_mean)
        return gradient

    def _odds(self, x: Floats) -> Floats:
        n = self.entries
        odds: Floats = x[self.a] - x[self.b] + self.columns @ x[n + 1 :]
        return odds

    def _moments(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Per cell: expected (score - 1/2), P(tie), P(decided)."""
        d, log_nu = self._odds(x), x[self.entries]
        scale = np.logaddexp(np.logaddexp(d / 2, -d / 2), log_nu)
        p_a, p_b, p_tie = np.exp(d / 2 - scale), np.exp(-d / 2 - scale), np.exp(log_nu - scale)
        return (p_a - p_b) / 2, p_tie, p_a + p_b

    def _scatter(self, values: Floats, sign: float = -1.0) -> Floats:
        """Sum per entry: `values` where it is A, `sign` times `values` where it is B."""
        n = self.entries
        as_a = np.bincount(self.a, weights=values, minlength=n)
        return as_a + sign * np.bincount(self.b, weights=values, minlength=n)
