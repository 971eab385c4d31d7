"""Groups of listeners who push one entry up or down.

Every listener with enough votes is explained in three ways, and Bayes' rule weighs them:

- *honest*: Davidson's model with a taste of their own (see `tastes`), so that taste, even strong
  taste, explains itself;
- *careless*: answers that follow the side and not the mix;
- *campaign* for or against an entry: wherever the entry is heard the answer is for (against) it,
  and elsewhere answers are those of the other members, whatever they are, or of a taste.

How common each campaign is, what its members answer elsewhere, and the crowd's strengths without
them are estimated together by expectation maximisation. A lone fan gets no companions and stays
honest; twenty who answer as one do not. Every listener weighs little in the first fit, so that a
large campaign cannot pass for the crowd.

The attacks meant are those of Min et al. (ICML 2025, arXiv 2501.17858), and the test per listener
against the others goes back to FastChat's `detect_malicious_users`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp

from tournaments.comparisons import Floats, Integers, Votes
from tournaments.davidson import USUAL
from tournaments.integrity.tastes import log_evidence
from tournaments.integrity.votelog import VoteLog
from tournaments.ratings import Posterior, fit

VOTES_TO_JUDGE: Final = 20
"""Fewer votes of a listener tell too little to suspect anybody."""
CERTAIN: Final = 0.99
"""Probability of being in a campaign from which votes are left out."""
TASTE_SDS: Final = (0.3, 1.0)
"""Spreads of honest tastes around the crowd's, in logits: of people like most, and unlike."""
_CARELESS: Final = 0.1
_FAITHFUL: Final = (20.0, 1.0)  # Beta prior of how often a member answers for the campaign.
_COMMON: Final = (10.0, 0.02)  # Listeners' worth of prior, and the share that is in a campaign.
_LIKE_CROWD: Final = 3.0  # Votes per pair's worth of prior for what members answer elsewhere.
_FIRST_GUESS: Final = 0.2  # The share in campaigns before the votes say how many there are.
_SEEN: Final = 5  # Votes with the target that make a push visible …
_ALIKE: Final = 8  # … and a listener suspect from the start.
_PUSH: Final = 0.15  # Share of votes by which a push differs from what the crowd says anyway.
_STEPS: Final = 12
_SETTLED: Final = 1e-2  # Change of a probability that ends the search.
_POSSIBLE: Final = 1e-5  # A probability below this is looked into no more.


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How likely a listener is part of a campaign, and why."""

    listener: int
    probability: float
    target: int
    upward: bool
    """Whether the campaign is for its target, not against it."""
    votes: int
    with_target: int
    """Votes on battles with the target …"""
    as_wanted: int
    """… and those of them that went the campaign's way."""
    companions: int
    """Others who are likely part of the same campaign."""

    @property
    def flagged(self) -> bool:
        return self.probability >= CERTAIN

    @property
    def reason(self) -> str:
        """For staff."""
        way = "for" if self.upward else "against"
        return (
            f"{self.as_wanted} of {self.with_target} votes {way} entry {self.target}, "
            f"as {self.companions} others"
        )


def suspicions(log: VoteLog) -> list[Suspicion]:
    """Every listener with VOTES_TO_JUDGE votes, by number. The order of votes changes nothing."""
    ballots = _Ballots.of(log)
    if not ballots.listeners.size:
        return []
    shares = _shares(log, ballots)
    probability = shares.sum(axis=1)
    campaign = shares.argmax(axis=1)
    found = []
    for row, listener in enumerate(ballots.listeners.tolist()):
        k = int(campaign[row])
        members = shares[:, k] >= 0.5
        found.append(
            Suspicion(
                listener=listener,
                probability=float(probability[row]),
                target=k // 2,
                upward=k % 2 == 0,
                votes=int(ballots.counts[row].sum()),
                with_target=int(ballots.met[row, k]),
                as_wanted=int(ballots.wanted[row, k]),
                companions=int(members.sum() - members[row]),
            )
        )
    return found


def flagged(log: VoteLog) -> frozenset[int]:
    """The listeners whose votes should be left out of the fit."""
    return frozenset(s.listener for s in suspicions(log) if s.flagged)


