"""Distances between consoles, in audible steps."""

from dataclasses import replace

import numpy as np
import pytest

from mixing.audio.parameters import GLOBALS, STRIP, Settings
from mixing.networks.distance import console_distance, step_positions


def with_fader(count: int, fader_db: float) -> Settings:
    console = Settings.default(count)
    return replace(console, strips=tuple({**s, "fader_db": fader_db} for s in console.strips))


def test_a_console_is_at_no_distance_from_itself() -> None:
    assert console_distance(Settings.default(3), Settings.default(3)) == 0.0


def test_one_decibel_on_every_fader_is_one_step_in_one_of_the_knobs() -> None:
    found = console_distance(with_fader(4, 0.0), with_fader(4, -1.0))
    assert found == pytest.approx(np.sqrt(0.5 / len(STRIP)), rel=1e-4)


def test_distance_is_symmetric_and_grows() -> None:
    near, far = (console_distance(with_fader(2, 0.0), with_fader(2, db)) for db in (-2.0, -6.0))
    assert console_distance(with_fader(2, -6.0), with_fader(2, 0.0)) == pytest.approx(far)
    assert far == pytest.approx(3.0 * near, rel=1e-4)


def test_every_knob_has_a_step_of_sensible_size() -> None:
    for steps in (step_positions(STRIP), step_positions(GLOBALS)):
        assert ((steps > 0.005) & (steps < 0.7)).all()


def test_different_numbers_of_strips_are_refused() -> None:
    with pytest.raises(ValueError, match="numbers of strips"):
        console_distance(Settings.default(1), Settings.default(2))
