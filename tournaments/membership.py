"""Who may vote in a tournament, and who may watch it."""

from django.db import transaction

from accounts.models import User
from tournaments.models import Participant, Tournament
from tournaments.refusals import NoSuchLink, NotAssigned


def may_vote(tournament: Tournament, user: User) -> bool:
    """The owner, everybody, or those who came by the link: as the tournament says."""
    if tournament.owner_id == user.pk or tournament.is_public():
        return True
    if tournament.voters == Tournament.Voters.OWNER:
        return False
    return tournament.participants.filter(listener=user).exists()


def admit(tournament: Tournament, listener: User) -> Participant:
    """The listener's place in the tournament, locked until the transaction ends.

    Whoever changes what one listener hears takes turns; other listeners need not wait. A personal
    tournament is locked itself, for there its one listener's votes end it. Raises NotAssigned.
    """
    if not may_vote(tournament, listener):
        raise NotAssigned
    if tournament.is_personal():
        tournament = lock(tournament)
    Participant.objects.get_or_create(tournament=tournament, listener=listener)
    return (
        Participant.objects.select_for_update(of=("self",))
        .select_related("tournament__song", "listener")
        .get(tournament=tournament, listener=listener)
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