@dataclass(frozen=True, slots=True)
class _Ballots:
    """Votes of the listeners who can be judged, counted.

    Campaign 2e is for entry e, 2e + 1 against it. A pair's outcomes are: its lower entry, no
    difference, its higher entry.
    """

    listeners: Integers
    pair: Integers  # (votes,) of all votes
    low_wins: Integers  # (votes,) 0, 1 or 2 as seen from the lower entry
    counts: Floats  # (listeners, pairs, 3)
    sides: Floats  # (listeners, 3): answers by side
    favour: Integers  # (campaigns, pairs): the outcome wanted; -1 where the target is not
    met: Floats  # (listeners, campaigns): votes with the target
    wanted: Floats  # (listeners, campaigns): of these, as wanted

    @classmethod
    def of(cls, log: VoteLog) -> _Ballots:
        n = log.entries
        low, high = np.triu_indices(n, 1)
        number = np.zeros((n, n), dtype=np.intp)
        number[low, high] = number[high, low] = np.arange(low.size)
        pair = number[log.a, log.b]
        outcome = np.where(log.a < log.b, log.outcome, 2 - log.outcome)
        everybody, cast = np.unique(log.listener, return_counts=True)
        listeners = everybody[cast >= VOTES_TO_JUDGE]
        judged = np.isin(log.listener, listeners)
        row = np.searchsorted(listeners, log.listener[judged])
        counts = np.zeros((listeners.size, low.size, 3))
        np.add.at(counts, (row, pair[judged], outcome[judged]), 1.0)
        sides = np.zeros((listeners.size, 3))
        np.add.at(sides, (row, log.outcome[judged]), 1.0)
        favour = np.full((2 * n, low.size), -1, dtype=np.intp)
        for entry in range(n):
            favour[2 * entry, low == entry] = favour[2 * entry + 1, high == entry] = 0
            favour[2 * entry, high == entry] = favour[2 * entry + 1, low == entry] = 2
        with_target = (favour >= 0).astype(np.float64)
        met = counts.sum(axis=2) @ with_target.T
        wanted = sum(counts[:, :, o] @ (favour == o).astype(np.float64).T for o in (0, 2))
        return cls(listeners, pair, outcome, counts, sides, favour, met, np.asarray(wanted))

    def by_crowd(self, expected: Floats) -> Floats:
        """Votes that would go a campaign's way if answers were `expected`, as `wanted`."""
        heard = self.counts.sum(axis=2)
        ways = (expected[:, o][:, None] * (self.favour == o).T for o in (0, 2))
        return np.asarray(sum(heard @ way for way in ways))


def _shares(log: VoteLog, ballots: _Ballots) -> Floats:
    """The probability of each listener to be in each campaign, (listeners, campaigns)."""
    pushing, careless = _pushing(ballots), _careless(ballots)
    tried = np.isfinite(pushing)
    # To begin with, half of those who always answered alike are left out of the crowd.
    alike = tried & (ballots.wanted >= 0.95 * ballots.met) & (ballots.met >= _ALIKE)
    shares: Floats = alike / np.maximum(2.0 * alike.sum(axis=1, keepdims=True), 1.0)
    prior = np.full(shares.shape[1], _FIRST_GUESS / shares.shape[1])
    for _ in range(_STEPS):
        crowd = _crowd(log, ballots, shares)
        expected = _expected(crowd)
        active = tried & (ballots.wanted - ballots.by_crowd(expected) >= _PUSH * ballots.met)
        honest = careless + np.log(_CARELESS)
        suspect = active.any(axis=1)  # For the others there is nothing to weigh.
        taste = np.log1p(-_CARELESS) + _honest(ballots.counts[suspect], crowd)
        honest[suspect] = np.logaddexp(honest[suspect], taste)
        alone = _honest_elsewhere(ballots, crowd, active)
        together = _elsewhere(ballots, shares, expected, active)
        elsewhere = np.logaddexp(alone, together) - np.log(2)
        member = np.where(active, np.log(prior) + pushing + elsewhere, -np.inf)
        odds = np.concatenate((member, (np.log1p(-prior.sum()) + honest)[:, None]), axis=1)
        before, shares = shares, np.exp(odds - logsumexp(odds, axis=1, keepdims=True))[:, :-1]
        weight, share = _COMMON
        prior = (shares.sum(axis=0) + weight * share / shares.shape[1]) / (weight + len(shares))
        prior = prior * min(1.0, 0.9 / prior.sum())
        if np.abs(shares - before).max() < _SETTLED:
            break
        tried &= shares > _POSSIBLE
    return shares


