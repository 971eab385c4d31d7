"""The rivals: ridge regression against its closed form, means against what means must give."""

import numpy as np
import pytest

from mixing.networks.baselines import PENALTIES, ridge, rival_errors
from mixing.networks.batches import Severity
from mixing.networks.corpus import Corpus
from mixing.networks.evaluation import grouped_errors, trial
from mixing.networks.model_card import RIVALS
from mixing.networks.styles import BALANCED, WARM

REFERENCE = np.full(5, -7.0, np.float32)


def test_ridge_is_the_closed_form_at_the_penalty_that_suits_each_target() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(size=(4000, 30)).astype(np.float32)
    group = np.arange(4000)
    plain = (3.0 * known[:, 0] - 2.0 * known[:, 1] + 5.0).astype(np.float32)
    noise = rng.normal(size=4000).astype(np.float32)
    asked = rng.normal(size=(50, 30)).astype(np.float32)
    found = ridge(known, np.stack([plain, noise], axis=1), group, asked)
    mean, std = known.mean(axis=0), known.std(axis=0)
    rows, questions = (known - mean) / std, (asked - mean) / std
    for target, penalty, column in ((plain, PENALTIES[0], 0), (noise, PENALTIES[-1], 1)):
        gram = rows.T @ rows + penalty * np.eye(30)
        weights = np.linalg.solve(gram, rows.T @ (target - target.mean()))
        wanted = questions @ weights + target.mean()
        np.testing.assert_allclose(found[:, column], wanted, atol=2e-3)


@pytest.fixture(scope="module")
def errors(corpus: Corpus, unseen: Corpus) -> dict[str, dict[str, dict[str, float]]]:
    styles, easy = (BALANCED, WARM), Severity(colour_db=0.0)
    seen = trial(corpus, styles, REFERENCE, seed=0, severity=easy)
    test = trial(unseen, styles, REFERENCE, seed=1, severity=easy)
    return rival_errors(seen, test, ["balanced", "warm"])


def test_every_rival_is_measured_on_every_group(
    errors: dict[str, dict[str, dict[str, float]]],
) -> None:
    assert set(errors) == {"balanced", "warm"}
    for rivals in errors.values():
        assert tuple(rivals) == RIVALS
        assert len({frozenset(found) for found in rivals.values()}) == 1
        assert all(np.isfinite(list(found.values())).all() for found in rivals.values())


def test_knowing_more_helps_where_it_must(errors: dict[str, dict[str, dict[str, float]]]) -> None:
    rivals = errors["balanced"]
    assert rivals["mean_riding_levels"]["gain_db"] < rivals["mean"]["gain_db"]
    assert rivals["ridge"]["gain_db"] < rivals["mean_riding_levels"]["gain_db"]
    # A level rule changes neither equaliser nor sends.
    for group in ("eq_db", "sends_db"):
        assert rivals["mean_riding_levels"][group] == pytest.approx(rivals["mean"][group])


def test_the_right_answer_has_no_error_in_any_group(unseen: Corpus) -> None:
    test = trial(unseen, (BALANCED,), REFERENCE, seed=1, severity=Severity())
    found = grouped_errors(test.batch.strips[0], test.batch.shared[0], test, 0)
    assert set(found.values()) == {0.0}
