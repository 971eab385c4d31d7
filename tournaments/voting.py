"""Votes: one that counts per battle and listener, whatever races happen."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from tournaments import battles, endings, live, selectors, signals, trust
from tournaments.listening import floor_s
from tournaments.membership import admit
from tournaments.models import Battle, Listening, Participant, Tournament, Vote
from tournaments.playing import heard_of, settle
from tournaments.prepared import Prepared
from tournaments.refusals import (
    AlreadyVoted,
    BadChips,
    BadChoice,
    BadSkip,
    BattleClosed,
    BattleVoided,
    NotAssigned,
    NotHeard,
    NotVoted,
    TooManySkips,
    TooManyVotes,
)

VOTES_PER_WINDOW: Final = 60
WINDOW: Final = timedelta(minutes=10)
"""Two sides of five seconds each: nobody can honestly hear more than 60 battles in ten minutes."""
SKIPS_PER_WINDOW: Final = 30

# A battle has one listener: all its votes are theirs.
_VOTES: Final = Prepared(lambda battle: Vote.objects.filter(battle=battle), UUID)
_VOTE_TIMES: Final = Prepared(
    lambda listener, since: (
        Vote.objects.filter(listener=listener, created_at__gt=since)
        .order_by("-created_at")
        .values_list("created_at")[:VOTES_PER_WINDOW]
    ),
    UUID,
    datetime,
)


def cast_vote(
    *, battle: Battle, listener: User, choice: str, device: str = ""
) -> tuple[Vote, bool]:
    """The listener's vote, and whether it is new: the same vote again is the same row.

    Only `choice` is taken from outside (and `device`, what they listen with, if it is a known
    one); what was heard, and when, is the server's knowledge. Raises BadChoice, NotAssigned,
    AlreadyVoted, BattleClosed, BattleVoided, NotHeard, TooManyVotes.
    """
    if choice not in Vote.Choice.values:
        raise BadChoice
    if battle.listener_id != listener.pk:
        raise NotAssigned
    known = device if device in Vote.Device.values else ""
    vote, is_new = _cast(battle, listener, Vote.Choice(choice), known)
    if vote is None:
        # Refused only now: an exception inside the transaction would have undone the voiding.
        raise BattleVoided
    return vote, is_new


@transaction.atomic
def skip_battle(*, battle: Battle, listener: User, reason: str) -> None:
    """Hear another pair instead. A skip is not a vote; skipping again changes nothing.

    Raises NotAssigned, BadSkip, BattleClosed, AlreadyVoted, TooManySkips.
    """
    if reason not in Battle.SkipReason.values:
        raise BadSkip
    participant, battle = _turn(battle, listener)
    if battle.state == Battle.State.SKIPPED:
        return
    if battle.state == Battle.State.DECIDED:
        raise AlreadyVoted
    if not battle.is_open() or not participant.tournament.is_open():
        raise BattleClosed
    recent = Battle.objects.filter(
        listener=listener,
        state=Battle.State.SKIPPED,
        created_at__gt=timezone.now() - WINDOW,
    )
    if recent.count() >= SKIPS_PER_WINDOW:
        raise TooManySkips(retry_after=int(WINDOW.total_seconds()))
    Battle.objects.filter(pk=battle.pk).update(state=Battle.State.SKIPPED, reason=reason)
    live.tell(participant.tournament)


@transaction.atomic
def explain_vote(*, battle: Battle, listener: User, chips: list[str]) -> Vote:
    """Why, in single words; the list replaces the one before. Raises BadChips, NotVoted."""
    if not set(chips) <= set(Vote.Chip.values):
        raise BadChips
    vote = (
        Vote.objects.standing()
        .select_for_update(of=("self",))
        .filter(battle=battle, listener=listener)
        .first()
    )
    if vote is None:
        raise NotVoted
    vote.chips = [chip for chip in Vote.Chip.values if chip in chips]
    vote.save(update_fields=["chips"])
    announce(vote, battle.tournament)
    return vote


@transaction.atomic
def _cast(
    battle: Battle, listener: User, choice: Vote.Choice, device: str
) -> tuple[Vote | None, bool]:
    """The vote and whether it is new; no vote if the battle had to be voided."""
    participant, battle = _turn(battle, listener)
    tournament = participant.tournament
    before = _VOTES(battle.pk)
    standing = next((v for v in before if v.withdrawn_at is None), None)
    if standing is not None:
        if standing.choice != choice:
            raise AlreadyVoted
        return standing, False
    over = not tournament.is_open() or endings.is_past(tournament)
    if over or battle.state == Battle.State.SKIPPED:
        raise BattleClosed
    if battle.is_voided():
        return None, False
    if not battles.is_playable(battle):
        battles.void(battle, "unplayable")
        return None, False
    check_pace(listener)
    heard = heard_of(battle)
    settle(heard)
    _check_heard(heard, battle.duration_s)
    # Undone or edited: the sides were revealed before this choice.
    vote = record(battle, listener, choice, heard, device, is_informed=bool(before))
    if tournament.is_personal() or battle.number % tournament.battle_budget == 0:
        announce(vote, tournament)
    _decide(battle, participant)
    return vote, True


def record(
    battle: Battle,
    listener: User,
    choice: str,
    heard: Listening,
    device: str,
    *,
    is_informed: bool,
    **more: object,
) -> Vote:
    """The row of a vote, with what was heard and what it weighs."""
    return Vote.objects.create(
        battle=battle,
        listener=listener,
        choice=choice,
        heard_a_s=heard.heard_a_ms / 1000,
        heard_b_s=heard.heard_b_ms / 1000,
        switches=heard.switches,
        first_side=heard.first_side,
        region_start_s=heard.region_start_s,
        region_stop_s=heard.region_stop_s,
        device=device,
        is_informed=is_informed,
        **(_weight(battle, listener) | more),
    )


def check_pace(listener: User) -> None:
    """Counted in the votes themselves, withdrawn ones too: it holds with every cache down.

    Raises TooManyVotes.
    """
    now = timezone.now()
    times = _VOTE_TIMES(listener.pk, now - WINDOW)
    if len(times) >= VOTES_PER_WINDOW:
        # A place is free when the vote that fills the window falls out of it.
        wait = times[VOTES_PER_WINDOW - 1][0] + WINDOW - now
        raise TooManyVotes(retry_after=max(1, round(wait.total_seconds())))


def _turn(battle: Battle, listener: User) -> tuple[Participant, Battle]:
    """The listener's turn (locked), and the battle as it is now. Raises NotAssigned."""
    if battle.listener_id != listener.pk:
        raise NotAssigned
    participant = admit(battle.tournament, listener)
    now = selectors.battle_in_turn(battle.pk, participant.tournament)
    if now.listener_id != listener.pk:
        raise NotAssigned
    return participant, now


