"""Console drawings against positions that can be worked out on paper."""

import dataclasses
import re

import pytest

from mixing.audio.parameters import OFF_DB, Settings
from mixing.console_drawing import CURVE_HEIGHT, CURVE_WIDTH, draw_consoles

STEMS = [("Drums.wav", "Drums"), ("Bass.wav", "Bass")]


def console(**strip: float) -> Settings:
    settings = Settings.default(2)
    first = settings.strips[0] | strip
    return dataclasses.replace(settings, strips=(first, settings.strips[1]))


def points(path: str) -> list[tuple[float, float]]:
    pairs = re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)
    return [(float(x), float(y)) for x, y in pairs]


def test_a_flat_equaliser_is_a_straight_line_in_the_middle() -> None:
    curve = points(draw_consoles([Settings.default(2)], STEMS).strips[0].settings[0].curve)
    assert {y for _, y in curve} == {CURVE_HEIGHT / 2}
    assert (curve[0][0], curve[-1][0]) == (0, CURVE_WIDTH)


def test_a_boost_is_drawn_above_the_middle_at_its_frequency() -> None:
    drawn = draw_consoles([console(peak2_hz=1000.0, peak2_gain_db=6.0)], STEMS)
    curve = points(drawn.strips[0].settings[0].curve)
    x, y = min(curve, key=lambda point: point[1])
    # 1 kHz is 56.6 % of the way from 20 Hz to 20 kHz; 6 of 15 dB is 40 % of half the height.
    assert x == pytest.approx(0.566 * CURVE_WIDTH, abs=2)
    assert y == pytest.approx(CURVE_HEIGHT / 2 * (1 - 6 / 15), abs=0.3)


def test_a_curve_never_leaves_the_picture() -> None:
    drawn = draw_consoles(
        [console(low_shelf_gain_db=12.0, peak1_gain_db=12.0, highpass_hz=400.0)], STEMS
    )
    curve = points(drawn.strips[0].settings[0].curve)
    assert all(0 <= y <= CURVE_HEIGHT for _, y in curve)


@pytest.mark.parametrize(
    ("pan", "text", "position"),
    [(0.0, "centre", 0.5), (-1.0, "100 % left", 0.0), (0.3, "30 % right", 0.65)],
)
def test_pan_reads_as_people_say_it(pan: float, text: str, position: float) -> None:
    setting = draw_consoles([console(pan=pan)], STEMS).strips[0].settings[0]
    assert setting.pan_text == text
    assert setting.pan_position == pytest.approx(position)


def test_a_send_at_the_bottom_and_a_ratio_of_one_are_off() -> None:
    setting = draw_consoles([console(reverb_send_db=OFF_DB)], STEMS).strips[0].settings[0]
    assert setting.reverb_send_db is None
    assert setting.compressor == "off"


def test_two_consoles_share_the_strips() -> None:
    drawn = draw_consoles([console(fader_db=-6.0), console(fader_db=3.0)], STEMS)
    assert [strip.name for strip in drawn.strips] == ["Drums.wav", "Bass.wav"]
    assert [setting.fader_db for setting in drawn.strips[0].settings] == [-6.0, 3.0]
    assert len(drawn.masters) == 2


def test_a_stem_added_after_the_mix_has_no_strip() -> None:
    drawn = draw_consoles([Settings.default(2)], [*STEMS, ("New.wav", "Other")])
    assert len(drawn.strips) == 2
