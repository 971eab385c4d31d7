"""The lease pattern: a row is the job, the broker only hints that it may be taken.

A worker takes a job by one conditional update that sets a lease and a fencing number. Only the
holder of the current fencing number may write progress or a result, so a message delivered twice,
or a worker that was thought dead and comes back, changes nothing.
"""

from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(seconds=20)
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
        now = now or timezone.now()
        return self.filter(
            Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=now)
        )

    def unfinished(self) -> Self:
        return self.exclude(state__in=FINAL)

    def claim(self, pk: object) -> J | None:
        """Take the job if nobody holds it: attempt and fencing number go up, a lease begins."""
        now = timezone.now()
        taken = (
            self.takeable(now)
            .filter(pk=pk, attempt__lt=MAX_ATTEMPTS)
            .update(
                state=JobState.RUNNING,
                attempt=F("attempt") + 1,
                fence=F("fence") + 1,
                lease_until=now + LEASE,
                started_at=now,
                error_code="",
                error_message="",
            )
        )
        return self.get(pk=pk) if taken else None


class Job(models.Model):
    """Columns every job row has. `attempt` is written before work starts: a job that kills its
    worker each time runs out of attempts instead of looping."""

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    stage = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0.0)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def holds_lease(self, **changes: Any) -> bool:
        """Write `changes` and renew the lease; False if the job was taken away meanwhile."""
        now = timezone.now()
        return bool(
            type(self)  # type: ignore[attr-defined]
            ._default_manager.filter(pk=self.pk, state=JobState.RUNNING, fence=self.fence)
            .update(lease_until=now + LEASE, **changes)
        )

    def finish(self, state: JobState, **changes: Any) -> bool:
        """Write the final state and result; False (and nothing written) if the fence moved on."""
        return bool(
            type(self)  # type: ignore[attr-defined]
            ._default_manager.filter(pk=self.pk, state=JobState.RUNNING, fence=self.fence)
            .update(state=state, lease_until=None, finished_at=timezone.now(), **changes)
        )

    def is_ready(self) -> bool:
        return self.state == JobState.READY
