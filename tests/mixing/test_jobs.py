"""Claims, leases, fences and attempts, on real rows."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from mixing.jobs import LEASE, MAX_ATTEMPTS, JobState
from mixing.models import Mix, Mixer, Song, Stem, Upload


@pytest.fixture
def stem(owner: User) -> Stem:
    song = Song.objects.create(owner=owner, title="Song")
    return Stem.objects.create(song=song, position=0, name="Kick", source_sha256="a")


def expire(stem: Stem) -> None:
    Stem.objects.filter(pk=stem.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_waiting_job_is_taken_once(stem: Stem) -> None:
    taken = Stem.objects.claim(stem.pk)
    assert taken is not None
    assert (taken.state, taken.attempt, taken.fence) == (JobState.RUNNING, 1, 1)
    assert taken.lease_until is not None
    assert timedelta() < taken.lease_until - timezone.now() <= LEASE
    # The message came again while the first worker is alive.
    assert Stem.objects.claim(stem.pk) is None


def test_a_job_whose_worker_fell_silent_is_taken_over(stem: Stem) -> None:
    first = Stem.objects.claim(stem.pk)
    assert first is not None
    expire(stem)
    second = Stem.objects.claim(stem.pk)
    assert second is not None
    assert (second.attempt, second.fence) == (2, 2)
    # The first worker was only slow: nothing it writes counts any more.
    assert not first.holds_lease(progress=0.9)
    assert not first.finish(JobState.READY, lufs=-1.0)
    assert not first.fail("x", "x")
    stem.refresh_from_db()
    assert (stem.state, stem.progress, stem.lufs) == (JobState.RUNNING, 0.0, None)
    assert second.finish(JobState.READY, lufs=-20.0)
    stem.refresh_from_db()
    assert (stem.state, stem.progress, stem.lufs, stem.lease_until) == ("ready", 1.0, -20.0, None)


def test_a_finished_job_is_never_taken(stem: Stem) -> None:
    taken = Stem.objects.claim(stem.pk)
    assert taken is not None
    taken.finish(JobState.READY)
    assert Stem.objects.claim(stem.pk) is None


def test_a_job_that_loses_its_worker_each_time_runs_out_of_attempts(stem: Stem) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        taken = Stem.objects.claim(stem.pk)
        assert taken is not None
        assert taken.attempt == attempt
        expire(stem)
    assert Stem.objects.claim(stem.pk) is None
    assert list(Stem.objects.exhausted()) == [stem]
    assert not Stem.objects.takeable().exists()
    assert not Stem.objects.abandoned().exists()


def test_renewing_moves_the_lease(stem: Stem) -> None:
    taken = Stem.objects.claim(stem.pk)
    assert taken is not None
    expire(stem)
    assert taken.holds_lease(progress=0.5, stage="Reading")
    stem.refresh_from_db()
    assert stem.lease_until is not None
    assert stem.lease_until > timezone.now()
    assert (stem.progress, stem.stage) == (0.5, "Reading")


def test_a_cancelled_job_is_lost_to_its_worker(stem: Stem) -> None:
    taken = Stem.objects.claim(stem.pk)
    assert taken is not None
    assert Stem.objects.filter(pk=stem.pk).cancel() == 1
    assert not taken.holds_lease()
    assert Stem.objects.claim(stem.pk) is None
    assert Stem.objects.filter(pk=stem.pk).cancel() == 0


def test_a_restart_forgets_the_reason_and_the_attempts_but_not_the_fence(stem: Stem) -> None:
    taken = Stem.objects.claim(stem.pk)
    assert taken is not None
    taken.fail("internal", "Something broke.")
    assert Stem.objects.filter(pk=stem.pk).restart() == 1
    again = Stem.objects.claim(stem.pk)
    assert again is not None
    assert (again.attempt, again.fence, again.error_code) == (1, 2, "")
    assert Stem.objects.filter(pk=stem.pk).restart() == 0


def test_a_long_reason_fits(stem: Stem) -> None:
    taken = Stem.objects.claim(stem.pk)
    assert taken is not None
    assert taken.fail("code" * 50, "word " * 200)
    stem.refresh_from_db()
    assert (len(stem.error_code), len(stem.error_message)) == (40, 300)


def test_a_file_that_still_arrives_is_no_job(stem: Stem) -> None:
    upload = Upload.objects.create(song=stem.song, name="a.zip", kind="archive", size=10)
    assert Upload.objects.claim(upload.pk) is None
    Upload.objects.filter(pk=upload.pk).update(received=10)
    assert Upload.objects.claim(upload.pk) is not None


def test_previews_are_taken_before_full_mixes_and_older_before_newer(stem: Stem) -> None:
    mixer = Mixer.objects.create(slug="m", name="M", encoder_version="1", genome_sha256="g")
    start = timezone.now()

    def wait(name: str, section: str, queued_at: datetime) -> None:
        Mix.objects.create(
            song=stem.song, mixer=mixer, section=section, renderer_version=1, cache_key=name,
            multitrack_sha256="m", queued_at=queued_at,
        )  # fmt: skip

    wait("old full", "full", start)
    wait("new preview", "preview", start + timedelta(seconds=2))
    wait("old preview", "preview", start + timedelta(seconds=1))
    order = []
    while mix := Mix.objects.claim_most_urgent():
        order.append(mix.cache_key)
    assert order == ["old preview", "new preview", "old full"]
