"""A job in hand: what every kind of worker does around its craft.

Keeps the lease alive, tells progress (at most twice a second), stops when the lease is lost or the
job was cancelled, and turns whatever goes wrong into a reason that the job's owner can read. Work
that an outage stopped is put off; everything else that fails is decided at once.
"""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Generic

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, OperationalError, connection

from accounts.refusals import Refusal
from mixing.audio.errors import AudioRejected
from mixing.jobs import LEASE, MAX_ATTEMPTS, J
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.refusals import SongGone

logger = logging.getLogger(__name__)

HEARTBEAT_S: Final = LEASE.total_seconds() / 4
# With two jobs of a song at once its topic still gets at most four events a second.
REPORT_EVERY_S: Final = 0.5


class LeaseLost(Exception):
    """The job was cancelled, deleted, or taken by another worker: stop, and write nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of some work: its name in timings, its label for people, its share of the time."""

    name: str
    label: str
    share: float


@dataclass(frozen=True, slots=True)
class Craft(Generic[J]):
    """One kind of work; the shares of its stages add up to 1."""

    stages: tuple[Stage, ...]
    do: Callable[["Work[J]"], None]
    """Does it and writes the result, or raises."""
    tell: Callable[[J], None]
    """Announces where the job stands."""
    fail: Callable[[J, str, str], None]
    """Ends it with a code and a sentence, and cleans up."""


class Work(Generic[J]):
    """What the craft sees: the job, and where to report."""

    def __init__(self, job: J, craft: Craft[J]) -> None:
        self.job = job
        self.seconds: dict[str, float] = {}
        self._craft = craft
        self._lost = threading.Event()
        self._stage: Stage | None = None
        self._entered = self._told = time.monotonic()

    def enter(self, name: str) -> None:
        """The stage of this name begins. Raises LeaseLost."""
        self._close_stage()
        self._stage = next(stage for stage in self._craft.stages if stage.name == name)
        self.report(0.0)

    def report(self, fraction: float) -> None:
        """This share (0..1) of the stage is done. Raises LeaseLost."""
        if self._lost.is_set():
            raise LeaseLost
        if self._stage is None or time.monotonic() - self._told < REPORT_EVERY_S:
            return
        self._told = time.monotonic()
        before = self._craft.stages[: self._craft.stages.index(self._stage)]
        done = self._stage.share * min(max(fraction, 0.0), 1.0)
        progress = sum((stage.share for stage in before), done)
        if not self.job.holds_lease(stage=self._stage.label, progress=progress):
            raise LeaseLost
        self._craft.tell(self.job)

    def finished(self) -> dict[str, float]:
        """Seconds spent in each stage, the last one until now."""
        self._close_stage()
        self._stage = None
        return {stage: round(seconds, 4) for stage, seconds in self.seconds.items()}

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Renew the lease from a thread, for stretches that report nothing."""
        over = threading.Event()
        thread = threading.Thread(target=self._beat, args=(over,), daemon=True, name="heartbeat")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, over: threading.Event) -> None:
        try:
            while not over.wait(HEARTBEAT_S):
                try:
                    if not self.job.holds_lease():
                        self._lost.set()
                        return
                except DatabaseError as error:  # The lease outlives a few missed beats.
                    logger.warning("heartbeat: %s", error)
        finally:
            connection.close()

    def _close_stage(self) -> None:
        now = time.monotonic()
        if self._stage is not None:
            spent = self.seconds.get(self._stage.name, 0.0)
            self.seconds[self._stage.name] = spent + now - self._entered
        self._entered = now


def perform(job: J, craft: Craft[J]) -> None:
    """Do the claimed job; afterwards it is finished, put off, or somebody else's."""
    try:
        _attempt(job, craft)
        craft.tell(job)
    except (LeaseLost, SongGone):
        logger.info("%s %s is no longer ours", type(job).__name__, job.pk)


def _attempt(job: J, craft: Craft[J]) -> None:
    work = Work(job, craft)
    try:
        with work.heartbeat():
            craft.do(work)
    except (LeaseLost, SongGone):
        raise
    except Exception as error:
        _handle(job, craft, error)


def _handle(job: J, craft: Craft[J], error: Exception) -> None:
    if not job.holds_lease():
        raise LeaseLost from error  # Often the very reason: its song was deleted meanwhile.
    job.refresh_from_db()  # What a transaction undid may still stand in the object.
    passing = isinstance(error, OSError | OperationalError)
    if passing and job.attempt < MAX_ATTEMPTS:
        logger.warning("%s %s is put off: %s", type(job).__name__, job.pk, error)
        job.put_off()
        return
    code, message = reason(error)
    if code == "internal":
        logger.exception("%s %s failed", type(job).__name__, job.pk, exc_info=error)
    craft.fail(job, code, message)


def reason(error: Exception) -> tuple[str, str]:
    """Why a job failed: a stable code and a sentence for its owner."""
    match error:
        case Refusal() | AudioRejected():
            return error.code, error.message
        case ModelUnavailable() | ModelInvalid():
            return error.code, "The mixer's files are missing or damaged on this server."
        case SoftTimeLimitExceeded():
            return "timeout", "This took longer than the server allows."
        case MemoryError():
            return "too_large", "This needs more memory than the server has."
        case OSError() if error.errno == errno.ENOSPC:
            return "no_space", "The server's disk is full. Try again later."
        case OSError() | OperationalError():
            return "unavailable", "The server could not reach its storage. Try again later."
    return "internal", "Something broke on our side; it has been noted. Try again."
