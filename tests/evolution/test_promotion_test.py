"""Evidence for promotion: never fooled more often than promised, however often one looks."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from evolution.promotion_test import (
    COMMUNITY,
    PERSONAL,
    Decision,
    PromotionRule,
    hold_back,
    rollback_test,
    sequential_test,
)


@cache
def decision(rule: PromotionRule, wins: int, ties: int, losses: int) -> Decision:
    return sequential_test([1.0] * wins + [0.5] * ties + [0.0] * losses, rule=rule).decision


def stopped(
    rng: np.random.Generator, rule: PromotionRule, *, share: float, votes: int, ties: float = 0.2
) -> tuple[Decision, int]:
    """Look after every vote and stop at the first decision; `share` of decided votes are won."""
    counts = [0, 0, 0]
    for vote in range(1, votes + 1):
        draw = rng.random()
        counts[1 if draw < ties else 0 if draw < ties + (1 - ties) * share else 2] += 1
        if vote < rule.fresh_votes:
            continue
        found = decision(rule, *counts)
        if found is not Decision.CONTINUE:
            return found, vote
    return Decision.CONTINUE, votes


def promoted(rule: PromotionRule, *, share: float, votes: int, candidates: int) -> float:
    rng = np.random.default_rng(0)
    ends = [stopped(rng, rule, share=share, votes=votes)[0] for _ in range(candidates)]
    return float(np.mean([end is Decision.PROMOTE for end in ends]))


@pytest.mark.parametrize(("rule", "votes"), [(COMMUNITY, 80), (PERSONAL, 60)])
def test_equals_are_promoted_no_more_often_than_said_though_looked_at_after_every_vote(rule, votes):
    assert promoted(rule, share=0.5, votes=votes, candidates=300) <= rule.alpha
    assert promoted(rule, share=0.45, votes=votes, candidates=100) <= rule.alpha / 2


def test_a_fixed_threshold_looked_at_after_every_vote_would_promote_more_equals():
    """What the bet is for: the posterior alone passes 0.95 far more often than in 5 % of cases."""
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(200):
        wins = np.cumsum(rng.random(200) < 0.5)
        counts = np.arange(1, 201)
        z = (2 * wins - counts) / np.sqrt(counts)
        passed += bool(np.any(z[19:] > 1.645))
    assert passed / 200 > 2.5 * COMMUNITY.alpha


def test_better_candidates_are_promoted():
    assert promoted(COMMUNITY, share=0.7, votes=150, candidates=100) > 0.9
    assert promoted(PERSONAL, share=0.75, votes=60, candidates=100) > 0.85


@pytest.mark.slow
def test_power_table():
    """Share promoted of candidates that win this share of decided votes."""
    table = {
        share: promoted(COMMUNITY, share=share, votes=300, candidates=100)
        for share in (0.5, 0.55, 0.6, 0.65)
    }
    assert table[0.5] <= 0.05
    assert table[0.55] < table[0.6] < table[0.65]
    assert table[0.6] > 0.6
    assert table[0.65] > 0.95


def test_the_bet_is_the_integral_it_says():
    """Integrals of 2 (1 - s) times the gambler's product over s in (0, 1), on paper."""
    assert sequential_test([]).gain == pytest.approx(1)
    assert sequential_test([1]).gain == pytest.approx(4 / 3)
    assert sequential_test([1, 0]).gain == pytest.approx(5 / 6)
    assert sequential_test([1, 0.5, 0]).gain == pytest.approx(5 / 6)  # a tie changes nothing
    assert sequential_test([1], [0.5]).gain == pytest.approx(7 / 6)


def test_posterior_is_symmetric_and_grows_with_wins():
    assert sequential_test([]).p_better == 0.5
    one, other = sequential_test([1] * 9 + [0] * 4), sequential_test([0] * 9 + [1] * 4)
    assert one.p_better + other.p_better == pytest.approx(1)
    rising = [sequential_test([1] * wins + [0] * 5).p_better for wins in range(12)]
    assert rising == sorted(rising)


