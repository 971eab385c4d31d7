"""A tournament as its format sees it, read from the rows: entries and songs become numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils import timezone

from mixing.jobs import FINAL
from tournaments import tables
from tournaments.clips import is_playable
from tournaments.formats import Assigned, Field, Heard, Summary
from tournaments.judgements import FIRST, SCORES
from tournaments.models import Battle, Entry, EntryMix, Tournament, TournamentSong, Vote

ENDLESS: Final = 1_000_000
"""Votes of a tournament that no budget ends."""
MATCHES: Final = frozenset(
    {
        Tournament.Format.ROUND_ROBIN,
        Tournament.Format.SWISS,
        Tournament.Format.SINGLE_ELIMINATION,
        Tournament.Format.DOUBLE_ELIMINATION,
    }
)
"""Formats in which several votes decide a match."""
MOST_REPEATS: Final = 2
LEFT_OUT: Final = "held_out"
"""Begins every reason for which a vote that counted when it was cast is left out of the fit."""


@dataclass(frozen=True)
class Roster:
    """Who competes, on which songs, and how each sounds there. Anchors stand apart."""

    entries: list[Entry]
    song_ids: list[UUID]
    mixes: list[EntryMix]

    @cached_property
    def place(self) -> dict[UUID, int]:
        """Each competitor's number."""
        return {entry.pk: number for number, entry in enumerate(self.entries)}

    @cached_property
    def song_place(self) -> dict[UUID, int]:
        return {song_id: number for number, song_id in enumerate(self.song_ids)}

    @cached_property
    def by_entry_and_song(self) -> dict[tuple[UUID, UUID], EntryMix]:
        return {(mix.entry_id, mix.song_id): mix for mix in self.mixes}

    @cached_property
    def anchors(self) -> list[EntryMix]:
        """How the hidden anchors sound, those that can be heard."""
        return [m for m in self.mixes if m.entry.is_anchor() and is_playable(m.sound)]

    def mix(self, entry: int, song: int) -> EntryMix:
        return self.by_entry_and_song[self.entries[entry].pk, self.song_ids[song]]

    def audible(self) -> tuple[frozenset[int], ...]:
        """Per song: the entries that can be heard now."""
        return self._per_song(lambda mix: is_playable(mix.sound))

    def coming(self) -> tuple[frozenset[int], ...]:
        """Per song: the entries whose mix is still being made."""
        return self._per_song(lambda mix: mix.sound.state not in FINAL)

    def _per_song(self, holds: Callable[[EntryMix], bool]) -> tuple[frozenset[int], ...]:
        found: list[set[int]] = [set() for _ in self.song_ids]
        for mix in self.mixes:
            place, song = self.place.get(mix.entry_id), self.song_place.get(mix.song_id)
            if place is not None and song is not None and holds(mix):
                found[song].add(place)
        return tuple(map(frozenset, found))


def rosters(tournaments: Sequence[Tournament]) -> dict[UUID, Roster]:
    """The roster of each tournament (two queries)."""
    songs: dict[UUID, list[UUID]] = {t.pk: [] for t in tournaments}
    rows = TournamentSong.objects.filter(tournament__in=tournaments).order_by("position")
    for tournament_id, song_id in rows.values_list("tournament", "song"):
        songs[tournament_id].append(song_id)
    mixes: dict[UUID, list[EntryMix]] = {t.pk: [] for t in tournaments}
    for mix in entry_mixes(tournaments):
        mixes[mix.entry.tournament_id].append(mix)
    return {t.pk: _roster(songs[t.pk], mixes[t.pk]) for t in tournaments}


def roster_of(tournament: Tournament) -> Roster:
    return rosters([tournament])[tournament.pk]


_DRAWN: Final = ("peaks", "settings", "measurements", "timings")
"""What is drawn of a mix: kilobytes of JSON that nobody reads who only asks what can be heard."""


def entry_mixes(tournaments: Iterable[Tournament]) -> QuerySet[EntryMix]:
    """How the tournaments' entries sound, in entry order; what is drawn of them comes if asked."""
    return (
        EntryMix.objects.filter(entry__tournament__in=list(tournaments))
        .select_related("entry__mixer", "preview", "full", "recording")
        .defer(*(f"{mix}__{column}" for mix in ("preview", "full") for column in _DRAWN))
        .defer("entry__mixer__metrics")
        .order_by("entry__number", "pk")
    )


