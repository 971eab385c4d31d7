"""The preference model against known truths, exact integration, and its own promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from evolution.preference import (
    Crowd,
    FeaturesChanged,
    Judgements,
    Taste,
    features,
    fit_crowd,
    fit_taste,
    fit_tastes,
)
from evolution.preference.likelihood import davidson, expected_slopes, panels, slopes
from tests.evolution.voters import cast, voters


def deviations(taste: Taste) -> np.ndarray:
    return np.sqrt(np.diag(taste.covariance))


def all_of(votes: Judgements) -> np.ndarray:
    return np.ones(len(votes), dtype=bool)


def test_features_are_linear_and_squared_and_end_where_mixes_are_broken():
    assert features([[1.0, -2.0]]).tolist() == [[1.0, -2.0, 1.0, 4.0]]
    assert features([500.0]).tolist() == [12.0, 144.0]


@pytest.mark.parametrize(
    "column",
    [{"score": 0.7}, {"first": 2}, {"weight": -1}, {"weight": np.inf}, {"age_days": -1}],
)
def test_what_is_no_vote_is_refused(column):
    good = {"score": 1.0, "first": 1, "weight": 1.0, "age_days": 0.0}
    with pytest.raises(ValueError, match=r"\b(is|are)\b"):
        Judgements.of([[0.0]], [[1.0]], **{**good, **column})
    with pytest.raises(ValueError, match="alike"):
        Judgements.of([[0.0]], [[1.0, 2.0]], 1.0)
    with pytest.raises(ValueError, match="finite"):
        Judgements.of([[np.nan]], [[1.0]], 1.0)


def test_slopes_are_those_of_the_log_chance_and_information_is_their_expected_square():
    votes = Judgements.of([[0.0]] * 3, [[0.0]] * 3, [1.0, 0.5, 0.0])
    (panel,) = panels(votes, 180.0)
    d, log_nu, lapse = np.array([[0.3, 0.9, -1.2]]), np.array([-0.7]), np.array([0.1])

    def log_chance(d, log_nu):
        meant = np.stack(davidson(d, log_nu[:, None]))
        each = 0.9 * meant + 0.1 * panel.careless.T[:, :, None]
        return np.log(each)

    step = 1e-6
    in_d = (log_chance(d + step, log_nu) - log_chance(d - step, log_nu)) / (2 * step)
    in_nu = (log_chance(d, log_nu + step) - log_chance(d, log_nu - step)) / (2 * step)
    chance = np.exp(log_chance(d, log_nu))
    found = slopes(panel, d, log_nu, lapse)
    np.testing.assert_allclose(found.d, np.choose(panel.outcome, in_d), rtol=1e-6)
    np.testing.assert_allclose(found.log_nu, np.choose(panel.outcome, in_nu), rtol=1e-6)
    np.testing.assert_allclose(found.dd, (chance * in_d**2).sum(0), rtol=1e-6)
    np.testing.assert_allclose(found.dn, (chance * in_d * in_nu).sum(0), rtol=1e-6)
    np.testing.assert_allclose(found.nn, (chance * in_nu**2).sum(0), rtol=1e-6)

    drawn = d + np.random.default_rng(0).normal(0, 1.0, (100_000, 1, 3))
    average = slopes(panel, drawn, log_nu, lapse)
    expected = expected_slopes(panel, d, np.ones_like(d), log_nu, lapse)
    for one, other in zip(expected, average, strict=True):
        np.testing.assert_allclose(one, other.mean(axis=0), atol=4e-3)


def test_a_taste_agrees_with_exact_integration():
    """Importance sampling from the prior of five parameters, at the lapse rate that was found."""
    rng = np.random.default_rng(3)
    votes = cast(rng, np.tile([0.8, -0.1], (12, 1)), np.zeros(12, dtype=np.int64))
    taste = fit_taste(Crowd.initial(1), votes)
    (panel,) = panels(votes, 180.0)
    prior = Crowd.initial(1).prior()
    root = np.linalg.cholesky(np.linalg.inv(prior.precision[0]))
    drawn = prior.mean[0] + rng.standard_normal((100_000, 5)) @ root.T
    odds = drawn[:, :4] @ panel.design[0].T
    lapse = taste.reliability.lapse
    meant = np.stack(davidson(odds, drawn[:, 4:]))
    chances = (1 - lapse) * meant + lapse * panel.careless[0][:, None, None]
    log_chance = np.log(np.choose(panel.outcome[0], chances)).sum(axis=1)
    share = np.exp(log_chance - log_chance.max())
    share /= share.sum()
    exact = share @ drawn
    spread = np.sqrt(share @ (drawn - exact) ** 2)
    off = np.abs(np.concatenate((taste.mean, taste.habits)) - exact) / spread
    np.testing.assert_array_less(off, (0.05, 0.05, 0.05, 0.05, 0.2))
    np.testing.assert_allclose(deviations(taste), spread[:2], rtol=0.05)


def test_the_order_of_votes_cannot_matter_to_the_bit():
    votes = voters(1, listeners=7, votes=13, dimensions=4).votes
    doubled = votes.where(np.concatenate((np.arange(91), np.arange(20))))
    order = np.random.default_rng(0).permutation(len(doubled))
    one, other = fit_crowd(doubled), fit_crowd(doubled.where(order))
    assert one.mean.tobytes() == other.mean.tobytes()
    assert one.spread.tobytes() == other.spread.tobytes()
    known = doubled.a[:, 0] > 0
    tastes = fit_tastes(one, doubled, known=known)
    again = fit_tastes(other, doubled.where(order), known=known[order])
    for listener, taste in tastes.items():
        assert taste.mean.tobytes() == again[listener].mean.tobytes()
        assert taste.covariance.tobytes() == again[listener].covariance.tobytes()


def test_the_crowd_and_everybody_in_it_are_found_with_honest_intervals():
    truth = voters(5, listeners=150, votes=40, side_a=0.25, first_heard=0.15)
    crowd = fit_crowd(truth.votes)
    off = (crowd.weights - truth.crowd) / np.sqrt(np.diag(crowd.covariance))[:12]
    assert 0.6 < off.std() < 1.6
    assert crowd.weights @ truth.crowd / (truth.crowd @ truth.crowd) == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(crowd.spread[:6].mean(), 0.15, rtol=0.25)
    np.testing.assert_allclose(crowd.mean[12:14], (0.25, 0.15), atol=0.1)
    assert crowd.nu == pytest.approx(0.4, abs=0.08)
    tastes = fit_tastes(crowd, truth.votes, known=all_of(truth.votes))
    z = np.stack(
        [(taste.mean - truth.weights[k]) / deviations(taste) for k, taste in tastes.items()]
    )
    assert 0.83 < np.mean(np.abs(z) < 1.645) < 0.95  # 90 % intervals


def test_choices_are_foreseen_as_surely_as_claimed():
    """Reliability table over held-out votes: what is said to happen in p of cases does so."""
    truth = voters(8, listeners=120, votes=60)
    held_out = np.tile(np.arange(60) >= 30, 120)
    seen = truth.votes.where(~held_out)
    tastes = fit_tastes(fit_crowd(seen), seen, known=all_of(seen))
    votes = truth.votes.where(held_out)
    p, won = [], []
    for listener, taste in tastes.items():
        own = votes.where((votes.listener == listener) & (votes.score != 0.5))
        mean, deviation = taste.advantage(own.a, own.b)
        lapse = taste.reliability.lapse
        decided = 1 / (1 + np.exp(-mean / np.sqrt(1 + np.pi / 8 * deviation**2)))
        p.append((1 - lapse) * decided + lapse / 2)
        won.append(own.score)
    chance, outcome = np.concatenate(p), np.concatenate(won)
    for low in np.arange(0, 1, 0.2):
        inside = (chance >= low) & (chance < low + 0.2)
        error = np.sqrt(0.25 / inside.sum())
        assert outcome[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.02 + 2 * error)


def test_few_votes_stay_with_the_crowd_and_many_become_ones_own():
    truth = voters(9, listeners=80, votes=40)
    crowd = fit_crowd(truth.votes)
    rng = np.random.default_rng(1)
    odd = crowd.weights.copy()
    odd[0], odd[1] = odd[0] + 0.5, odd[1] - 0.5
    many = cast(rng, np.tile(odd, (1500, 1)), np.full(1500, 999))

    def way(count: int) -> float:
        """How far from the crowd (0) to the listener's own weights (1)."""
        taste = fit_taste(crowd, many.where(np.arange(count)))
        return float((taste.mean - crowd.weights)[:2] @ (0.5, -0.5) / (2 * 0.5**2))

    assert way(0) == 0
    assert way(3) < 0.2
    assert way(20) < way(80) < way(1500)
    assert way(1500) == pytest.approx(1, abs=0.15)


