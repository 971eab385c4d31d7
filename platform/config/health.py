"""Whether the process lives, and whether the installation can do its work."""

import logging
import shutil
import time
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import heartbeat
from config.celery import app

logger = logging.getLogger(__name__)

CACHED_S = 5
BROKER_TIMEOUT_S = 1
# Below this share of the media disk being free, uploads and renders would soon fail.
MIN_FREE_SHARE = 0.05


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers: restart it when it does not."""
    return JsonResponse({"live": True})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when every part answers, 503 and which one does not otherwise."""
    try:
        checks = cache.get_or_set("health", run_checks, CACHED_S) or {}
    except Exception as error:  # Whatever breaks the shared cache breaks rate limits with it.
        checks = {"cache": f"no answer: {type(error).__name__}"}
    is_ready = all(problem == "" for problem in checks.values())
    body = {"ready": is_ready, "checks": {name: text or "ok" for name, text in checks.items()}}
    return JsonResponse(body, status=200 if is_ready else 503)


def run_checks() -> dict[str, str]:
    """Each part's name and what is wrong with it, empty when all is well."""
    return {name: _outcome(check) for name, check in CHECKS.items()}


def _outcome(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # A probe reports every failure, it never fails itself.
        logger.warning("health: %s: %s", check.__name__, error)
        return f"no answer: {type(error).__name__}"


def check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def check_broker() -> str:
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT_S) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
    return ""


def check_worker() -> str:
    seen = heartbeat.last_seen()
    if seen is None:
        return "no worker has reported yet"
    age = time.time() - seen
    return "" if age <= heartbeat.STALE_AFTER_S else f"the last sign of life is {age:.0f} s old"


def check_disk() -> str:
    usage = shutil.disk_usage(settings.DATA_DIR)
    share = usage.free / usage.total
    return "" if share >= MIN_FREE_SHARE else f"only {share:.1%} of the disk is free"


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "broker": check_broker,
    "worker": check_worker,
    "disk": check_disk,
}
