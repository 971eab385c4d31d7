"""Every groove can be played: known pieces, whole bars, marks with a velocity."""

import pytest

from mixing.synthesis.grooves import FILLS, GROOVES, HAND_PATTERNS, VELOCITIES
from mixing.synthesis.instruments import drums, percussion

BARS = [(name, groove) for name, grooves in GROOVES.items() for groove in grooves]


@pytest.mark.parametrize(("name", "groove"), BARS)
def test_a_groove_fills_its_bar_with_pieces_of_the_kit(name, groove):
    steps = 12 if name == "waltz" else 16
    for piece, line in groove.lines.items():
        assert piece in drums.RECIPES
        assert len(line) == steps
        assert set(line) <= {*VELOCITIES, "."}


@pytest.mark.parametrize("fill", FILLS)
def test_a_fill_is_half_a_bar_of_drums(fill):
    assert all(len(line) == 8 for line in fill.lines.values())
    assert set(fill.lines) <= set(drums.RECIPES)


@pytest.mark.parametrize("pattern", HAND_PATTERNS)
def test_hand_patterns_use_hand_percussion(pattern):
    assert all(len(line) == 16 for line in pattern.lines.values())
    assert set(pattern.lines) <= set(percussion.RECIPES)


def test_strokes_come_with_step_and_velocity():
    strokes = GROOVES["rock"][0].strokes()
    assert ("kick", 0, 1.0) in strokes
    assert ("snare", 7, VELOCITIES["g"]) in strokes
