"""What people do with tournaments: the one door for pages, API and commands.

Battles and votes have modules of their own and are offered here as well.
"""

import secrets
from typing import Final

from django.db import transaction
from django.db.models import Count, F, Max, Q

from accounts.models import User
from mixing import selectors as mixing_selectors
from mixing.jobs import JobState
from mixing.models import Mix
from tournaments import endings
from tournaments.battles import next_battle
from tournaments.founding import (
    LEAST_BATTLES,
    MOST_BATTLES,
    USUAL_BATTLES,
    HumanMix,
    Plan,
    create_tournament,
    start_tournament,
)
from tournaments.membership import join, lock
from tournaments.models import Battle, Participant, Recording, Tournament, Vote
from tournaments.playing import record_listening
from tournaments.recordings import bring_human_mix
from tournaments.refusals import NoDemoSong, NotFinished, NotOwner
from tournaments.result_cards import completion_code, use_code
from tournaments.second_thoughts import UNDO_FOR, change_vote, may_change, undo_vote
from tournaments.trust import review as review_listener
from tournaments.voting import cast_vote, explain_vote, skip_battle

__all__ = [
    "LEAST_BATTLES",
    "MOST_BATTLES",
    "UNDO_FOR",
    "USUAL_BATTLES",
    "HumanMix",
    "Plan",
    "bring_human_mix",
    "cast_vote",
    "change_vote",
    "close_tournament",
    "completion_code",
    "create_tournament",
    "explain_vote",
    "join",
    "may_change",
    "move_to",
    "next_battle",
    "record_listening",
    "review_listener",
    "share",
    "skip_battle",
    "start_tournament",
    "try_demo",
    "undo_vote",
    "unshare",
    "use_code",
]

_TOKEN_BYTES: Final = 32


def try_demo(*, user: User) -> Tournament:
    """A tournament on a demo song: the one under way, or a new one on a song not tried yet.

    Songs whose previews are there come first, so that the first battle plays at once.
    Raises NoDemoSong.
    """
    under_way = Tournament.objects.filter(
        owner=user, state=Tournament.State.OPEN, song__demo_slug__isnull=False
    ).first()
    if under_way is not None:
        return under_way
    ready = Q(mixes__section=Mix.Section.PREVIEW, mixes__state=JobState.READY)
    songs = mixing_selectors.demo_songs().annotate(
        ready_previews=Count("mixes", filter=ready, distinct=True)
    )
    tried = set(Tournament.objects.filter(owner=user).values_list("song_id", flat=True))
    ranked = [((song.ready_previews >= 2, song.pk not in tried), song) for song in songs]
    if not ranked:
        raise NoDemoSong
    first = max(rank for rank, _ in ranked)
    song = secrets.choice([song for rank, song in ranked if rank == first])
    return start_tournament(owner=user, song=song)


@transaction.atomic
def close_tournament(*, tournament: Tournament, by: User) -> Tournament:
    """End it before its budget is spent; the votes so far decide. Raises NotOwner."""
    tournament = _own(tournament, by)
    if tournament.is_open():
        endings.close(tournament, Tournament.Ending.OWNER)
    return tournament


@transaction.atomic
def share(*, tournament: Tournament, by: User) -> str:
    """The token of the public result page; the same one until it is taken back.

    Raises NotOwner, NotFinished.
    """
    tournament = _own(tournament, by)
    if tournament.is_open():
        raise NotFinished
    if tournament.share_token is None:
        tournament.share_token = secrets.token_urlsafe(_TOKEN_BYTES)
        tournament.save(update_fields=["share_token"])
    return tournament.share_token


@transaction.atomic
def unshare(*, tournament: Tournament, by: User) -> None:
    """The public page is gone for good: sharing again makes a new address. Raises NotOwner."""
    tournament = _own(tournament, by)
    tournament.share_token = None
    tournament.save(update_fields=["share_token"])


@transaction.atomic
def move_to(*, guest: User, user: User) -> None:
    """What a guest heard and voted belongs to the account from now on."""
    Tournament.objects.filter(owner=guest).update(owner=user)
    Recording.objects.filter(owner=guest).update(owner=user)
    for participant in Participant.objects.filter(listener=guest).select_related("tournament"):
        _hand_over(participant, user)
    Vote.objects.filter(listener=guest).update(listener=user)


def _hand_over(participant: Participant, user: User) -> None:
    """A guest's place in a tournament; battles of somebody who took part twice are numbered on."""
    tournament, guest = participant.tournament, participant.listener_id
    theirs = tournament.battles.filter(listener=user)
    if theirs.exists():
        tournament.battles.filter(listener=guest, state=Battle.State.OPEN).update(
            state=Battle.State.VOIDED, reason="merged"
        )
        shift = theirs.aggregate(most=Max("number"))["most"]
        tournament.battles.filter(listener=guest).update(number=F("number") + shift)
    tournament.battles.filter(listener=guest).update(listener=user)
    if tournament.participants.filter(listener=user).exists():
        participant.delete()
    else:
        participant.listener = user
        participant.save(update_fields=["listener"])


def _own(tournament: Tournament, user: User) -> Tournament:
    tournament = lock(tournament)
    if tournament.owner_id != user.pk:
        raise NotOwner
    return tournament
