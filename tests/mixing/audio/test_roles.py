"""Names as people write them on exports, and the role each should suggest."""

from __future__ import annotations

import pytest

from mixing.audio.roles import ROLE_LABELS, ROLES, guess_role_from_name

NAMES = {
    "drums": "01_KickIn.wav|SNR top|OH_L.aif|Hi-Hat.flac|HH|Bass Drum|Tom2|Drums/03.wav|BD 1",
    "bass": "Bass DI.wav|ebass|808Bass|Synth Bass 1|Electric Bass (finger)|sub|BassGtr",
    "vocal": "Lead Vocal.wav|LdVox|main vox|Voice 1|Vox_FX|LV.wav",
    "backing_vocal": "BVs - L.flac|backing vocals|vocal_harm_1|Choir Aahs|bkgd vox|BGV2",
    "guitar": "EGtr1.wav|eguitar|Acoustic Guitar|LeadGuitar|DistGtr_R|Nylon String Guitar|banjo",
    "keys": "Rhodes.wav|Acoustic Grand Piano|E-Piano|epiano|Hammond B3|Wurli|Clavinet",
    "synth": "Pad 2 (warm)|Lead 1 (square)|Ambient Pad|Synth Voice|ARP.wav|Juno pluck",
    "strings": "Strings.wav|Violins 1|String Ensemble 1|Contrabass|Vlc",
    "brass": "French Horn|Trumpet 2|Bass Trombone|Tenor Sax|Brass Section",
    "percussion": "Shaker.wav|Congas|Tamb|Marimba|perc loop 2",
    "effects": "FX Riser|SFX_impact|Ambience|Sweep up",
    "other": "Flute|English Horn|Bass Clarinet",
}


@pytest.mark.parametrize(
    ("role", "name"),
    [(role, name) for role, names in NAMES.items() for name in names.split("|")],
)
def test_the_words_of_a_name_give_the_role(role: str, name: str) -> None:
    assert guess_role_from_name(name) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("08 pickbass.wav", "bass"),
        ("altosax", "brass"),
        ("backingvocals", "backing_vocal"),
        ("contrabass", "strings"),
        ("bassoon", "other"),
    ],
)
def test_an_instrument_is_found_at_the_end_of_a_longer_word(name: str, role: str) -> None:
    assert guess_role_from_name(name) == role


@pytest.mark.parametrize(
    "name", ["Audio 3.wav", "", "Bounce_01", "Subway.wav", "Embassy", "ピアノ"]
)
def test_a_name_that_says_nothing_gives_no_guess(name: str) -> None:
    assert guess_role_from_name(name) is None


def test_the_name_outranks_its_folder() -> None:
    assert guess_role_from_name("Drums/Bass DI.wav") == "bass"
    assert guess_role_from_name("Keys\\take 4.wav") == "keys"


def test_a_hostile_name_is_answered_quickly() -> None:
    assert guess_role_from_name("a_" * 500_000) is None


def test_every_role_has_a_label_and_fits_its_column() -> None:
    assert tuple(ROLE_LABELS) == ROLES
    assert all(len(role) <= 20 for role in ROLES)
