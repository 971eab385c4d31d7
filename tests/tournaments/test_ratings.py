"""Strengths against other implementations, brute force, and their own promises."""

import time
from dataclasses import replace
from itertools import product

import choix
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from tournaments.ratings import (
    Z_95,
    Comparison,
    Posterior,
    Prior,
    RatingNotConverged,
    Votes,
    fit,
    ranking,
)


def simulate(
    rng: np.random.Generator,
    entries: int,
    votes: int,
    *,
    spread: float = 1.0,
    nu: float = 0.5,
    side: float = 0.0,
    first: float = 0.0,
) -> tuple[NDArray[np.float64], Votes]:
    """Centred true strengths, and votes on random pairs drawn from Davidson's model."""
    truth = rng.normal(0.0, spread, entries)
    a = rng.integers(0, entries, votes)
    b = (a + rng.integers(1, entries, votes)) % entries
    heard_first = rng.choice([-1, 1], votes)
    d = truth[a] - truth[b] + side + first * heard_first
    weights = np.stack((np.exp(d / 2), np.full(votes, nu), np.exp(-d / 2)))
    edges = np.cumsum(weights / weights.sum(axis=0), axis=0)
    score = np.array([1.0, 0.5, 0.0])[(rng.random(votes) > edges).sum(axis=0).clip(max=2)]
    return truth - truth.mean(), Votes(a, b, score, heard_first, np.ones(votes))


def log_posterior(x: NDArray[np.float64], entries: int, votes: Votes, effects: bool) -> float:
    """The model written down vote by vote, straight from its formula."""
    prior = Prior()
    mean, deviation = prior.log_nu
    total = -0.5 * np.sum(x[:entries] ** 2) - 0.5 * ((x[entries] - mean) / deviation) ** 2
    if effects:
        total -= 0.5 * np.sum((x[entries + 1 :] / prior.effect_sd) ** 2)
    for a, b, score, first in zip(votes.a, votes.b, votes.score, votes.first, strict=True):
        d = x[a] - x[b]
        if effects:
            d += x[entries + 1] + first * x[entries + 2]
        terms = {1.0: d / 2, 0.5: x[entries], 0.0: -d / 2}
        total += terms[score] - np.log(np.exp(d / 2) + np.exp(-d / 2) + np.exp(x[entries]))
    return float(total)


@pytest.mark.parametrize("effects", [False, True])
def test_mode_and_spread_are_those_of_brute_force(effects: bool) -> None:
    entries = 4
    _, votes = simulate(np.random.default_rng(5), entries, 60, side=0.4)
    size = entries + (3 if effects else 1)
    found = minimize(
        lambda x: -log_posterior(x, entries, votes, effects),
        np.zeros(size),
        method="BFGS",
        options={"gtol": 1e-7},
    ).x
    posterior = fit(entries, votes, with_effects=effects)
    # BFGS with finite differences stops within about 1e-6 of the mode.
    np.testing.assert_allclose(posterior.strengths, found[:4] - found[:4].mean(), atol=2e-5)
    assert posterior.tie.mean == pytest.approx(found[4], abs=2e-5)
    if effects:
        assert posterior.effects["side_a"].mean == pytest.approx(found[5], abs=2e-5)
    # The curvature, by second differences of the formula.
    hessian = np.empty((size, size))
    axes = np.eye(size) * 1e-3
    for i, j in product(range(size), repeat=2):
        corners = (
            m * n * log_posterior(found + m * axes[i] + n * axes[j], entries, votes, effects)
            for m, n in product((1, -1), repeat=2)
        )
        hessian[i, j] = sum(corners) / (2 * 1e-3) ** 2
    covariance = np.linalg.inv(-hessian)[:entries, :entries]
    centring = np.eye(entries) - 1 / entries
    np.testing.assert_allclose(posterior.covariance, centring @ covariance @ centring, atol=1e-5)


