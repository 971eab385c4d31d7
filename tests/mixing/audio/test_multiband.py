"""Three bands that sum flat, and compress only what is theirs."""

import numpy as np
import pytest
from scipy.signal import sosfreqz

from mixing.audio.multiband import BANDS, Multiband, crossover
from mixing.audio.parameters import MASTER

RATE = 44_100
NEUTRAL = {p.name: p.default for p in MASTER}
FREQS = np.geomspace(20, 20_000, 500)


@pytest.mark.parametrize("low_hz", [60.0, 180.0, 600.0])
@pytest.mark.parametrize("high_hz", [1000.0, 3000.0, 8000.0])
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_the_bands_sum_flat_to_a_thousandth_of_a_decibel(low_hz, high_hz, rate):
    responses = [sosfreqz(sos, FREQS, fs=rate)[1] for sos in crossover(low_hz, high_hz, rate)]
    np.testing.assert_allclose(20 * np.log10(np.abs(sum(responses))), 0.0, atol=1e-3)


def test_bands_are_6_db_down_where_they_meet_and_fall_by_24_db_per_octave():
    at = [50.0, 200.0, 800.0, 4000.0]
    rows = crossover(200.0, 4000.0, RATE)
    low, mid, high = (20 * np.log10(np.abs(sosfreqz(sos, at, fs=RATE)[1])) for sos in rows)
    assert [low[1], mid[1], mid[3], high[3]] == pytest.approx([-6.02] * 4, abs=0.01)
    assert mid[0] == pytest.approx(-48.2, abs=0.3)  # two octaves
    assert low[2] == pytest.approx(-48.2, abs=0.5)


def processed(section, audio):
    out = np.array(audio, np.float32)
    Multiband(section, RATE).process(out)
    return out


def test_with_gentle_settings_under_the_threshold_the_spectrum_stays():
    section = NEUTRAL | {f"{band}_ratio": 4.0 for band in BANDS}
    section |= {f"{band}_threshold_db": 0.0 for band in BANDS}
    impulse = np.zeros((2, 1 << 15), np.float32)
    impulse[:, 0] = 0.1
    response = np.abs(np.fft.rfft(processed(section, impulse)[0].astype(np.float64))) / 0.1
    np.testing.assert_allclose(20 * np.log10(response), 0.0, atol=0.01)


@pytest.mark.parametrize(("band", "hz"), [("low", 60.0), ("mid", 700.0), ("high", 9000.0)])
def test_only_its_own_band_is_turned_down(band, hz):
    n = np.arange(RATE)
    tones = dict(zip(BANDS, (60.0, 700.0, 9000.0), strict=True))
    audio = np.tile(sum(0.25 * np.sin(2 * np.pi * f / RATE * n) for f in tones.values()), (2, 1))
    out = processed(NEUTRAL | {f"{band}_ratio": 8.0, f"{band}_threshold_db": -40.0}, audio)
    late = np.hanning(RATE // 2)
    spectrum = [np.abs(np.fft.rfft(x[0, RATE // 2 :] * late)) for x in (audio, out)]
    for name, f in tones.items():
        at = round(f / 2)
        change_db = 20 * np.log10(spectrum[1][at] / spectrum[0][at])
        assert change_db < -15 if name == band else abs(change_db) < 0.3


def test_a_bands_gain_moves_its_band_only():
    section = NEUTRAL | {"high_gain_db": 4.0}
    impulse = np.eye(1, 1 << 14).astype(np.float32).repeat(2, axis=0)
    response = 20 * np.log10(np.abs(np.fft.rfft(processed(section, impulse)[0])))
    freqs = np.fft.rfftfreq(1 << 14, 1 / RATE)
    np.testing.assert_allclose(response[(freqs > 12_000) & (freqs < 20_000)], 4.0, atol=0.1)
    np.testing.assert_allclose(response[(freqs > 20) & (freqs < 700)], 0.0, atol=0.1)


def test_off_changes_no_sample():
    noise = np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)
    assert Multiband(NEUTRAL, RATE).is_flat
    np.testing.assert_array_equal(processed(NEUTRAL, noise), noise)