def test_fewest_votes_are_needed_however_clear():
    assert sequential_test([1] * 19).decision is Decision.CONTINUE
    assert sequential_test([1] * 20).decision is Decision.PROMOTE
    assert sequential_test([1] * 5, rule=PERSONAL).decision is Decision.CONTINUE
    assert sequential_test([1] * 6, rule=PERSONAL).decision is Decision.PROMOTE
    # Guests of little weight count as little here too.
    assert sequential_test([1] * 40, [0.25] * 40).decision is Decision.CONTINUE


def test_the_worse_and_the_endless_are_let_go():
    assert sequential_test([0] * 25).decision is Decision.REJECT
    level = sequential_test([1, 0] * 30, rule=PERSONAL)
    assert level.decision is Decision.REJECT
    assert level.votes_needed is None


def test_votes_needed_is_what_it_takes_when_it_goes_on_like_this():
    scores = [1, 1, 1, 0] * 4
    said = sequential_test(scores).votes_needed
    assert said is not None
    more = 0
    while sequential_test(scores).decision is Decision.CONTINUE:
        scores.append([1, 1, 1, 0][more % 4])
        more += 1
    # A win and a loss are assumed on top of those seen, so it promises too little rather.
    assert more / 2 <= said <= 2 * more
    assert sequential_test([1] * 20).votes_needed == 0
    assert sequential_test([1] * 14).votes_needed == 6
    assert sequential_test([0] * 12).votes_needed is None


def test_the_order_of_votes_cannot_matter_to_the_bit():
    rng = np.random.default_rng(1)
    score, weight = rng.choice((0.0, 0.5, 1.0), 60), rng.random(60)
    order = rng.permutation(60)
    one, other = sequential_test(score, weight), sequential_test(score[order], weight[order])
    assert (one.gain, one.p_better) == (other.gain, other.p_better)


def test_votes_of_no_weight_are_as_if_not_cast():
    score = [1, 1, 0, 1, 0.5]
    with_flagged = sequential_test([*score, 0, 0, 0], [1, 1, 1, 1, 1, 0, 0, 0])
    alone = sequential_test(score)
    assert with_flagged.fresh_votes == alone.fresh_votes == 5
    assert with_flagged.gain == pytest.approx(alone.gain)
    assert (alone.wins, alone.ties, alone.losses) == (3, 1, 1)


@pytest.mark.parametrize(
    ("score", "weight"), [([0.7], None), ([1], [2]), ([1], [-1]), ([1], [np.nan]), ([1, 0], [1])]
)
def test_what_is_no_vote_is_refused(score, weight):
    with pytest.raises(ValueError, match=r"weights|score"):
        sequential_test(score, weight)


def test_a_promoted_mixer_that_keeps_losing_is_rolled_back():
    assert rollback_test([1, 0] * 15).decision is not Decision.PROMOTE
    losing = rollback_test([0] * 14 + [1] * 2)
    assert losing.decision is Decision.PROMOTE
    assert losing.p_better > 0.95
    assert rollback_test([0] * 9).decision is Decision.CONTINUE


@pytest.mark.parametrize(("listeners", "votes"), [(8, 5), (40, 4)])
def test_the_hold_back_interval_covers_the_true_share(listeners, votes):
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(150):
        own = np.clip(rng.normal(0.58, 0.12, listeners), 0.02, 0.98)
        who = np.repeat(np.arange(listeners), rng.integers(1, 2 * votes, listeners))
        decided = (rng.random(who.size) < (own[who] - 0.1) / 0.8).astype(float)
        score = np.where(rng.random(who.size) < 0.2, 0.5, decided)
        found = hold_back(score, who)
        assert found is not None
        inside.append(found.low <= 0.58 <= found.high)
    assert 0.92 <= np.mean(inside) <= 1.0


def test_one_listener_is_not_many():
    score = [1.0] * 15 + [0.0] * 5
    many, one = hold_back(score, np.arange(20)), hold_back(score, [7] * 20)
    assert many is not None
    assert one is not None
    assert many.share == one.share == 0.75
    assert many.listeners == 20
    assert one.high - one.low > 1.5 * (many.high - many.low)
    assert hold_back([], []) is None
    assert hold_back([1.0], [1], [0.0]) is None
