"""Taking a vote back, and changing it: a withdrawn row stays beside the new one."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from tournaments import live, selectors
from tournaments.fields import MATCHES, field_of
from tournaments.formats import FORMATS
from tournaments.membership import admit, lock
from tournaments.models import Battle, Listening, Tournament, Vote
from tournaments.refusals import (
    BadChoice,
    BattleClosed,
    NothingToUndo,
    NotVoted,
    RoundClosed,
    TooLate,
)
from tournaments.rosters import roster_of
from tournaments.voting import announce, check_pace, record

UNDO_FOR: Final = timedelta(seconds=30)
"""Where others vote too, a vote is soon built upon."""


@transaction.atomic
def undo_vote(*, tournament: Tournament, listener: User) -> Battle:
    """Take back the vote just cast: its battle is open again, with the same sides.

    What was heard stays heard. A battle that was opened after it is dropped; a tournament that the
    vote closed is open again. The mixers were revealed by then, so the next vote on this battle is
    not a blind one: the withdrawn row beside it says so. Where others vote too it can be taken
    back for 30 s, and not once its round is over.
    Raises NothingToUndo, NotAssigned, TooLate, RoundClosed.
    """
    tournament = admit(tournament, listener).tournament
    vote = selectors.undoable_vote(tournament, listener)
    if vote is None:
        raise NothingToUndo
    if not tournament.is_personal():
        _check_recent(vote)
        _check_round(tournament, vote.battle)
    open_battles = tournament.battles.filter(listener=listener, state=Battle.State.OPEN)
    open_battles.update(state=Battle.State.VOIDED, reason="undone")
    vote.withdrawn_at = timezone.now()
    vote.save(update_fields=["withdrawn_at"])
    Battle.objects.filter(pk=vote.battle_id).update(state=Battle.State.OPEN, decided_at=None)
    if not tournament.is_open():
        _reopen(tournament)
    announce(vote, tournament)
    live.tell(tournament)
    return selectors.battles_of(listener).get(pk=vote.battle_id)


@transaction.atomic
def change_vote(*, battle: Battle, listener: User, choice: str) -> Vote:
    """Another choice in a battle that is decided, until its round (or the tournament) is over.

    The sides were revealed by then: the new vote says so. The same choice again is the same row.
    Raises BadChoice, NotAssigned, NotVoted, BattleClosed, RoundClosed, TooManyVotes.
    """
    if choice not in Vote.Choice.values:
        raise BadChoice
    tournament = admit(battle.tournament, listener).tournament
    vote = (
        Vote.objects.standing()
        .filter(battle=battle, listener=listener)
        .select_related("battle")
        .first()
    )
    if vote is None:
        raise NotVoted
    if vote.choice == choice:
        return vote
    if not tournament.is_open():
        raise BattleClosed
    _check_round(tournament, vote.battle)
    check_pace(listener)
    vote.withdrawn_at = timezone.now()
    vote.save(update_fields=["withdrawn_at"])
    battle = selectors.battles_of(listener).get(pk=battle.pk)
    heard = Listening.objects.get(battle=battle)
    changed = record(
        battle, listener, choice, heard, vote.device, is_informed=True, chips=vote.chips
    )
    announce(changed, tournament)
    live.tell(tournament)
    return changed


def may_change(tournament: Tournament, battle: Battle) -> bool:
    """Whether a vote in this battle may still be changed."""
    return tournament.is_open() and not _round_is_closed(tournament, battle)


def _check_recent(vote: Vote) -> None:
    if timezone.now() - vote.created_at > UNDO_FOR:
        raise TooLate


def _check_round(tournament: Tournament, battle: Battle) -> None:
    if _round_is_closed(tournament, battle):
        raise RoundClosed


def _round_is_closed(tournament: Tournament, battle: Battle) -> bool:
    """A bracket's later rounds are built on this one; formats without rounds never settle."""
    if tournament.format not in MATCHES or battle.match is None:
        return False
    bracket = FORMATS[tournament.format].bracket(field_of(tournament, roster_of(tournament)))
    if bracket is None:
        return False
    return any(
        match.number == battle.match and part.closed
        for part in bracket.rounds
        for match in part.matches
    )


def _reopen(tournament: Tournament) -> None:
    tournament = lock(tournament)
    tournament.state, tournament.closed_at = Tournament.State.OPEN, None
    tournament.ended_because = ""
    tournament.save(update_fields=["state", "closed_at", "ended_because"])
    live.tell_now(tournament)
