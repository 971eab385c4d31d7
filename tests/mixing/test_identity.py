"""When two requests mean the same audio."""

from collections.abc import Callable

import pytest

from mixing import identity
from mixing.models import Mix, Mixer, Song, Stem


def stems() -> list[Stem]:
    return [
        Stem(fingerprint="a", role="drums", role_source="name"),
        Stem(fingerprint="b", role="bass", role_source="name", scale_db=1.5),
    ]


def change_order(stems: list[Stem]) -> None:
    stems.reverse()


def change_role(stems: list[Stem]) -> None:
    stems[0].role = "percussion"


def change_sound(stems: list[Stem]) -> None:
    stems[1].fingerprint = "c"


def change_level(stems: list[Stem]) -> None:
    stems[1].scale_db = 0.0


def forget_role(stems: list[Stem]) -> None:
    stems[0].role_source = "sound"


def drop_one(stems: list[Stem]) -> None:
    stems.pop()


@pytest.mark.parametrize(
    "change", [change_order, change_role, change_sound, change_level, forget_role, drop_one]
)
def test_what_a_mixer_would_hear_differently_has_another_hash(
    change: Callable[[list[Stem]], None],
) -> None:
    changed = stems()
    change(changed)
    assert identity.multitrack_sha256(changed) != identity.multitrack_sha256(stems())


def test_who_said_the_role_and_what_the_ear_guessed_make_no_difference() -> None:
    by_person, by_ear, by_ear_too = stems(), stems(), stems()
    by_person[0].role_source = "person"
    for heard, role in ((by_ear, "drums"), (by_ear_too, "other")):
        heard[0].role_source, heard[0].role = "sound", role
    assert identity.multitrack_sha256(by_person) == identity.multitrack_sha256(stems())
    assert identity.multitrack_sha256(by_ear) == identity.multitrack_sha256(by_ear_too)
    assert identity.told_role(by_ear[0]) is None


def test_a_mix_is_known_by_song_stems_mixer_and_section() -> None:
    song, other = Song(section_start=0, section_stop=9), Song(section_start=0, section_stop=9)
    mixer, rival = Mixer(genome_sha256="g"), Mixer(genome_sha256="h")
    preview, full = Mix.Section.PREVIEW, Mix.Section.FULL
    keys = {
        identity.cache_key(song, "m", mixer, preview),
        identity.cache_key(song, "m", mixer, full),
        identity.cache_key(song, "n", mixer, full),
        identity.cache_key(song, "m", rival, full),
        identity.cache_key(other, "m", mixer, full),
    }
    assert len(keys) == 5
    before = identity.cache_key(song, "m", mixer, preview)
    song.section_start = 3
    assert identity.cache_key(song, "m", mixer, preview) != before
    assert identity.cache_key(song, "m", mixer, full) in keys
