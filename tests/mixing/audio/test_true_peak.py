"""True peak of waveforms whose highest point lies between the samples."""

import numpy as np
import pytest

from mixing.audio.true_peak import (
    STEP,
    TAPS,
    highest_possible,
    interpolator,
    true_peak,
    true_peak_dbtp,
)

RATE = 44_100
TOLERANCE = {"abs": 0.05}  # dB; BS.1770-4 meters are allowed far more


def sine(divisor, phase_degrees, amplitude, rate=RATE, seconds=0.2):
    n = np.arange(round(rate * seconds))
    wave = amplitude * np.sin(2 * np.pi * n / divisor + np.radians(phase_degrees))
    return np.tile(wave * np.hanning(n.size) ** 0.1, (2, 1)).astype(np.float32)


def test_a_sine_whose_samples_all_miss_its_crest():
    audio = sine(4, 45.0, 1.0)
    assert 20 * np.log10(np.abs(audio).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_dbtp(audio, RATE) == pytest.approx(0.0, **TOLERANCE)


@pytest.mark.parametrize(
    ("divisor", "phase", "amplitude", "expected_db"),
    [(4, 0.0, 0.5, -6.02), (4, 45.0, 0.5, -6.02), (6, 60.0, 0.5, -6.02), (8, 67.5, 0.5, -6.02),
     (4, 45.0, 1.41, 2.98)],
)  # fmt: skip
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_ebu_tech_3341_cases_15_to_19(divisor, phase, amplitude, expected_db, rate):
    level = true_peak_dbtp(sine(divisor, phase, amplitude, rate), rate)
    assert -0.4 <= level - expected_db <= 0.2  # the standard's tolerance
    assert level == pytest.approx(expected_db, **TOLERANCE)


@pytest.mark.parametrize("offset", range(4))
def test_ebu_tech_3341_cases_20_to_23(offset):
    """One louder cycle in a sine, band-limited and decimated at each of four offsets."""
    rate = 48_000
    n = np.arange(4 * rate // 4)
    cycle = 4 * 6  # samples of the fine grid: a sixth of the final rate
    wave = 0.5 * np.sin(2 * np.pi * n / cycle)
    middle = n.size // 2 // cycle * cycle
    wave[middle : middle + cycle] *= 2
    spectrum = np.fft.rfft(wave)
    spectrum[np.fft.rfftfreq(n.size, 1 / (4 * rate)) > 22_000] = 0
    fine = np.fft.irfft(spectrum, n.size)
    fine /= np.abs(fine).max()
    audio = np.tile(fine[offset::4], (2, 1)).astype(np.float32)
    assert -0.4 <= true_peak_dbtp(audio, rate) <= 0.2


def test_interpolated_points_lie_on_the_waveform():
    n = np.arange(400)
    for hz in (100.0, 5000.0, 15000.0):
        wave = np.sin(2 * np.pi * hz / RATE * n)
        for phase, weights in enumerate(interpolator(8), start=1):
            at = 200
            point = weights @ wave[at - TAPS // 2 + 1 : at + TAPS // 2 + 1]
            exact = np.sin(2 * np.pi * hz / RATE * (at + phase / 8))
            assert point == pytest.approx(exact, abs=2e-4)


def test_the_loudest_sample_counts_wherever_it_is():
    for at in (0, 1, 510, 511, 512, 700, 1499):
        audio = np.zeros((2, 1500), np.float32)
        audio[1, at] = -0.8
        assert true_peak(audio, 4) == pytest.approx(0.8, abs=1e-6)


def test_skipping_quiet_blocks_changes_nothing():
    rng = np.random.default_rng(0)
    audio = rng.standard_normal((2, 5000)) * np.geomspace(1e-3, 1, 5000)
    fine = [np.convolve(row, w[::-1]) for row in audio for w in interpolator(4).astype(float)]
    expected = max(np.abs(audio).max(), max(np.abs(row).max() for row in fine))
    assert true_peak(audio.astype(np.float32), 4) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_no_point_is_higher_than_the_bound_of_its_block(factor):
    """Also for the signal that the bound is made for: noise that bends as sharply as can be."""
    rng = np.random.default_rng(0)
    for audio in (
        rng.standard_normal((2, 5000)),
        np.sign(rng.standard_normal((2, 5000))),
        np.tile((-1.0) ** np.arange(5000), (2, 1)) * rng.random((2, 5000)),
        np.tile(np.sin(np.arange(5000) * 0.03), (2, 1)),
    ):
        points = np.abs(audio).max(axis=0)
        for weights in interpolator(factor).astype(float):
            for row in audio:
                full = np.convolve(row, weights[::-1])[TAPS // 2 : TAPS // 2 + 5000]
                points = np.maximum(points, np.abs(full))
        found = highest_possible(audio.astype(np.float32), factor)
        blocks = np.pad(points, (0, -5000 % STEP)).reshape(-1, STEP).max(axis=1)
        assert (found >= blocks).all()


def test_a_smooth_waveform_is_bounded_closely():
    audio = np.tile(np.sin(2 * np.pi * 200 / RATE * np.arange(4000)), (2, 1)).astype(np.float32)
    assert highest_possible(audio, 8)[2:-2].max() < 1.01  # its ends are clicks


def test_silence_and_nothing():
    assert true_peak_dbtp(np.zeros((2, 100), np.float32), RATE) == float("-inf")
    assert true_peak(np.zeros((2, 0), np.float32)) == 0.0


def test_at_high_rates_fewer_points_are_needed():
    audio = sine(16, 20.0, 0.5, rate=96_000)
    assert true_peak_dbtp(audio, 96_000) == pytest.approx(-6.02, abs=0.1)
    assert true_peak_dbtp(audio, 192_000) == pytest.approx(-6.02, abs=0.2)
