"""What workers do for accounts."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from accounts import idempotency, limits


@shared_task
def prune() -> None:
    """Forget attempts, remembered answers and sessions that nothing asks for any more."""
    limits.prune()
    idempotency.prune()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
