"""How far the console's equaliser is from the analogue filters it is named after.

The design is RBJ's bilinear transform with the frequency pre-warped, the same as a browser's
``BiquadFilterNode``, so that server and browser agree to the sample. It squeezes the spectrum up to
infinity into that below Nyquist: a curve is exact at its frequency, and near Nyquist a bell is too
narrow and a shelf too steep. The table below is what this costs at 44.1 kHz, the largest error up
to 20 kHz in dB and where it is; CONTRIBUTING quotes it.
"""

import numpy as np
import pytest

from mixing.audio import biquad

RATE = 44_100
FREQS = np.geomspace(20.0, 20_000.0, 2000)


def analogue_peak_db(hz, gain_db, q):
    """H(s) = (s^2 + s A/Q + 1) / (s^2 + s/(A Q) + 1), s in units of the frequency."""
    s, a = 1j * FREQS / hz, 10 ** (gain_db / 40)
    return 20 * np.log10(np.abs((s**2 + s * a / q + 1) / (s**2 + s / (a * q) + 1)))


def analogue_high_shelf_db(hz, gain_db):
    """H(s) = A (A s^2 + s sqrt(2A) + 1) / (s^2 + s sqrt(2A) + A), the slope S being 1."""
    s, a = 1j * FREQS / hz, 10 ** (gain_db / 40)
    root = np.sqrt(2 * a)
    return 20 * np.log10(np.abs(a * (a * s**2 + s * root + 1) / (s**2 + s * root + a)))


TABLE = [
    # filter, frequency, gain dB, largest error dB
    ("peak", 250.0, 6.0, 0.002),
    ("peak", 1000.0, 6.0, 0.03),
    ("peak", 3500.0, 6.0, 0.31),
    ("peak", 8000.0, 6.0, 1.44),
    ("peak", 12_000.0, 6.0, 2.92),
    ("high_shelf", 3000.0, 6.0, 0.07),
    ("high_shelf", 8000.0, 6.0, 0.47),
    ("high_shelf", 16_000.0, 6.0, 1.75),
]


def errors_db(kind, hz, gain_db):
    if kind == "peak":
        digital = biquad.response_db(biquad.peak(hz, gain_db, 0.9), FREQS)
        return digital - analogue_peak_db(hz, gain_db, 0.9)
    digital = biquad.response_db(biquad.high_shelf(hz, gain_db), FREQS)
    return digital - analogue_high_shelf_db(hz, gain_db)


@pytest.mark.parametrize(("kind", "hz", "gain_db", "largest_db"), TABLE)
def test_the_error_against_the_analogue_prototype_is_as_documented(kind, hz, gain_db, largest_db):
    error = errors_db(kind, hz, gain_db)
    assert np.abs(error).max() == pytest.approx(largest_db, abs=0.005)


@pytest.mark.parametrize(("kind", "hz", "gain_db"), [row[:3] for row in TABLE])
def test_it_is_exact_at_its_frequency_and_for_low_frequencies(kind, hz, gain_db):
    error = np.abs(errors_db(kind, hz, gain_db))
    assert error[np.argmin(abs(FREQS - hz))] < 0.02
    assert error[FREQS < 500].max() < 0.02
