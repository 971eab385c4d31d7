"""The delay's echoes: when, how loud, on which side, how dark."""

import numpy as np
import pytest
from scipy.signal import freqz

from mixing.audio.delay import Delay, in_time, lowpass_pole
from mixing.audio.parameters import DELAY

RATE = 44_100
SECTION = {p.name: p.default for p in DELAY} | {"time_ms": 100.0, "feedback": 0.5}
STEP = 4410


def impulse_left(section, chunk=10_000, seconds=1.0):
    sends = np.zeros((2, round(seconds * RATE)), np.float32)
    sends[0, 0] = 1.0
    unit = Delay(section, RATE)
    parts = [unit.process(sends[:, at : at + chunk]) for at in range(0, sends.shape[1], chunk)]
    return np.concatenate(parts, axis=1)


def echoes(section):
    """Level of the first four echoes on both sides (2, 4)."""
    wet = impulse_left(section)
    assert not wet[:, :STEP].any()
    return wet.reshape(2, -1, STEP).sum(axis=2)[:, 1:5]  # the low-pass has unit gain at 0 Hz


def test_echoes_come_on_time_swap_sides_and_fade_by_the_feedback():
    left, right = echoes(SECTION)
    np.testing.assert_allclose(left, [1.0, 0.0, 0.25, 0.0], atol=1e-4)
    np.testing.assert_allclose(right, [0.0, 0.5, 0.0, 0.125], atol=1e-4)


def test_without_ping_pong_echoes_keep_their_side():
    left, right = echoes(SECTION | {"ping_pong": 0.0})
    np.testing.assert_allclose(left, [1.0, 0.5, 0.25, 0.125], atol=1e-4)
    assert not right.any()


def test_half_way_every_echo_but_the_first_is_on_both_sides_alike():
    left, right = echoes(SECTION | {"ping_pong": 0.5})
    np.testing.assert_allclose(left, [1.0, 0.25, 0.125, 0.0625], atol=1e-4)
    np.testing.assert_allclose(right, [0.0, 0.25, 0.125, 0.0625], atol=1e-4)


@pytest.mark.parametrize(
    ("beats", "tempo_bpm", "time_ms"),
    [
        (1.0, 120.0, 500.0),  # a quarter at 120 is half a second
        (0.75, 100.0, 450.0),
        (0.5, 90.0, 333.333),
        (4.0, 60.0, 1000.0),  # four seconds do not fit: two octaves faster is on the beat too
        (0.01, 240.0, 40.0),  # too short: four times as long
    ],
)
def test_a_note_follows_the_tempo(beats, tempo_bpm, time_ms):
    section = in_time(SECTION | {"note_beats": beats}, tempo_bpm)
    assert section["time_ms"] == pytest.approx(time_ms, rel=1e-5)


@pytest.mark.parametrize(("beats", "tempo_bpm"), [(0.0, 120.0), (1.0, None), (1.0, 0.0)])
def test_without_a_note_or_a_tempo_the_time_holds(beats, tempo_bpm):
    assert in_time(SECTION | {"note_beats": beats}, tempo_bpm)["time_ms"] == 100.0


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


@pytest.mark.parametrize("ping_pong", [0.0, 1.0])
def test_the_most_feedback_still_fades(ping_pong):
    most = {"feedback": 0.75, "damping_hz": 16000.0, "ping_pong": ping_pong}
    assert np.abs(impulse_left(SECTION | most, seconds=8.0)[:, -RATE:]).max() < 1e-6
