"""The log posterior of Davidson's model of paired comparisons with ties, and its mode.

Davidson, JASA 65 (1970), eq. 2.3, with normal priors. It is an exponential family in (strengths,
log nu, effects), so the log posterior is concave and Newton's method finds its only top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tournaments.comparisons import Floats, Integers, Votes

_MAX_STEPS: Final = 60
# Newton's decrement (twice the distance of the log posterior from its top) that counts as there,
# and the rounding of that sum, both relative to its size.
_TOLERANCE: Final = 1e-14
_ROUNDING: Final = 1e-12


EFFECTS: Final = ("side_a", "first_heard")
"""Habits of listeners: a pull towards side A, and towards whatever was heard first."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is expected before any vote, all on the logit scale."""

    strength_sd: float = 1.0
    """Spread of strengths: 1 is 174 Elo points."""
    log_nu: tuple[float, float] = (float(np.log(0.5)), 1.0)
    """Mean and deviation: one vote in five between equals is a tie, give or take a lot."""
    effect_sd: float = 0.5
    """Size of an effect: 0.5 makes an even pair 62 : 38."""


USUAL: Final = Prior()


class RatingNotConverged(ArithmeticError):
    """Newton's method did not reach the mode: the votes hold something that is not a number."""

    code = "rating_not_converged"


@dataclass(frozen=True, slots=True)
class Davidson:
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
    def of(cls, entries: int, votes: Votes, prior: Prior, *, with_effects: bool) -> Davidson:
        """The model of these votes; EFFECTS are parameters too if asked for."""
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
        deviations = [prior.strength_sd] * entries + [prior.log_nu[1]] + [prior.effect_sd] * effects
        mean = np.zeros(len(deviations))
        mean[entries] = prior.log_nu[0]
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
