"""Archives become stems, all of their files or none."""

import io
import zipfile

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import services, unpacking
from mixing.jobs import JobState
from mixing.models import Song, Stem, Upload
from tests.mixing import making
from tests.mixing.conftest import Work


@pytest.fixture
def song(owner: User) -> Song:
    return services.create_song(owner=owner, title="New song")


def zip_of(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return archive.getvalue()


def upload(song: Song, data: bytes) -> Upload:
    row = services.begin_upload(song=song, name="stems.zip", size=len(data))
    return services.receive_chunk(upload=row, offset=0, chunk=data)


GOOD = {
    "song/Kick.wav": making.wav_of(making.KICK),
    "song/Bass.wav": making.wav_of(making.BASS),
    "song/notes.txt": b"by heart",
    "__MACOSX/song/._Kick.wav": b"clutter",
}


def test_files_of_an_archive_become_stems(song: Song, work: Work) -> None:
    row = upload(song, zip_of(GOOD))
    assert work() == ["unpack_archive", "analyse_stem", "analyse_stem", "prepare_song"]
    row.refresh_from_db()
    assert row.state == JobState.READY
    stems = list(song.stems.all())
    assert [(stem.name, stem.role, stem.state) for stem in stems] == [
        ("Kick.wav", "drums", "ready"),
        ("Bass.wav", "bass", "ready"),
    ]
    song.refresh_from_db()
    song.owner.refresh_from_db()
    assert song.is_ready()
    assert song.owner.storage_bytes == sum(stem.counted_bytes for stem in stems)
    assert len(making.left_files()) == 4


def test_the_same_file_twice_in_an_archive_is_one_stem(song: Song, work: Work) -> None:
    kick = making.wav_of(making.KICK)
    upload(song, zip_of({"a.wav": kick, "b.wav": kick}))
    work()
    assert song.stems.count() == 1
    song.owner.refresh_from_db()
    assert song.owner.storage_bytes == song.stems.get().counted_bytes


def refused(song: Song, data: bytes, work: Work) -> Upload:
    row = upload(song, data)
    work()
    row.refresh_from_db()
    song.owner.refresh_from_db()
    assert row.state == JobState.FAILED
    assert (making.left_files(), song.owner.storage_bytes) == ([], 0)
    assert not Stem.objects.exists()
    return row


def test_a_hostile_archive_is_refused_whole(song: Song, work: Work) -> None:
    data = zip_of({"Kick.wav": making.wav_of(making.KICK), "../evil.wav": b"RIFF"})
    assert refused(song, data, work).error_code == "bad_archive"


def test_an_archive_with_too_many_stems_is_refused_whole(song: Song, work: Work) -> None:
    data = zip_of({f"{n}.wav": b"RIFF" + bytes([n]) for n in range(33)})
    assert refused(song, data, work).error_code == "too_many_stems"


def test_an_archive_that_grows_beyond_the_quota_is_refused_whole(
    song: Song, work: Work, settings: Settings
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.wav", bytes(100_000))
    settings.USER_QUOTA_BYTES = 50_000
    assert refused(song, packed.getvalue(), work).error_code == "quota_exceeded"


def test_cancelling_while_it_is_unpacked_leaves_nothing(song: Song, work: Work) -> None:
    row = upload(song, zip_of(GOOD))
    claimed = Upload.objects.claim(row.pk)
    assert claimed is not None
    services.cancel_upload(row)
    unpacking.perform(claimed, unpacking.CRAFT)
    work()
    assert making.left_files() == []
    assert not Upload.objects.exists()


def test_a_refused_archive_can_be_dismissed(song: Song, work: Work) -> None:
    row = refused(song, zip_of({"../evil.wav": b"RIFF"}), work)
    services.cancel_upload(row)
    assert not Upload.objects.exists()