def test_without_ties_strengths_are_choixs() -> None:
    """As nu goes to zero the model is Bradley-Terry with a normal prior, which choix fits too."""
    entries = 6
    _, votes = simulate(np.random.default_rng(7), entries, 400, nu=0.0)
    rows = zip(votes.a.tolist(), votes.b.tolist(), votes.score.tolist(), strict=True)
    winners = [(a, b) if score == 1 else (b, a) for a, b, score in rows]
    # choix's penalty is alpha |x|^2: a prior variance of 1 is alpha = 1/2.
    theirs = choix.opt_pairwise(entries, winners, alpha=0.5, tol=1e-9)
    ours = fit(entries, votes, prior=Prior(log_nu=(-40.0, 1e-3)), with_effects=False).strengths
    np.testing.assert_allclose(ours, theirs - theirs.mean(), atol=1e-6)


@pytest.mark.parametrize("votes", [40, 160, 480])
def test_95_percent_intervals_cover_93_to_97_percent(votes: int) -> None:
    """8 entries, strengths from the prior, 20 % ties between equals, 300 simulated tournaments.

    2,400 intervals have a standard error of 0.45 % if they were independent.
    """
    rng = np.random.default_rng(votes)
    inside = []
    for _ in range(300):
        truth, cast = simulate(rng, 8, votes)
        posterior = fit(8, cast)
        inside.append(np.abs(posterior.strengths - truth) < Z_95 * posterior.standard_errors)
    assert 0.93 <= np.mean(inside) <= 0.97


def test_half_votes_for_ties_would_claim_too_much() -> None:
    """Why ties have a model: intervals from half votes miss the truth more often."""
    rng = np.random.default_rng(3)
    ours, halves = [], []
    for _ in range(200):
        truth, cast = simulate(rng, 8, 480, nu=3.0)  # 60 % ties between equals
        posterior = fit(8, cast)
        ours.append(np.abs(posterior.strengths - truth) < Z_95 * posterior.standard_errors)
        tied = cast.score == 0.5
        split = Votes(
            np.concatenate((cast.a, cast.a[tied])),
            np.concatenate((cast.b, cast.b[tied])),
            np.concatenate((np.where(tied, 1.0, cast.score), np.zeros(tied.sum()))),
            np.concatenate((cast.first, cast.first[tied])),
            np.concatenate((np.where(tied, 0.5, 1.0), np.full(tied.sum(), 0.5))),
        )
        naive = fit(8, split, prior=Prior(log_nu=(-40.0, 1e-3)))
        halves.append(np.abs(naive.strengths - truth) < Z_95 * naive.standard_errors)
    assert 0.93 <= np.mean(ours) <= 0.97
    assert np.mean(halves) < 0.90


def test_the_order_of_votes_does_not_change_a_bit() -> None:
    rng = np.random.default_rng(11)
    _, votes = simulate(rng, 10, 300)
    votes = Votes(votes.a, votes.b, votes.score, votes.first, rng.uniform(0.1, 1.0, 300))
    shuffle = rng.permutation(300)
    shuffled = Votes(
        votes.a[shuffle],
        votes.b[shuffle],
        votes.score[shuffle],
        votes.first[shuffle],
        votes.weight[shuffle],
    )
    one, other = fit(10, votes), fit(10, shuffled)
    assert one.strengths.tobytes() == other.strengths.tobytes()
    assert one.covariance.tobytes() == other.covariance.tobytes()
    assert ranking(one).p_best.tobytes() == ranking(other).p_best.tobytes()


def test_swapping_sides_and_choices_changes_nothing() -> None:
    _, votes = simulate(np.random.default_rng(13), 5, 60)
    swapped = Votes(votes.b, votes.a, 1 - votes.score, -votes.first, votes.weight)
    np.testing.assert_allclose(
        fit(5, votes, with_effects=False).strengths,
        fit(5, swapped, with_effects=False).strengths,
        atol=1e-12,
    )


def test_a_three_way_cycle_is_three_equals() -> None:
    posterior = fit(3, Votes.of([Comparison(0, 1, 1), Comparison(1, 2, 1), Comparison(2, 0, 1)]))
    np.testing.assert_allclose(posterior.strengths, 0.0, atol=1e-12)
    # 8,192 draws: four standard errors are 2.1 %.
    np.testing.assert_allclose(ranking(posterior).p_best, 1 / 3, atol=0.021)


def test_an_entry_that_won_everything_stays_finite() -> None:
    posterior = fit(2, Votes.of([Comparison(0, 1, 1.0)] * 1000))
    assert np.all(np.isfinite(posterior.strengths))
    assert posterior.strengths[0] > 1
    assert ranking(posterior).p_best[0] > 0.99


