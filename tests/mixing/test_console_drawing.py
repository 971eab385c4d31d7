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


def test_a_neutral_console_has_no_extras() -> None:
    assert draw_consoles([Settings.default(2)], STEMS).masters[0].extras == ()


@pytest.mark.parametrize(
    ("section", "moves", "words"),
    [
        ("master", {"mid_peak_gain_db": -2.0}, "middle \N{MINUS SIGN}2.0 dB at 2.5 kHz"),
        ("master", {"side_lowcut_hz": 120.0}, "sides from 120 Hz"),
        ("master", {"side_shelf_gain_db": 3.0}, "sides +3.0 dB above 6 kHz"),
        ("master", {"high_ratio": 2.0}, "three bands"),
        ("master", {"comp_mix": 0.4}, "40 % compressed in parallel"),
        ("master", {"comp_sidechain_hz": 90.0}, "side chain from 90 Hz"),
        ("master", {"saturation_drive_db": 6.0}, "saturation 6 dB"),
        ("delay", {"note_beats": 0.75}, "an echo every 0.75 beats"),
        ("delay", {"ping_pong": 0.5}, "ping-pong 50 %"),
    ],
)
def test_what_most_consoles_leave_off_is_named_when_it_is_on(
    section: str, moves: dict[str, float], words: str
) -> None:
    settings = Settings.default(2)
    getattr(settings, section).update(moves)
    assert draw_consoles([settings], STEMS).masters[0].extras == (words,)
