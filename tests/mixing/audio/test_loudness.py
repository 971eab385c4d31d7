"""Loudness beyond the standards' own tables, which test_ebu_conformance.py holds."""

import numpy as np
import pytest
from scipy.signal import freqz_sos

from mixing.audio.loudness import energies, integrated_lufs, k_weighting, loudness_range
from tests.mixing.audio import oracle_console
from tests.mixing.audio.ebu_signals import tones


def test_k_weighting_at_48_khz_is_the_standards_table():
    shelf, highpass = k_weighting(48_000)
    np.testing.assert_allclose(
        shelf, [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0,
                -1.69065929318241, 0.73248077421585], atol=1e-8)  # fmt: skip
    np.testing.assert_allclose(highpass[3:], [1.0, -1.99004745483398, 0.99007225036621], atol=1e-8)
    np.testing.assert_allclose(highpass[:3] / highpass[0], [1.0, -2.0, 1.0])


def test_k_weighting_is_the_same_curve_at_every_rate():
    freqs = np.geomspace(20, 12_000, 100)
    table = k_weighting(48_000)
    table[1, :3] = [1.0, -2.0, 1.0]  # the table leaves the high-pass's gain out of the numerator
    _, expected = freqz_sos(table, freqs, fs=48_000)
    _, here = freqz_sos(k_weighting(44_100), freqs, fs=44_100)
    np.testing.assert_allclose(20 * np.log10(abs(here / expected)), 0.0, atol=0.1)


def test_it_agrees_with_the_plain_oracle():
    rng = np.random.default_rng(0)
    swell = 10 ** (rng.uniform(-3, 0, 300).repeat(1470) / 2)
    audio = (rng.standard_normal((2, swell.size)) * 0.2 * swell).astype(np.float32)
    assert integrated_lufs(audio, 44_100) == pytest.approx(
        oracle_console.loudness(audio, 44_100), abs=1e-6
    )


def test_one_side_and_mono_are_3_db_quieter_than_both():
    both = tones([(-23.0, 5.0)], 48_000)
    one = both * np.array([[1.0], [0.0]], np.float32)
    for audio in (one, both[:1]):
        assert integrated_lufs(audio, 48_000) == pytest.approx(-26.0, abs=0.1)


def test_silence_and_scraps_have_no_loudness():
    for audio in (np.zeros((2, 48_000)), tones([(-23.0, 0.3)], 48_000), np.zeros((2, 0))):
        assert integrated_lufs(audio.astype(np.float32), 48_000) == float("-inf")
        assert loudness_range(audio.astype(np.float32), 48_000) == 0.0


def test_energies_are_one_per_full_10_ms():
    assert energies(np.zeros((2, 44_100 + 440), np.float32), 44_100).shape == (100,)


def test_five_channels_weigh_the_surrounds_more() -> None:
    one = tones([(-23.0, 2.0)], 48_000)[:1]
    quiet = np.zeros((4, one.shape[1]), np.float32)
    front = integrated_lufs(np.concatenate([one, quiet]), 48_000)
    surround = integrated_lufs(np.concatenate([quiet, one]), 48_000)
    assert surround - front == pytest.approx(10 * np.log10(1.41), abs=1e-6)
    assert front == pytest.approx(integrated_lufs(one, 48_000), abs=1e-6)


@pytest.mark.parametrize("channels", [0, 3, 6])
def test_other_layouts_are_refused(channels: int) -> None:
    with pytest.raises(ValueError, match="channels"):
        energies(np.zeros((channels, 48_000), np.float32), 48_000)
