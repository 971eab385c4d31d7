"""Sixteen samples at a time against SciPy's one at a time."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from mixing.audio import biquad
from mixing.audio.block_filter import MOST_BIQUADS, BlockFilter, state_space

RATE = 44_100
NOISE = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
ROWS = np.stack(
    [
        biquad.highpass(20.5),
        biquad.low_shelf(40.0, 6.0),
        biquad.peak(250.0, -9.0, 4.0),
        biquad.lowpass(8000.0),
        biquad.high_shelf(16_000.0, 12.0),
    ]
)


def snr_db(exact, other):
    return 10 * np.log10((exact**2).sum() / ((other - exact) ** 2).sum())


@pytest.mark.parametrize("chunk", [1, 15, 16, 17, 1000, 20_000])
def test_any_chunk_agrees_with_scipy_to_110_db(chunk):
    unit = BlockFilter(ROWS)
    count = min(NOISE.size, 300 * chunk)
    out = np.concatenate([unit.process(NOISE[at : at + chunk]) for at in range(0, count, chunk)])
    exact = sosfilt(ROWS, NOISE[: out.size].astype(np.float64))
    assert snr_db(exact, out) > 110


@pytest.mark.parametrize("number", range(1, MOST_BIQUADS + 1))
def test_every_number_of_biquads(number):
    rows = np.stack([biquad.peak(100.0 * 2**k, 6.0 * (-1) ** k, 1.0) for k in range(number)])
    exact = sosfilt(rows, NOISE.astype(np.float64))
    assert snr_db(exact, BlockFilter(rows).process(NOISE)) > 110


def test_state_space_has_the_filters_impulse_response():
    a, b, c, d = state_space(ROWS)
    impulse = np.eye(1, 64)[0]
    response, state = [d], b
    for _ in range(63):
        response.append(c @ state)
        state = a @ state
    np.testing.assert_allclose(response, sosfilt(ROWS, impulse), atol=1e-12)


def test_flat_filters_are_left_out():
    flat = np.stack([biquad.FLAT, biquad.peak(1000.0, 0.0, 0.9), biquad.low_shelf(100.0, 0.0)])
    assert BlockFilter(flat).is_flat
    np.testing.assert_array_equal(BlockFilter(flat).process(NOISE), NOISE)
    assert not BlockFilter(ROWS).is_flat


def test_too_many_biquads_are_refused():
    with pytest.raises(ValueError, match="more than"):
        BlockFilter(np.repeat(ROWS[:1], MOST_BIQUADS + 1, axis=0))


def test_a_tail_ends_in_true_silence():
    unit = BlockFilter(ROWS)
    unit.process(NOISE)
    for _ in range(40):
        out = unit.process(np.zeros(RATE // 10, np.float32))
    assert not out.any()
