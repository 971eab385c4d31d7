"""Decibels and the fast logarithms against NumPy's."""

import numpy as np
import pytest

from mixing.audio.decibels import amplitude, exp2_fast, level_db, log2_fast


def test_amplitude_and_level_are_inverse():
    assert amplitude(6.0205999) == pytest.approx(2.0, rel=1e-7)
    np.testing.assert_allclose(level_db([1.0, -0.5, 0.0]), [0.0, -6.0206, -240.0], atol=1e-4)


def test_the_fast_logarithm_is_within_a_thousandth_of_a_decibel():
    values = np.exp(np.random.default_rng(0).uniform(-14, 14, 5000)).astype(np.float32)
    error = [log2_fast(v) - np.log2(np.float64(v)) for v in values]
    assert np.abs(error).max() < 3e-5  # octaves; 0.0002 dB


def test_the_fast_power_is_exact_to_float32():
    values = np.random.default_rng(1).uniform(-120, 120, 5000).astype(np.float32)
    error = [exp2_fast(v) / 2.0 ** np.float64(v) - 1 for v in values]
    assert np.abs(error).max() < 4e-7


def test_the_fast_power_stays_finite_outside_its_range():
    assert exp2_fast(np.float32(1000.0)) == pytest.approx(2.0**126, rel=1e-6)
    assert exp2_fast(np.float32(-1000.0)) == pytest.approx(2.0**-126, rel=1e-6)
