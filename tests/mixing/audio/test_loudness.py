"""Loudness against the EBU's test signals (Tech 3341 and 3342, those for stereo)."""

import numpy as np
import pytest
from scipy.signal import freqz_sos

from mixing.audio.loudness import (
    energies,
    integrated_lufs,
    k_weighting,
    loudness_range,
    momentary_lufs,
    short_term_lufs,
)
from tests.mixing.audio import oracle_console

RATES = pytest.mark.parametrize("rate", [44_100, 48_000])
SILENT_DB = -200.0


def tones(*parts, rate=48_000, hz=1000.0):
    """Stereo sine in phase on both sides: (level in dBFS, seconds) after each other."""
    levels = np.concatenate(
        [np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in parts]
    )
    wave = levels * np.sin(2 * np.pi * hz * np.arange(levels.size) / rate)
    return np.tile(wave, (2, 1)).astype(np.float32)


@RATES
@pytest.mark.parametrize(
    ("case", "parts", "expected"),
    [
        (1, [(-23.0, 20.0)], -23.0),
        (2, [(-33.0, 20.0)], -33.0),
        (3, [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        (4, [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
        (5, [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
    ],
)
def test_tech_3341_integrated_loudness(case, parts, expected, rate):
    assert integrated_lufs(tones(*parts, rate=rate), rate) == pytest.approx(expected, abs=0.1)


@RATES
def test_tech_3341_cases_1_and_2_all_meters_agree(rate):
    for level in (-23.0, -33.0):
        audio = tones((level, 5.0), rate=rate)
        np.testing.assert_allclose(momentary_lufs(audio, rate)[5:], level, atol=0.1)
        np.testing.assert_allclose(short_term_lufs(audio, rate)[5:], level, atol=0.1)


def test_tech_3341_case_9_short_term_of_alternating_tones():
    audio = tones(*[(-20.0, 1.34), (-30.0, 1.66)] * 5)
    np.testing.assert_allclose(short_term_lufs(audio, 48_000), -23.0, atol=0.1)


@pytest.mark.parametrize("number", range(20))
def test_tech_3341_case_10_short_term_maximum_after_any_silence(number):
    audio = tones((SILENT_DB, number * 0.15), (-23.0, 3.0), (SILENT_DB, 1.0))
    assert short_term_lufs(audio, 48_000).max() == pytest.approx(-23.0, abs=0.1)


def test_tech_3341_case_11_short_term_maximum_of_rising_tones():
    for number in range(20):
        level = -38.0 + number
        audio = tones((SILENT_DB, number * 0.15), (level, 3.0), (SILENT_DB, 3.0 - number * 0.15))
        assert short_term_lufs(audio, 48_000).max() == pytest.approx(level, abs=0.1)


def test_tech_3341_case_12_momentary_of_alternating_tones():
    audio = tones(*[(-20.0, 0.18), (-30.0, 0.22)] * 25)
    np.testing.assert_allclose(momentary_lufs(audio, 48_000), -23.0, atol=0.1)


@pytest.mark.parametrize("number", range(20))
def test_tech_3341_case_13_momentary_maximum_after_any_silence(number):
    audio = tones((SILENT_DB, number * 0.02), (-23.0, 0.4), (SILENT_DB, 1.0))
    assert momentary_lufs(audio, 48_000).max() == pytest.approx(-23.0, abs=0.1)


def test_tech_3341_case_14_momentary_maximum_of_rising_tones():
    for number in range(20):
        level = -38.0 + number
        audio = tones((SILENT_DB, number * 0.02), (level, 0.4), (SILENT_DB, 0.4 - number * 0.02))
        assert momentary_lufs(audio, 48_000).max() == pytest.approx(level, abs=0.1)


@RATES
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([-20.0, -30.0], 10.0),
        ([-20.0, -15.0], 5.0),
        ([-40.0, -20.0], 20.0),
        ([-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ],
)
def test_tech_3342_loudness_range(levels, expected, rate):
    audio = tones(*[(level, 20.0) for level in levels], rate=rate)
    assert loudness_range(audio, rate) == pytest.approx(expected, abs=1.0)


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
    both = tones((-23.0, 5.0))
    one = both * np.array([[1.0], [0.0]], np.float32)
    for audio in (one, both[:1]):
        assert integrated_lufs(audio, 48_000) == pytest.approx(-26.0, abs=0.1)


def test_silence_and_scraps_have_no_loudness():
    for audio in (np.zeros((2, 48_000)), tones((-23.0, 0.3)), np.zeros((2, 0))):
        assert integrated_lufs(audio.astype(np.float32), 48_000) == float("-inf")
        assert loudness_range(audio.astype(np.float32), 48_000) == 0.0


def test_energies_are_one_per_full_10_ms():
    assert energies(np.zeros((2, 44_100 + 440), np.float32), 44_100).shape == (100,)
