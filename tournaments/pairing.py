"""Which two entries to hear next, by goal: an even start, the winner, or the whole table.

Every function picks one of the `pairs` it is given and takes the chance it uses (`rng`) as an
argument. A pair is returned in no meaningful order: sides are shuffled elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tournaments.ratings import Posterior

Pair = tuple[int, int]
Pairs = NDArray[np.intp]
"""Pairs that may be heard, (pairs, 2), at least one unless said otherwise."""

_THOMPSON_DRAWS: Final = 128
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def all_pairs(entries: Iterable[int]) -> Pairs:
    """Every pair of these entries; none if there are fewer than two."""
    numbers = np.fromiter(entries, dtype=np.intp)
    return numbers[np.stack(np.triu_indices(numbers.size, 1), axis=1)]


def among(pairs: Pairs, entries: Collection[int]) -> Pairs:
    """Those of the pairs whose entries are both among these; maybe none."""
    return pairs[np.isin(pairs, list(entries)).all(axis=1)]


def even_start(counts: Sequence[int], pairs: Pairs, rng: np.random.Generator) -> Pair:
    """A random pair among those heard least so far (`counts` per entry, summed over the pair)."""
    heard = np.asarray(counts)[pairs]
    # The least heard entry comes first, whatever its partner's count.
    rank = np.lexsort((rng.random(len(pairs)), heard.sum(axis=1), heard.min(axis=1)))
    return _as_pair(pairs[rank[0]])


def top_two(posterior: Posterior, pairs: Pairs, rng: np.random.Generator) -> Pair:
    """Top-two Thompson sampling (Russo, COLT 2016): the pair that may decide who is best.

    One draw of the posterior names a leader; further draws are made until another entry leads.
    """
    free = np.zeros((posterior.strengths.size,) * 2, dtype=bool)
    free[pairs[:, 0], pairs[:, 1]] = free[pairs[:, 1], pairs[:, 0]] = True
    draws = posterior.draw(rng, _THOMPSON_DRAWS)
    draws[:, ~free.any(axis=1)] = -np.inf
    leaders = draws.argmax(axis=1)
    leader = int(leaders[0])
    others = leaders[free[leader, leaders]]  # An entry is never free to meet itself.
    if others.size:
        return leader, int(others[0])
    # The leader leads every draw: its rival is whoever is ahead of it most often.
    ahead = (draws > draws[:, [leader]]).mean(axis=0) + 1e-6 * posterior.strengths
    return leader, int(np.where(free[leader], ahead, -np.inf).argmax())


def information_gain(posterior: Posterior, pairs: Pairs, rng: np.random.Generator) -> Pair:
    """The pair whose vote is expected to tell most about the table.

    Mutual information of the outcome (A, tie, B) and the strengths, by Gauss-Hermite quadrature
    over the difference; equal gains are drawn by chance.
    """
    i, j = pairs.T
    covariance = posterior.covariance
    variance = covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]
    mean = posterior.strengths[i] - posterior.strengths[j]
    # Half the log-odds at each node, and the three outcomes there: (pairs, nodes).
    half = mean[:, None] / 2 + np.sqrt(np.maximum(variance, 0.0))[:, None] * (_NODES / 2)
    a_wins, log_nu = np.exp(half), posterior.tie.mean
    b_wins, nu = 1 / a_wins, np.exp(log_nu)
    scale = a_wins + b_wins + nu
    known = np.log(scale) - ((a_wins - b_wins) * half + nu * log_nu) / scale
    outcome = np.stack([(odds / scale) @ _WEIGHTS for odds in (a_wins, b_wins, nu)])
    gain = -(outcome * np.log(outcome)).sum(axis=0) - known @ _WEIGHTS
    best = np.lexsort((rng.random(len(pairs)), -np.round(gain, 12)))[0]
    return _as_pair(pairs[best])


def times_heard(entries: int, played: Iterable[Pair]) -> list[int]:
    """How many of the `played` pairs each entry was in."""
    counts = Counter(entry for pair in played for entry in pair)
    return [counts[entry] for entry in range(entries)]


def _as_pair(row: NDArray[np.intp]) -> Pair:
    return int(row[0]), int(row[1])
