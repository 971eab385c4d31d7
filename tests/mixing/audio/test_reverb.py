"""The reverb's decay, density and power: a room, not a bell."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from mixing.audio.reverb import LINES, Reverb, line_filters

RATE = 44_100
SECTION = {"predelay_ms": 20.0, "decay_s": 1.6, "damping_hz": 6000.0, "return_db": 0.0}


def response(section, seconds, chunk=4096):
    """Impulse response (2, samples) to both sides at once."""
    sends = np.zeros((2, round(seconds * RATE)), np.float32)
    sends[:, 0] = 1.0
    unit = Reverb(section, RATE)
    parts = [unit.process(sends[:, at : at + chunk]) for at in range(0, sends.shape[1], chunk)]
    return np.concatenate(parts, axis=1)


def decay_time(wet, hz):
    """RT60 of a third of an octave around ``hz``, from -5 to -35 dB of Schroeder's integral."""
    band = butter(3, [hz * 2 ** (-1 / 6), hz * 2 ** (1 / 6)], "bandpass", fs=RATE, output="sos")
    energy = (sosfiltfilt(band, wet.astype(np.float64)) ** 2).sum(axis=0)
    left = np.cumsum(energy[::-1])[::-1]
    curve = 10 * np.log10(left / left[0] + 1e-30)
    first, last = np.argmax(curve < -5), np.argmax(curve < -35)
    slope = np.polyfit(np.arange(first, last) / RATE, curve[first:last], 1)[0]
    return -60 / slope


def echo_density(wet, at_s):
    """Share of samples beyond one deviation against that of Gaussian noise.

    J. S. Abel, P. Huang, "A Simple, Robust Measure of Reverberation Echo Density", AES 121, 2006.
    """
    window = wet[:, round((at_s - 0.01) * RATE) : round((at_s + 0.01) * RATE)]
    return (np.abs(window) > window.std(axis=1, keepdims=True)).mean() / 0.3173


@pytest.mark.parametrize("decay_s", [0.5, 1.6, 4.0])
def test_it_decays_by_60_db_in_its_decay_time(decay_s):
    wet = response(SECTION | {"decay_s": decay_s}, 1.5 * decay_s)
    low = np.mean([decay_time(wet, hz) for hz in (250, 400, 630, 1000)])
    assert low == pytest.approx(decay_s, rel=0.1)


@pytest.mark.parametrize("damping_hz", [2000.0, 6000.0])
def test_it_decays_twice_as_fast_at_the_damping_frequency(damping_hz):
    wet = response(SECTION | {"damping_hz": damping_hz}, 2.4)
    assert decay_time(wet, damping_hz) == pytest.approx(0.8, rel=0.1)


@pytest.mark.parametrize("damping_hz", [3000.0, 16000.0])
def test_every_octave_decays_as_its_losses_say_and_the_higher_the_faster(damping_hz):
    """Within a tenth of what the line filters promise at 125 Hz to 8 kHz, which is ``decay_s``
    itself in the two lowest octaves."""
    octaves = 125.0 * 2 ** np.arange(7)
    wet = response(SECTION | {"damping_hz": damping_hz}, 2.4)
    found = np.array([decay_time(wet, hz) for hz in octaves])
    length = np.array([2000])
    (g,), (pole,) = line_filters(length, SECTION["decay_s"], damping_hz, RATE)
    loss_db = 20 * np.log10(
        g * (1 - pole) / np.abs(1 - pole * np.exp(-2j * np.pi * octaves / RATE))
    )
    promised = -60 * length / RATE / loss_db
    np.testing.assert_allclose(found, promised, rtol=0.1)
    np.testing.assert_allclose(found[:2], SECTION["decay_s"], rtol=0.1)
    assert (np.diff(found) < 0.05 * found[1:]).all()


