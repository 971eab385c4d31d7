"""Row U15 of the bad-input table: names that are not fit to be shown as they are."""

from __future__ import annotations

import random
import unicodedata

import pytest

from mixing.audio.names import display_name, display_path

NAMES = {
    "Kick In.wav": "Kick In.wav",
    "Größe naïve ピアノ.wav": "Größe naïve ピアノ.wav",
    "kick\0.wav": "kick.wav",
    "kick\r\nX-Evil: 1.wav": "kick X-Evil_ 1.wav",
    "abc\u202egnp.wav": "abcgnp.wav",
    "ki\u200bck\u200f.wav": "kick.wav",
    "CON": "_CON",
    "con.wav": "_con.wav",
    "LPT1.flac": "_LPT1.flac",
    "Console.wav": "Console.wav",
    'a"; filename="evil.exe': "a_; filename=_evil.exe",
    "it's.wav": "it's.wav",
    "<script>alert(1)</script>.wav": "script_.wav",
    "../../etc/passwd": "passwd",
    "C:\\stems\\Bass.wav": "Bass.wav",
    "/abs/Bass.wav": "Bass.wav",
    "folder/": "folder",
    " . .hidden. ": "hidden",
    "...": "untitled",
    "": "untitled",
    "\u202e\u200f": "untitled",
    "a  \t b\u2028c": "a b c",
    "\ud800lone": "lone",
    "e\u0301tude.wav": "\u00e9tude.wav",
}


@pytest.mark.parametrize("raw", NAMES)
def test_names_become_harmless_and_stay_readable(raw: str) -> None:
    assert display_name(raw) == NAMES[raw]


def test_five_thousand_characters_become_two_hundred_with_the_extension() -> None:
    name = display_name("a" * 5000 + ".wav")
    assert len(name) == 200
    assert name.endswith("aaa.wav")


def test_wide_letters_still_fit_a_file_system() -> None:
    name = display_name("楽" * 5000 + ".flac")
    assert len(name.encode()) <= 240
    assert name.endswith("楽.flac")


def test_a_path_becomes_one_name() -> None:
    assert display_path(["Drums", "Kick.wav"]) == "Drums - Kick.wav"
    assert display_path(["CON", "\0", "a/b.wav"]) == "_CON - a_b.wav"
    assert len(display_path(["x" * 300, "Kick.wav"])) == 200


def test_any_text_becomes_a_name_one_can_show_and_save() -> None:
    rng = random.Random(3)
    for _ in range(500):
        raw = "".join(
            chr(rng.choice((rng.randrange(256), rng.randrange(0x11000)))) for _ in range(60)
        )
        name = display_name(raw)
        assert 1 <= len(name) <= 200
        assert display_name(name) == name
        assert not set(name) & set('<>:"|?*\\/')
        assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in name)
