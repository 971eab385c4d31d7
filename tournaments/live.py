"""What watchers of a tournament are told, at most once a second and topic.

A personal tournament has one listener, whose every step is told at once. With many listeners votes
come in bursts: the first change of a second is told, and one more message follows when the second
is over, if anything changed in between. A lost message costs nothing, for the topic's snapshot is
the truth.
"""

import logging
from functools import partial
from typing import Final
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError

from mixing import events
from tournaments.models import Tournament

logger = logging.getLogger(__name__)

CHANGED: Final = "tournament.changed"
SPACING_S: Final = 1.0
REFRESH: Final = "tournaments.tasks.refresh_tournament"


def tell(tournament: Tournament) -> None:
    """Something changed; watchers learn of it on commit, or within a second."""
    if tournament.is_personal():
        events.announce(tournament.topic, CHANGED)
    else:
        # The arena asks whether it is sure with every pair it gives; nobody else does.
        asks = tournament.stop_at is not None and tournament.format != Tournament.Format.ARENA
        transaction.on_commit(partial(_tell_soon, tournament.pk, asks_if_over=asks))


def tell_now(tournament: Tournament) -> None:
    """Something that must not wait: it ended, or began again."""
    events.announce(tournament.topic, CHANGED)


def _tell_soon(tournament_id: UUID, *, asks_if_over: bool) -> None:
    if cache.get(f"tournament:due:{tournament_id}"):
        return  # The message that is due will have counted this, too.
    if cache.add(f"tournament:told:{tournament_id}", True, SPACING_S):
        # Counted already by the time it leaves, so nothing in this second is left out.
        cache.delete(f"tournament:due:{tournament_id}")
        events.announce(f"tournament:{tournament_id}", CHANGED)
        if asks_if_over:
            _order_refresh(tournament_id, after_s=0.0)
    elif cache.add(f"tournament:due:{tournament_id}", True, 10 * SPACING_S):
        _tell_later(tournament_id)


def _order_refresh(tournament_id: UUID, after_s: float) -> bool:
    """Ask a worker to refresh the tournament; whether the broker took it."""
    try:
        current_app.send_task(
            REFRESH,
            args=[str(tournament_id)],
            countdown=after_s,
            expires=after_s + 9 * SPACING_S,
            retry=False,
        )
    except (OperationalError, OSError) as error:
        logger.warning("live: %s is told later: %s", tournament_id, error)
        return False
    return True


def _tell_later(tournament_id: UUID) -> None:
    if not _order_refresh(tournament_id, after_s=SPACING_S):
        cache.delete(f"tournament:due:{tournament_id}")


def tell_due(tournament_id: UUID) -> None:
    """The message at the end of a second in which more happened, unless one left meanwhile."""
    if cache.add(f"tournament:told:{tournament_id}", True, SPACING_S):
        cache.delete(f"tournament:due:{tournament_id}")
        events.announce(f"tournament:{tournament_id}", CHANGED)
    elif cache.get(f"tournament:due:{tournament_id}"):
        # Told less than a second ago, and something changed after that.
        _tell_later(tournament_id)
