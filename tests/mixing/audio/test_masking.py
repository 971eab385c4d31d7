"""Masking between tones and noises whose answer the ear knows."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from mixing.audio import spectrogram
from mixing.audio.masking import Covered, masking
from mixing.audio.parameters import OFF_DB, Settings

RATE = 44_100
N = np.arange(4 * RATE)
RNG = np.random.default_rng(5)


def tone(hz: float, level_db: float) -> NDArray[np.float32]:
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz / RATE * N)
    return spectrogram.log_mel(wave[None].astype(np.float32))


def noise(level_db: float) -> NDArray[np.float32]:
    wave = 10 ** (level_db / 20) * RNG.standard_normal((1, N.size))
    return spectrogram.log_mel(wave.astype(np.float32))


def console(*faders_db: float) -> Settings:
    return Settings.from_json({"version": 1, "strips": [{"fader_db": f} for f in faders_db]})


def test_loud_noise_covers_a_quiet_tone_and_not_the_other_way_round() -> None:
    covered = masking([tone(1000.0, -60.0), noise(-20.0)], [1, 1], console(0.0, 0.0))
    assert covered[0].share > 0.95
    assert covered[0].by[2] == 1
    assert covered[1].share < 0.05


def test_a_fader_brings_it_out_again() -> None:
    shares = [
        masking([tone(1000.0, -45.0), noise(-24.0)], [1, 1], console(up_db, 0.0))[0].bands[2]
        for up_db in (-12.0, 12.0)
    ]
    assert shares[0] is not None
    assert shares[1] is not None
    assert shares[0] > 0.9
    assert shares[1] < 0.7


def test_tones_far_apart_leave_each_other_alone() -> None:
    covered = masking([tone(200.0, -30.0), tone(5000.0, -30.0)], [1, 1], console(0.0, 0.0))
    for stem, band in ((0, 1), (1, 3)):
        assert covered[stem].bands[band] == pytest.approx(0.0, abs=0.25)


def test_masking_reaches_further_up_than_down() -> None:
    """The quiet tone lies two critical bands above or below the loud one."""
    above = masking([tone(1370.0, -52.0), tone(1000.0, -20.0)], [1, 1], console(0.0, 0.0))
    below = masking([tone(725.0, -52.0), tone(1000.0, -20.0)], [1, 1], console(0.0, 0.0))
    assert above[0].share > 0.95
    assert below[0].share < 0.85


def test_an_equaliser_that_takes_the_noise_away_uncovers() -> None:
    quiet, loud = tone(1000.0, -50.0), noise(-30.0)
    cut = {"peak2_hz": 1000.0, "peak2_gain_db": -12.0, "peak2_q": 0.5}
    flat = masking([quiet, loud], [1, 1], console(0.0, 0.0))
    carved = Settings.from_json({"version": 1, "strips": [{}, cut]})
    assert (masking([quiet, loud], [1, 1], carved)[0].bands[2] or 0) <= (flat[0].bands[2] or 0)


def test_the_strongest_cover_is_named() -> None:
    stems = [tone(1000.0, -60.0), noise(-30.0), noise(-18.0)]
    assert masking(stems, [1, 1, 1], console(0.0, 0.0, 0.0))[0].by[2] == 2
    assert masking(stems, [1, 1, 1], console(0.0, 0.0, -20.0))[0].by[2] == 1


def test_silence_and_closed_faders_cover_nothing() -> None:
    silent = np.full((100, 128), spectrogram.FLOOR_DB, np.float16)
    closed = masking([tone(1000.0, -50.0), noise(-20.0)], [1, 1], console(0.0, OFF_DB))
    assert closed[0].share == 0.0
    assert closed[1] == Covered(0.0, (None,) * 5, (None,) * 5)
    quiet = masking([silent, tone(1000.0, -40.0)], [1, 2], console(0.0, 0.0))
    assert quiet[0] == Covered(0.0, (None,) * 5, (None,) * 5)
    assert quiet[1].share == 0.0


def test_stems_of_unequal_length_and_one_alone() -> None:
    long, short = tone(1000.0, -30.0), tone(1000.0, -30.0)[:40]
    covered = masking([long, short], [1, 1], console(0.0, 0.0))
    assert covered[1].share >= covered[0].share
    alone = masking([long], [2], console(0.0))
    assert alone[0].share == 0.0
    json.dumps([row.to_json() for row in covered], allow_nan=False)
