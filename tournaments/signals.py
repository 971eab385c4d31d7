"""What other apps may want to know about votes. Sent once the transaction has committed."""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

logger = logging.getLogger(__name__)

votes_arrived = Signal()
"""A vote was cast, edited or taken back. Arguments: tournament_id, listener_id, vote_id (UUIDs).

Where many vote, votes just cast are told with the one that ends their listener's session: fifty a
second are too many to do something about each. Who must not miss any looks for newer votes.
"""

tournament_closed = Signal()
"""A tournament is over. Argument: tournament_id (UUID)."""


def announce_vote(*, tournament_id: UUID, listener_id: UUID, vote_id: UUID) -> None:
    """Send votes_arrived on commit."""
    _on_commit(votes_arrived, tournament_id=tournament_id, listener_id=listener_id, vote_id=vote_id)


def announce_closed(*, tournament_id: UUID) -> None:
    """Send tournament_closed on commit."""
    _on_commit(tournament_closed, tournament_id=tournament_id)


def _on_commit(signal: Signal, **arguments: Any) -> None:
    transaction.on_commit(partial(_send, signal, **arguments))


def _send(signal: Signal, **arguments: Any) -> None:
    """A receiver that fails is its own trouble: the vote is cast all the same."""
    for receiver, answer in signal.send_robust(sender=None, **arguments):
        if isinstance(answer, Exception):
            logger.error("signals: %r failed", receiver, exc_info=answer)
