"""Loudness under a ceiling, also where the limiter has to work."""

import numpy as np
import pytest

from mixing.audio.mastering import finish

RATE = 44_100
N = np.arange(6 * RATE)


def drum_loop():
    """Sharp decaying hits, with 20 dB between loudness and peaks."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((2, N.size)) * np.exp(-(N % 11_025) / 400) * 0.3).astype(np.float32)


def master(target_lufs):
    return {"ceiling_dbtp": -1.0, "target_lufs": target_lufs, "saturation_drive_db": 0.0}


@pytest.mark.parametrize("target", [-24.0, -16.0, -12.0])
def test_the_target_is_met_however_hard_the_limiter_works(target):
    _, figures, _ = finish(drum_loop(), master(target), None, slice(None), RATE)
    assert figures.lufs == pytest.approx(target, abs=0.15)
    assert figures.true_peak_dbtp <= -1.0


def test_without_limiting_the_gain_is_the_whole_difference():
    mix = np.tile(0.1 * np.sin(2 * np.pi * 997 / RATE * N), (2, 1)).astype(np.float32)
    audio, figures, gain_db = finish(mix, master(-23.0), None, slice(None), RATE)
    assert figures.lufs == pytest.approx(-23.0, abs=1e-6)
    np.testing.assert_allclose(audio, mix * 10 ** (gain_db / 20), rtol=1e-5)


def test_a_given_gain_is_kept():
    _, _, gain_db = finish(drum_loop(), master(-9.0), 2.5, slice(None), RATE)
    assert gain_db == 2.5


def test_only_the_section_is_measured():
    mix = drum_loop()
    mix[:, : 3 * RATE] *= 0.1
    section = slice(3 * RATE, None)
    audio, figures, _ = finish(mix, master(-18.0), None, section, RATE)
    assert audio.shape == (2, 3 * RATE)
    assert figures.lufs == pytest.approx(-18.0, abs=0.15)
