"""What keeps promises when something died: run every few seconds, any number of times at once.

Every step is a conditional update or may be repeated, so two sweepers do no harm.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from mixing import (
    analysis,
    collecting,
    exports,
    outbox,
    preparation,
    rendering,
    tidying,
    unpacking,
    variants,
)
from mixing.jobs import MAX_ATTEMPTS, Job, JobState, rows
from mixing.models import Export, Mix, Song, Stem, Upload
from mixing.refusals import SongGone
from mixing.work import Craft

logger = logging.getLogger(__name__)

CRAFTS: Final[tuple[tuple[type[Job], Craft[Any]], ...]] = (
    (Upload, unpacking.CRAFT),
    (Stem, analysis.CRAFT),
    (Mix, rendering.CRAFT),
    (Export, exports.CRAFT),
)
# A waiting job whose message was lost: nothing of its kind started for this long.
SILENCE: Final = timedelta(seconds=60)
TIDY_EVERY: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Swept:
    """How much there was to do."""

    published: int = 0
    requeued: int = 0
    given_up: int = 0
    resent: int = 0
    prepared: int = 0
    uploads: int = 0
    exports: int = 0
    files: int = 0
    models: int = 0
    variants: int = 0


def sweep(*, tidy: bool = False, restart: bool = False) -> Swept:
    """One round.

    Args:
        tidy: also remove what nobody needs, which otherwise happens every ten minutes.
        restart: no worker is alive, so whatever was being worked on waits again, whatever its
            lease says, and every waiting job is sent to the broker once more.
    """
    swept = Swept(resent=_end_leases()) if restart else Swept()
    swept.published = outbox.publish_pending()
    for model, craft in CRAFTS:
        swept.given_up += _give_up(model, craft)
        swept.requeued += _requeue(model)
        swept.resent += _resend(model)
    swept.prepared = _prepare_forgotten()
    if tidy or cache.add("sweeper:tidied", True, TIDY_EVERY.total_seconds()):
        swept.uploads = tidying.end_uploads()
        swept.exports = tidying.end_exports()
        swept.files = tidying.remove_orphans()
        swept.models = collecting.collect().files
        swept.variants = variants.ask_for_missing()
        outbox.prune()
    return swept


def _give_up(model: type[Job], craft: Craft[Any]) -> int:
    """Jobs that lost their worker at every attempt end with a reason."""
    count = 0
    for job in rows(model).exhausted():
        logger.error("%s %s: worker lost %d times", model.__name__, job.pk, MAX_ATTEMPTS)
        message = f"The server stopped {MAX_ATTEMPTS} times while working on this."
        try:
            craft.fail(job, "worker_lost", message)
            craft.tell(job)
        except SongGone:
            continue
        count += 1
    return count


def _requeue(model: type[Job]) -> int:
    """Jobs whose worker stopped renewing its lease wait again."""
    count = 0
    for job in rows(model).abandoned():
        with transaction.atomic():
            mine = rows(model).abandoned().filter(pk=job.pk, fence=job.fence)
            if mine.update(state=JobState.QUEUED, lease_until=None):
                logger.warning("%s %s is handed out again", model.__name__, job.pk)
                outbox.enqueue_job(job)
                count += 1
    return count


@transaction.atomic
def _end_leases() -> int:
    """Send every waiting job again; those being worked on follow as their leases are over."""
    count = 0
    for model, _ in CRAFTS:
        for job in rows(model).takeable().filter(state=JobState.QUEUED):
            outbox.enqueue_job(job)
            count += 1
        rows(model).filter(state=JobState.RUNNING).update(lease_until=timezone.now())
    return count


def _resend(model: type[Job]) -> int:
    """Messages of waiting jobs, once more, where the broker seems to have lost them."""
    since = timezone.now() - SILENCE
    jobs = rows(model)
    waiting = jobs.takeable().filter(state=JobState.QUEUED, queued_at__lt=since)
    if not waiting.exists() or jobs.filter(started_at__gte=since).exists():
        return 0
    if not cache.add(f"sweeper:resent:{model.__name__}", True, SILENCE.total_seconds()):
        return 0
    count = 0
    for job in waiting:
        outbox.enqueue_job(job)
        count += 1
    return count


def _prepare_forgotten() -> int:
    """Songs whose stems were all heard, but which nobody prepared."""
    unfinished = Stem.objects.unfinished().values("song")
    heard = Stem.objects.filter(state=JobState.READY).values("song")
    forgotten = (
        Song.objects.filter(status=Song.Status.ANALYSING, pk__in=heard)
        .exclude(pk__in=unfinished)
        .exclude(stems__finished_at__gte=timezone.now() - timedelta(seconds=15))
    )
    count = 0
    for song in forgotten:
        # Once a minute: a song that cannot be prepared must not hold up everything else.
        if cache.add(f"sweeper:prepared:{song.pk}", True, SILENCE.total_seconds()):
            count += _prepare(song)
    return count


def _prepare(song: Song) -> int:
    try:
        preparation.prepare(str(song.pk))
    except Exception:
        logger.exception("song %s cannot be prepared", song.pk)
        return 0
    return 1
