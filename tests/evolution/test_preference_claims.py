"""What is said of a taste in words, the votes behind it, and the battles that teach most."""

from __future__ import annotations

import numpy as np
import pytest

from evolution.preference import (
    FURTHEST,
    Crowd,
    Taste,
    claims,
    fit_crowd,
    fit_taste,
    influence,
)
from tests.evolution.voters import cast, voters

DARK = 2


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return fit_crowd(voters(31, listeners=60, votes=30).votes)


@pytest.fixture(scope="module")
def dark_votes(crowd):
    """250 votes of somebody who wants two steps less of descriptor 2, where most want more."""
    weights = crowd.weights.copy()
    weights[DARK] = 2 * 2 * weights[DARK + 6]
    rng = np.random.default_rng(4)
    return cast(rng, np.tile(weights, (250, 1)), np.zeros(250, dtype=np.int64))


def test_a_scripted_taste_is_named(crowd, dark_votes):
    taste = fit_taste(crowd, dark_votes)
    said = claims(taste, crowd)
    assert sorted(claim.descriptor for claim in said) == list(range(6))
    assert [c.probability for c in said] == sorted((c.probability for c in said), reverse=True)
    dark = next(claim for claim in said if claim.descriptor == DARK)
    assert dark.direction == -1
    assert dark.probability > 0.95
    assert dark.low < -2 < dark.high
    assert dark.gain > 0.05
    assert dark.crowd_steps > 1
    before = next(c for c in claims(Taste.of_crowd(crowd), crowd) if c.descriptor == DARK)
    assert before.p_above_crowd == pytest.approx(0.5, abs=0.1)
    assert dark.p_above_crowd < 0.1


def test_claims_stay_in_reach_and_do_not_change_by_themselves(crowd):
    taste = Taste.of_crowd(Crowd.initial(6))
    said = claims(taste, crowd)
    assert said == claims(taste, crowd)
    for claim in said:
        assert -FURTHEST <= claim.low <= claim.high <= FURTHEST
        assert claim.low < 0 < claim.high  # nothing is known
        assert claim.probability == pytest.approx(0.5)


def test_the_interval_of_an_amount_covers_it(crowd):
    """Listeners drawn from the crowd; their best amounts lie in 90 % of the 90 % intervals."""
    rng = np.random.default_rng(9)
    inside = []
    for listener in range(40):
        spread = np.repeat((0.15, 0.01), 6)
        weights = crowd.weights + spread * rng.standard_normal(12)
        votes = cast(rng, np.tile(weights, (25, 1)), np.full(25, listener))
        best = np.clip(weights[:6] / (-2 * weights[6:]), -FURTHEST, FURTHEST)
        for claim in claims(fit_taste(crowd, votes), crowd):
            inside.append(claim.low - 1e-9 <= best[claim.descriptor] <= claim.high + 1e-9)
    assert 0.83 < np.mean(inside) <= 0.98


def test_influence_is_what_leaving_a_vote_out_would_change(crowd, dark_votes):
    taste = fit_taste(crowd, dark_votes)
    claim = next(c for c in claims(taste, crowd) if c.descriptor == DARK)
    found = influence(taste, claim, dark_votes)
    rows = np.arange(250)
    deviation = np.sqrt(taste.covariance[DARK, DARK])
    left_out = []
    for row in rows[::5]:
        without = fit_taste(crowd, dark_votes.where(rows != row))
        left_out.append((without.mean - taste.mean)[DARK] / deviation)
    assert np.corrcoef(found[::5], left_out)[0, 1] > 0.98
    np.testing.assert_allclose(found[::5], left_out, atol=0.03)
    strongest = np.argmax(found)
    preferred = 1 if dark_votes.score[strongest] == 1 else -1
    more = dark_votes.a[strongest, DARK] - dark_votes.b[strongest, DARK]
    assert preferred * more < 0