def test_without_votes_everything_is_open() -> None:
    posterior = fit(4, Votes.of([]))
    np.testing.assert_array_equal(posterior.strengths, 0.0)
    # The prior's deviation 1, less what fixing the mean takes away.
    np.testing.assert_allclose(posterior.standard_errors, np.sqrt(3 / 4))
    places = ranking(posterior)
    assert places.rank_low.tolist() == [1] * 4
    assert places.rank_high.tolist() == [4] * 4


def test_more_votes_narrow_the_intervals_and_rank_ranges() -> None:
    rng = np.random.default_rng(17)
    truth = np.array([0.0, 0.5, 1.0, 1.5])
    widths = []
    for votes in (30, 300, 3000):
        a, b = rng.integers(0, 4, votes), rng.integers(1, 4, votes)
        b = (a + b) % 4
        p = 1 / (1 + np.exp(truth[b] - truth[a]))
        cast = Votes(a, b, (rng.random(votes) < p) * 1.0, np.zeros(votes, int), np.ones(votes))
        posterior = fit(4, cast)
        widths.append(posterior.standard_errors.mean())
    assert widths[0] > 2 * widths[1] > 4 * widths[2]
    assert ranking(posterior).rank.tolist() == [4, 3, 2, 1]
    assert ranking(posterior).rank_low[3] == ranking(posterior).rank_high[3] == 1


def test_side_and_first_heard_effects_are_found() -> None:
    _, votes = simulate(np.random.default_rng(19), 8, 4000, side=0.4, first=-0.2)
    effects = fit(8, votes).effects
    assert effects["side_a"].mean == pytest.approx(0.4, abs=4 * effects["side_a"].standard_error)
    assert effects["first_heard"].mean == pytest.approx(
        -0.2, abs=4 * effects["first_heard"].standard_error
    )
    assert effects["side_a"].standard_error < 0.06


def test_effects_wait_for_enough_votes() -> None:
    _, votes = simulate(np.random.default_rng(19), 5, 39)
    assert fit(5, votes).effects == {}


def test_p_best_agrees_with_the_exact_probability_of_two() -> None:
    """Two entries: P(best) is the normal probability that their difference is positive."""
    from scipy.stats import norm

    posterior = fit(2, Votes.of([Comparison(0, 1, 1)] * 3 + [Comparison(0, 1, 0)]))
    difference = posterior.strengths[0] - posterior.strengths[1]
    deviation = 2 * posterior.standard_errors[0]  # The two are mirror images.
    assert ranking(posterior).p_best[0] == pytest.approx(norm.cdf(difference / deviation), abs=0.02)


def test_200_mixers_and_100000_votes_fit_in_a_second() -> None:
    _, votes = simulate(np.random.default_rng(23), 200, 100_000)
    fit(200, votes)
    start = time.thread_time()
    posterior = fit(200, votes)
    ranking(posterior)
    assert time.thread_time() - start < 1.0


def test_a_refresh_for_32_entries_takes_under_20_ms() -> None:
    _, votes = simulate(np.random.default_rng(29), 32, 500)
    best = min(_seconds(votes) for _ in range(5))
    assert best < 0.02


def _seconds(votes: Votes) -> float:
    start = time.thread_time()
    ranking(fit(32, votes))
    return time.thread_time() - start


