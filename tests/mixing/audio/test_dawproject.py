"""Sessions keep the format's rules, and a reader finds the console in them again."""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from mixing.audio.dawproject import Session, SessionStem, metadata_xml, project_xml
from mixing.audio.parameters import GLOBALS, OFF_DB, STRIP, Settings
from tests.mixing.audio import dawproject_reader as reader

RATE = 44_100
OUTPUT_DB = {"fader_db", "comp_makeup_db"}
ELSEWHERE = {"reverb_send_db", "delay_send_db", "return_db"}


def consoles() -> list[Settings]:
    rng = np.random.default_rng(3)
    drawn = [
        Settings.from_normalised(rng.random((4, len(STRIP))), rng.random(len(GLOBALS)))
        for _ in range(3)
    ]
    return [Settings.default(4), *drawn]


def session(settings: Settings, **changes: object) -> Session:
    stems = [
        SessionStem(f"Stem {i} <&>", f"audio/{i:02}.flac", 1 + i % 2, 10 * RATE)
        for i in range(1, len(settings.strips) + 1)
    ]
    told = {
        "title": "A \N{SNOWMAN} & B", "artist": "", "genre": "Jazz", "comment": "Mixed by Warm.",
        "tempo_bpm": 128.0, "sample_rate": RATE, "stems": stems,
        "settings": settings, "gain_db": 4.25,
    }  # fmt: skip
    return Session(**(told | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("console", consoles())
def test_projects_keep_the_formats_rules(console: Settings) -> None:
    assert list(reader.faults(fromstring(project_xml(session(console))))) == []


@pytest.mark.parametrize("console", consoles())
def test_a_reader_finds_the_console_again(console: Settings) -> None:
    tracks, tempo = reader.read(project_xml(session(console)))
    assert tempo == 128.0
    for number, strip in enumerate(console.strips, 1):
        track = tracks[f"track-{number}"]
        assert (track.role, track.muted) == ("regular", strip["fader_db"] <= OFF_DB)
        assert (track.file, track.seconds) == (f"audio/{number:02}.flac", 10.0)
        expected = {name: v for name, v in strip.items() if name not in OUTPUT_DB | ELSEWHERE}
        expected["volume_db"] = strip["fader_db"] + strip["comp_makeup_db"]
        for name, value in expected.items():
            assert track.knobs[name] == pytest.approx(value, rel=1e-4, abs=1e-4), name
        for name in ("reverb", "delay"):
            sent = track.sends[f"{name}-channel"]
            level_db = strip[f"{name}_send_db"]
            assert sent == (None if level_db <= OFF_DB else pytest.approx(level_db, abs=1e-2))


@pytest.mark.parametrize("console", consoles())
def test_buses_and_master_are_tracks_of_their_own(console: Settings) -> None:
    tracks, _ = reader.read(project_xml(session(console)))
    for name in ("reverb", "delay"):
        track, values = tracks[f"{name}-track"], getattr(console, name)
        assert track.role == "effect"
        assert track.knobs["volume_db"] == pytest.approx(values["return_db"], abs=1e-3)
        for knob in set(values) - ELSEWHERE:
            assert track.knobs[knob] == pytest.approx(values[knob], rel=1e-4, abs=1e-4), knob
    master = tracks["master-track"]
    assert (master.role, master.knobs["gain_db"]) == ("master", 4.25)
    for knob, value in console.master.items():
        read = master.knobs["volume_db"] if knob == "comp_makeup_db" else master.knobs[knob]
        assert read == pytest.approx(value, rel=1e-4, abs=1e-4), knob


def test_no_fader_goes_beyond_what_other_programs_have() -> None:
    settings = Settings.from_json({"version": 1, "strips": [{"fader_db": 11.0}]})
    root = fromstring(project_xml(session(settings)))
    volume = root.find("Structure/Track/Channel/Volume")
    assert volume is not None
    assert float(volume.attrib["value"]) <= 2.0
    enabled = root.find("Structure/Track/Channel/Devices/Compressor/Enabled")
    assert enabled is not None
    assert enabled.attrib["value"] == "true"  # its output gives the other 5 dB


def test_a_fader_at_the_bottom_is_muted() -> None:
    settings = Settings.from_json({"version": 1, "strips": [{"fader_db": OFF_DB}]})
    tracks, _ = reader.read(project_xml(session(settings)))
    assert tracks["track-1"].muted
    assert "volume_db" not in tracks["track-1"].knobs


def test_unknown_tempo_is_left_out() -> None:
    _, tempo = reader.read(project_xml(session(Settings.default(1), tempo_bpm=None)))
    assert tempo is None


def test_metadata_says_what_is_known() -> None:
    root = fromstring(metadata_xml(session(Settings.default(1), title="A\x00\x1b\nB")))
    assert [(tag.tag, tag.text) for tag in root] == [
        ("Title", "AB"),
        ("Genre", "Jazz"),
        ("Comment", "Mixed by Warm."),
    ]


def test_one_strip_per_stem() -> None:
    unequal = replace(session(Settings.default(2)), settings=Settings.default(3))
    with pytest.raises(ValueError, match="zip"):
        project_xml(unequal)


def test_the_same_session_gives_the_same_bytes() -> None:
    assert project_xml(session(consoles()[1])) == project_xml(session(consoles()[1]))
