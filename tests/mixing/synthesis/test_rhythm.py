"""The clock: where beats fall, straight, swung and loosely played."""

import numpy as np
import pytest

from mixing.synthesis.rhythm import Clock


def test_straight_beats_are_evenly_spaced():
    clock = Clock(tempo_bpm=120.0, offset_s=0.1)
    np.testing.assert_allclose([clock.time(b) for b in (0, 0.5, 1, 7.25)], [0.1, 0.35, 0.6, 3.725])
    assert clock.bar_s == pytest.approx(2.0)


def test_swing_delays_the_off_beat_and_keeps_the_beat():
    clock = Clock(tempo_bpm=60.0, swing=1 / 6, offset_s=0.0)
    # A sixth of a beat late, the second eighth is the last note of a triplet.
    np.testing.assert_allclose([clock.time(b) for b in (0, 0.5, 1)], [0, 2 / 3, 1])


def test_swung_sixteenths_leave_the_eighths_straight():
    clock = Clock(tempo_bpm=60.0, swing=0.2, swing_sixteenths=True, offset_s=0.0)
    np.testing.assert_allclose([clock.time(b) for b in (0.25, 0.5, 0.75)], [0.35, 0.5, 0.85])


@pytest.mark.parametrize("swing", [0.0, 0.2, 0.33])
def test_time_never_runs_backwards(swing):
    clock = Clock(tempo_bpm=90.0, swing=swing)
    times = [clock.time(beat) for beat in np.arange(0, 8, 0.05)]
    assert np.all(np.diff(times) > 0)


def test_people_are_loose_but_not_lost():
    clock = Clock(tempo_bpm=100.0, looseness_s=0.01)
    rng = np.random.default_rng(1)
    off = np.array([clock.played(4.0, rng) - clock.time(4.0) for _ in range(2_000)])
    assert np.abs(off).max() <= 0.03 + 1e-9
    assert np.std(off) == pytest.approx(0.01, rel=0.1)
    assert Clock(60.0, offset_s=0.0, looseness_s=0.05).played(0.0, rng) >= 0.0
