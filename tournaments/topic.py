"""The live topic of a tournament: how far it is. It names nobody, on either side of a vote."""

from typing import Final, NotRequired, TypedDict
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count

from tournaments import membership, selectors, tables
from tournaments.models import Battle, Tournament, Vote
from tournaments.progress import previews

KEPT_S: Final = 1


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


def is_public(tournament_id: UUID) -> bool:
    """Whether it is everybody's."""
    everybodys = Tournament.objects.filter(voters=Tournament.Voters.EVERYBODY)
    return everybodys.filter(pk=tournament_id).exists()


def snapshot(tournament_id: UUID) -> TournamentSnapshot:
    """Raises Tournament.DoesNotExist when it was deleted meanwhile."""
    tournament = Tournament.objects.get(pk=tournament_id)
    return _personal(tournament) if tournament.is_personal() else _of_many(tournament)


def _personal(tournament: Tournament) -> TournamentSnapshot:
    progress = selectors.progress(tournament)
    return {
        "state": progress.state,
        "number": progress.number,
        "of": progress.of,
        "decided": progress.decided,
        "previews_ready": progress.previews_ready,
        "previews_total": progress.previews_total,
    }


def _of_many(tournament: Tournament) -> TournamentSnapshot:
    """One answer for a thousand viewers: kept for as long as they are told once."""
    key = f"tournament:snapshot:{tournament.pk}:{tables.fingerprint(tournament)}"
    found: TournamentSnapshot | None = cache.get(key)
    if found is None:
        found = _counted(tournament)
        cache.set(key, found, KEPT_S)
    return found


def _counted(tournament: Tournament) -> TournamentSnapshot:
    votes = (
        Vote.objects.standing()
        .filter(battle__tournament=tournament, battle__kind=Battle.Kind.REAL)
        .aggregate(all=Count("pk"), voters=Count("listener", distinct=True))
    )
    ready, total, _ = previews(tournament)
    rows = tables.table_of(tournament).rows
    return {
        "state": "battle" if tournament.is_open() else "closed",
        "number": 0,
        "of": tournament.vote_budget or 0,
        "decided": votes["all"],
        "previews_ready": ready,
        "previews_total": total,
        "votes": votes["all"],
        "voters": votes["voters"],
        "listening": tournament.battles.filter(state=Battle.State.OPEN).count(),
        "leader_p_best": max((row.p_best for row in rows), default=None),
    }
