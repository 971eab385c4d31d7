"""The outbox: a task leaves with the transaction that made it necessary, or not at all.

The row is written in the caller's transaction and published right after commit. If the process
dies in between, or the broker is away, the sweeper publishes what is left. A task published twice
does no harm: tasks claim their job first.
"""

import logging
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from mixing.jobs import Job
from mixing.models import OutboxMessage

logger = logging.getLogger(__name__)


def enqueue(task: str, *args: str) -> None:
    """Publish a task by its registered name, with ids as arguments, on commit."""
    message = OutboxMessage.objects.create(task=task, args=list(args))
    transaction.on_commit(partial(publish, message))


def enqueue_job(job: Job) -> None:
    """Publish the task that does this job once this transaction commits."""
    enqueue(job.task, str(job.pk))


def publish(message: OutboxMessage) -> bool:
    """Send one message; False if the broker cannot be reached now (the sweeper tries again)."""
    try:
        current_app.send_task(message.task, args=message.args, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("outbox: %s not published yet: %s", message.task, error)
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(published_at=timezone.now())
    return True


def publish_pending(older_than: timedelta = timedelta(seconds=5), limit: int = 200) -> int:
    """Publish what was committed but never sent; the number published."""
    pending = OutboxMessage.objects.filter(
        published_at=None, created_at__lt=timezone.now() - older_than
    ).order_by("created_at")[:limit]
    count = 0
    for message in pending:
        if not publish(message):
            break
        count += 1
    return count


def prune(keep: timedelta = timedelta(days=1)) -> int:
    """Forget messages that were published long ago; how many."""
    old = OutboxMessage.objects.filter(published_at__lt=timezone.now() - keep)
    return old.delete()[0]
