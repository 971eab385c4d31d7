"""Uploads: chunks, resuming, refusals, quota; whatever is refused leaves nothing behind."""

import errno
import hashlib
import threading
import time
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import services, uploads
from mixing.audio.errors import AudioRejected
from mixing.jobs import JobState
from mixing.models import OutboxMessage, Song, Stem, Upload
from mixing.quota import QuotaExceeded
from mixing.refusals import (
    ChecksumMismatch,
    ChunkTooLarge,
    EmptyFile,
    FileTooLarge,
    NoSpace,
    OffsetMismatch,
    PastEnd,
    TooManyStems,
    UploadBusy,
    UploadEnded,
)
from tests.mixing import making
from tests.mixing.conftest import run_commit_hooks

WAV = making.wav_of(making.KICK)


@pytest.fixture
def song(owner: User) -> Song:
    return services.create_song(owner=owner, title="New song")


def held_bytes(user: User) -> int:
    user.refresh_from_db()
    return user.storage_bytes


def upload_whole(song: Song, data: bytes = WAV, name: str = "Kick.wav") -> Upload:
    upload = services.begin_upload(song=song, name=name, size=len(data))
    upload = services.receive_chunk(upload=upload, offset=0, chunk=data)
    run_commit_hooks()
    return upload


def assert_nothing_left(song: Song) -> None:
    run_commit_hooks()
    assert making.left_files() == []
    assert not Upload.objects.exists()
    assert not Stem.objects.exists()
    assert held_bytes(song.owner) == 0


