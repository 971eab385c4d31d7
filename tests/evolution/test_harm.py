"""Faults are noticed, and what mixers of the house do is no fault."""

import numpy as np
import pytest

from evolution.descriptors import COLUMN, COUNT
from evolution.harm import HARMS, Stage, penalties
from mixing.networks.genome import genome_of, state_of
from mixing.networks.shapes import STRIP_COLUMN
from tests.evolution.sounds import basis, house, probe_songs, unseen_songs


def _with_bias(name: str, change: float) -> np.ndarray:
    """The balanced head with one knob of every strip moved by a share of its range."""
    state = state_of(house()[0])
    state["strip_output.bias"][STRIP_COLUMN[name]] += change
    return genome_of(state)


def _harm(genome: np.ndarray) -> dict[str, float]:
    faults = penalties(genome[None], unseen_songs(), house()[0])[0].mean(axis=0)
    return dict(zip(HARMS, faults.tolist(), strict=True))


def test_the_base_does_no_harm_and_the_house_next_to_none() -> None:
    faults = penalties(house(), probe_songs()[:6], house()[0])
    assert faults.shape == (5, 6, len(HARMS))
    assert not faults[0].any()
    # Another style is another console: that alone is a little strange, and nothing else is wrong.
    assert faults[..., : HARMS.index("straying")].mean(axis=1).sum(axis=1).max() < 0.15
    assert faults[..., HARMS.index("straying")].mean(axis=1).max() < 0.8


@pytest.mark.parametrize("name", COLUMN)
@pytest.mark.parametrize("steps", [-2.0, 2.0])
def test_a_taste_of_two_steps_is_nobodys_fault(name: str, steps: float) -> None:
    delta = np.zeros(COUNT)
    delta[COLUMN[name]] = steps
    assert sum(_harm(basis().move(house()[0], delta)).values()) < 0.1


def test_levels_out_of_range_cost() -> None:
    delta = np.zeros(COUNT)
    delta[COLUMN["width"]] = 12.0
    assert _harm(basis().move(house()[0], delta))["levels"] > 0.3


def test_a_drowned_voice_costs() -> None:
    delta = np.zeros(COUNT)
    delta[COLUMN["vocal_level"]] = -14.0
    faults = _harm(basis().move(house()[0], delta))
    assert faults["masking"] > 0.5


def test_extreme_equalisers_cost() -> None:
    # +9 dB at 3.5 kHz on every stem.
    faults = _harm(_with_bias("peak3_gain_db", 9.0 / 24.0))
    assert faults["extremes"] > 0.2
    assert faults["masking"] < 0.1


def test_a_mix_that_is_all_bass_needs_the_limiter() -> None:
    delta = np.zeros(COUNT)
    delta[COLUMN["low_end"]], delta[COLUMN["bass_level"]] = 14.0, 8.0
    assert _harm(basis().move(house()[0], delta))["peaks"] > 0.05


def test_straying_where_no_descriptor_sees_it_costs() -> None:
    """Release times of all compressors are hardly heard by the descriptors."""
    slow, quick = _with_bias("comp_release_ms", 0.9), _with_bias("comp_attack_ms", -0.8)
    assert _harm(slow + quick - house()[0])["straying"] > 0.25


def test_broken_weights_cost_more_than_any_taste_pays() -> None:
    rng = np.random.default_rng(0)
    wild = (house()[0] + rng.normal(0, 0.15, house()[0].shape)).astype(np.float32)
    assert sum(_harm(wild).values()) > 5


def test_a_stage_tries_many_heads_at_once_as_one_by_one() -> None:
    stage = Stage(probe_songs()[0], house()[0])
    rows, faults = stage.try_out(house())
    for index, genome in enumerate(house()):
        row, fault = stage.try_out(genome[None])
        np.testing.assert_allclose(row[0], rows[index], atol=1e-3)
        np.testing.assert_allclose(fault[0], faults[index], atol=1e-3)
