"""What people do with tournaments: the one door for pages, API and commands.

Battles and votes have modules of their own and are offered here as well.
"""

import secrets
from collections import defaultdict
from typing import Final

from django.db import transaction
from django.db.models import Count, Q

from accounts.models import User
from mixing import selectors as mixing_selectors
from mixing import services as mixing_services
from mixing.jobs import JobState
from mixing.models import Mix, Song
from tournaments import battles
from tournaments.battles import next_battle, record_listening
from tournaments.models import Battle, Entry, Tournament, Vote
from tournaments.refusals import BadBudget, NoDemoSong, NotFinished, NotOwner, TooFewMixers
from tournaments.voting import cast_vote, undo_vote

__all__ = [
    "cast_vote",
    "close_tournament",
    "move_to",
    "next_battle",
    "record_listening",
    "share",
    "start_tournament",
    "try_demo",
    "undo_vote",
    "unshare",
]

LEAST_BATTLES: Final = 3
MOST_BATTLES: Final = 15
USUAL_BATTLES: Final = 7
_TOKEN_BYTES: Final = 32


@transaction.atomic
def start_tournament(*, owner: User, song: Song, battle_budget: int = USUAL_BATTLES) -> Tournament:
    """A personal tournament between the community's mixers on this song.

    Orders every mix that is missing. One like it that nobody voted in yet is returned instead of a
    second one. Raises BadBudget, TooFewMixers, and what mixing refuses (song not ready, …).
    """
    if not LEAST_BATTLES <= battle_budget <= MOST_BATTLES:
        raise BadBudget
    mixers = [m for m in mixing_selectors.listed_mixers(owner) if m.owner_id is None]
    if len(mixers) < 2:
        raise TooFewMixers
    # This also locks the song, so that two clicks take turns.
    mixes = mixing_services.request_mixes(song=song, by=owner, mixers=mixers)
    untouched = _untouched(owner, song, battle_budget, mixes)
    if untouched is not None:
        return untouched
    tournament = Tournament.objects.create(
        owner=owner, song=song, battle_budget=battle_budget, seed=secrets.randbits(63)
    )
    by_mixer: dict[object, dict[str, Mix]] = defaultdict(dict)
    for mix in mixes:
        by_mixer[mix.mixer_id][mix.section] = mix
    Entry.objects.bulk_create(
        Entry(
            tournament=tournament,
            mixer=mixer,
            preview=by_mixer[mixer.pk][Mix.Section.PREVIEW],
            full=by_mixer[mixer.pk][Mix.Section.FULL],
        )
        for mixer in mixers
    )
    return tournament


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
        battles.close(tournament)
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
    Battle.objects.filter(listener=guest).update(listener=user)
    Vote.objects.filter(listener=guest).update(listener=user)


def _own(tournament: Tournament, user: User) -> Tournament:
    tournament = battles.lock(tournament)
    if tournament.owner_id != user.pk:
        raise NotOwner
    return tournament


def _untouched(owner: User, song: Song, battle_budget: int, mixes: list[Mix]) -> Tournament | None:
    """An open tournament like the one asked for, on these very mixes, without a vote."""
    return (
        Tournament.objects.filter(
            owner=owner,
            song=song,
            battle_budget=battle_budget,
            state=Tournament.State.OPEN,
            entries__full__in=mixes,
        )
        .exclude(battles__votes__isnull=False)
        .distinct()
        .first()
    )