def test_every_line_loses_what_its_length_costs():
    lengths = np.array([701, 1409, 3001])
    g, pole = line_filters(lengths, 2.0, 5000.0, RATE)
    np.testing.assert_allclose(20 * np.log10(g), -60 * lengths / (2.0 * RATE))
    z = np.exp(-2j * np.pi * 5000.0 / RATE)
    damped = np.abs(g * (1 - pole) / (1 - pole * z))
    np.testing.assert_allclose(20 * np.log10(damped), -120 * lengths / (2.0 * RATE), rtol=1e-9)


def test_the_tail_is_as_dense_as_noise():
    wet = response(SECTION | {"predelay_ms": 0.0}, 1.0)
    assert echo_density(wet, 0.08) > 0.75
    assert np.mean([echo_density(wet, t) for t in np.arange(0.12, 0.6, 0.02)]) > 0.93


def test_the_tail_does_not_ring():
    """No frequency stands out of the tail more than in decaying noise (which is 8 to 10 dB)."""
    wet = response(SECTION | {"decay_s": 3.0, "damping_hz": 16000.0}, 2.5)[0, RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(wet * np.hanning(wet.size))) ** 2
    freqs = np.fft.rfftfreq(wet.size, 1 / RATE)
    for low in (200, 500, 1000, 2000, 4000):
        band = spectrum[(freqs >= low) & (freqs < 2 * low)]
        assert 10 * np.log10(band.max() / band.mean()) < 13


def pink_noise(seconds):
    """(2, samples) of equal power per octave from 100 Hz to 8 kHz, of deviation 1."""
    count = round(seconds * RATE)
    freqs = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.where((freqs > 100) & (freqs < 8000), 1 / np.sqrt(np.maximum(freqs, 1)), 0.0)
    white = np.random.default_rng(0).standard_normal((2, count))
    pink = np.fft.irfft(np.fft.rfft(white) * shape, count)
    return (pink / pink.std()).astype(np.float32)


@pytest.mark.parametrize("decay_s", [0.2, 1.6, 6.0])
@pytest.mark.parametrize("damping_hz", [1000.0, 6000.0, 16000.0])
def test_pink_noise_comes_back_at_its_own_power(decay_s, damping_hz):
    changes = {"decay_s": decay_s, "damping_hz": damping_hz}
    wet = Reverb(SECTION | changes, RATE).process(pink_noise(10.0))[:, 6 * RATE :]
    np.testing.assert_allclose(20 * np.log10(wet.std(axis=1)), 0.0, atol=1.0)


def test_the_tail_surrounds_and_early_sound_keeps_its_side():
    sends = np.zeros((2, 2 * RATE), np.float32)
    sends[0, 0] = 1.0
    wet = Reverb(SECTION | {"predelay_ms": 0.0}, RATE).process(sends)
    early, late = wet[:, : round(0.03 * RATE)], wet[:, RATE // 4 : RATE]
    assert (early[0] ** 2).sum() > 3 * (early[1] ** 2).sum()
    assert (late[0] ** 2).sum() == pytest.approx((late[1] ** 2).sum(), rel=0.3)
    assert abs(np.corrcoef(late)[0, 1]) < 0.1


def test_predelay_is_silence_first():
    wet = response(SECTION | {"predelay_ms": 100.0}, 0.5)
    assert not wet[:, : round(0.1 * RATE)].any()
    assert wet[:, round(0.1 * RATE) : round(0.14 * RATE)].any()


@pytest.mark.parametrize("chunk", [63, 1000, 50_000])
def test_any_chunk_gives_the_same_reverb(chunk):
    np.testing.assert_allclose(
        response(SECTION, 0.6, chunk), response(SECTION, 0.6, 4096), atol=1e-7
    )


def test_lengths_have_no_common_divisor():
    lengths = Reverb(SECTION, RATE).lengths
    assert len(lengths) == LINES
    assert np.gcd.outer(lengths, lengths)[~np.eye(LINES, dtype=bool)].max() == 1
