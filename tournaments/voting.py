"""Votes: one that counts per battle and listener, whatever races happen, and taking it back."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from tournaments import battles, selectors
from tournaments.listening import floor_s
from tournaments.models import Battle, Listening, Tournament, Vote
from tournaments.refusals import (
    AlreadyVoted,
    BadChoice,
    BattleClosed,
    BattleVoided,
    NotAssigned,
    NotHeard,
    NothingToUndo,
    TooManyVotes,
)

VOTES_PER_WINDOW: Final = 60
WINDOW: Final = timedelta(minutes=10)
"""Two sides of five seconds each: nobody can honestly hear more than 60 battles in ten minutes."""


def cast_vote(*, battle: Battle, listener: User, choice: str) -> tuple[Vote, bool]:
    """The listener's vote, and whether it is new: the same vote again is the same row.

    Only `choice` is taken from outside; what was heard, and when, is the server's knowledge.
    Raises BadChoice, NotAssigned, AlreadyVoted, BattleClosed, BattleVoided, NotHeard, TooManyVotes.
    """
    if choice not in Vote.Choice.values:
        raise BadChoice
    if battle.listener_id != listener.pk:
        raise NotAssigned
    vote, is_new = _cast(battle, listener, Vote.Choice(choice))
    if vote is None:
        # Refused only now: an exception inside the transaction would have undone the voiding.
        raise BattleVoided
    return vote, is_new


@transaction.atomic
def undo_vote(*, tournament: Tournament, listener: User) -> Battle:
    """Take back the vote just cast: its battle is open again, with the same sides.

    What was heard stays heard. A battle that was opened after it is dropped; a tournament that the
    vote closed is open again. The mixers were revealed by then, so the next vote on this battle is
    not a blind one: the withdrawn row beside it says so. Raises NothingToUndo, NotAssigned.
    """
    tournament = battles.lock(tournament)
    if tournament.owner_id != listener.pk:
        raise NotAssigned
    vote = selectors.undoable_vote(tournament)
    if vote is None:
        raise NothingToUndo
    tournament.battles.filter(state=Battle.State.OPEN).update(state=Battle.State.VOIDED)
    vote.withdrawn_at = timezone.now()
    vote.save(update_fields=["withdrawn_at"])
    Battle.objects.filter(pk=vote.battle_id).update(state=Battle.State.OPEN, decided_at=None)
    tournament.state, tournament.closed_at = Tournament.State.OPEN, None
    tournament.save(update_fields=["state", "closed_at"])
    battles.announce(tournament)
    return selectors.battles_of(listener).get(pk=vote.battle_id)


@transaction.atomic
def _cast(battle: Battle, listener: User, choice: Vote.Choice) -> tuple[Vote | None, bool]:
    """The vote and whether it is new; no vote if the battle had to be voided."""
    tournament = battles.lock(battle.tournament)
    battle = selectors.battles_of(listener).get(pk=battle.pk)
    standing = Vote.objects.standing().filter(battle=battle, listener=listener).first()
    if standing is not None:
        if standing.choice != choice:
            raise AlreadyVoted
        return standing, False
    if not tournament.is_open():
        raise BattleClosed
    if battle.is_voided():
        return None, False
    if not battles.is_playable(battle):
        battles.void(battle)
        return None, False
    _check_pace(listener)
    heard = Listening.objects.select_for_update().get(battle=battle)
    battles.settle(heard)
    _check_heard(heard, battle.duration_s)
    vote = Vote.objects.create(
        battle=battle,
        listener=listener,
        choice=choice,
        heard_a_s=heard.heard_a_ms / 1000,
        heard_b_s=heard.heard_b_ms / 1000,
        switches=heard.switches,
        first_side=heard.first_side,
        region_start_s=heard.region_start_s,
        region_stop_s=heard.region_stop_s,
        **_weight(battle, listener),
    )
    _decide(battle, tournament)
    return vote, True


def _decide(battle: Battle, tournament: Tournament) -> None:
    now = timezone.now()
    Battle.objects.filter(pk=battle.pk).update(state=Battle.State.DECIDED, decided_at=now)
    decided = tournament.battles.filter(state=Battle.State.DECIDED).count()
    if decided >= tournament.battle_budget:
        battles.close(tournament, now)
    else:
        battles.announce(tournament)


def _check_heard(heard: Listening, duration_s: float) -> None:
    need_ms = round(floor_s(duration_s) * 1000)
    still_a_ms = max(0, need_ms - heard.heard_a_ms)
    still_b_ms = max(0, need_ms - heard.heard_b_ms)
    if still_a_ms or still_b_ms:
        raise NotHeard(need_a_s=still_a_ms / 1000, need_b_s=still_b_ms / 1000)


def _check_pace(listener: User) -> None:
    """Counted in the votes themselves, withdrawn ones too: it holds with every cache down."""
    now = timezone.now()
    recent = Vote.objects.filter(listener=listener, created_at__gt=now - WINDOW)
    times = list(recent.order_by("-created_at").values_list("created_at", flat=True))
    if len(times) >= VOTES_PER_WINDOW:
        # A place is free when the vote that fills the window falls out of it.
        wait = times[VOTES_PER_WINDOW - 1] + WINDOW - now
        raise TooManyVotes(retry_after=max(1, round(wait.total_seconds())))


def _weight(battle: Battle, listener: User) -> dict[str, object]:
    """Nobody lifts a mixer of their own: such a vote is kept, and counts for nothing."""
    owners = {battle.side_a.mixer.owner_id, battle.side_b.mixer.owner_id}
    if listener.pk in owners:
        return {"counted": False, "why_not_counted": "own_mixer"}
    return {}
