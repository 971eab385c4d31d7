"""Who competes in a tournament, and how each sounds: kept by each process while it stays true."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from mixing.jobs import FINAL
from tournaments.clips import is_playable
from tournaments.models import Entry, EntryMix, Tournament, TournamentSong
from tournaments.prepared import Prepared

MOST_KEPT: Final = 64


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
    """The tournament's roster (one query if nothing changed, else three); not to be changed."""
    state = _STATE(tournament.pk)
    with _lock:
        kept = _kept.get(tournament.pk)
    if kept is not None and kept[0] == state:
        return kept[1]
    made = rosters([tournament])[tournament.pk]
    with _lock:
        # If something changed between the two questions, the next one sees it.
        _kept[tournament.pk] = (state, made)
        _kept.move_to_end(tournament.pk)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


# All of a roster that may change; entries and songs are fixed when a tournament begins.
_STATE: Final = Prepared(
    lambda tournament: (
        EntryMix.objects.filter(entry__tournament=tournament)
        .order_by("entry__number", "pk")
        .values_list(
            "pk",
            "entry__label",
            "entry__mixer__name",
            "entry__mixer__status",
            "entry__mixer__owner",
            *(f"preview__{column}" for column in ("state", "frames", "lufs", "true_peak_dbtp")),
            *(
                f"recording__{column}"
                for column in ("failed", "audio_file", "frames", "lufs", "true_peak_dbtp")
            ),
        )
    ),
    UUID,
)
_kept: Final[OrderedDict[UUID, tuple[list[tuple[Any, ...]], Roster]]] = OrderedDict()
_lock: Final = Lock()


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


def _roster(song_ids: list[UUID], mixes: list[EntryMix]) -> Roster:
    entries = {mix.entry_id: mix.entry for mix in mixes if not mix.entry.is_anchor()}
    return Roster(list(entries.values()), song_ids, mixes)
