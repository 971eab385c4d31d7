"""Saturation: its curve, its harmonics, and how little of it folds back."""

import numpy as np
import pytest

from mixing.audio.saturation import saturate
from tests.mixing.audio import oracle_console

RATE = 44_100
COUNT = 1 << 15
WINDOW = np.blackman(COUNT)


def tone(cycles, level_db):
    """A tone of whole cycles in COUNT samples, both sides."""
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * cycles / COUNT * np.arange(2 * COUNT))
    return np.tile(wave, (2, 1)).astype(np.float32)


def spectrum_db(audio):
    """Levels of the bins in dB, a full-scale sine being 0."""
    late = audio[0, COUNT // 2 : COUNT // 2 + COUNT].astype(np.float64)
    return 20 * np.log10(np.abs(np.fft.rfft(late * WINDOW)) / WINDOW.sum() * 2 + 1e-12)


def without(spectrum, bins, around=4):
    """The spectrum's highest level away from the bins."""
    rest = spectrum.copy()
    for at in bins:
        rest[max(at - around, 0) : at + around + 1] = -240.0
    return rest.max()


@pytest.mark.parametrize(("drive_db", "most_db"), [(3.0, -80), (6.0, -80), (9.0, -65), (15.0, -45)])
def test_of_a_10_khz_tone_little_folds_back(drive_db, most_db):
    """Its harmonics lie above hearing: everything but the tone itself has folded back.

    The tone reaches the level part of the curve at a drive of 6.5 dB: below it nothing is heard,
    beyond it the images of a clipped sine rise slowly.
    """
    cycles = round(10_000 * COUNT / RATE)
    spectrum = spectrum_db(saturate(tone(cycles, -3.0), drive_db))
    assert without(spectrum, [cycles]) - spectrum[cycles] < most_db


def test_without_oversampling_it_would_fold_back():
    cycles = round(10_000 * COUNT / RATE)
    u = tone(cycles, -3.0) * 10 ** (6 / 20)
    naive = (u - 4 / 27 * u**3) / 10 ** (6 / 20)
    assert without(spectrum_db(naive), [cycles]) > -40


def test_the_third_harmonic_is_that_of_the_cubic():
    """u = a sin: 4/27 u^3 has a third harmonic of a^3 / 27, and takes a^3 / 9 from the first."""
    cycles, drive = round(1000 * COUNT / RATE), 10 ** (6 / 20)
    a = 0.5 * drive
    spectrum = spectrum_db(saturate(tone(cycles, 20 * np.log10(0.5)), 6.0))
    assert spectrum[cycles] == pytest.approx(20 * np.log10((a - a**3 / 9) / drive), abs=0.01)
    assert spectrum[3 * cycles] == pytest.approx(20 * np.log10(a**3 / 27 / drive), abs=0.05)
    assert without(spectrum, [cycles, 3 * cycles]) < -100


@pytest.mark.parametrize("hz", [30.0, 1000.0, 10_000.0, 18_000.0, 21_000.0])
def test_quiet_sound_goes_through_unchanged(hz):
    quiet = tone(round(hz * COUNT / RATE), -50.0)
    error = saturate(quiet, 6.0) - quiet
    assert 20 * np.log10(error.std() / quiet.std()) < -70


def test_peaks_end_where_the_curve_is_level():
    loud = tone(round(200 * COUNT / RATE), 12.0)
    out = saturate(loud, 12.0)[:, 100:-100]
    assert np.abs(out).max() == pytest.approx(10 ** (-12 / 20), rel=0.03)


def test_off_is_the_very_same_audio():
    audio = tone(500, 6.0)
    assert saturate(audio, 0.0) is audio


@pytest.mark.parametrize("count", [1, 511, 512, 513, 3000])
def test_it_agrees_with_the_plain_oracle(count):
    audio = np.random.default_rng(0).standard_normal((2, count)).astype(np.float32) * 0.3
    exact = oracle_console.saturated(audio.astype(np.float64), 9.0)
    error = saturate(audio, 9.0) - exact
    assert 10 * np.log10((exact**2).sum() / (error**2).sum()) > 100