def test_votes_the_crowd_knows_count_once():
    """A crowd of one listener is that listener: without care they would hear themselves twice."""
    rng = np.random.default_rng(2)
    votes = cast(rng, np.tile([0.3, -0.3, -0.05, -0.05], (60, 1)), np.zeros(60, dtype=np.int64))
    crowd = fit_crowd(votes)
    left = crowd.without(next(panels(votes, 180.0)))
    np.testing.assert_allclose(left.mean[0], crowd.expected, atol=0.05 * crowd.expected_sd.min())
    nobody = np.diag(crowd.expected_sd**2 + crowd.spread**2)
    np.testing.assert_allclose(np.linalg.inv(left.precision[0]), nobody, atol=1e-3)
    once = fit_taste(crowd, votes, known=all_of(votes))
    twice = fit_taste(crowd, votes)
    assert np.all(np.abs(twice.mean[:2]) > 1.05 * np.abs(once.mean[:2]))
    assert np.all(deviations(twice)[:2] < deviations(once)[:2])


def test_where_tastes_do_not_differ_nobody_is_hurt():
    truth = voters(11, listeners=60, votes=40, differ=0.0)
    crowd = fit_crowd(truth.votes)
    differing = fit_crowd(voters(11, listeners=60, votes=40).votes)
    assert crowd.spread[:6].mean() < 0.6 * differing.spread[:6].mean()
    rng = np.random.default_rng(0)
    mixes = rng.normal(0, 1.5, (500, 6))
    best = features(mixes) @ truth.crowd

    def lost(weights: np.ndarray) -> float:
        """True utility given up by choosing a mix by these weights, in logits."""
        return float(best.max() - best[np.argmax(features(mixes) @ weights)])

    tastes = fit_tastes(crowd, truth.votes, known=all_of(truth.votes))
    own = np.mean([lost(taste.mean) for taste in tastes.values()])
    assert own <= lost(crowd.weights) + 0.05


