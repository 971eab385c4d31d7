"""What is in the middle and what is at the edges are filtered apart."""

import numpy as np
import pytest

from mixing.audio import biquad
from mixing.audio.mid_side import MID_Q, MidSideEqualiser
from mixing.audio.parameters import MASTER

RATE = 44_100
NEUTRAL = {p.name: p.default for p in MASTER}
COUNT = 1 << 15


def spectra_db(section):
    """Response in dB (mid, side) of each bin, and what leaks from one into the other."""
    freqs = np.fft.rfftfreq(COUNT, 1 / RATE)
    responses, leaks = [], []
    for sign in (1.0, -1.0):
        audio = np.zeros((2, COUNT), np.float32)
        audio[:, 0] = 1.0, sign
        MidSideEqualiser(section, RATE).process(audio)
        left, right = np.fft.rfft(audio.astype(np.float64))
        responses.append(20 * np.log10(np.abs(left + sign * right) / 2 + 1e-12))
        leaks.append(np.abs(left - sign * right).max())
    return freqs, responses, max(leaks)


def test_each_has_its_own_curve_and_nothing_leaks():
    section = NEUTRAL | {
        "mid_peak_hz": 2000.0, "mid_peak_gain_db": 4.0, "side_lowcut_hz": 150.0,
        "side_shelf_hz": 8000.0, "side_shelf_gain_db": 5.0,
    }  # fmt: skip
    freqs, (mid, side), leak = spectra_db(section)
    heard = freqs > 20
    bell = biquad.response_db(biquad.peak(2000.0, 4.0, MID_Q), freqs)
    edges = biquad.response_db([biquad.highpass(150.0), biquad.high_shelf(8000.0, 5.0)], freqs).sum(
        axis=0
    )
    np.testing.assert_allclose(mid[heard], bell[heard], atol=0.01)
    np.testing.assert_allclose(side[heard], edges[heard], atol=0.01)
    assert leak < 1e-5


def test_bass_comes_to_the_middle():
    """At the side's cutoff its level is 3 dB down, an octave below it 12.3 dB."""
    freqs, (_, side), _ = spectra_db(NEUTRAL | {"side_lowcut_hz": 200.0})
    assert side[np.argmin(abs(freqs - 200))] == pytest.approx(-3.01, abs=0.1)
    assert side[np.argmin(abs(freqs - 100))] == pytest.approx(-12.3, abs=0.2)


def test_neutral_changes_no_sample():
    noise = np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)
    audio = noise.copy()
    unit = MidSideEqualiser(NEUTRAL, RATE)
    unit.process(audio)
    assert unit.is_flat
    np.testing.assert_array_equal(audio, noise)
