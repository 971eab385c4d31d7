"""Sides: balanced, blind to order, nothing for the centre."""

import numpy as np

from mixing.networks.placement import sides, stereo_width

ROLES = ["drums", "bass", "vocal", "guitar", "guitar", "keys", "strings"]
CENTROIDS = np.array([0.5, -2.0, -1.0, 0.2, 0.8, -0.5, -0.9])
PRESENT = np.ones(7, bool)


def test_two_guitars_part_symmetrically() -> None:
    found = sides(ROLES, CENTROIDS, PRESENT)
    guitars = sides(["guitar", "guitar"], np.array([0.2, 0.8]), np.ones(2, bool))
    assert guitars[0] == -guitars[1] != 0.0
    assert found[3] * found[4] < 0.0


def test_both_sides_weigh_about_alike() -> None:
    assert abs(sides(ROLES, CENTROIDS, PRESENT).sum()) <= 1.0


def test_bass_vocal_and_silence_stay_in_the_middle() -> None:
    found = sides(ROLES, CENTROIDS, np.array([1, 1, 1, 0, 1, 1, 1], bool))
    assert found[1] == found[2] == found[3] == 0.0


def test_the_order_of_stems_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(7)
    shuffled = sides([ROLES[i] for i in order], CENTROIDS[order], PRESENT)
    np.testing.assert_array_equal(shuffled, sides(ROLES, CENTROIDS, PRESENT)[order])


def test_identical_stems_still_part() -> None:
    found = sides(["keys"] * 2, np.zeros(2), np.ones(2, bool))
    assert found[0] == -found[1] != 0.0


def test_stereo_width_of_mono_noise_and_antiphase() -> None:
    left, right = np.random.default_rng(0).normal(0, 0.1, (2, 44_100)).astype(np.float32)
    assert stereo_width(left[None]) == 0.0
    assert stereo_width(np.stack([left, left])) < 1e-3
    assert stereo_width(np.stack([left, right])) > 0.95
    assert stereo_width(np.stack([left, -left])) == 1.0