def test_a_coin_flipper_counts_little_and_keeps_the_crowds_taste():
    truth = voters(12, listeners=60, votes=60, lapse=0.03)
    rng = np.random.default_rng(5)
    flips = cast(rng, np.zeros((150, 12)), np.full(150, 500))
    flips = replace(flips, score=rng.choice((0.0, 0.5, 1.0), 150, p=(0.42, 0.16, 0.42)))
    careful = cast(rng, np.tile(truth.crowd, (150, 1)), np.full(150, 501), lapse=0.0)
    crowd = fit_crowd(truth.votes)
    coin, steady = fit_taste(crowd, flips), fit_taste(crowd, careful)
    assert coin.reliability.weight < 0.25
    assert coin.reliability.low > steady.reliability.high
    assert steady.reliability.weight > 0.8
    far = np.abs(coin.mean - crowd.weights) / crowd.spread[:12]
    assert far.max() < 1.0


def test_old_votes_give_way_when_a_taste_drifts_and_cost_little_when_not():
    rng = np.random.default_rng(6)
    before, after = np.array([0.4, 0.0, -0.05, -0.05]), np.array([-0.4, 0.0, -0.05, -0.05])
    ages = np.linspace(900, 0, 160)
    crowd = Crowd.initial(2)
    who = np.zeros(160, dtype=np.int64)
    drifting = replace(
        cast(rng, np.where((ages < 300)[:, None], after, before), who), age_days=ages
    )
    steady = replace(cast(rng, np.tile(after, (160, 1)), who), age_days=ages)

    def off(votes: Judgements, half_life_days: float) -> float:
        found = fit_taste(crowd, votes, half_life_days=half_life_days)
        return float(np.abs(found.mean[0] - after[0]))

    never = 1e9
    assert off(drifting, 180.0) < 0.7 * off(drifting, never)
    assert off(steady, 180.0) < off(steady, never) + 0.15


def test_a_vote_of_half_weight_counts_half():
    votes = voters(13, listeners=1, votes=20, dimensions=2).votes
    twice = votes.where(np.repeat(np.arange(20), 2))
    halved = replace(twice, weight=np.full(40, 0.5))
    one, other = fit_taste(Crowd.initial(2), votes), fit_taste(Crowd.initial(2), halved)
    # Not to the bit: leaving out one of two equal votes tells less about carelessness.
    np.testing.assert_allclose(one.mean, other.mean, rtol=5e-3)
    without = replace(votes, weight=np.zeros(20))
    silent = fit_taste(Crowd.initial(2), without)
    np.testing.assert_allclose(silent.mean, Crowd.initial(2).weights, atol=1e-12)
    assert silent.votes == 0


