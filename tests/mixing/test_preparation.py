"""When a song becomes ready to mix."""

from pathlib import Path

from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import preparation, sessions
from mixing.audio import SAMPLE_RATE
from mixing.jobs import JobState
from mixing.models import Mixer, Song, Stem
from tests.mixing import making


def test_the_longest_stem_is_the_length_and_the_section_lies_inside(owner: User) -> None:
    long = making.Part("Bass.wav", 110.0, seconds=40.0)
    song = making.ready_song(owner, [making.KICK, long])
    assert song.status == Song.Status.READY
    assert song.frames == 40 * SAMPLE_RATE
    assert song.section_start is not None
    assert song.section_stop is not None
    assert song.section_stop - song.section_start == 30 * SAMPLE_RATE
    assert 0 <= song.section_start < song.section_stop <= song.frames


def test_the_song_is_heard_before_anybody_asks_for_a_mix(owner: User, house: list[Mixer]) -> None:
    song = making.ready_song(owner, [making.KICK, making.BASS])
    assert song.embeddings.count() == 1  # All house mixers share one encoder.
    preparation.prepare(str(song.pk))
    assert song.embeddings.count() == 1


def test_a_mixer_that_cannot_hear_does_not_hold_the_song_up(
    owner: User, house: list[Mixer], settings: Settings, tmp_path: Path
) -> None:
    settings.MODELS_ROOT = tmp_path
    sessions._embedder.cache_clear()
    song = making.ready_song(owner, [making.KICK])
    assert song.is_ready()
    assert song.embeddings.count() == 0


def test_a_short_song_is_its_own_section(song: Song) -> None:
    assert (song.section_start, song.section_stop) == (0, 3 * SAMPLE_RATE)


def test_a_stem_still_to_be_heard_holds_it_up(song: Song) -> None:
    Song.objects.update(status=Song.Status.ANALYSING)
    Stem.objects.create(song=song, position=9, name="late", source_sha256="x")
    preparation.prepare(str(song.pk))
    song.refresh_from_db()
    assert song.status == Song.Status.ANALYSING


def test_a_failed_stem_does_not(song: Song) -> None:
    Song.objects.update(status=Song.Status.ANALYSING)
    Stem.objects.create(song=song, position=9, name="bad", source_sha256="x", state=JobState.FAILED)
    preparation.prepare(str(song.pk))
    song.refresh_from_db()
    assert song.status == Song.Status.READY


def test_a_deleted_song_or_one_without_stems_is_left_alone(song: Song, owner: User) -> None:
    empty = Song.objects.create(owner=owner, title="Empty")
    preparation.prepare(str(empty.pk))
    empty.refresh_from_db()
    assert empty.status == Song.Status.DRAFT
    pk = str(song.pk)
    song.delete()
    preparation.prepare(pk)
