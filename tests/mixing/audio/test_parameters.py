"""The parameter table and the settings read through it."""

import json
import math

import numpy as np
import pytest

from mixing.audio.parameters import (
    DELAY,
    GLOBALS,
    MASTER,
    MAX_STRIPS,
    REVERB,
    SECTIONS,
    STRIP,
    Settings,
    SettingsInvalid,
    learned_indices,
    table,
)

ALL = [p for parameters in SECTIONS.values() for p in parameters]


@pytest.mark.parametrize("parameter", ALL, ids=lambda p: p.name)
def test_a_parameter_maps_its_range_onto_positions_and_back(parameter):
    assert parameter.minimum <= parameter.default <= parameter.maximum
    assert parameter.normalise(parameter.minimum) == 0.0
    assert parameter.normalise(parameter.maximum) == pytest.approx(1.0, abs=1e-12)
    for position in np.linspace(0, 1, 11):
        value = parameter.denormalise(position)
        assert parameter.minimum <= value <= parameter.maximum
        assert parameter.normalise(value) == pytest.approx(position, abs=1e-12)


def test_a_log_parameter_has_its_geometric_mean_in_the_middle():
    frequency = next(p for p in STRIP if p.name == "peak2_hz")
    middle = math.sqrt(frequency.minimum * frequency.maximum)
    assert frequency.denormalise(0.5) == pytest.approx(middle)


def test_names_are_unique_within_their_section_and_every_knob_is_explained():
    for parameters in SECTIONS.values():
        names = [p.name for p in parameters]
        assert len(set(names)) == len(names)
    assert all(p.tooltip.endswith(".") and p.label for p in ALL)


def test_the_table_is_json_and_complete():
    rows = json.loads(json.dumps(table()))
    assert len(rows) == len(STRIP) + len(REVERB) + len(DELAY) + len(MASTER)
    assert {row["section"] for row in rows} == {"strip", "reverb", "delay", "master"}


def test_default_settings_round_trip_through_json():
    settings = Settings.default(3)
    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


def test_missing_parameters_take_their_default():
    settings = Settings.from_json({"version": 1, "strips": [{"pan": 0.5}]})
    assert settings.strips[0]["pan"] == 0.5
    assert settings.strips[0]["fader_db"] == 0.0
    assert settings.master["target_lufs"] == -14.0


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (None, "object"),
        ([], "object"),
        ({"strips": [{}]}, "version"),
        ({"version": 2, "strips": [{}]}, "version"),
        ({"version": True, "strips": [{}]}, "version"),
        ({"version": 1}, "strips"),
        ({"version": 1, "strips": []}, "strips"),
        ({"version": 1, "strips": [{}] * (MAX_STRIPS + 1)}, "strips"),
        ({"version": 1, "strips": {}}, "strips"),
        ({"version": 1, "strips": [3]}, r"strips\[0\]"),
        ({"version": 1, "strips": [{}, {"pan": 1.01}]}, r"strips\[1\].pan"),
        ({"version": 1, "strips": [{"pan": math.nan}]}, r"strips\[0\].pan"),
        ({"version": 1, "strips": [{"pan": math.inf}]}, r"strips\[0\].pan"),
        ({"version": 1, "strips": [{"pan": "0"}]}, r"strips\[0\].pan"),
        ({"version": 1, "strips": [{"pan": True}]}, r"strips\[0\].pan"),
        ({"version": 1, "strips": [{"pan": None}]}, r"strips\[0\].pan"),
        ({"version": 1, "strips": [{"pan": 10**400}]}, r"strips\[0\].pan"),
        ({"version": 1, "strips": [{"volume": 1}]}, "volume"),
        ({"version": 1, "strips": [{}], "reverb": []}, "reverb"),
        ({"version": 1, "strips": [{}], "delay": {"feedback": 0.9}}, "delay.feedback"),
        ({"version": 1, "strips": [{}], "master": {"ceiling_dbtp": 0}}, "master.ceiling_dbtp"),
        ({"version": 1, "strips": [{}], "extra": 1}, "extra"),
    ],
)
def test_settings_that_break_the_table_are_refused_with_the_place(data, place):
    with pytest.raises(SettingsInvalid, match=place) as refusal:
        Settings.from_json(data)
    assert refusal.value.code == "settings_invalid"


def test_positions_round_trip():
    rng = np.random.default_rng(1)
    strips = rng.random((5, len(STRIP))).astype(np.float32)
    shared = rng.random(len(GLOBALS)).astype(np.float32)
    settings = Settings.from_normalised(strips, shared)
    again_strips, again_shared = settings.normalised()
    assert again_strips.dtype == again_shared.dtype == np.float32
    np.testing.assert_allclose(again_strips, strips, atol=1e-6)
    np.testing.assert_allclose(again_shared, shared, atol=1e-6)
    assert Settings.from_json(settings.to_json()) == settings


def test_positions_agree_with_the_single_parameter_maps():
    settings = Settings.default(1)
    strips, shared = settings.normalised()
    np.testing.assert_allclose(strips[0], [p.normalise(p.default) for p in STRIP], atol=1e-6)
    np.testing.assert_allclose(shared, [p.normalise(p.default) for p in GLOBALS], atol=1e-6)


@pytest.mark.parametrize("edge", [-1.0, 0.0, 1.0, 2.0])
def test_positions_outside_are_clamped_into_valid_settings(edge):
    settings = Settings.from_normalised(np.full((2, len(STRIP)), edge), np.full(len(GLOBALS), edge))
    assert Settings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    ("strips", "shared"),
    [
        (np.zeros((0, len(STRIP))), np.zeros(len(GLOBALS))),
        (np.zeros((2, len(STRIP) + 1)), np.zeros(len(GLOBALS))),
        (np.zeros((2, len(STRIP))), np.zeros(3)),
        (np.full((2, len(STRIP)), np.nan), np.zeros(len(GLOBALS))),
    ],
)
def test_bad_positions_are_refused(strips, shared):
    with pytest.raises(SettingsInvalid):
        Settings.from_normalised(strips, shared)


def test_learned_indices_name_what_a_mixer_moves():
    names = {STRIP[i].name for i in learned_indices(STRIP)}
    assert {"fader_db", "pan", "comp_ratio", "peak1_gain_db"} <= names
    assert "peak1_q" not in names
