"""What workers do for accounts."""

from celery import shared_task

from accounts import idempotency, limits


@shared_task
def prune() -> None:
    """Forget attempts and remembered answers that nothing asks for any more."""
    limits.prune()
    idempotency.prune()
