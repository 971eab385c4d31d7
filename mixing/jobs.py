"""The lease pattern: a row is the job, the broker only hints that it may be taken.

A worker takes a job by one conditional update that sets a lease and a fencing number. Only the
holder of the current fencing number may write progress or a result, so a message delivered twice,
or a worker that was thought dead and comes back, changes nothing.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(seconds=20)
# A job that an outage stopped waits this long before it is taken again.
PAUSE = timedelta(seconds=10)
MAX_ATTEMPTS = 3


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Working"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


FINAL = (JobState.READY, JobState.FAILED, JobState.CANCELLED)

J = TypeVar("J", bound="Job")


class JobQuerySet(models.QuerySet[J], Generic[J]):
    def takeable(self, now: datetime | None = None) -> Self:
        """Waiting jobs, and running ones whose worker stopped renewing its lease."""
        waiting = Q(state=JobState.QUEUED)
        return self.filter(waiting | _expired(now), attempt__lt=MAX_ATTEMPTS)

    def abandoned(self) -> Self:
        """Running jobs whose worker stopped renewing its lease, to be handed out again."""
        return self.filter(_expired(), attempt__lt=MAX_ATTEMPTS)

    def exhausted(self) -> Self:
        """Jobs whose worker was lost at the last attempt: nobody may take them again."""
        return self.filter(_expired(), attempt__gte=MAX_ATTEMPTS)

    def unfinished(self) -> Self:
        return self.exclude(state__in=FINAL)

    def claim(self, pk: object) -> J | None:
        """Take the job if nobody holds it: attempt and fencing number go up, a lease begins."""
        now = timezone.now()
        taken = (
            self.takeable(now)
            .filter(pk=pk)
            .update(
                state=JobState.RUNNING,
                attempt=F("attempt") + 1,
                fence=F("fence") + 1,
                lease_until=now + LEASE,
                started_at=now,
                stage="",
                progress=0.0,
                error_code="",
                error_message="",
            )
        )
        return self.get(pk=pk) if taken else None

    def cancel(self) -> int:
        """Stop these jobs: a waiting one is never taken, a running one loses its lease."""
        return self.unfinished().update(
            state=JobState.CANCELLED, lease_until=None, finished_at=timezone.now()
        )

    def restart(self) -> int:
        """Let jobs that failed or were cancelled wait again, with a fresh count of attempts."""
        return self.filter(state__in=(JobState.FAILED, JobState.CANCELLED)).update(
            state=JobState.QUEUED,
            attempt=0,
            stage="",
            progress=0.0,
            error_code="",
            error_message="",
            queued_at=timezone.now(),
            started_at=None,
            finished_at=None,
        )


def _expired(now: datetime | None = None) -> Q:
    return Q(state=JobState.RUNNING, lease_until__lt=now or timezone.now())


class Job(models.Model):
    """Columns every job row has. `attempt` is written before work starts: a job that kills its
    worker each time runs out of attempts instead of looping."""

    task: ClassVar[str]
    """Registered name of the task that does this kind of job."""

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    stage = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0.0)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def holds_lease(self, **changes: Any) -> bool:
        """Write `changes` and renew the lease; False if the job was taken away meanwhile."""
        return self._write(lease_until=timezone.now() + LEASE, **changes)

    def finish(self, state: JobState, **changes: Any) -> bool:
        """Write the final state and result; False (and nothing written) if the fence moved on."""
        if state == JobState.READY:
            changes = {"progress": 1.0, "stage": "", **changes}
        return self._write(state=state, lease_until=None, finished_at=timezone.now(), **changes)

    def fail(self, code: str, message: str, **changes: Any) -> bool:
        """Finish with a reason that its owner can read."""
        reason = {"error_code": code[:40], "error_message": message[:300], "stage": ""}
        return self.finish(JobState.FAILED, **reason, **changes)

    def put_off(self) -> bool:
        """Let the lease run out soon, so that the sweeper hands the job out again."""
        return self._write(lease_until=timezone.now() + PAUSE)

    def is_ready(self) -> bool:
        return self.state == JobState.READY

    def is_finished(self) -> bool:
        return self.state in FINAL

    def _write(self, **changes: Any) -> bool:
        """Update the row if this object still holds it, and then the object as well."""
        mine = rows(type(self)).filter(pk=self.pk, state=JobState.RUNNING, fence=self.fence)
        if not mine.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True


def rows(kind: type[J]) -> JobQuerySet[J]:
    """All rows of one kind of job."""
    return cast(JobQuerySet[J], kind._default_manager.all())
