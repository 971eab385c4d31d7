"""The compiled equaliser against SciPy's direct-form filters in float64."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from mixing.audio import biquad
from mixing.audio.equaliser import KNOB_ROWS, STATE_ROWS, equalise, knobs, state_variable
from mixing.audio.lanes import LANES
from mixing.audio.parameters import STRIP

RATE = 44_100


def run(section, signal):
    """The signal (samples,) through the last lane, in unequal stretches, others silent."""
    lane = LANES - 1
    columns = np.zeros((KNOB_ROWS, LANES), np.float32)
    columns[:, lane] = knobs(section, RATE)
    state = np.zeros(STATE_ROWS * LANES, np.float32)
    block = np.zeros((len(signal), LANES), np.float32)
    block[:, lane] = signal
    for start, stop in ((0, 77), (77, 4000), (4000, len(signal))):
        part = block[start:stop].reshape(-1)
        equalise(part, stop - start, columns.reshape(-1), state)
    assert not block[:, :lane].any()
    return block[:, lane]


@pytest.mark.parametrize("seed", range(8))
def test_float32_state_variables_keep_80_db_of_the_direct_form(seed):
    rng = np.random.default_rng(seed)
    section = {p.name: p.denormalise(rng.random()) for p in STRIP}
    signal = rng.standard_normal(20_000).astype(np.float32)
    exact = sosfilt(biquad.equaliser(section, RATE), signal.astype(np.float64))
    error = run(section, signal) - exact
    assert 10 * np.log10((exact**2).sum() / (error**2).sum()) > 80


def test_a_flat_equaliser_returns_the_very_samples():
    signal = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    out = run({p.name: p.default for p in STRIP}, signal)
    np.testing.assert_allclose(out, signal, atol=2e-6)


def test_flat_knobs_pass_the_input():
    np.testing.assert_allclose(state_variable(biquad.FLAT)[3:], [1, 0, 0], atol=1e-15)


def test_a_fading_tail_ends_in_zeros_not_denormals():
    section = {p.name: p.default for p in STRIP} | {"highpass_hz": 400.0}
    signal = np.zeros(60_000)
    signal[0] = 1.0
    out = run(section, signal)
    assert np.abs(out[-1000:]).max() < 1e-15
    assert np.isfinite(out).all()