def test_nobody_is_the_prior_and_somebody_new_is_the_crowd():
    empty = fit_crowd(Judgements.none(3))
    np.testing.assert_array_equal(empty.mean, Crowd.initial(3).mean)
    assert (empty.votes, empty.listeners) == (0, 0)
    assert np.all(empty.weights[3:] < 0)  # too much of anything is worse
    new = fit_taste(empty, Judgements.none(3))
    np.testing.assert_array_equal(new.mean, Taste.of_crowd(empty).mean)


def test_what_can_be_asked_of_a_taste_agrees_with_its_draws():
    truth = voters(14, listeners=20, votes=30, dimensions=3)
    taste = Taste.of_crowd(fit_crowd(truth.votes))
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.3, 1, (5, 3)), rng.normal(0, 1, (5, 3))
    drawn = taste.draws(np.random.default_rng(1), 100_000)
    np.testing.assert_allclose(np.cov(drawn.T), taste.covariance, atol=2e-3)
    mean, deviation = taste.advantage(a, b)
    np.testing.assert_allclose(taste.utility(a) - taste.utility(b), mean, rtol=1e-12)
    p_each = np.mean((features(a) - features(b)) @ drawn.T > 0, axis=1)
    np.testing.assert_allclose(ndtr(mean / deviation), p_each, atol=0.006)


def test_models_are_stored_to_the_bit_and_not_read_for_other_features():
    truth = voters(15, listeners=5, votes=10, dimensions=2)
    crowd = fit_crowd(truth.votes)
    taste = fit_tastes(crowd, truth.votes)[3]
    for model in (crowd, taste):
        arrays = model.to_arrays()
        again = type(model).from_arrays(arrays).to_arrays()
        assert {name: value.tobytes() for name, value in again.items()} == {
            name: value.tobytes() for name, value in arrays.items()
        }
        with pytest.raises(FeaturesChanged):
            type(model).from_arrays({**arrays, "version": np.array(0.0)})


def test_two_listeners_are_not_one():
    votes = voters(16, listeners=2, votes=5, dimensions=2).votes
    with pytest.raises(ValueError, match="one listener"):
        fit_taste(Crowd.initial(2), votes)


@pytest.mark.parametrize(
    "alike", ["always A", "separable", "same mixes", "hardly different", "far"]
)
def test_votes_that_leave_nothing_to_fit_still_give_a_taste(alike):
    rng = np.random.default_rng(17)
    a, b = rng.normal(0, 3, (60, 9)), rng.normal(0, 3, (60, 9))
    score = rng.choice((0.0, 0.5, 1.0), 60)
    if alike == "always A":
        score = np.ones(60)
    elif alike == "separable":
        score = (a[:, 0] > b[:, 0]) * 1.0
    elif alike == "same mixes":
        a, b = np.tile(a[0], (60, 1)), np.tile(b[0], (60, 1))
    elif alike == "hardly different":
        b = a + 1e-4
    else:
        a, b = 30 * a, 30 * b
    votes = Judgements.of(a, b, score, listener=np.arange(60) // 12)
    crowd = fit_crowd(votes)
    for taste in (
        *fit_tastes(crowd, votes, known=all_of(votes)).values(),
        *fit_tastes(Crowd.initial(9), votes).values(),
    ):
        assert np.all(np.isfinite(taste.mean))
        np.linalg.cholesky(taste.covariance)


@pytest.mark.slow
@pytest.mark.parametrize("votes", [20, 50, 200])
@pytest.mark.parametrize("lapse", [0.0, 0.05, 0.1])
def test_intervals_of_a_thousand_tastes_cover(votes, lapse):
    truth = voters(21, listeners=300, votes=votes, dimensions=8, lapse=lapse)
    crowd = fit_crowd(truth.votes)
    tastes = fit_tastes(crowd, truth.votes, known=all_of(truth.votes))
    z = np.stack([(t.mean - truth.weights[k]) / deviations(t) for k, t in tastes.items()])
    assert 0.78 < np.mean(np.abs(z) < 1.645) < 0.97
