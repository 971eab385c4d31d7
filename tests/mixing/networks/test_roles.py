"""Roles by ear."""

import numpy as np

from mixing.audio.roles import ROLES
from mixing.networks.corpus import Corpus
from mixing.networks.roles import classify_role, role_probabilities


def test_most_unseen_synthesised_stems_are_heard_right(unseen: Corpus) -> None:
    heard = [classify_role(crop.astype(np.float32)) for crop in unseen.crops]
    right = [role == ROLES[index] for (role, _), index in zip(heard, unseen.role, strict=True)]
    assert np.mean(right) > 0.6  # guessing: 0.08; three songs of four seconds
    assert all(0.0 < confidence <= 1.0 for _, confidence in heard)


def test_probabilities_sum_to_one(unseen: Corpus) -> None:
    sums = role_probabilities(unseen.pooled.features()).sum(axis=-1)
    np.testing.assert_allclose(sums, 1.0, atol=1e-5)


def test_silence_has_no_role() -> None:
    assert classify_role(np.full((40, 128), -100.0)) == ("other", 0.0)


def test_louder_is_not_another_role(unseen: Corpus) -> None:
    mel = unseen.crops[0].astype(np.float32)
    assert classify_role(mel)[0] == classify_role(mel + 10.0)[0]
