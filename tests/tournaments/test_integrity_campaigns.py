"""Sock puppets are found, honest people are left alone."""

from collections.abc import Iterable

import numpy as np
import pytest

from tournaments.integrity.campaigns import VOTES_TO_JUDGE, Suspicion, flagged, suspicions
from tournaments.integrity.votelog import Cast, VoteLog
from tournaments.ratings import Comparison, Votes, fit
from tournaments.simulation.rigging import Crowd, Rigged, simulate


def place_of_target(rigged: Rigged, without: Iterable[int] = ()) -> int:
    """Its rank from 0 by the votes of all but these listeners."""
    left_out = set(without)
    votes = Votes.of(
        Comparison(c.a, c.b, 0.5 if c.score is None else c.score)
        for c in rigged.casts
        if c.listener not in left_out
    )
    strengths = fit(rigged.strengths.size, votes).strengths
    return int((strengths > strengths[rigged.target]).sum())


def log_of(rigged: Rigged) -> VoteLog:
    return VoteLog.of(rigged.strengths.size, rigged.casts)


def check(crowd: Crowd, seeds: Iterable[int]) -> None:
    """The promise: found after 100 votes, the target moves at most a rank, honest ones stay."""
    found, blamed, honest = 0, 0, 0
    for seed in seeds:
        rigged = simulate(crowd, np.random.default_rng(seed))
        out = flagged(log_of(rigged))
        truth = place_of_target(rigged, without=rigged.puppets)
        assert abs(place_of_target(rigged, without=out) - truth) <= 1
        assert len(out & rigged.puppets) >= 0.8 * len(rigged.puppets)
        found += len(out & rigged.puppets)
        blamed += len(out & rigged.honest)
        honest += len(rigged.honest)
    assert found > 0 or not crowd.puppets
    assert blamed <= 0.01 * honest


@pytest.mark.parametrize("omnipresent", [True, False])
def test_puppets_are_found_after_a_hundred_votes(omnipresent: bool) -> None:
    """8 mixers, 2,000 honest votes, 20 puppets with 100 votes each: half of all votes."""
    check(Crowd(omnipresent=omnipresent), seeds=[0, 2])


@pytest.mark.slow
@pytest.mark.parametrize("omnipresent", [True, False])
@pytest.mark.parametrize("target", [2, 5, 7])
def test_puppets_are_found_in_many_tournaments(omnipresent: bool, target: int) -> None:
    check(Crowd(omnipresent=omnipresent, target=target), seeds=range(10, 20))


def test_without_a_defence_the_target_would_win() -> None:
    """The simulation is an attack in earnest."""
    rigged = simulate(Crowd(), np.random.default_rng(0))
    assert place_of_target(rigged, without=rigged.puppets) >= 3
    assert place_of_target(rigged) == 0


def test_five_percent_of_all_votes_move_the_target_a_rank_at_most() -> None:
    """The mild reading of "20 puppets x 5 %": five votes each, too few to be judged."""
    for seed in range(6):
        rigged = simulate(Crowd(votes_per_puppet=5), np.random.default_rng(seed))
        truth = place_of_target(rigged, without=rigged.puppets)
        assert abs(place_of_target(rigged) - truth) <= 1


def test_honest_crowds_are_left_alone() -> None:
    """Also with strong tastes: no more than one in a hundred."""
    blamed, honest = 0, 0
    for seed in range(4):
        rigged = simulate(Crowd(puppets=0, taste_sd=1.0, fans=0.4), np.random.default_rng(seed))
        blamed += len(flagged(log_of(rigged)))
        honest += len(rigged.honest)
    assert blamed <= 0.01 * honest


def test_few_votes_are_never_judged() -> None:
    fan = [Cast(0, 0, 1 + k % 7, 1.0) for k in range(VOTES_TO_JUDGE - 1)]
    others = [Cast(1 + k % 9, k % 8, (k + 3) % 8, float(k % 2)) for k in range(90)]
    assert suspicions(VoteLog.of(8, fan + others)) == []
    assert flagged(VoteLog.of(8, [])) == frozenset()


def test_a_campaign_against_an_entry_is_found_too() -> None:
    rigged = simulate(Crowd(puppets=0), np.random.default_rng(3))
    rng = np.random.default_rng(4)
    start = len(rigged.honest)
    casts = list(rigged.casts)
    for puppet in range(start, start + 15):
        for _ in range(60):
            a, b = (int(e) for e in rng.choice(8, 2, replace=False))
            score = {a: 0.0, b: 1.0}.get(0, float(rng.random() < 0.5))
            casts.append(Cast(puppet, a, b, score))
    found = suspicions(VoteLog.of(8, casts))
    caught = [s for s in found if s.flagged]
    assert len(caught) >= 12
    assert {(s.target, s.upward) for s in caught} == {(0, False)}
    assert all(s.as_wanted == s.with_target and s.companions >= 11 for s in caught)
    assert sum(s.listener < start for s in caught) <= 0.02 * start
    assert "against entry 0" in caught[0].reason


def test_the_order_of_votes_changes_nothing() -> None:
    rigged = simulate(Crowd(honest_votes=600, puppets=8), np.random.default_rng(5))
    one = suspicions(log_of(rigged))
    other = suspicions(VoteLog.of(8, rigged.casts[::-1]))

    def known(found: list[Suspicion]) -> list[tuple[int, int, bool]]:
        return [(s.listener, s.target, s.flagged) for s in found]

    assert known(one) == known(other)
    np.testing.assert_allclose(
        [s.probability for s in one], [s.probability for s in other], atol=1e-6
    )


def test_votes_must_name_entries() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        VoteLog.of(2, [Cast(0, 0, 2, 1.0)])
