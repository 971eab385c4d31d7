"""What people do with songs and stems; what happens to them with their accounts."""

import pytest

from accounts.models import User
from accounts.signals import account_deleted, guest_merged
from mixing import services
from mixing.jobs import JobState
from mixing.models import Mixer, Song, Stem
from mixing.refusals import SongGone, UnknownRole
from tests.mixing import making
from tests.mixing.conftest import Work


def held(user: User) -> int:
    user.refresh_from_db()
    return user.storage_bytes


def count_storage(song: Song) -> None:
    """Count the song's stems against its owner, as uploading them would have."""
    song.stems.update(counted_bytes=1000)
    User.objects.filter(pk=song.owner_id).update(storage_bytes=1000 * song.stems.count())


def test_texts_are_one_visible_line(owner: User) -> None:
    song = services.create_song(owner=owner, title="  A\n\x00B\t", artist="x" * 300, genre="")
    assert (song.title, song.artist, song.genre) == ("A B", "x" * 200, "")
    assert services.create_song(owner=owner, title=" \n ").title == "Untitled song"


def test_renaming_changes_what_is_given(song: Song) -> None:
    services.rename_song(song=song, artist="The Band")
    services.rename_song(song=song, title="", genre="Dub")
    song.refresh_from_db()
    assert (song.title, song.artist, song.genre) == ("Test song", "The Band", "Dub")


def test_deleting_a_song_leaves_nothing(song: Song, house: list[Mixer], work: Work) -> None:
    count_storage(song)
    services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    work()
    services.begin_upload(song=song, name="a.wav", size=500)
    assert held(song.owner) == 3500
    services.delete_song(song)
    work()
    assert making.left_files() == []
    assert held(song.owner) == 0
    assert not Stem.objects.exists()
    with pytest.raises(SongGone):
        services.delete_song(song)


def test_a_role_is_one_of_the_known_ones(song: Song) -> None:
    stem = song.stems.all()[0]
    services.set_role(stem=stem, role="keys")
    with pytest.raises(UnknownRole):
        services.set_role(stem=stem, role="kazoo")
    stem.refresh_from_db()
    assert (stem.role, stem.role_source) == ("keys", "person")


def test_a_stem_is_renamed_to_something_harmless(song: Song) -> None:
    stem = song.stems.all()[0]
    services.rename_stem(stem=stem, name="../\u202ekick\x00.wav")
    stem.refresh_from_db()
    assert stem.name == "kick.wav"


def test_removing_a_stem_frees_it_and_prepares_the_song_anew(song: Song, work: Work) -> None:
    count_storage(song)
    kick, bass, vox = song.stems.all()
    services.remove_stem(kick)
    song.refresh_from_db()
    assert song.status == Song.Status.ANALYSING
    assert work() == ["prepare_song"]
    song.refresh_from_db()
    assert song.status == Song.Status.READY
    assert held(song.owner) == 2000
    assert len(making.left_files()) == 4
    services.remove_stem(kick)
    services.remove_stem(bass)
    services.remove_stem(vox)
    work()
    song.refresh_from_db()
    assert (song.status, making.left_files(), held(song.owner)) == (Song.Status.DRAFT, [], 0)


def test_a_guests_songs_move_to_the_account_with_their_storage(owner: User) -> None:
    guest = User.objects.create_guest()
    song = making.ready_song(guest)
    count_storage(song)
    guest_merged.send(sender=User, guest=guest, user=owner)
    song.refresh_from_db()
    assert song.owner == owner
    assert (held(guest), held(owner)) == (0, 3000)


def test_files_go_with_the_account(song: Song, owner: User, work: Work) -> None:
    account_deleted.send(sender=User, user=owner)
    work()
    assert not Song.objects.exists()
    assert making.left_files() == []


def test_failed_stems_do_not_hold_a_song_up(song: Song, work: Work) -> None:
    Stem.objects.create(song=song, position=9, name="bad", source_sha256="x", state=JobState.FAILED)
    stem = song.stems.all()[0]
    services.remove_stem(stem)
    work()
    song.refresh_from_db()
    assert song.is_ready()
