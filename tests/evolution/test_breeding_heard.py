"""From a taste to sound: what is bred for a wish measures that way when it is really rendered."""

from functools import cache

import numpy as np
import pytest

from evolution.strategy import Breeder
from mixing.audio.console import render
from mixing.audio.measurements import Measurements
from tests.evolution.sounds import basis, consoles, house, probe_songs, recorded, settings
from tests.evolution.tastes import likes

SONG, SECONDS = 20, 4.0
"""A song that neither the basis nor the breeding knows."""


@cache
def measured(name: str, steps: float) -> tuple[Measurements, Measurements]:
    """The base's mix and that of a mixer bred for a wish, rendered and measured."""
    breeder = Breeder(house()[0], house()[1:], basis(), probe_songs()[:8], seed=3)
    mixer = breeder.breed(likes(**{name: steps}), [], 5)[0].genome
    song = recorded(SONG, SECONDS)
    chosen = settings(*consoles(np.stack([house()[0], mixer]), song.sound))
    before, after = (render(song.audio, each).measurements for each in chosen)
    return before, after


def _high_over_low(of: Measurements) -> float:
    _, low_mid, mid, high_mid, high = of.band_balance_db
    return (high_mid + high - low_mid - mid) / 2


@pytest.mark.parametrize("steps", [-4.0, 4.0])
def test_a_wish_for_tone_is_heard(steps: float) -> None:
    before, after = measured("brightness", steps)
    heard_db = _high_over_low(after) - _high_over_low(before)
    # Harm and the tastes for all else hold the breeding back, so less than the whole wish.
    assert 1.5 < heard_db * np.sign(steps) < 6.0


@pytest.mark.parametrize("steps", [-4.0, 4.0])
def test_a_wish_for_width_is_heard(steps: float) -> None:
    before, after = measured("width", steps)
    heard_db = 20 * np.log10(after.width / before.width)
    assert 1.5 < heard_db * np.sign(steps) < 6.0


def test_all_are_as_loud_and_keep_their_peaks() -> None:
    for name, steps in (("brightness", 4.0), ("width", -4.0)):
        for mix in measured(name, steps):
            assert mix.lufs == pytest.approx(-14.0, abs=0.2)
            assert mix.true_peak_dbtp <= -1.0 + 0.05
