"""Measurements of signals whose figures are known."""

import json

import numpy as np
import pytest

from mixing.audio.loudness import energies
from mixing.audio.measurements import BANDS, band_balance_db, crest_db, measure, stereo_image

RATE = 44_100
N = np.arange(4 * RATE)
RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal((2, N.size)).astype(np.float32) * 0.1


def sine(hz, amplitude=0.5):
    return np.tile(amplitude * np.sin(2 * np.pi * hz / RATE * N), (2, 1)).astype(np.float32)


def test_a_sine_has_a_crest_of_3_db_and_a_square_none():
    assert crest_db(sine(997.0)) == pytest.approx(3.01, abs=0.01)
    assert crest_db(np.sign(sine(997.0) + 1e-9)) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("hz", "band"),
    [(60, "low"), (250, "low-mid"), (1000, "mid"), (4000, "high-mid"), (9000, "high")],
)
def test_a_sine_fills_its_band(hz, band):
    balance = dict(zip(BANDS, band_balance_db(sine(hz), RATE), strict=True))
    assert balance.pop(band) == pytest.approx(0.0, abs=0.05)
    assert max(balance.values()) < -30


def test_white_noise_fills_bands_by_their_width():
    widths = np.diff([20, 120, 500, 2000, 6000, 20000]) / (RATE / 2)
    np.testing.assert_allclose(band_balance_db(NOISE, RATE), 10 * np.log10(widths), atol=0.5)


@pytest.mark.parametrize(
    ("signal", "width", "correlation"),
    [
        (NOISE[[0, 0]], 0.0, 1.0),
        (NOISE[[0, 0]] * [[1], [-1]], 100.0, -1.0),
        (NOISE, 1.0, 0.0),
        (NOISE * [[1], [0]], 1.0, 0.0),
        (NOISE[:1], 0.0, 1.0),
    ],
)
def test_stereo_image(signal, width, correlation):
    got = stereo_image(signal.astype(np.float32))
    assert got == (pytest.approx(width, abs=0.02), pytest.approx(correlation, abs=0.02))


def test_the_whole_set_of_a_sine():
    figures = measure(sine(997.0), RATE)
    assert figures.lufs == pytest.approx(-6.02, abs=0.1)
    assert figures.lra == pytest.approx(0.0, abs=0.01)
    assert figures.true_peak_dbtp == pytest.approx(-6.02, abs=0.02)


def test_loudest_moments_and_what_is_left_of_dynamics():
    burst = sine(997.0, 0.05)
    burst[:, RATE : RATE + RATE // 2] *= 10
    figures = measure(burst, RATE)
    assert figures.momentary_max_lufs == pytest.approx(-6.02, abs=0.1)
    share = (0.5 + 2.5 / 100) / 3  # half a second of three is at full level
    assert figures.short_term_max_lufs == pytest.approx(-6.02 + 10 * np.log10(share), abs=0.1)
    assert figures.plr_db == pytest.approx(figures.true_peak_dbtp - figures.lufs)
    assert len(figures.loudness_course_lufs) == 101  # 4 s hold 3 s at 101 moments
    assert max(figures.loudness_course_lufs) == pytest.approx(figures.short_term_max_lufs, abs=0.1)


def test_figures_by_band_agree_with_those_of_the_whole():
    figures = measure(NOISE, RATE)
    assert figures.band_width == pytest.approx([1.0] * 5, abs=0.12)
    assert figures.band_correlation == pytest.approx([0.0] * 5, abs=0.12)
    assert figures.low_end_mono_loss_db == pytest.approx(3.01, abs=0.5)
    total = 10 * np.log10(sum(10 ** (level / 10) for level in figures.third_octaves_db))
    assert total == pytest.approx(0.0, abs=0.1)


def test_known_energies_give_the_same_figures():
    assert measure(NOISE, RATE, weighted=energies(NOISE, RATE)) == measure(NOISE, RATE)


@pytest.mark.parametrize("count", [0, 10, 44_100])
def test_silence_has_figures_that_json_can_hold(count):
    figures = measure(np.zeros((2, count), np.float32), RATE)
    assert figures.lufs == figures.true_peak_dbtp == float("-inf")
    data = json.loads(json.dumps(figures.to_json(), allow_nan=False))
    assert data["lufs"] is None
    assert data["crest_db"] == 0.0
