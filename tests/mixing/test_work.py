"""What surrounds every craft: heartbeat, progress, lost leases, and how failures end."""

import errno
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from mixing import work as work_module
from mixing.audio.errors import AudioRejected
from mixing.jobs import MAX_ATTEMPTS, JobState
from mixing.models import Song, Stem
from mixing.networks.errors import ModelInvalid
from mixing.quota import QuotaExceeded
from mixing.refusals import SongGone
from mixing.work import Craft, LeaseLost, Stage, Work, perform
from tests.processes import PATIENCE_S, until

STAGES = (Stage("first", "First things", 0.25), Stage("then", "Then this", 0.75))


class Bench:
    """A craft that does what a test says and notes what it was told."""

    def __init__(self, do: Callable[[Work[Stem]], None]) -> None:
        self.told: list[tuple[str, str, float]] = []
        self.failed: list[tuple[str, str]] = []
        self.craft = Craft(STAGES, do, self._tell, self._fail)

    def _tell(self, stem: Stem) -> None:
        self.told.append((stem.state, stem.stage, round(stem.progress, 3)))

    def _fail(self, stem: Stem, code: str, message: str) -> None:
        self.failed.append((code, message))
        stem.fail(code, message)


@pytest.fixture
def stem(owner: User) -> Stem:
    song = Song.objects.create(owner=owner, title="Song")
    stem = Stem.objects.create(song=song, position=0, name="Kick", source_sha256="a")
    claimed = Stem.objects.claim(stem.pk)
    assert claimed is not None
    return claimed


def fail_with(error: BaseException) -> Callable[[Work[Stem]], None]:
    def do(work: Work[Stem]) -> None:
        raise error

    return do


def test_progress_adds_up_over_stages(stem: Stem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "REPORT_EVERY_S", 0.0)

    def do(work: Work[Stem]) -> None:
        work.enter("first")
        work.report(0.5)
        work.enter("then")
        work.report(0.5)
        work.report(7.0)
        assert set(work.finished()) == {"first", "then"}
        work.job.finish(JobState.READY)

    bench = Bench(do)
    perform(stem, bench.craft)
    assert bench.told == [
        ("running", "First things", 0.0),
        ("running", "First things", 0.125),
        ("running", "Then this", 0.25),
        ("running", "Then this", 0.625),
        ("running", "Then this", 1.0),
        ("ready", "", 1.0),
    ]


def test_progress_is_told_at_most_twice_a_second(
    stem: Stem, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(work_module, "time", SimpleNamespace(monotonic=lambda: now))

    def do(work: Work[Stem]) -> None:
        nonlocal now
        work.enter("first")
        for hundredths in range(120):
            now = hundredths / 100
            work.report(0.5)
        work.job.finish(JobState.READY)

    bench = Bench(do)
    perform(stem, bench.craft)
    assert len(bench.told) == 3  # Two on the way, one at the end.


def test_a_worker_stops_when_the_job_was_taken_away(
    stem: Stem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "REPORT_EVERY_S", 0.0)
    reached = []

    def do(work: Work[Stem]) -> None:
        work.enter("first")
        Stem.objects.filter(pk=stem.pk).cancel()
        work.report(0.5)
        reached.append("beyond")

    bench = Bench(do)
    perform(stem, bench.craft)
    assert (reached, bench.failed) == ([], [])
    stem.refresh_from_db()
    assert stem.state == JobState.CANCELLED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AudioRejected("non_finite", "It holds no numbers."), "non_finite"),
        (QuotaExceeded(), "quota_exceeded"),
        (ModelInvalid("Damaged."), "model_invalid"),
        (SoftTimeLimitExceeded(), "timeout"),
        (MemoryError(), "too_large"),
        (ValueError("a bug"), "internal"),
    ],
)
def test_what_fails_for_good_ends_at_once_with_a_reason(
    stem: Stem, error: Exception, code: str
) -> None:
    bench = Bench(fail_with(error))
    perform(stem, bench.craft)
    stem.refresh_from_db()
    assert (stem.state, stem.error_code) == (JobState.FAILED, code)
    assert stem.error_message.endswith(".")
    assert "a bug" not in stem.error_message
    assert bench.told == [("failed", "", 0.0)]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "disk full"), OperationalError("database away")]
)
def test_what_an_outage_stops_is_put_off_and_decided_at_the_last_attempt(
    stem: Stem, error: Exception
) -> None:
    bench = Bench(fail_with(error))
    perform(stem, bench.craft)
    stem.refresh_from_db()
    assert (stem.state, bench.failed) == (JobState.RUNNING, [])
    assert stem.lease_until is not None
    assert stem.lease_until < timezone.now() + timedelta(seconds=11)
    Stem.objects.update(attempt=MAX_ATTEMPTS)
    perform(stem, bench.craft)
    stem.refresh_from_db()
    assert stem.state == JobState.FAILED
    assert stem.error_code in ("no_space", "unavailable")


@pytest.mark.parametrize("error", [LeaseLost(), SongGone()])
def test_a_job_that_is_gone_is_left_alone(stem: Stem, error: Exception) -> None:
    bench = Bench(fail_with(error))
    perform(stem, bench.craft)
    assert (bench.told, bench.failed) == ([], [])


def test_an_error_after_the_job_was_taken_away_is_nobodys(stem: Stem) -> None:
    Stem.objects.filter(pk=stem.pk).update(fence=9)
    bench = Bench(fail_with(ValueError("its files are gone")))
    perform(stem, bench.craft)
    assert (bench.told, bench.failed) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_renews_the_lease_while_nothing_is_reported(
    stem: Stem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "HEARTBEAT_S", 0.05)
    Stem.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    def do(work: Work[Stem]) -> None:
        until(is_renewed, PATIENCE_S, "the lease is renewed")
        work.job.finish(JobState.READY)

    def is_renewed() -> bool:
        return Stem.objects.filter(pk=stem.pk, lease_until__gt=timezone.now()).exists()

    perform(stem, Bench(do).craft)
    stem.refresh_from_db()
    assert stem.state == JobState.READY


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_notices_that_the_job_was_taken_away(
    stem: Stem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "HEARTBEAT_S", 0.05)

    def do(work: Work[Stem]) -> None:
        Stem.objects.filter(pk=stem.pk).update(fence=9)
        until(lambda: is_lost(work), PATIENCE_S, "the loss is noticed")
        raise LeaseLost

    def is_lost(work: Work[Stem]) -> bool:
        with suppress(LeaseLost):
            work.report(0.1)  # Outside of any stage, so nothing is written.
            return False
        return True

    bench = Bench(do)
    perform(stem, bench.craft)
    assert bench.failed == []