@pytest.mark.parametrize(
    ("votes", "complaint"),
    [
        ([Comparison(0, 3, 1)], "outside"),
        ([Comparison(-1, 0, 1)], "outside"),
        ([Comparison(1, 1, 1)], "itself"),
        ([Comparison(0, 1, 0.7)], "score"),
        ([Comparison(0, 1, 1, first=2)], "first"),
        ([Comparison(0, 1, 1, weight=-1.0)], "weights"),
        ([Comparison(0, 1, 1, weight=float("nan"))], "weights"),
    ],
)
def test_nonsense_is_refused(votes: list[Comparison], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        fit(3, Votes.of(votes))


def test_a_mode_that_cannot_be_found_is_said_so() -> None:
    with pytest.raises(RatingNotConverged):
        fit(2, Votes.of([Comparison(0, 1, 1)]), prior=Prior(strength_sd=float("nan")))


def test_the_prediction_of_a_pair_is_the_mean_over_the_posterior() -> None:
    posterior = fit(4, simulate(np.random.default_rng(8), 4, 30)[1])
    draws = posterior.draw(np.random.default_rng(9), 400_000)
    half = (draws[:, 1] - draws[:, 3]) / 2
    odds = np.stack((np.exp(half), np.full_like(half, np.exp(posterior.tie.mean)), np.exp(-half)))
    # 400,000 draws have a standard error below 0.0005.
    np.testing.assert_allclose(
        posterior.predict(1, 3), (odds / odds.sum(axis=0)).mean(axis=1), atol=2e-3
    )
    assert sum(posterior.predict(1, 3)) == pytest.approx(1.0)
    assert posterior.predict(1, 3)[0] == pytest.approx(posterior.predict(3, 1)[2])


def test_predictions_are_calibrated() -> None:
    """Over many tournaments, outcomes come as often as predicted after 60 votes."""
    rng = np.random.default_rng(10)
    predicted, came = [], []
    for _ in range(150):
        truth, votes = simulate(rng, 6, 60)
        posterior = fit(6, votes)
        for a, b in ((0, 1), (2, 3), (4, 5)):
            half = (truth[a] - truth[b]) / 2
            odds = np.array([np.exp(half), 0.5, np.exp(-half)])
            predicted.append(posterior.predict(a, b))
            came.append(odds / odds.sum())
    surer = np.array(predicted)[:, 0] > 0.6
    assert np.mean(np.array(predicted)[surer, 0]) == pytest.approx(
        np.mean(np.array(came)[surer, 0]), abs=0.03
    )


def test_a_weight_is_a_share_of_a_vote() -> None:
    """Two votes of half weight are one vote; weight 0 is none."""
    rng = np.random.default_rng(11)
    _, votes = simulate(rng, 5, 50)
    doubled = Votes(*(np.repeat(column, 2) for column in columns(votes)))
    halves = replace(doubled, weight=doubled.weight / 2)
    np.testing.assert_allclose(fit(5, halves).strengths, fit(5, votes).strengths, atol=1e-12)
    silent = replace(doubled, weight=np.tile([1.0, 0.0], 50))
    np.testing.assert_allclose(fit(5, silent).covariance, fit(5, votes).covariance, atol=1e-12)


def columns(votes: Votes) -> list[NDArray[np.float64]]:
    return [votes.a, votes.b, votes.score, votes.first, votes.weight]  # type: ignore[list-item]


def comparisons(votes: Votes) -> list[Comparison]:
    rows = zip(*(column.tolist() for column in columns(votes)), strict=True)
    return [Comparison(*row) for row in rows]


def test_foreseen_votes_add_their_information() -> None:
    """Covariances are singular, so the sum of informations is taken on the differences to entry 0.

    400 votes on one pair that were foreseen narrow it as much as real ones, within the noise of
    where the posterior stands (a third).
    """
    rng = np.random.default_rng(14)
    truth, votes = simulate(rng, 4, 200)
    posterior = fit(4, votes, with_effects=False)
    foreseen = posterior.foresee([(0, 1)], 400.0)
    np.testing.assert_array_equal(foreseen.strengths, posterior.strengths)
    differences = np.hstack((-np.ones((3, 1)), np.eye(3)))
    before, after = (
        np.linalg.inv(differences @ p.covariance @ differences.T) for p in (posterior, foreseen)
    )
    (p_a,), (p_tie,), _ = posterior.outcomes(np.array([0]), np.array([1]))
    told = 400 * (p_a + p_tie / 4 - (p_a + p_tie / 2) ** 2)
    np.testing.assert_allclose(after - before, np.diag([told, 0.0, 0.0]), atol=1e-8)
    gap = truth[0] - truth[1]
    chances = np.exp([gap / 2, np.log(0.5), -gap / 2])
    score = rng.choice([1.0, 0.5, 0.0], 400, p=chances / chances.sum())
    cast = comparisons(votes) + [Comparison(0, 1, s) for s in score.tolist()]
    later = fit(4, Votes.of(cast), with_effects=False)

    def width(p: Posterior) -> float:
        return float(p.covariance[0, 0] + p.covariance[1, 1] - 2 * p.covariance[0, 1])

    assert width(foreseen) == pytest.approx(width(later), rel=0.33)
    assert posterior.foresee([]) is posterior
