"""Is a candidate better than the incumbent? Evidence that may be looked at after every vote.

A threshold on a posterior probability is not enough: somebody who looks after each vote and stops
when it is passed promotes many equals. Here the votes are also a bet against "it is no better". A
gambler who stakes the share s of what they have on each decided vote multiplies it by 1 + s or
1 - s; if the candidate wins no more than half, nobody can expect to gain, and the chance of ever
holding 1 / alpha times the stake is at most alpha, whenever one stops (Ville, 1939; Waudby-Smith
and Ramdas, J. R. Stat. Soc. B 86, 2024). The stakes are spread over (0, 1), which needs no guess of
how good the candidate is; a tie changes nothing, and a listener's weight scales the stake.

Only votes cast after the candidate was bred may enter: those that bred it favour it by selection
(the winner's curse). Pure: no Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, stdtrit

Floats = NDArray[np.float64]

_NODES, _SHARES = np.polynomial.legendre.leggauss(48)
_STAKES: Final = (_NODES + 1) / 2
# Density 2 (1 - stake): most on small edges, because mixers that differ by little are the rule.
_LOG_SHARES: Final = np.log(_SHARES * (1 - _STAKES))
_FAR: Final = 10_000
"""More votes than this are as good as never."""


class Decision(StrEnum):
    """What the votes allow."""

    PROMOTE = "promote"
    CONTINUE = "continue"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class PromotionRule:
    """When a candidate has won or lost."""

    probability: float
    """Of being better (or worse). Also 1 - alpha of the bet: equals pass in at most alpha of
    cases, however often one looks."""
    fresh_votes: int
    """Fewest votes of full weight."""
    most_votes: int
    """A candidate that has not won by then is let go: the difference is too small to matter."""

    @property
    def alpha(self) -> float:
        """Chance that a candidate which is no better is ever promoted."""
        return 1.0 - self.probability


COMMUNITY: Final = PromotionRule(probability=0.95, fresh_votes=20, most_votes=400)
PERSONAL: Final = PromotionRule(probability=0.8, fresh_votes=6, most_votes=60)
ROLLBACK: Final = PromotionRule(probability=0.95, fresh_votes=10, most_votes=_FAR)
"""Of the former mixer against the one that took its place."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What fresh votes say of a candidate."""

    p_better: float
    """Posterior probability that it wins more than half of the decided votes."""
    gain: float
    """What a bet on it has made of 1. Equals reach 1 / alpha in at most alpha of cases."""
    wins: float
    ties: float
    losses: float
    """Sums of weights."""
    fresh_votes: int
    """Votes of any weight above 0."""
    votes_needed: int | None
    """About how many more of full weight, if it goes on as so far; None when it will not do."""
    decision: Decision


def sequential_test(
    score: ArrayLike, weight: ArrayLike | None = None, *, rule: PromotionRule = COMMUNITY
) -> Evidence:
    """Weigh fresh votes of candidate against incumbent: 1 it won, 0.5 no difference, 0 it lost.

    `weight` (n,) in 0 to 1 says how far each listener is trusted and must not depend on the vote
    itself. Raises ValueError for anything else.
    """
    scores, weights = _votes(score, weight)
    better, worse = _bet(scores, weights), _bet(1 - scores, weights)
    p_better = float(1 / (1 + np.exp(worse - better)))
    target = -np.log(rule.alpha)
    total = float(weights.sum())
    enough = total >= rule.fresh_votes
    decision = Decision.CONTINUE
    if enough and p_better >= rule.probability and better >= target:
        decision = Decision.PROMOTE
    elif (enough and 1 - p_better >= rule.probability and worse >= target) or (
        total >= rule.most_votes
    ):
        decision = Decision.REJECT
    return Evidence(
        p_better=p_better,
        gain=float(np.exp(better)),
        wins=float(weights @ (scores == 1)),
        ties=float(weights @ (scores == 0.5)),
        losses=float(weights @ (scores == 0)),
        fresh_votes=int(np.count_nonzero(weights)),
        votes_needed=_votes_needed(scores, weights, better, rule, decision),
        decision=decision,
    )


def rollback_test(
    score: ArrayLike, weight: ArrayLike | None = None, *, rule: PromotionRule = ROLLBACK
) -> Evidence:
    """Should a promoted mixer go back? Its votes against its predecessor since: 1 it won, 0 lost.

    PROMOTE in the answer means: the predecessor is better, roll back. All numbers are from the
    predecessor's side.
    """
    scores, weights = _votes(score, weight)
    return sequential_test(1 - scores, weights, rule=rule)