def test_a_file_arrives_in_chunks_and_becomes_a_stem(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    assert held_bytes(song.owner) == len(WAV)
    half = len(WAV) // 2
    upload = services.receive_chunk(upload=upload, offset=0, chunk=WAV[:half])
    assert (upload.received, upload.state) == (half, JobState.QUEUED)
    digest = hashlib.sha256(WAV[half:]).hexdigest()
    upload = services.receive_chunk(
        upload=upload, offset=half, chunk=BytesIO(WAV[half:]), sha256=digest.upper()
    )
    stem = upload.stem
    assert stem is not None
    assert upload.state == JobState.READY
    assert (stem.name, stem.role, stem.role_source) == ("Kick.wav", "drums", "name")
    assert stem.source_sha256 == hashlib.sha256(WAV).hexdigest()
    assert Path(django_settings.UPLOAD_ROOT, stem.source_file).read_bytes() == WAV
    assert OutboxMessage.objects.get().args == [str(stem.pk)]
    song.refresh_from_db()
    assert song.status == Song.Status.ANALYSING
    assert held_bytes(song.owner) == len(WAV)


def test_stems_keep_the_order_in_which_their_uploads_began(song: Song) -> None:
    data = {name: WAV + bytes([k]) for k, name in enumerate(("01 Kick.wav", "02 Snare.wav"))}
    begun = []
    for name, body in data.items():
        begun.append(services.begin_upload(song=song, name=name, size=len(body)))
        time.sleep(0.002)
    for upload in reversed(begun):
        services.receive_chunk(upload=upload, offset=0, chunk=data[upload.name])
    assert [stem.name for stem in song.stems.all()] == list(data)


def test_a_chunk_at_the_wrong_place_says_where_to_go_on(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    services.receive_chunk(upload=upload, offset=0, chunk=WAV[:1000])
    for offset in (0, 999, 2000):
        with pytest.raises(OffsetMismatch) as refusal:
            services.receive_chunk(upload=upload, offset=offset, chunk=WAV[offset : offset + 10])
        assert refusal.value.details == {"offset": 1000}
    upload = services.receive_chunk(upload=upload, offset=1000, chunk=WAV[1000:])
    assert upload.stem is not None
    assert upload.stem.source_sha256 == hashlib.sha256(WAV).hexdigest()


def test_a_damaged_chunk_does_not_count(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    with pytest.raises(ChecksumMismatch):
        services.receive_chunk(upload=upload, offset=0, chunk=b"x" * 100, sha256="0" * 64)
    upload.refresh_from_db()
    assert upload.received == 0
    upload = services.receive_chunk(upload=upload, offset=0, chunk=WAV)
    assert upload.stem is not None
    assert upload.stem.source_sha256 == hashlib.sha256(WAV).hexdigest()


def test_bytes_past_the_end_do_not_count(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    with pytest.raises(PastEnd):
        services.receive_chunk(upload=upload, offset=0, chunk=WAV + b"!")
    upload = services.receive_chunk(upload=upload, offset=0, chunk=WAV)
    assert upload.is_ready()


def test_a_chunk_has_a_largest_size_and_is_read_no_further(song: Song) -> None:
    size = uploads.CHUNK_BYTES * 4
    upload = services.begin_upload(song=song, name="Kick.wav", size=size)
    stream = BytesIO(bytes(size))
    with pytest.raises(ChunkTooLarge):
        services.receive_chunk(upload=upload, offset=0, chunk=stream)
    assert stream.tell() < uploads.CHUNK_BYTES + 1_000_000
    upload.refresh_from_db()
    assert upload.received == 0


def test_an_empty_or_huge_file_is_refused_before_a_byte_arrives(song: Song) -> None:
    with pytest.raises(EmptyFile):
        services.begin_upload(song=song, name="Kick.wav", size=0)
    with pytest.raises(FileTooLarge):
        services.begin_upload(song=song, name="Kick.wav", size=500 * 1024**2 + 1)
    assert_nothing_left(song)


def test_a_song_has_a_largest_size(song: Song) -> None:
    for _ in range(4):
        services.begin_upload(song=song, name="Long.wav", size=500 * 1024**2)
    with pytest.raises(FileTooLarge, match="2 GiB"):
        services.begin_upload(song=song, name="Long.wav", size=100 * 1024**2)


def test_a_song_holds_32_stems_counting_those_on_their_way(song: Song) -> None:
    for position in range(30):
        Stem.objects.create(
            song=song, position=position, name="x", source_sha256=f"{position}", state="ready"
        )
    Stem.objects.create(song=song, position=30, name="x", source_sha256="bad", state="failed")
    services.begin_upload(song=song, name="a.wav", size=10)
    services.begin_upload(song=song, name="b.wav", size=10)
    with pytest.raises(TooManyStems):
        services.begin_upload(song=song, name="c.wav", size=10)


def test_what_is_no_audio_is_refused_by_content_and_leaves_nothing(song: Song) -> None:
    with pytest.raises(AudioRejected) as refusal:
        upload_whole(song, b"<!doctype html><html></html>", "Kick.wav")
    assert (refusal.value.code, refusal.value.status) == ("unsupported_type", 415)
    assert_nothing_left(song)


def test_cancelling_leaves_nothing(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    services.receive_chunk(upload=upload, offset=0, chunk=WAV[:1000])
    services.cancel_upload(upload)
    assert_nothing_left(song)
    with pytest.raises(UploadEnded):
        services.receive_chunk(upload=upload, offset=1000, chunk=WAV[1000:])
    services.cancel_upload(upload)
    assert_nothing_left(song)


def test_a_finished_upload_takes_no_more(song: Song) -> None:
    upload = upload_whole(song)
    with pytest.raises(UploadEnded) as refusal:
        services.receive_chunk(upload=upload, offset=0, chunk=WAV)
    assert refusal.value.details == {"offset": len(WAV)}


def test_the_same_file_twice_is_the_same_stem(song: Song) -> None:
    first = upload_whole(song)
    second = upload_whole(song, name="Kick again.wav")
    assert second.stem == first.stem
    assert song.stems.count() == 1
    assert held_bytes(song.owner) == len(WAV)
    assert len(making.left_files()) == 1


def test_a_file_that_failed_may_be_tried_again(song: Song) -> None:
    first = upload_whole(song).stem
    assert first is not None
    Stem.objects.filter(pk=first.pk).update(state="failed", source_file="", counted_bytes=0)
    second = upload_whole(song).stem
    assert second is not None
    assert second.pk != first.pk
    assert song.stems.get().state == JobState.QUEUED


def test_one_chunk_at_a_time(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    with uploads._part_file(upload), pytest.raises(UploadBusy):
        services.receive_chunk(upload=upload, offset=0, chunk=WAV)


def test_a_zip_waits_to_be_unpacked_whatever_its_name(song: Song) -> None:
    upload = upload_whole(song, b"PK\x03\x04" + bytes(100), "stems.wav")
    assert (upload.kind, upload.state, upload.stem) == ("archive", JobState.QUEUED, None)
    assert OutboxMessage.objects.get().task == "mixing.tasks.unpack_archive"


def test_quota_is_refused_before_a_byte_arrives(song: Song, settings: Settings) -> None:
    settings.USER_QUOTA_BYTES = 1000
    services.begin_upload(song=song, name="a.wav", size=600)
    with pytest.raises(QuotaExceeded) as refusal:
        services.begin_upload(song=song, name="b.wav", size=401)
    assert refusal.value.status == 413
    assert held_bytes(song.owner) == 600
    services.begin_upload(song=song, name="c.wav", size=400)


@pytest.mark.django_db(transaction=True)
def test_uploads_at_once_do_not_overshoot_the_quota(song: Song, settings: Settings) -> None:
    settings.USER_QUOTA_BYTES = 5500
    refused = []

    def begin() -> None:
        try:
            services.begin_upload(song=song, name="a.wav", size=1000)
        except QuotaExceeded as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (song.uploads.count(), len(refused)) == (5, 3)
    assert held_bytes(song.owner) == 5000


def test_a_full_disk_is_said(song: Song) -> None:
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(WAV))
    with pytest.raises(NoSpace) as refusal, uploads._part_file(upload):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert refusal.value.status == 507
