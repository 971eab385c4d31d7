"""What a table of votes shows beyond strengths: who beat whom, cycles, and what it hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil
from typing import Final, NamedTuple

import numpy as np
from scipy.special import betainc

from tournaments.comparisons import Floats, Integers, Votes
from tournaments.ratings import Posterior, best_first, fit, p_best

TOP_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """Votes per pair, (entries, entries) each: row against column, by weight."""

    wins: Floats
    ties: Floats
    """Symmetric."""

    @property
    def votes(self) -> Floats:
        """Symmetric: how often the two met."""
        met: Floats = self.wins + self.wins.T + self.ties
        return met

    @property
    def share(self) -> Floats:
        """Points of the row, a tie is half of one, as a share of votes; NaN where none met."""
        with np.errstate(invalid="ignore"):
            share: Floats = (self.wins + self.ties / 2) / self.votes
        return share


def head_to_head(entries: int, votes: Votes) -> HeadToHead:
    """The matrix of these votes. Raises ValueError for votes that name nothing."""
    votes.check(entries)
    wins, ties = np.zeros((2, entries, entries))
    for score, winner, loser in ((1.0, votes.a, votes.b), (0.0, votes.b, votes.a)):
        rows = votes.score == score
        np.add.at(wins, (winner[rows], loser[rows]), votes.weight[rows])
    level = votes.score == 0.5
    for a, b in ((votes.a, votes.b), (votes.b, votes.a)):
        np.add.at(ties, (a[level], b[level]), votes.weight[level])
    return HeadToHead(wins, ties)


class Cycle(NamedTuple):
    """`first` beats `second`, `second` beats `third`, and `third` beats `first`."""

    first: int
    second: int
    third: int
    probability: float
    """That all three are truly ahead, each pair taken by itself."""


def intransitive_triples(table: HeadToHead, *, at_least: float = 0.5) -> list[Cycle]:
    """Cycles in who beats whom, the likeliest first; a cycle starts at its lowest number.

    A pair counts as beaten with the probability that its share is over a half: of a Beta posterior
    with one half vote for each (Jeffreys) and ties split. Strengths cannot show cycles at all;
    many likely ones mean that one number per entry does not tell the whole story.
    """
    points = table.wins + table.ties / 2
    ahead = 1.0 - betainc(points + 0.5, points.T + 0.5, 0.5)
    met = table.votes > 0
    found = []
    for i, j, k in combinations(range(len(points)), 3):
        if not (met[i, j] and met[j, k] and met[i, k]):
            continue
        for cycle in ((i, j, k), (i, k, j)):
            chance = float(np.prod([ahead[cycle[s], cycle[(s + 1) % 3]] for s in range(3)]))
            if chance >= at_least:
                found.append(Cycle(*cycle, chance))
    return sorted(found, key=lambda cycle: (-cycle.probability, cycle[:3]))


@dataclass(frozen=True, slots=True)
class Removal:
    """What the table would be without its most influential listeners."""

    removed: tuple[int, ...]
    """Listeners, most influential first."""
    votes: int
    """How many votes they cast."""
    leader: int
    leader_without: int
    p_best_without: float

    @property
    def changes_leader(self) -> bool:
        return self.leader != self.leader_without


def without_top_listeners(
    entries: int, votes: Votes, listeners: Integers, *, share: float = TOP_SHARE
) -> Removal:
    """Would removing the top `share` of listeners (one at least) change who leads?

    Top are those whose votes hold up the leader most: by how much the gap to the closest rival is
    expected to shrink without them, one Newton step of the fit each (Giordano et al., "A Swiss Army
    infinitesimal jackknife", 2019). The table is then fitted anew without all of them.
    """
    posterior = fit(entries, votes)
    leader = int(best_first(posterior, p_best(posterior))[0])
    numbers, row = np.unique(listeners, return_inverse=True)
    count = min(ceil(share * numbers.size), numbers.size)
    best: Removal | None = None
    for rival in _closest(posterior, leader):
        held = np.bincount(row, weights=_support(posterior, votes, leader, rival))
        top = numbers[np.argsort(-held, kind="stable")[:count]]
        found = _without(entries, votes, listeners, leader, top.tolist())
        if best is None or found.changes_leader:
            best = found
        if found.changes_leader:
            break
    return best or Removal((), 0, leader, leader, float(p_best(posterior)[leader]))


def _closest(posterior: Posterior, leader: int) -> Sequence[int]:
    """The three rivals nearest behind."""
    order = np.argsort(-posterior.strengths, kind="stable")
    return [int(entry) for entry in order if entry != leader][:3]


def _support(posterior: Posterior, votes: Votes, leader: int, rival: int) -> Floats:
    """How much each vote adds to the leader's gap over the rival, (votes,)."""
    lever = posterior.covariance[leader] - posterior.covariance[rival]
    p_a, _, p_b = posterior.outcomes(votes.a, votes.b)
    surplus = votes.score - 0.5 - (p_a - p_b) / 2
    support: Floats = votes.weight * surplus * (lever[votes.a] - lever[votes.b])
    return support


def _without(
    entries: int, votes: Votes, listeners: Integers, leader: int, removed: Sequence[int]
) -> Removal:
    keep = ~np.isin(listeners, removed)
    left = Votes(
        votes.a[keep], votes.b[keep], votes.score[keep], votes.first[keep], votes.weight[keep]
    )
    posterior = fit(entries, left)
    chances = p_best(posterior)
    now = int(best_first(posterior, chances)[0])
    return Removal(tuple(removed), int((~keep).sum()), leader, now, float(chances[now]))
