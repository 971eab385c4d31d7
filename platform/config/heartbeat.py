"""Workers' sign of life, kept in the cache that web and workers share."""

import logging
import threading
import time

from django.core.cache import cache

logger = logging.getLogger(__name__)

KEY = "worker-heartbeat"
EVERY_S = 10
STALE_AFTER_S = 30


def beat() -> None:
    """Say that a worker lives."""
    cache.set(KEY, time.time(), timeout=None)


def forget() -> None:
    """Let the sign of life of an earlier run not stand for this one's."""
    cache.delete(KEY)


def last_seen() -> float | None:
    """When a worker last reported (seconds since the epoch), None if none ever did."""
    seen: float | None = cache.get(KEY)
    return seen


def keep_beating(stop: threading.Event) -> None:
    """Beat until told to stop. A broken cache shows as a stale heartbeat, not as a dead worker."""
    while True:
        try:
            beat()
        except Exception as error:
            logger.warning("heartbeat: %s", error)
        if stop.wait(EVERY_S):
            return
