"""The sweeper keeps promises after crashes, lost messages and abandoned uploads."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.models import User
from mixing import services, storage, sweeper
from mixing.jobs import MAX_ATTEMPTS, JobState
from mixing.models import Export, Mix, Mixer, OutboxMessage, Song, Stem, Upload
from tests.mixing import making
from tests.mixing.conftest import Work, run_commit_hooks

PAST = timedelta(hours=25)


def expire_leases() -> None:
    Mix.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def age(path: Path, hours: float) -> None:
    moment = time.time() - 3600 * hours
    os.utime(path, (moment, moment))


@pytest.fixture
def mix(song: Song, house: list[Mixer]) -> Mix:
    return services.request_mixes(song=song, by=song.owner, mixers=house[:1])[0]


def test_a_mix_whose_worker_died_is_made_after_all_once(mix: Mix, work: Work) -> None:
    assert Mix.objects.claim(mix.pk) is not None  # … and the worker is killed.
    # Its message comes again at once, while the lease is alive: the other mix is made, not this.
    work()
    mix.refresh_from_db()
    assert mix.state == JobState.RUNNING
    assert sweeper.sweep().requeued == 0
    expire_leases()
    assert sweeper.sweep().requeued == 1
    assert sweeper.sweep().requeued == 0
    assert work() == ["render_mix"]
    mix.refresh_from_db()
    assert (mix.state, mix.attempt) == (JobState.READY, 2)


def test_a_mix_that_kills_every_worker_is_given_up_with_a_reason(mix: Mix) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert Mix.objects.claim(mix.pk) is not None
        expire_leases()
    swept = sweeper.sweep()
    assert (swept.given_up, swept.requeued) == (1, 0)
    mix.refresh_from_db()
    assert (mix.state, mix.error_code) == (JobState.FAILED, "worker_lost")
    assert mix.error_message == "The server stopped 3 times while working on this."
    assert sweeper.sweep().given_up == 0
    assert services.retry_mix(mix).state == JobState.QUEUED


def test_a_stem_that_kills_every_worker_gives_its_quota_back(owner: User) -> None:
    song = services.create_song(owner=owner, title="x")
    data = making.wav_of(making.KICK)
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(data))
    stem = services.receive_chunk(upload=upload, offset=0, chunk=data).stem
    assert stem is not None
    for _ in range(MAX_ATTEMPTS):
        Stem.objects.claim(stem.pk)
        Stem.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweeper.sweep()
    run_commit_hooks()
    stem.refresh_from_db()
    owner.refresh_from_db()
    assert (stem.state, stem.error_code) == (JobState.FAILED, "worker_lost")
    assert (making.left_files(), owner.storage_bytes) == ([], 0)


def test_waiting_jobs_whose_messages_were_lost_are_sent_again_once_a_minute(mix: Mix) -> None:
    OutboxMessage.objects.update(published_at=timezone.now())
    assert sweeper.sweep().resent == 0
    Mix.objects.update(queued_at=timezone.now() - timedelta(seconds=61))
    assert sweeper.sweep().resent == 2
    assert sweeper.sweep().resent == 0


def test_a_busy_queue_is_not_sent_again(mix: Mix) -> None:
    Mix.objects.update(queued_at=timezone.now() - timedelta(seconds=61))
    assert Mix.objects.claim(mix.pk) is not None
    assert sweeper.sweep().resent == 0


def test_after_a_restart_everything_unfinished_is_handed_out(
    mix: Mix, song: Song, work: Work
) -> None:
    assert Mix.objects.claim(mix.pk) is not None
    OutboxMessage.objects.all().delete()
    swept = sweeper.sweep(restart=True)
    assert (swept.resent, swept.requeued) == (1, 1)
    work()
    assert set(song.mixes.values_list("state", flat=True)) == {JobState.READY}


def test_after_a_restart_the_last_attempt_is_still_the_last(mix: Mix) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert Mix.objects.claim(mix.pk) is not None
        expire_leases()
    Mix.objects.update(lease_until=timezone.now() + timedelta(seconds=20))
    assert sweeper.sweep(restart=True).given_up == 1


def test_a_song_that_nobody_prepared_is_prepared(song: Song) -> None:
    Song.objects.update(status=Song.Status.ANALYSING)
    assert sweeper.sweep().prepared == 1
    song.refresh_from_db()
    assert song.is_ready()
    assert sweeper.sweep().prepared == 0


def test_a_song_that_cannot_be_prepared_holds_nothing_up(
    song: Song, caplog: pytest.LogCaptureFixture
) -> None:
    Song.objects.update(status=Song.Status.ANALYSING)
    stem = song.stems.all()[0]
    storage.media_path(stem.spectrogram_file).write_bytes(b"not a spectrogram")
    assert sweeper.sweep().prepared == 0
    assert "cannot be prepared" in caplog.text
    caplog.clear()
    sweeper.sweep()
    assert caplog.text == ""


def test_an_upload_that_nobody_continued_goes(owner: User) -> None:
    song = services.create_song(owner=owner, title="x")
    upload = services.begin_upload(song=song, name="a.wav", size=1000)
    services.receive_chunk(upload=upload, offset=0, chunk=b"RIFF")
    assert sweeper.sweep(tidy=True).uploads == 0
    Upload.objects.update(updated_at=timezone.now() - PAST)
    assert sweeper.sweep(tidy=True).uploads == 1
    run_commit_hooks()
    owner.refresh_from_db()
    assert (making.left_files(), owner.storage_bytes) == ([], 0)


def test_a_finished_upload_is_forgotten_but_not_its_stem(owner: User) -> None:
    song = services.create_song(owner=owner, title="x")
    data = making.wav_of(making.KICK)
    upload = services.begin_upload(song=song, name="Kick.wav", size=len(data))
    services.receive_chunk(upload=upload, offset=0, chunk=data)
    Upload.objects.update(updated_at=timezone.now() - PAST)
    assert sweeper.sweep(tidy=True).uploads == 1
    run_commit_hooks()
    owner.refresh_from_db()
    assert owner.storage_bytes == len(data)
    assert len(making.left_files()) == 1


def test_old_exports_go_and_can_be_asked_for_again(mix: Mix, work: Work) -> None:
    work()
    mix.refresh_from_db()
    for kind in ("wav", "flac"):
        services.request_export(mix=mix, kind=kind)
    work()
    before = len(making.left_files())
    Export.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert sweeper.sweep(tidy=True).exports == 1
    run_commit_hooks()
    assert len(making.left_files()) == before - 1
    assert storage.media_path(mix.audio_file).exists()
    services.request_export(mix=mix, kind="wav")
    assert work() == ["export_mix"]


def test_files_that_belong_to_nobody_go_when_they_are_old(mix: Mix, work: Work) -> None:
    work()
    kept = making.left_files()
    media, uploads = Path(django_settings.MEDIA_ROOT), Path(django_settings.UPLOAD_ROOT)
    uploads.mkdir(exist_ok=True)
    orphans = [
        media / storage.song_folder(mix.song_id) / "mixes" / "orphan.flac",
        media / "scratch" / "died" / "half.flac",
        media / "songs" / "00000000-0000-4000-8000-000000000000" / "mixes" / "x.flac",
        uploads / "left-over",
    ]
    for orphan in orphans:
        orphan.parent.mkdir(parents=True, exist_ok=True)
        orphan.write_bytes(b"x")
    assert sweeper.sweep(tidy=True).files == 0
    for path in [*orphans, *(orphan.parent for orphan in orphans)]:
        age(path, 2)
    age(media / "songs" / "00000000-0000-4000-8000-000000000000", 2)
    for name in kept:
        age(Path(name), 2)
    assert sweeper.sweep(tidy=True).files == 4
    assert making.left_files() == kept


def test_tidying_happens_now_and_then(owner: User) -> None:
    song = services.create_song(owner=owner, title="x")
    services.begin_upload(song=song, name="a.wav", size=1000)
    assert sweeper.sweep().uploads == 0
    Upload.objects.update(updated_at=timezone.now() - PAST)
    assert sweeper.sweep().uploads == 0  # The round before has just tidied.
    assert sweeper.sweep(tidy=True).uploads == 1
