"""The live topic of a tournament: how far it is. It names nobody, on either side of a vote."""

from typing import NotRequired, TypedDict
from uuid import UUID

from django.db.models import Count, Q

from tournaments import membership, selectors, tables
from tournaments.models import Battle, Tournament, Vote


class TournamentSnapshot(TypedDict):
    """The same for everybody who watches. The last four are told where many listen."""

    state: str
    number: int
    of: int
    decided: int
    previews_ready: int
    previews_total: int
    votes: NotRequired[int]
    voters: NotRequired[int]
    listening: NotRequired[int]
    leader_p_best: NotRequired[float | None]


def may_watch(user: object, tournament_id: UUID) -> bool:
    """Whoever may open it: only its owner watches a personal tournament."""
    return membership.may_watch(tournament_id, user)


def snapshot(tournament_id: UUID) -> TournamentSnapshot:
    """Raises Tournament.DoesNotExist when it was deleted meanwhile."""
    tournament = Tournament.objects.get(pk=tournament_id)
    progress = selectors.progress(tournament)
    told: TournamentSnapshot = {
        "state": progress.state,
        "number": progress.number,
        "of": progress.of,
        "decided": progress.decided,
        "previews_ready": progress.previews_ready,
        "previews_total": progress.previews_total,
    }
    if tournament.is_personal():
        return told
    real = Q(battle__kind=Battle.Kind.REAL)
    totals = (
        Vote.objects.standing()
        .filter(real, battle__tournament=tournament)
        .aggregate(votes=Count("pk"), voters=Count("listener", distinct=True))
    )
    rows = tables.table_of(tournament).rows
    open_battles = tournament.battles.filter(state=Battle.State.OPEN)
    return {
        **told,
        "state": "battle" if tournament.is_open() else "closed",
        "number": 0,
        "of": tournament.vote_budget or 0,
        "decided": totals["votes"],
        "votes": totals["votes"],
        "voters": totals["voters"],
        "listening": open_battles.count(),
        "leader_p_best": max((row.p_best for row in rows), default=None),
    }
