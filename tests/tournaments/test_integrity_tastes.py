"""The marginal likelihood of a listener's votes, against the model of the ratings and the truth."""

from dataclasses import replace

import numpy as np
import pytest

from tournaments.davidson import Davidson, Prior
from tournaments.integrity.tastes import log_evidence
from tournaments.ratings import Comparison, Votes


def test_it_is_laplaces_of_the_ratings_model() -> None:
    rng = np.random.default_rng(1)
    strengths = rng.normal(size=5)
    casts = [
        Comparison(a, b, float(rng.choice([1, 0.5, 0])))
        for a, b in (sorted(rng.choice(5, 2, replace=False).tolist()) for _ in range(40))
    ]
    low, high = np.triu_indices(5, 1)
    counts = np.array(
        [
            [sum((c.a, c.b, c.score) == (i, j, s) for c in casts) for s in (1, 0.5, 0)]
            for i, j in zip(low.tolist(), high.tolist(), strict=True)
        ],
        dtype=float,
    )
    prior = Prior(strength_sd=0.8, log_nu=(-0.5, 1.0))
    model = Davidson.of(5, Votes.of(casts), prior, with_effects=False)
    model = replace(model, prior_mean=np.append(strengths, -0.5))
    mode = model.mode()
    expected = model._value(mode) + 0.5 * (
        np.log(model.prior_precision).sum() - np.linalg.slogdet(model.information(mode))[1]
    )
    ours = log_evidence(counts[None], strengths, -0.5, taste_sd=0.8, log_nu_sd=1.0)
    assert ours[0] == pytest.approx(expected, abs=1e-9)


def test_it_is_near_the_integral() -> None:
    """Plain Monte Carlo over tastes. Laplace's method is off by a few hundredths here."""
    rng = np.random.default_rng(2)
    counts = np.array([[[6.0, 2.0, 1.0], [3.0, 0.0, 2.0], [0.0, 1.0, 4.0]]])
    ours = log_evidence(counts, np.zeros(3), -0.7, taste_sd=1.0, log_nu_sd=1.0)[0]
    x = rng.normal(size=(400_000, 3))
    log_nu = -0.7 + rng.normal(size=400_000)
    total = np.zeros(400_000)
    for pair, (i, j) in enumerate([(0, 1), (0, 2), (1, 2)]):
        half = (x[:, i] - x[:, j]) / 2
        scale = np.logaddexp(np.logaddexp(half, -half), log_nu)
        total += counts[0, pair] @ np.stack((half - scale, log_nu - scale, -half - scale))
    integral = np.log(np.exp(total - total.max()).mean()) + total.max()
    assert ours == pytest.approx(integral, abs=0.15)


def test_nobody_and_no_votes() -> None:
    assert log_evidence(np.empty((0, 3, 3)), np.zeros(3), 0, taste_sd=1, log_nu_sd=1).size == 0
    silent = log_evidence(np.zeros((1, 3, 3)), np.zeros(3), 0.0, taste_sd=1.0, log_nu_sd=1.0)
    assert silent[0] == pytest.approx(0.0, abs=1e-12)


def test_many_one_sided_votes_do_not_run_away() -> None:
    counts = np.zeros((1, 3, 3))
    counts[0, 0, 0] = 5000
    found = log_evidence(counts, np.array([-4.0, 4.0, 0.0]), -0.7, taste_sd=1.0, log_nu_sd=1.0)
    assert np.isfinite(found).all()
