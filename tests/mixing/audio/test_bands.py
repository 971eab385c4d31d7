"""Spectra and stereo images of signals whose bands are known."""

import numpy as np
import pytest

from mixing.audio import bands

RATE = 44_100
RNG = np.random.default_rng(1)
NOISE = (RNG.standard_normal((2, 20 * RATE)) * 0.1).astype(np.float32)


def sine(hz: float, right: float = 1.0) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * hz / RATE * np.arange(4 * RATE))
    return np.stack([wave, right * wave]).astype(np.float32)


def test_third_octaves_of_white_noise_rise_by_their_width() -> None:
    levels = bands.thirds_db(bands.spectra(NOISE, RATE))
    widths = np.array(bands.THIRDS_HZ) * (10**0.05 - 10**-0.05) / (RATE / 2)
    # The highest band ends beyond half the sample rate.
    np.testing.assert_allclose(levels[:-1], 10 * np.log10(widths[:-1]), atol=0.6)


@pytest.mark.parametrize("number", [0, 6, 16, 28])
def test_a_sine_fills_its_third(number: int) -> None:
    levels = bands.thirds_db(bands.spectra(sine(bands.THIRDS_HZ[number]), RATE))
    assert levels.argmax() == number
    if number > 6:  # a bin is as wide as the lowest bands
        assert levels[number] == pytest.approx(0.0, abs=0.1)


def test_bands_sum_to_the_whole() -> None:
    of = bands.spectra(NOISE, RATE)
    parts = bands.band_powers(of.both, of.bin_hz, [-10.0, 33.0, 1000.1, 9999.0, 30_000.0])
    assert parts.sum() == pytest.approx(of.both.sum(), rel=1e-12)
    assert (parts >= 0).all()


def test_images_are_those_of_each_band() -> None:
    """Mono lows, a side-only middle, one-sided highs."""
    low, middle, high = sine(60.0), sine(1000.0, right=-1.0), sine(10_000.0, right=0.0)
    images = bands.images(bands.spectra(low + middle + high, RATE), bands.BAND_EDGES_HZ)
    assert images[0] == (pytest.approx(0.0, abs=0.02), pytest.approx(1.0, abs=0.01))
    assert images[2] == (pytest.approx(100.0, rel=0.2), pytest.approx(-1.0, abs=0.01))
    assert images[4] == (pytest.approx(1.0, abs=0.02), pytest.approx(0.0, abs=0.05))


@pytest.mark.parametrize(
    ("right", "loss_db"),
    [(1.0, 0.0), (0.0, 3.01), (-1.0, 60.0), (0.5, 10 * np.log10(2 * 1.25 / 2.25))],
)
def test_what_the_low_end_loses_in_mono(right: float, loss_db: float) -> None:
    of = bands.spectra(sine(60.0, right) + sine(5000.0, -1.0), RATE)
    assert bands.mono_loss_db(of, 120.0) == pytest.approx(loss_db, abs=0.05)


def test_one_channel_is_mono_and_silence_is_nothing() -> None:
    of = bands.spectra(NOISE[:1], RATE)
    assert set(bands.images(of, bands.BAND_EDGES_HZ)) == {(0.0, 1.0)}
    for count in (0, 10, RATE):
        silent = bands.spectra(np.zeros((2, count), np.float32), RATE)
        assert not bands.thirds_db(silent).any()
        assert bands.mono_loss_db(silent, 120.0) == 0.0
        assert set(bands.images(silent, bands.BAND_EDGES_HZ)) == {(0.0, 0.0)}
