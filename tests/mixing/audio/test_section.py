"""Which half minute of a song is played first."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.section import choose_section
from mixing.audio.spectrogram import BANDS, FLOOR_DB, HOP

FRAMES = 180 * SAMPLE_RATE // HOP + 1
WINDOW = 30 * SAMPLE_RATE


def stem(*stretches: tuple[float, float], level_db: float = -40.0) -> NDArray[np.float32]:
    """A stem that plays in the given stretches of seconds, silent elsewhere."""
    mel = np.full((FRAMES, BANDS), FLOOR_DB, np.float32)
    for start, stop in stretches:
        mel[round(start * SAMPLE_RATE / HOP) : round(stop * SAMPLE_RATE / HOP)] = level_db
    return mel


def seconds_of(section: tuple[int, int]) -> tuple[float, float]:
    assert section[1] - section[0] == WINDOW
    return section[0] / SAMPLE_RATE, section[1] / SAMPLE_RATE


def test_the_loud_part_wins() -> None:
    mel = stem((0, 180), level_db=-60)
    mel[FRAMES // 2 : FRAMES // 2 + 1300] = -35  # 30 s from second 90
    start, _ = seconds_of(choose_section([mel], ["guitar"]))
    assert start == pytest.approx(90, abs=1)


def test_where_more_stems_play_wins_at_equal_level() -> None:
    mels = [stem((0, 180)), stem((100, 140), level_db=-65), stem((100, 140), level_db=-65)]
    start, stop = seconds_of(choose_section(mels, ["drums", "keys", "synth"]))
    assert start >= 99
    assert stop <= 141


def test_where_somebody_sings_wins() -> None:
    mels = [stem((0, 180)), stem((20, 50)), stem((120, 150))]
    assert seconds_of(choose_section(mels, ["drums", "vocal", "guitar"]))[0] == pytest.approx(
        20, abs=1
    )
    assert seconds_of(choose_section(mels, ["drums", "guitar", "backing_vocal"]))[
        0
    ] == pytest.approx(120, abs=1)


def test_equal_parts_give_the_first_and_always_the_same() -> None:
    mels = [stem((0, 180)), stem((60, 100), (130, 170))]
    first = choose_section(mels, ["drums", "vocal"])
    assert seconds_of(first)[0] == pytest.approx(60, abs=1)
    assert all(choose_section(mels, ["drums", "vocal"]) == first for _ in range(5))
    half = [mel.astype(np.float16) for mel in mels]
    assert choose_section(half, ["drums", "vocal"]) == first


def test_the_order_of_the_stems_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    mels = [stem((0, 180)) + rng.normal(0, 8, (FRAMES, BANDS)).astype(np.float32) for _ in range(4)]
    roles = ["vocal", "drums", "bass", "keys"]
    order = [2, 0, 3, 1]
    assert choose_section(mels, roles) == choose_section(
        [mels[place] for place in order], [roles[place] for place in order]
    )


def test_stems_of_other_lengths_count_as_silent_beyond_their_end() -> None:
    mels = [stem((0, 180)), stem((0, 180))[: FRAMES // 3]]
    start, stop = seconds_of(choose_section(mels, ["drums", "bass"]))
    assert start == 0
    assert stop < 60


def test_the_section_lies_inside_the_song() -> None:
    samples = 180 * SAMPLE_RATE + 500
    mels = [stem((0, 180)), stem((165, 180))]
    start, stop = choose_section(mels, ["drums", "vocal"], samples=samples)
    assert 0 <= start < stop <= samples
    assert stop - start == WINDOW
    assert stop > 175 * SAMPLE_RATE


def test_a_short_song_is_taken_whole() -> None:
    mel = stem((0, 180))[:1000]
    samples = 999 * HOP + 321
    assert choose_section([mel], ["drums"], samples=samples) == (0, samples)
    assert choose_section([mel], ["drums"]) == (0, 999 * HOP)
    assert choose_section([mel], ["drums"], seconds=10.0)[1] == 10 * SAMPLE_RATE


def test_a_silent_song_has_a_section_too() -> None:
    assert choose_section([stem()], ["other"]) == (0, WINDOW)


def test_stems_and_roles_must_match() -> None:
    with pytest.raises(ValueError, match="do not make a song"):
        choose_section([], [])
    with pytest.raises(ValueError, match="do not make a song"):
        choose_section([stem()], ["drums", "bass"])
