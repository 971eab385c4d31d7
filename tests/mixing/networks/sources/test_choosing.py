"""What --data asks for, and which song goes where."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mixing.networks.sources.choosing import Weighted, chosen, select
from mixing.networks.sources.medleydb import MedleyDb
from mixing.networks.sources.roles import role_of
from mixing.networks.sources.songs import (
    DataUnusable,
    Hearing,
    Listing,
    Part,
    Song,
    drawn_part,
    letters,
)
from mixing.networks.sources.synthesiser import Synthesiser


@dataclass(frozen=True)
class Shelf:
    """A source of silent songs."""

    titles: Sequence[str]
    part: Part = Part.TRAINING
    name: str = "shelf"

    def listing(self) -> Listing:
        return Listing(tuple(Song(t, self.part, lambda: Hearing(()), None) for t in self.titles))


BUILT_IN = {"synth": Synthesiser}


def test_kind_path_and_weight() -> None:
    assert chosen("synth", BUILT_IN) == Weighted(Synthesiser())
    assert chosen("synth=2.5", BUILT_IN).weight == 2.5
    asked = chosen("medleydb:/data/a=b/MedleyDB=3", BUILT_IN)
    assert asked == Weighted(MedleyDb(Path("/data/a=b/MedleyDB")), 3.0)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("tape:/x", "no data source"),
        ("", "no data source"),
        ("folder", "needs the path"),
        ("synth:/x", "takes no path"),
        ("synth=0", "more than 0"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(asked: str, why: str) -> None:
    with pytest.raises(DataUnusable, match=why):
        chosen(asked, BUILT_IN)


def test_sources_are_drawn_by_weight_whatever_their_size() -> None:
    large = Shelf([f"large {i}" for i in range(30)], name="large")
    small = Shelf(["small 1", "small 2"], name="small")
    songs = select([Weighted(large, 1.0), Weighted(small, 3.0)]).parts[Part.TRAINING]
    total: Counter[str] = Counter()
    for chance in songs:
        total[chance.song.title.split()[0]] += chance.chance  # type: ignore[assignment]
    assert dict(total) == pytest.approx({"large": 0.25, "small": 0.75})


def test_a_song_held_out_by_one_source_is_held_out_in_all() -> None:
    held = Shelf(["A Classic Education - NightOwl"], Part.HELD_OUT)
    seen = Shelf(["AClassicEducation_NightOwl", "Somebody Else - Song"])
    parts = select([Weighted(seen), Weighted(held)]).parts
    assert [chance.song.title for chance in parts[Part.TRAINING]] == ["Somebody Else - Song"]
    assert len(parts[Part.HELD_OUT]) == 2
    assert sum(chance.chance for chance in parts[Part.HELD_OUT]) == pytest.approx(1.0)


def test_a_tenth_each_validates_and_is_held_out_by_title_alone() -> None:
    found = Counter(drawn_part(f"Song {number}") for number in range(4000))
    # Binomial with p = 0.1: four standard deviations are 76.
    assert abs(found[Part.HELD_OUT] - 400) < 76
    assert abs(found[Part.VALIDATION] - 400) < 76
    assert drawn_part("AC/DC - T.N.T.") == drawn_part("acdc_TNT")


def test_titles_are_compared_by_their_letters() -> None:
    assert letters("Sigur Rós - Ágætis_byrjun!") == "sigurrosagætisbyrjun"
    assert letters("東京 - 夜") == "東京夜"
    assert letters("!!!") == "!!!"


def test_synthesised_parts_never_share_a_seed() -> None:
    songs = Synthesiser(5, 3, 4).listing().songs
    assert Counter(song.part for song in songs) == {
        Part.TRAINING: 5, Part.VALIDATION: 3, Part.HELD_OUT: 4,
    }  # fmt: skip
    assert len({song.title for song in songs}) == 12


@pytest.mark.parametrize(
    ("words", "role"),
    [
        (("vocals",), "vocal"),
        (("fx/processed sound",), "effects"),
        (("other_plucked",), "guitar"),
        (("clean electric guitar",), "guitar"),
        (("double bass",), "bass"),
        (("bass drum",), "drums"),
        (("string section",), "strings"),
        (("xyzzy", "wind"), "brass"),
        (("xyzzy",), "other"),
    ],
)
def test_words_of_the_collections(words: tuple[str, ...], role: str) -> None:
    assert role_of(*words) == role