def _crowd(log: VoteLog, ballots: _Ballots, shares: Floats) -> Posterior:
    """Strengths by everybody as far as they are honest. Nobody weighs more than a few votes."""
    everybody, row, cast = np.unique(log.listener, return_inverse=True, return_counts=True)
    trust = np.minimum(1.0, VOTES_TO_JUDGE / cast)
    trust[np.isin(everybody, ballots.listeners)] *= 1.0 - shares.sum(axis=1)
    score, first = 1.0 - log.outcome / 2, np.zeros(len(log), dtype=np.intp)
    votes = Votes(log.a, log.b, score, first, weight=trust[row])
    return fit(log.entries, votes, with_effects=False)


def _expected(crowd: Posterior) -> Floats:
    """The crowd's answers per pair, (pairs, 3)."""
    low, high = np.triu_indices(crowd.strengths.size, 1)
    half = (crowd.strengths[low] - crowd.strengths[high]) / 2
    odds = np.stack((np.exp(half), np.full(half.size, np.exp(crowd.tie.mean)), np.exp(-half)))
    expected: Floats = (odds / odds.sum(axis=0)).T
    return expected


def _honest(counts: Floats, crowd: Posterior) -> Floats:
    """Log marginal likelihood of votes by people with any taste, (listeners,)."""
    mean, deviation = crowd.tie.mean, USUAL.log_nu[1]
    each = [
        log_evidence(counts, crowd.strengths, mean, taste_sd=taste_sd, log_nu_sd=deviation)
        for taste_sd in TASTE_SDS
    ]
    evidence: Floats = logsumexp(each, axis=0) - np.log(len(each))
    return evidence


def _honest_elsewhere(ballots: _Ballots, crowd: Posterior, active: NDArray[np.bool_]) -> Floats:
    """The same for votes without the campaign's target, where that is `active`; else 0."""
    found = np.zeros(active.shape)
    for k in np.flatnonzero(active.any(axis=0)):
        rows = active[:, k]
        found[rows, k] = _honest(ballots.counts[rows] * (ballots.favour[k] < 0)[:, None], crowd)
    return found


def _careless(ballots: _Ballots) -> Floats:
    """Log likelihood of answers by side alone, with any preference for a side."""
    cast = ballots.sides.sum(axis=1)
    together: Floats = gammaln(ballots.sides + 1).sum(axis=1) + gammaln(3.0) - gammaln(cast + 3)
    return together


def _pushing(ballots: _Ballots) -> Floats:
    """Log likelihood of the votes with the target, (listeners, campaigns).

    Minus infinity where hardly any push can be seen, so that it need not be looked into.
    """
    yes, no = _FAITHFUL
    against = ballots.met - ballots.wanted
    kept = betaln(yes + ballots.wanted, no + against) - betaln(yes, no)
    kept -= against * np.log(2)  # The other two answers are equally likely.
    seen = (ballots.met >= _SEEN) & (ballots.wanted >= 0.8 * ballots.met)
    pushing: Floats = np.where(seen, kept, -np.inf)
    return pushing


def _elsewhere(
    ballots: _Ballots, shares: Floats, expected: Floats, active: NDArray[np.bool_]
) -> Floats:
    """Log likelihood of votes without the target, as other members' or else as the crowd's, where
    that is `active`; else 0."""
    found = np.zeros(active.shape)
    for k in np.flatnonzero(active.any(axis=0)):
        rows, without = active[:, k], ballots.favour[k] < 0
        counts = ballots.counts[np.ix_(rows, without)]
        weighted = shares[rows, k, None, None] * counts
        others = weighted.sum(axis=0) - weighted
        table = others + _LIKE_CROWD * expected[without]
        table /= table.sum(axis=2, keepdims=True)
        found[rows, k] = (counts * np.log(table)).sum(axis=(1, 2))
    return found
