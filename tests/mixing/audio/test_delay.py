"""The delay's echoes: when, how loud, on which side, how dark."""

import numpy as np
import pytest
from scipy.signal import freqz

from mixing.audio.delay import Delay, lowpass_pole

RATE = 44_100
SECTION = {"time_ms": 100.0, "feedback": 0.5, "damping_hz": 4000.0, "return_db": 0.0}
STEP = 4410


def impulse_left(section, chunk=10_000, seconds=1.0):
    sends = np.zeros((2, round(seconds * RATE)), np.float32)
    sends[0, 0] = 1.0
    unit = Delay(section, RATE)
    parts = [unit.process(sends[:, at : at + chunk]) for at in range(0, sends.shape[1], chunk)]
    return np.concatenate(parts, axis=1)


def test_echoes_come_on_time_swap_sides_and_fade_by_the_feedback():
    wet = impulse_left(SECTION)
    assert not wet[:, :STEP].any()
    sums = wet.reshape(2, -1, STEP).sum(axis=2)  # the low-pass has unit gain at 0 Hz
    np.testing.assert_allclose(sums[0, 1:5], [1.0, 0.0, 0.25, 0.0], atol=1e-4)
    np.testing.assert_allclose(sums[1, 1:5], [0.0, 0.5, 0.0, 0.125], atol=1e-4)


def test_the_lowpass_is_3_db_down_at_the_damping_frequency():
    for hz in (500.0, 4000.0, 16000.0):
        pole = lowpass_pole(hz, RATE)
        _, h = freqz([1 - pole], [1, -pole], [hz], fs=RATE)
        assert 20 * np.log10(abs(h[0])) == pytest.approx(-3.0103, abs=1e-3)


@pytest.mark.parametrize("chunk", [1, 997, 44_100])
def test_any_chunk_gives_the_same_echoes(chunk):
    seconds = 0.3 if chunk == 1 else 1.0
    np.testing.assert_array_equal(
        impulse_left(SECTION, chunk, seconds), impulse_left(SECTION, 4096, seconds)
    )


def test_the_most_feedback_still_fades():
    wet = impulse_left(SECTION | {"feedback": 0.75, "damping_hz": 16000.0}, seconds=8.0)
    assert np.abs(wet[:, -RATE:]).max() < 1e-6