def _votes(score: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, Floats]:
    scores = np.asarray(score, dtype=np.float64).reshape(-1)
    weights = np.ones_like(scores) if weight is None else np.asarray(weight, dtype=np.float64)
    if weights.shape != scores.shape:
        raise ValueError(f"{scores.size} votes and {weights.size} weights")
    if not np.all(np.isin(scores, (0.0, 0.5, 1.0))):
        raise ValueError("a score is 1, 0.5 or 0")
    if not np.all((weights >= 0) & (weights <= 1)):
        raise ValueError("weights are 0 to 1")
    return scores, weights


def _bet(scores: Floats, weights: Floats) -> float:
    """Log of what a stake of 1 on the candidate became, averaged over the shares staked."""
    return float(logsumexp(_growth(scores, weights) + _LOG_SHARES))


def _growth(scores: Floats, weights: Floats) -> Floats:
    """Log of what each share staked has made of 1, (shares,)."""
    # Sorted, so that the order of the votes cannot matter, to the bit.
    outcomes = np.sort(weights * (2 * scores - 1))
    return np.asarray(np.log1p(_STAKES[:, None] * outcomes).sum(axis=1), dtype=np.float64)


def _votes_needed(
    scores: Floats, weights: Floats, better: float, rule: PromotionRule, decision: Decision
) -> int | None:
    """Votes of full weight until promotion, if wins and losses come as so far."""
    if decision is Decision.PROMOTE:
        return 0
    if decision is Decision.REJECT:
        return None
    total = float(weights.sum())
    missing = max(0, int(np.ceil(rule.fresh_votes - total)))
    target = -float(np.log(rule.alpha))
    if better >= target:
        return missing or 1
    start = _growth(scores, weights)
    # One win and one loss more than counted: a first vote promises no endless run.
    wins, losses = float(weights @ (scores == 1)) + 1, float(weights @ (scores == 0)) + 1
    decided = (wins + losses) / (total + 2)
    share = wins / (wins + losses)
    per_vote = decided * (share * np.log1p(_STAKES) + (1 - share) * np.log1p(-_STAKES))

    def reached(more: int) -> bool:
        return float(logsumexp(start + more * per_vote + _LOG_SHARES)) >= target

    # A log-sum-exp of straight lines is convex, so from below it crosses the threshold once.
    few, many = 0, max(int(np.ceil(rule.most_votes - total)), 1)
    if not reached(many):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if reached(middle) else (middle, many)
    return max(missing, many)


@dataclass(frozen=True, slots=True)
class HoldBack:
    """What personal mixers are worth: their share of battles against the community's."""

    share: float
    """Ties count half."""
    low: float
    high: float
    """95 %, between listeners."""
    battles: int
    listeners: int


def hold_back(
    score: ArrayLike, listener: ArrayLike, weight: ArrayLike | None = None
) -> HoldBack | None:
    """Battles of personal (score 1: it won) against community mixers; None without any.

    Votes of one listener are alike, so the interval counts listeners, not votes: the ratio
    estimator over clusters with Student's t (Cochran, Sampling Techniques, 3rd ed., ch. 9A). A
    listener without a preference is added to it, so that a few who agree are no certainty.
    """
    scores, weights = _votes(score, weight)
    if not weights.sum() > 0:
        return None
    who = np.unique(np.asarray(listener), return_inverse=True)[1]
    votes = np.bincount(who, weights=weights)
    won = np.bincount(who, weights=weights * scores)
    votes, won = votes[votes > 0], won[votes > 0]
    typical = votes.mean()
    share = float((won.sum() + typical / 2) / (votes.sum() + typical))
    count = len(votes)
    residual = np.append(won - share * votes, (0.5 - share) * typical)
    # A coin's spread is the least that a listener's votes can have.
    least = votes.sum() / 4
    variance = max(float(residual @ residual) * (count + 1) / count, least) / votes.sum() ** 2
    reach = float(stdtrit(count, 0.975)) * np.sqrt(variance)
    return HoldBack(
        share=float(won.sum() / votes.sum()),
        low=max(0.0, share - reach),
        high=min(1.0, share + reach),
        battles=int(np.count_nonzero(weights)),
        listeners=count,
    )
