"""What a preset may say, and what it does to settings."""

import pytest

from mixing.audio.parameters import Settings, SettingsInvalid
from mixing.presets import content

ROLES = ("drums", "vocal", "vocal")


def test_numbers_set_and_by_moves() -> None:
    preset = {
        "strips": {"vocal": {"fader_db": {"by": 2.0}, "highpass_hz": 90.0}},
        "master": {"target_lufs": -11.0},
    }
    before = Settings.default(3)
    after = content.apply(preset, before, ROLES)
    assert [strip["fader_db"] for strip in after.strips] == [0.0, 2.0, 2.0]
    assert [strip["highpass_hz"] for strip in after.strips] == [20.0, 90.0, 90.0]
    assert after.master == before.master | {"target_lufs": -11.0}
    twice = content.apply(preset, after, ROLES)
    assert twice.strips[1]["fader_db"] == 4.0
    assert twice.strips[1]["highpass_hz"] == 90.0


def test_a_role_speaks_after_every_strip() -> None:
    preset = {"strips": {"drums": {"width": 0.5}, "*": {"width": 1.5, "pan": 0.2}}}
    after = content.apply(preset, Settings.default(3), ROLES)
    assert [strip["width"] for strip in after.strips] == [0.5, 1.5, 1.5]
    assert {strip["pan"] for strip in after.strips} == {0.2}


def test_moves_stop_at_the_ends_of_the_range() -> None:
    preset = {"strips": {"*": {"fader_db": {"by": 60.0}}}, "master": {"target_lufs": {"by": -15.0}}}
    after = content.apply(preset, Settings.default(3), ROLES)
    assert {strip["fader_db"] for strip in after.strips} == {12.0}
    assert after.master["target_lufs"] == -24.0


def test_for_one_strip_nothing_else_moves() -> None:
    preset = {"strips": {"vocal": {"pan": 0.5}}, "reverb": {"decay_s": 3.0}}
    before = Settings.default(3)
    after = content.apply(preset, before, ROLES, strip=2)
    assert [strip["pan"] for strip in after.strips] == [0.0, 0.0, 0.5]
    assert after.reverb == before.reverb


def test_there_must_be_a_role_per_strip() -> None:
    with pytest.raises(ValueError, match="zip"):
        content.apply({}, Settings.default(3), ROLES[:2])


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ([], "must be an object"),
        ({}, "at least one knob"),
        ({"strips": {"drums": {}}}, "at least one knob"),
        ({"bus": {}}, "no section 'bus'"),
        ({"strips": []}, "by role"),
        ({"strips": {"kazoo": {"pan": 0.0}}}, "no role 'kazoo'"),
        ({"strips": {"drums": {"volume": 1.0}}}, "no parameter 'volume'"),
        ({"strips": {"drums": {"pan": 1.5}}}, "between -1 and 1"),
        ({"strips": {"drums": {"pan": True}}}, "must be a number"),
        ({"strips": {"drums": {"pan": float("nan")}}}, "between -1 and 1"),
        ({"strips": {"drums": {"pan": {"by": 3.0}}}}, "between -2 and 2"),
        ({"strips": {"drums": {"pan": {"to": 1.0}}}}, "only 'by'"),
        ({"master": {"pan": 0.0}}, "no parameter 'pan'"),
        ({"master": 3}, "master must be an object"),
    ],
)
def test_what_is_no_preset_is_refused_with_its_place(broken: object, says: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        content.check(broken)
    assert says in refused.value.message
