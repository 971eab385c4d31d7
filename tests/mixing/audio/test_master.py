"""The master strip in pieces side by side against the whole signal filtered plainly."""

import numpy as np
import pytest

from mixing.audio.master import MasterStrip
from mixing.audio.parameters import MASTER
from tests.mixing.audio import oracle_console

RATE = 44_100
NOISE = np.random.default_rng(0).standard_normal((2, 9000)).astype(np.float32) * 0.3


def run(section, chunk):
    strip = MasterStrip(section, RATE)
    parts = [strip.process(NOISE[:, at : at + chunk]) for at in range(0, NOISE.shape[1], chunk)]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("chunk", [1, 5, 8, 1003, 4096, 9000])
@pytest.mark.parametrize("seed", range(3))
def test_any_chunk_agrees_with_the_oracle_to_80_db(chunk, seed):
    rng = np.random.default_rng(seed)
    section = {p.name: p.denormalise(rng.random()) for p in MASTER}
    section |= {"low_shelf_hz": 40.0, "low_shelf_gain_db": 6.0}  # the longest memory of all filters
    exact = oracle_console.master_strip(NOISE, section, RATE)
    error = run(section, chunk) - exact
    assert 10 * np.log10((exact**2).sum() / (error**2).sum()) > 80


def test_at_rest_it_changes_nothing():
    np.testing.assert_allclose(run({p.name: p.default for p in MASTER}, 4096), NOISE, atol=2e-6)


def test_the_input_is_left_alone():
    before = NOISE.copy()
    run({p.name: p.maximum for p in MASTER}, 4096)
    np.testing.assert_array_equal(NOISE, before)
