"""The compressor's static curve, its time constants and its stereo link."""

import numpy as np
import pytest

from mixing.audio.compressor import (
    KNOB_ROWS,
    compress,
    compress_linked,
    knobs,
    reduction_db,
    smoothing,
)
from mixing.audio.lanes import HALF, LANES
from mixing.audio.parameters import STRIP

RATE = 44_100
SECTION = {p.name: p.default for p in STRIP} | {
    "comp_threshold_db": -20.0,
    "comp_ratio": 4.0,
    "comp_knee_db": 6.0,
    "comp_attack_ms": 10.0,
    "comp_release_ms": 100.0,
}


def gain_db(left, right=None, *, linked=False, **changes):
    """Gain in dB (samples, 2) that the pair of lanes 3 applies to steady signals."""
    right = left if right is None else right
    columns = np.zeros((KNOB_ROWS, LANES), np.float32)
    for lane in range(LANES):
        columns[:, lane] = knobs(SECTION | changes, RATE, linked=linked)
    block = np.zeros((len(left), LANES), np.float32)
    block[:, 3], block[:, 3 + HALF] = left, right
    before = block[:, [3, 3 + HALF]].copy()
    flat = block.reshape(-1)
    compress(flat, len(left), columns.reshape(-1), np.zeros(LANES, np.float32), np.empty_like(flat))
    return 20 * np.log10(block[:, [3, 3 + HALF]] / before)


def test_the_static_curve_has_its_three_parts():
    levels = [-60.0, -23.0, -20.0, -17.0, 0.0]
    expected = [0.0, 0.0, 0.75 * 9 / 12, 0.75 * 3, 0.75 * 20]
    np.testing.assert_allclose(reduction_db(levels, -20.0, 4.0, 6.0), expected, atol=1e-12)


def test_the_curve_is_smooth_at_both_ends_of_the_knee():
    for edge in (-23.0, -17.0):
        points = reduction_db([edge - 1e-4, edge, edge + 1e-4], -20.0, 4.0, 6.0)
        assert np.diff(points, 2)[0] == pytest.approx(0.0, abs=1e-6)


def test_a_ratio_of_one_reduces_nothing():
    assert not reduction_db(np.linspace(-80, 20, 50), -40.0, 1.0, 6.0).any()


@pytest.mark.parametrize("level", [-60.0, -30.0, -22.0, -20.0, -18.0, -10.0, 0.0, 12.0])
@pytest.mark.parametrize("knee", [0.0, 6.0, 18.0])
def test_a_steady_level_is_turned_down_by_the_static_curve(level, knee):
    signal = np.full(RATE, 10 ** (level / 20))
    settled = gain_db(signal, comp_knee_db=knee)[-1, 0]
    assert settled == pytest.approx(-reduction_db(level, -20.0, 4.0, knee), abs=2e-3)


@pytest.mark.parametrize("attack_ms", [0.5, 10.0, 100.0])
def test_attack_is_the_time_to_63_percent_of_the_reduction(attack_ms):
    gain = gain_db(np.ones(RATE), comp_attack_ms=attack_ms)[:, 0]
    reached = np.argmax(gain <= (1 - 1 / np.e) * gain[-1])
    assert reached == pytest.approx(attack_ms * RATE / 1000, abs=2)


@pytest.mark.parametrize("release_ms", [20.0, 100.0, 400.0])
def test_release_is_the_time_to_63_percent_of_the_recovery(release_ms):
    loud, quiet = np.ones(RATE), np.full(4 * RATE, 10 ** (-40 / 20))
    gain = gain_db(np.concatenate([loud, quiet]), comp_release_ms=release_ms)[:, 0]
    after = gain[RATE:]
    reached = np.argmax(after >= gain[RATE - 1] / np.e)
    assert reached == pytest.approx(release_ms * RATE / 1000, abs=2)


def test_smoothing_covers_63_percent_in_its_time():
    assert smoothing(10.0, 1000) ** 10 == pytest.approx(1 / np.e)


def test_a_stereo_strip_is_steered_by_its_louder_side():
    loud, quiet = np.ones(RATE), np.full(RATE, 0.01)
    linked = gain_db(quiet, loud, linked=True)[-1]
    assert linked[0] == pytest.approx(linked[1], abs=1e-4)
    assert linked[0] < -14


def test_two_mono_strips_in_one_pair_do_not_hear_each_other():
    loud, quiet = np.ones(RATE), np.full(RATE, 0.01)
    alone = gain_db(quiet, loud, linked=False)[-1]
    assert alone[0] == pytest.approx(0.0, abs=1e-5)
    assert alone[1] < -14


def test_the_state_is_handed_over_between_blocks():
    rng = np.random.default_rng(0)
    columns = np.repeat(knobs(SECTION, RATE, linked=True)[:, None], LANES, axis=1).reshape(-1)
    block = rng.standard_normal(1000 * LANES).astype(np.float32)
    whole, parts = block.copy(), block.copy()
    scratch = np.empty_like(whole)
    compress(whole, 1000, columns, np.zeros(LANES, np.float32), scratch)
    state = np.zeros(LANES, np.float32)
    for start, stop in ((0, 1), (1, 300), (300, 1000)):
        part = parts[start * LANES : stop * LANES]
        compress(part, stop - start, columns, state, scratch)
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("count", [1, 2, 999, 1000])
def test_stereo_strips_two_samples_at_a_time_are_the_same(count):
    rng = np.random.default_rng(1)
    columns = np.empty((KNOB_ROWS, LANES), np.float32)
    for pair in range(HALF):  # half of them attack slower than they release
        times = {"comp_attack_ms": 80.0 - 10 * pair, "comp_release_ms": 20.0 + 10 * pair}
        strip = SECTION | times | {"comp_threshold_db": -40.0 + 4 * pair}
        columns[:, pair] = columns[:, pair + HALF] = knobs(strip, RATE, linked=True)
    one_by_one = rng.standard_normal(count * LANES).astype(np.float32)
    by_two = one_by_one.copy()
    states = np.full((2, LANES), 0.5, np.float32)
    scratch = np.empty_like(by_two)
    compress(one_by_one, count, columns.reshape(-1), states[0], scratch)
    compress_linked(by_two, count, columns.reshape(-1), states[1], scratch)
    np.testing.assert_allclose(by_two, one_by_one, rtol=3e-6)
    np.testing.assert_allclose(states[1], states[0], rtol=3e-6)
