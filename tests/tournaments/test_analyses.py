"""What a table hangs on: head to head, cycles, and its most influential listeners."""

from itertools import combinations

import numpy as np
import pytest

from tournaments.analyses import (
    Cycle,
    head_to_head,
    intransitive_triples,
    without_top_listeners,
)
from tournaments.ratings import Comparison, Votes, fit


def beats(winner: int, loser: int, times: int) -> list[Comparison]:
    return [Comparison(winner, loser, 1.0)] * times


def test_the_matrix_counts_both_sides() -> None:
    votes = Votes.of(
        [
            Comparison(0, 1, 1.0),
            Comparison(1, 0, 1.0),
            Comparison(1, 0, 0.0, weight=0.5),
            Comparison(0, 1, 0.5),
        ]
    )
    table = head_to_head(3, votes)
    assert table.wins.tolist() == [[0, 1.5, 0], [1, 0, 0], [0, 0, 0]]
    assert table.ties.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert table.votes[0, 1] == table.votes[1, 0] == 3.5
    assert table.share[0, 1] == pytest.approx(2 / 3.5)
    assert np.isnan(table.share[0, 2])


def test_the_matrix_agrees_with_counting() -> None:
    rng = np.random.default_rng(1)
    a = rng.integers(0, 5, 300)
    b = (a + rng.integers(1, 5, 300)) % 5
    score = rng.choice([1.0, 0.5, 0.0], 300)
    votes = Votes(a, b, score, np.zeros(300, dtype=np.intp), np.ones(300))
    table = head_to_head(5, votes)
    for i, j in combinations(range(5), 2):
        won = sum((x, y, s) in {(i, j, 1.0), (j, i, 0.0)} for x, y, s in zip(a, b, score))  # noqa: B905
        assert table.wins[i, j] == won
    assert table.votes.sum() == 600


def test_a_cycle_is_found_and_told_once() -> None:
    votes = Votes.of(beats(0, 1, 9) + beats(1, 2, 9) + beats(2, 0, 9) + beats(0, 3, 9))
    (cycle,) = intransitive_triples(head_to_head(4, votes))
    assert cycle[:3] == (0, 1, 2)
    assert cycle.probability > 0.95


def test_an_order_has_no_cycle() -> None:
    votes = Votes.of([c for i, j in combinations(range(5), 2) for c in beats(i, j, 5)])
    assert intransitive_triples(head_to_head(5, votes)) == []


def test_one_vote_each_is_no_likely_cycle() -> None:
    votes = Votes.of(beats(0, 1, 1) + beats(1, 2, 1) + beats(2, 0, 1))
    table = head_to_head(3, votes)
    (cycle,) = intransitive_triples(table)
    assert isinstance(cycle, Cycle)
    assert cycle.probability < 0.6
    assert intransitive_triples(table, at_least=0.7) == []


def crowd(seed: int, *, fans_of: int | None) -> tuple[Votes, np.ndarray]:
    """100 listeners of ten votes; entry 0 is a little ahead. One of them votes 300 times for 1."""
    rng = np.random.default_rng(seed)
    truth = np.array([0.5, 0.0, -0.5, -0.5])
    cast, who = [], []
    for listener in range(100):
        for _ in range(10):
            a, b = (int(entry) for entry in rng.choice(4, 2, replace=False))
            chance = 1 / (1 + np.exp(truth[b] - truth[a]))
            cast.append(Comparison(a, b, float(rng.random() < chance)))
            who.append(listener)
    if fans_of is not None:
        for k in range(300):
            cast.append(Comparison(fans_of, (fans_of + 1 + k % 3) % 4, 1.0))
            who.append(100)
    return Votes.of(cast), np.array(who)


def test_one_voter_who_makes_the_leader_is_named() -> None:
    votes, who = crowd(1, fans_of=1)
    assert fit(4, votes).strengths.argmax() == 1
    removal = without_top_listeners(4, votes, who)
    assert removal.changes_leader
    assert 100 in removal.removed
    assert len(removal.removed) == 2  # 1 % of 101, rounded up
    assert (removal.leader, removal.leader_without) == (1, 0)
    assert removal.p_best_without > 0.8


def test_a_table_that_many_carry_stands() -> None:
    votes, who = crowd(1, fans_of=None)
    removal = without_top_listeners(4, votes, who)
    assert not removal.changes_leader
    assert (removal.leader, removal.votes) == (0, 10)


def test_influence_is_that_of_leaving_out() -> None:
    """The listener said to matter most is the one whose removal narrows the gap most."""
    votes, who = crowd(2, fans_of=None)

    def gap(keep: np.ndarray) -> float:
        left = Votes(
            votes.a[keep], votes.b[keep], votes.score[keep], votes.first[keep], votes.weight[keep]
        )
        strengths = fit(4, left).strengths
        return float(strengths[0] - strengths[1])

    gaps = {listener: gap(who != listener) for listener in range(100)}
    (top,) = without_top_listeners(4, votes, who).removed
    # A linear step finds one of the very first, if not always the first.
    assert sorted(gaps, key=lambda listener: gaps[listener]).index(top) < 3
