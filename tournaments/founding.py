"""Starting a tournament: songs, competitors, format, and who may vote until when."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.refusals import AccountNeeded
from mixing import selectors as mixing_selectors
from mixing import services as mixing_services
from mixing.models import Mix, Mixer, Song
from tournaments import advice, anchors
from tournaments.models import (
    Entry,
    EntryMix,
    MixerStrength,
    Participant,
    Recording,
    Tournament,
    TournamentSong,
)
from tournaments.refusals import BadBudget, BadTournament, TooFewMixers, TooManyEntries

LEAST_BATTLES: Final = 3
MOST_BATTLES: Final = 15
USUAL_BATTLES: Final = 7
USUAL_SESSION: Final = 12
USUAL_VOTES_PER_MATCH: Final = 3
MOST_ENTRIES: Final = 33
MOST_SONGS: Final = 8
MOST_VOTES: Final = 100_000
LONGEST: Final = timedelta(days=366)
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class HumanMix:
    """A person's mix that competes: its name for later, and its sound on each song."""

    label: str
    recordings: tuple[Recording, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a tournament runs. Every value has a default that is sensible for its format."""

    format: str = Tournament.Format.PERSONAL
    title: str = ""
    goal: str = Tournament.Goal.WINNER
    voters: str = Tournament.Voters.OWNER
    battle_budget: int | None = None
    votes_per_match: int | None = None
    rounds: int = 0
    vote_budget: int | None = None
    ends_at: datetime | None = None
    stop_at: float | None = None
    hidden_checks: bool | None = None
    is_community: bool = False

    def columns(self) -> dict[str, Any]:
        """The row's columns. Raises BadBudget, BadTournament."""
        self._check()
        personal = self.format == Tournament.Format.PERSONAL
        alone = self.voters == Tournament.Voters.OWNER
        usual = USUAL_BATTLES if personal else USUAL_SESSION
        votes = self.votes_per_match or (1 if alone else USUAL_VOTES_PER_MATCH)
        checks = (not personal and not alone) if self.hidden_checks is None else self.hidden_checks
        return {
            "format": self.format,
            "title": " ".join(self.title.split()),
            "goal": self.goal,
            "voters": self.voters,
            "battle_budget": self.battle_budget or usual,
            "votes_per_match": votes,
            "rounds": self.rounds,
            "vote_budget": None if personal else self.vote_budget,
            "ends_at": self.ends_at,
            "stop_at": self.stop_at,
            "hidden_checks": checks,
            "is_community": self.is_community,
            "join_token": secrets.token_urlsafe(_TOKEN_BYTES)
            if self.voters == Tournament.Voters.LINK
            else None,
        }

    def _check(self) -> None:
        personal = self.format == Tournament.Format.PERSONAL
        if self.battle_budget is not None and not (
            LEAST_BATTLES <= self.battle_budget <= MOST_BATTLES
        ):
            raise BadBudget
        now = timezone.now()
        wrong = {
            "The format is not known.": self.format not in Tournament.Format.values,
            "The goal is winner or table.": self.goal not in Tournament.Goal.values,
            "The voters are owner, link or everybody.": self.voters not in Tournament.Voters.values,
            "A personal tournament has one listener.": personal
            and self.voters != Tournament.Voters.OWNER,
            "A title has at most 120 characters.": len(self.title) > 120,
            "A match has 1 to 99 votes.": self.votes_per_match is not None
            and not 1 <= self.votes_per_match <= 99,
            "There are 0 to 32 rounds.": not 0 <= self.rounds <= 32,
            "There are 1 to 100000 votes.": self.vote_budget is not None
            and not 1 <= self.vote_budget <= MOST_VOTES,
            "The end lies within the next year.": self.ends_at is not None
            and not now < self.ends_at <= now + LONGEST,
            "It stops at a probability of 0.5 to 0.999.": self.stop_at is not None
            and not 0.5 <= self.stop_at <= 0.999,
        }
        for message, is_wrong in wrong.items():
            if is_wrong:
                raise BadTournament(message)


def start_tournament(*, owner: User, song: Song, battle_budget: int = USUAL_BATTLES) -> Tournament:
    """A personal tournament on one song between the community's mixers and the owner's own.

    Orders every mix that is missing. One like it that nobody voted in yet is returned instead of a
    second one. Raises BadBudget, TooFewMixers, and what mixing refuses (song not ready, …).
    """
    return create_tournament(owner=owner, songs=[song], plan=Plan(battle_budget=battle_budget))


@transaction.atomic
def create_tournament(
    *,
    owner: User,
    songs: Sequence[Song],
    plan: Plan | None = None,
    mixers: Iterable[Mixer] | None = None,
    human_mixes: Sequence[HumanMix] = (),
    anchors_too: bool | None = None,
) -> Tournament:
    """Start a tournament; without anything said, a personal one.

    Args:
        songs: 1 to 8 that the owner may mix; the first is the one that lists show.
        mixers: who competes; the community's listed mixers and the owner's own if not said.
        human_mixes: people's own mixes, which compete unnamed.
        anchors_too: mixes made bad on purpose, for hidden checks; by default where there are any.

    A personal tournament like it that nobody voted in yet is returned instead of a second one.
    Raises BadBudget, BadTournament, TooFewMixers, TooManyEntries, AccountNeeded, and what mixing
    refuses (NotYourSong, SongNotReady, …).
    """
    plan = plan or Plan()
    columns = plan.columns()
    _check_people(owner, plan)
    if not 1 <= len({song.pk for song in songs}) == len(songs) <= MOST_SONGS:
        raise BadTournament(f"A tournament has 1 to {MOST_SONGS} different songs.")
    chosen = list(mixers) if mixers is not None else _usual_mixers(owner, songs[0])
    _check_entries(len(chosen), len(human_mixes))
    # This also locks the songs, so that two clicks take turns.
    mixes = [
        mix
        for song in songs
        for mix in (
            mixing_services.request_mixes(song=song, by=owner, mixers=chosen) if chosen else ()
        )
    ]
    if plan.format == Tournament.Format.PERSONAL and not human_mixes:
        untouched = _untouched(owner, songs, columns, mixes)
        if untouched is not None:
            return untouched
    tournament = Tournament.objects.create(
        owner=owner, song=songs[0], seed=secrets.randbits(63), **columns
    )
    TournamentSong.objects.bulk_create(
        TournamentSong(tournament=tournament, song=song, position=position)
        for position, song in enumerate(songs)
    )
    Participant.objects.create(tournament=tournament, listener=owner)
    _enter_mixers(tournament, chosen, mixes)
    _enter_humans(tournament, human_mixes, songs, after=len(chosen))
    if columns["hidden_checks"] if anchors_too is None else anchors_too:
        anchors.enter(tournament, songs, number=len(chosen) + len(human_mixes))
    return tournament


def _usual_mixers(owner: User, song: Song) -> list[Mixer]:
    """The community's, and those that somebody who knows the listener suggests."""
    community = [m for m in mixing_selectors.listed_mixers(owner) if m.owner_id is None]
    known = {mixer.pk for mixer in community}
    invited = [m for m in advice.challengers(owner, song) if m.pk not in known]
    return community + invited


def _check_people(owner: User, plan: Plan) -> None:
    if plan.is_community and not owner.is_staff:
        raise BadTournament("Only staff start community tournaments.")
    if owner.is_guest and plan.voters != Tournament.Voters.OWNER:
        raise AccountNeeded


def _check_entries(mixers: int, humans: int) -> None:
    if mixers + humans < 2:
        raise TooFewMixers
    if mixers + humans > MOST_ENTRIES:
        raise TooManyEntries


def _enter_mixers(tournament: Tournament, mixers: Sequence[Mixer], mixes: Sequence[Mix]) -> None:
    seeding = _seeding(mixers)
    entries = [
        Entry(tournament=tournament, number=number, mixer=mixer, seeding=seeding[mixer.pk])
        for number, mixer in enumerate(sorted(mixers, key=lambda mixer: (mixer.name, mixer.pk)))
    ]
    Entry.objects.bulk_create(entries)
    found = {(mix.mixer_id, mix.song_id, mix.section): mix for mix in mixes}
    songs = dict.fromkeys(mix.song_id for mix in mixes)
    EntryMix.objects.bulk_create(
        EntryMix(
            entry=entry,
            song_id=song,
            preview=found[entry.mixer_id, song, Mix.Section.PREVIEW],
            full=found[entry.mixer_id, song, Mix.Section.FULL],
        )
        for song in songs
        for entry in entries
        if entry.mixer_id is not None
    )


def _enter_humans(
    tournament: Tournament, humans: Sequence[HumanMix], songs: Sequence[Song], *, after: int
) -> None:
    wanted = {song.pk for song in songs}
    for number, human in enumerate(humans, start=after):
        if not human.recordings or not {r.song_id for r in human.recordings} <= wanted:
            raise BadTournament("A person's mix is of one of the tournament's songs.")
        label = " ".join(human.label.split())[:80] or "A person's mix"
        entry = Entry.objects.create(
            tournament=tournament,
            number=number,
            kind=Entry.Kind.HUMAN,
            label=label,
            owner_id=human.recordings[0].owner_id,
        )
        EntryMix.objects.bulk_create(
            EntryMix(entry=entry, song_id=recording.song_id, recording=recording)
            for recording in {r.song_id: r for r in human.recordings}.values()
        )


def _seeding(mixers: Sequence[Mixer]) -> dict[UUID, float]:
    """Each mixer's last known strength on the overall board; 0 for one without."""
    rows = MixerStrength.objects.filter(mixer__in=mixers, genre="").order_by("day")
    known = {row.mixer_id: row.strength for row in rows}
    return {mixer.pk: known.get(mixer.pk, 0.0) for mixer in mixers}


def _untouched(
    owner: User, songs: Sequence[Song], columns: dict[str, Any], mixes: Sequence[Mix]
) -> Tournament | None:
    """An open tournament like the one asked for, on these very mixes, without a vote."""
    wanted = {mix.pk for mix in mixes if not mix.is_preview()}
    alike = (
        Tournament.objects.filter(
            owner=owner,
            song=songs[0],
            format=columns["format"],
            battle_budget=columns["battle_budget"],
            title=columns["title"],
            state=Tournament.State.OPEN,
        )
        .exclude(battles__votes__isnull=False)
        .distinct()
    )
    for tournament in alike:
        entered = EntryMix.objects.filter(entry__tournament=tournament)
        if wanted == set(entered.values_list("full", flat=True)):
            return tournament
    return None
