"""Drawings of measurements against places that can be worked out on paper."""

import re
from typing import Any

import numpy as np
import pytest

from mixing.audio.bands import THIRDS_HZ
from mixing.audio.masking import Covered
from mixing.audio.measurements import measure
from mixing.measurement_drawing import HEIGHT, WIDTH, draw_measurements

# What mixes carried before there was more.
OLD: dict[str, Any] = {
    "lufs": -14.0, "lra": 3.0, "true_peak_dbtp": -1.0, "crest_db": 12.0, "gain_db": 2.0,
    "band_balance_db": [-8.0, -5.0, -6.0, -9.0, -12.0], "width": 0.4, "correlation": 0.7,
}  # fmt: skip


DASH = "\N{EN DASH}"


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


def whole() -> dict[str, Any]:
    noise = np.random.default_rng(0).standard_normal((2, 5 * 44_100)).astype(np.float32) * 0.1
    covered = [
        Covered(0.5, (0.1, None, 0.9, 0.0, 0.3), (1, None, 1, None, 1)),
        Covered(0.0, (0.0,) * 5, (None,) * 5),
    ]
    return measure(noise, 44_100).to_json() | {"masking": [row.to_json() for row in covered]}


def test_a_whole_measurement_is_drawn_whole() -> None:
    drawn = draw_measurements(whole(), ["Kick", "Bass"])
    assert drawn.is_complete
    assert [figure.name for figure in drawn.figures][:3] == [
        "Loudness",
        "Loudest 3 s",
        "Loudest 0.4 s",
    ]
    assert points(drawn.course)[-1][0] == WIDTH
    assert len(points(drawn.spectrum)) == len(THIRDS_HZ)
    assert [row.width for row in drawn.bands] != [DASH] * 5
    assert drawn.low_end.startswith("The low end loses 2.")
    kick, bass = drawn.stems
    assert (kick.name, kick.percent, bass.percent) == ("Kick", 50, 0)
    assert [c.percent for c in kick.covers] == [10, None, 90, 0, 30]
    assert [c.by for c in kick.covers] == ["Bass", "", "Bass", "", "Bass"]
    assert [c.shade for c in kick.covers] == [0, 0, 4, 0, 1]


def test_an_old_measurement_shows_what_it_has() -> None:
    drawn = draw_measurements(OLD)
    assert not drawn.is_complete
    assert [(f.value, f.unit) for f in drawn.figures[:2]] == [
        ("\N{MINUS SIGN}14.0", "LUFS"),
        ("3.0", "LU"),
    ]
    assert len(drawn.figures) == 6
    assert (drawn.course, drawn.spectrum, drawn.low_end, drawn.stems) == ("", "", "", ())
    assert drawn.average_y is None
    assert [row.width for row in drawn.bands] == [DASH] * 5
    assert drawn.bands[0].hz == "20 Hz\N{EN DASH}120 Hz"
    assert draw_measurements({}).figures == ()


def test_curves_stand_where_their_values_say() -> None:
    drawn = draw_measurements(
        OLD | {"loudness_course_lufs": [-40.0, -22.0, -4.0, 3.0], "third_octaves_db": [-23.0] * 30}
    )
    assert [y for _, y in points(drawn.course)] == pytest.approx([HEIGHT, HEIGHT / 2, 0.0, 0.0])
    assert drawn.average_y == pytest.approx(HEIGHT * (1 - 26 / 36))
    spectrum = points(drawn.spectrum)
    assert {y for _, y in spectrum} == {HEIGHT / 2}
    # 1 kHz, the 17th third, is log10(50) / 3 of the way from 20 Hz to 20 kHz.
    assert spectrum[16][0] == pytest.approx(WIDTH * np.log10(50) / 3, abs=0.1)


def test_stems_that_are_not_known_any_more_get_numbers() -> None:
    drawn = draw_measurements(whole(), [])
    assert [row.name for row in drawn.stems] == ["Stem 1", "Stem 2"]
    assert drawn.stems[0].covers[0].by == "Stem 2"


def test_silence_has_dashes() -> None:
    silent = measure(np.zeros((2, 44_100), np.float32), 44_100).to_json()
    drawn = draw_measurements(silent)
    assert drawn.figures[0].value == DASH
    assert drawn.course == ""
