"""Who may vote in a tournament, and who may watch it."""

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from tournaments.models import Participant, Tournament
from tournaments.prepared import Prepared
from tournaments.refusals import NoSuchLink, NotAssigned


def may_vote(tournament: Tournament, user: User) -> bool:
    """The owner, everybody, or those who came by the link: as the tournament says."""
    if tournament.owner_id == user.pk or tournament.is_public():
        return True
    if tournament.voters == Tournament.Voters.OWNER:
        return False
    return tournament.participants.filter(listener=user).exists()


def openable(tournament_id: UUID, user: User) -> Tournament | None:
    """The tournament, if this person may open it (`open_to` for one, at little cost)."""
    tournament = _TOURNAMENT.first(tournament_id)
    if tournament is None or tournament.owner_id == user.pk or tournament.is_public():
        return tournament
    # A link that was turned off lets nobody new in; who joined stays.
    return tournament if _PLACE.first(tournament_id, user.pk) else None


def may_watch(tournament_id: UUID, user: object) -> bool:
    """Whoever may open a tournament may watch it; everybody's may be watched by anybody."""
    return Tournament.objects.open_to(user).filter(pk=tournament_id).exists()


def may_export(tournament: Tournament, user: object) -> bool:
    """The owner and staff; and anybody, once a tournament that was everybody's is over."""
    if tournament.owner_id == getattr(user, "pk", None) or getattr(user, "is_staff", False):
        return True
    return tournament.is_public() and not tournament.is_open()


def admit(tournament: Tournament, listener: User) -> Participant:
    """The listener's place in the tournament, locked until the transaction ends.

    Whoever changes what one listener hears takes turns; other listeners need not wait. A personal
    tournament is locked itself, for there its one listener's votes end it. Raises NotAssigned.
    """
    if not may_vote(tournament, listener):
        raise NotAssigned
    if tournament.is_personal():
        tournament = lock(tournament)
    place = _PLACE_LOCKED.first(tournament.pk, listener.pk)
    if place is None:
        Participant.objects.get_or_create(tournament=tournament, listener=listener)
        (place,) = _PLACE_LOCKED(tournament.pk, listener.pk)
    place.listener = listener
    return place


def _place(tournament: UUID, listener: UUID) -> QuerySet[Participant]:
    return Participant.objects.filter(tournament=tournament, listener=listener)


_TOURNAMENT: Final = Prepared(lambda tournament: Tournament.objects.filter(pk=tournament), UUID)
_PLACE: Final = Prepared(_place, UUID, UUID)
_PLACE_LOCKED: Final = Prepared(
    lambda tournament, listener: (
        _place(tournament, listener).select_for_update(of=("self",)).select_related("tournament")
    ),
    UUID,
    UUID,
)


@transaction.atomic
def join(*, token: str, listener: User) -> Tournament:
    """Take part by a link. Joining twice is joining once. Raises NoSuchLink."""
    tournament = Tournament.objects.filter(join_token=token, voters=Tournament.Voters.LINK).first()
    if tournament is None:
        raise NoSuchLink
    Participant.objects.get_or_create(tournament=tournament, listener=listener)
    return tournament


def lock(tournament: Tournament) -> Tournament:
    """The row, locked until the transaction ends: whoever changes a tournament takes turns."""
    return Tournament.objects.select_for_update().get(pk=tournament.pk)