def _decide(battle: Battle, participant: Participant) -> None:
    tournament, now = participant.tournament, timezone.now()
    Battle.objects.filter(pk=battle.pk).update(state=Battle.State.DECIDED, decided_at=now)
    if participant.finished_at is None and battle.number >= tournament.battle_budget:
        participant.finished_at = now
        participant.save(update_fields=["finished_at"])
    # Dearer questions (is it sure? is every match decided?) wait for the next refresh.
    if endings.is_spent(tournament) and endings.close_if_over(tournament):
        return
    live.tell(tournament)


def _check_heard(heard: Listening, duration_s: float) -> None:
    need_ms = round(floor_s(duration_s) * 1000)
    still_a_ms = max(0, need_ms - heard.heard_a_ms)
    still_b_ms = max(0, need_ms - heard.heard_b_ms)
    if still_a_ms or still_b_ms:
        raise NotHeard(need_a_s=still_a_ms / 1000, need_b_s=still_b_ms / 1000)


def _weight(battle: Battle, listener: User) -> dict[str, object]:
    """Who they are to the sides, and how far their votes are trusted.

    Nobody lifts a mix of their own: such a vote is kept, and counts for nothing. Only in a
    personal tournament it does, for there it tells nothing but their taste.
    """
    makers = {battle.side_a.maker_id, battle.side_b.maker_id}
    if battle.tournament.is_personal():
        return {}
    if listener.pk in makers:
        return {"counted": False, "why_not_counted": "own_mixer"}
    return trust.weight_of(listener)


def announce(vote: Vote, tournament: Tournament) -> None:
    """Tell whoever learns from votes, on commit."""
    signals.announce_vote(
        tournament_id=tournament.pk, listener_id=vote.listener_id, vote_id=vote.pk
    )
