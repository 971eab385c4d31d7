"""The waveform both sides share."""

import pytest

from accounts.models import User
from mixing.models import Song, Stem
from tests.tournaments.conftest import make_song
from tournaments.outline import section_outline


@pytest.fixture
def song(owner: User) -> Song:
    """Six seconds, the section from 1.5 to 4.5, one stem."""
    return make_song(owner)


def test_it_covers_the_section_at_the_stems_resolution(song: Song) -> None:
    outline = section_outline(song)
    # Half of the song's 1,200 bins, a lowest and a highest point each.
    assert len(outline) == 2 * 600
    # -50 and 60 of the stem, scaled so that the loudest point is full scale.
    assert set(outline[0::2]) == {round(-50 * 127 / 60)}
    assert set(outline[1::2]) == {127}


def test_stems_add_up_in_time(song: Song) -> None:
    """A second stem of half the song's length, loud in its second half, which is the section's
    first half."""
    first = song.stems.get()
    Stem.objects.filter(pk=first.pk).update(peaks=[-10, 10] * 1200)
    Stem.objects.create(
        song=song,
        position=1,
        name="Bass",
        source_sha256="b" * 64,
        frames=song.frames // 2,
        peaks=[0, 0] * 600 + [-30, 30] * 600,
    )
    outline = section_outline(song)
    highest = outline[1::2]
    assert highest[100] == 127
    assert highest[500] == pytest.approx(127 / 4, abs=1)


def test_a_stem_stored_scaled_down_counts_at_its_true_level(song: Song) -> None:
    song.stems.update(peaks=[-10, 10] * 1200)
    Stem.objects.create(
        song=song,
        position=1,
        name="Loud",
        source_sha256="b" * 64,
        frames=song.frames // 2,
        peaks=[-10, 10] * 1200,
        scale_db=20.0,
    )
    highest = section_outline(song)[1::2]
    assert highest[0] == 127
    assert highest[-1] == pytest.approx(127 / 11, abs=1)


def test_without_an_outline_there_is_none(song: Song) -> None:
    song.stems.update(peaks=None)
    assert section_outline(song) == ()
    song.stems.update(peaks=[])
    assert section_outline(song) == ()
    song.section_start = None
    assert section_outline(song) == ()
