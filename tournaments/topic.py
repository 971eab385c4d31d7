"""The live topic of a tournament: how far it is, never who is behind a side."""

from typing import TypedDict
from uuid import UUID

from tournaments import selectors
from tournaments.models import Tournament


class TournamentSnapshot(TypedDict):
    state: str
    number: int
    of: int
    decided: int
    previews_ready: int
    previews_total: int


def may_watch(user: object, tournament_id: UUID) -> bool:
    """Only its owner watches a personal tournament."""
    return Tournament.objects.filter(pk=tournament_id, owner=getattr(user, "pk", None)).exists()


def snapshot(tournament_id: UUID) -> TournamentSnapshot:
    """Raises Tournament.DoesNotExist when it was deleted meanwhile."""
    progress = selectors.progress(Tournament.objects.get(pk=tournament_id))
    return {
        "state": progress.state,
        "number": progress.number,
        "of": progress.of,
        "decided": progress.decided,
        "previews_ready": progress.previews_ready,
        "previews_total": progress.previews_total,
    }