def field_of(tournament: Tournament, roster: Roster, listener_id: UUID | None = None) -> Field:
    """All that the format may know when this listener asks (three to five queries)."""
    arena = tournament.format == Tournament.Format.ARENA
    return Field(
        entries=len(roster.entries),
        audible=roster.audible(),
        coming=roster.coming(),
        budget=vote_limit(tournament),
        heard=heard_in(tournament, roster, listener_id if arena else None),
        summary=_summary(tournament, roster) if arena else None,
        listener=listener_id.int if listener_id else 0,
        assigned=_assigned(tournament, roster, Battle.State.OPEN),
        skipped=_assigned(tournament, roster, Battle.State.SKIPPED, listener_id)
        if listener_id
        else (),
        seed=tournament.seed,
        seeding=tuple(entry.seeding for entry in roster.entries),
        votes_per_match=tournament.votes_per_match,
        rounds=tournament.rounds,
        repeats=_repeats(tournament),
        goal="table" if tournament.goal == Tournament.Goal.TABLE else "winner",
        stop_at=tournament.stop_at,
        over=not tournament.is_open(),
    )


def heard_in(
    tournament: Tournament, roster: Roster, listener_id: UUID | None = None
) -> tuple[Heard, ...]:
    """Votes of real battles, in the order in which the battles were decided (one query).

    Only this listener's, if one is named.
    """
    whose = {} if listener_id is None else {"listener": listener_id}
    rows = (
        Vote.objects.standing()
        .filter(
            battle__tournament=tournament,
            battle__state=Battle.State.DECIDED,
            battle__kind=Battle.Kind.REAL,
            **whose,
        )
        .order_by("battle__decided_at", "battle__number", "battle")
        .values_list(
            "battle__side_a",
            "battle__side_b",
            "choice",
            "listener",
            "battle__song",
            "battle__match",
            "first_side",
            "weight",
            "counted",
            "why_not_counted",
        )
    )
    place, song_place = roster.place, roster.song_place
    fixed = tournament.format in MATCHES
    return tuple(
        Heard(
            a=place[a],
            b=place[b],
            score=SCORES.get(choice),
            listener=listener.int,
            song=song_place.get(song, 0),
            match=match,
            first=FIRST.get(first, 0),
            # What a bracket decided stays decided; only the fit goes without a vote left out later.
            weight=weight if counted or (fixed and why.startswith(LEFT_OUT)) else 0.0,
        )
        for a, b, choice, listener, song, match, first, weight, counted, why in rows.iterator()
        if a in place and b in place
    )


def vote_limit(tournament: Tournament) -> int:
    """Votes after which the tournament is over, if nothing ends it before."""
    if tournament.is_personal():
        return tournament.battle_budget
    return tournament.vote_budget or ENDLESS


def _assigned(
    tournament: Tournament, roster: Roster, state: str, listener_id: UUID | None = None
) -> tuple[Assigned, ...]:
    """Real battles in this state that nobody gave up on."""
    battles = Battle.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()) | ~Q(state=Battle.State.OPEN),
        tournament=tournament,
        state=state,
        kind=Battle.Kind.REAL,
    )
    if listener_id is not None:
        battles = battles.filter(listener=listener_id)
    place, song_place = roster.place, roster.song_place
    rows = battles.values_list("side_a", "side_b", "listener", "song", "match")
    return tuple(
        Assigned(place[a], place[b], listener.int, song_place.get(song, 0), match)
        for a, b, listener, song, match in rows
    )


def _summary(tournament: Tournament, roster: Roster) -> Summary:
    """What the votes add up to. An arena may run on for a hundred thousand votes, so this is kept
    until 2 % more have come: pair choice does not feel the difference."""
    votes = Vote.objects.that_count().filter(battle__tournament=tournament).count()
    step = max(1, votes // 50)
    key = f"summary:{tournament.pk}:{len(roster.entries)}:{step}:{votes // step}"
    found = cache.get(key)
    if isinstance(found, Summary):
        return found
    cells = [
        cell
        for cell in tables.cells_of([tournament])[tournament.pk]
        if cell.side_a in roster.place and cell.side_b in roster.place
    ]
    times = Counter[UUID]()
    for cell in cells:
        times.update({cell.side_a: cell.count, cell.side_b: cell.count})
    made = Summary(
        tables.fit(cells, [entry.pk for entry in roster.entries]),
        tuple(times[entry.pk] for entry in roster.entries),
        votes,
    )
    cache.set(key, made, tables.KEPT_S)
    return made


def _repeats(tournament: Tournament) -> int:
    """How often one listener may hear one pair in one song.

    The same ears on the same two clips mostly answer the same. Where only one person votes they
    must be able to decide a match alone.
    """
    if tournament.voters == Tournament.Voters.OWNER and not tournament.is_personal():
        return max(1, tournament.votes_per_match)
    return MOST_REPEATS if tournament.is_personal() else 1


def _roster(song_ids: list[UUID], mixes: list[EntryMix]) -> Roster:
    entries = {mix.entry_id: mix.entry for mix in mixes if not mix.entry.is_anchor()}
    return Roster(list(entries.values()), song_ids, mixes)
