"""Tables with names: standings, the story battle by battle, the champion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from mixing.jobs import FINAL, JobState
from mixing.models import Mix, Song
from tournaments import ratings, tables
from tournaments.models import Battle, Entry, EntryMix, Recording, Tournament, Vote
from tournaments.tables import Cell, Row, Table

# Strengths nearer than this differ by rounding only.
_LEVEL = 1e-9
LONGEST_STORY: Final = 60
"""Battles beyond which a story is nobody's to read, and dear to tell: each has its own fit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry's strength (logits, mean zero), its 95 % interval, and where it may truly stand."""

    entry: Entry
    strength: float
    standard_error: float
    low: float
    high: float
    rank: int
    rank_low: int
    rank_high: int
    p_best: float
    wins: int
    losses: int
    ties: int
    both_bad: int

    @property
    def battles(self) -> int:
        return self.wins + self.losses + self.ties + self.both_bad


@dataclass(frozen=True, slots=True)
class BattleStory:
    """What one battle decided, and who led after it."""

    battle_id: UUID
    number: int
    choice: str
    side_a: Entry
    side_b: Entry
    winner: Entry | None
    heard_a_s: float
    heard_b_s: float
    decided_at: datetime | None
    leader: Entry
    leader_p_best: float


@dataclass(frozen=True, slots=True)
class FullMix:
    """An entry's full mix of one song."""

    song: Song
    sound: Mix | Recording

    @property
    def audio_file(self) -> str:
        """Its stored name; empty until it is made."""
        if isinstance(self.sound, Recording):
            return self.sound.full_file
        return self.sound.audio_file if self.sound.is_ready() else ""


@dataclass(frozen=True, slots=True)
class Champion:
    """The entry with the highest strength, and whether its full mixes can be played yet."""

    entry: Entry
    standing: Standing
    fulls: tuple[FullMix, ...]
    """One per song, in the tournament's order; empty for an imported result."""
    level_with: tuple[Entry, ...]
    """Entries that the votes could not tell from it at all."""

    @property
    def full(self) -> Mix | Recording | None:
        """The full mix of the first song."""
        return self.fulls[0].sound if self.fulls else None

    @property
    def audio_file(self) -> str:
        """The stored name of the first song's full mix; empty until it is made."""
        return self.fulls[0].audio_file if self.fulls else ""

    @property
    def state(self) -> str:
        """ready, rendering, or failed: of the first song."""
        if self.full is None:
            return "failed"
        if self.full.state == JobState.READY:
            return "ready"
        return "failed" if self.full.state in FINAL else "rendering"


@dataclass(slots=True)
class HeadToHead:
    """Votes that count on one pair, whichever side each was on."""

    first: Entry
    second: Entry
    first_wins: int = 0
    second_wins: int = 0
    ties: int = 0
    both_bad: int = 0


def head_to_head(tournament: Tournament) -> list[HeadToHead]:
    """Every pair that was heard, in entry order (two queries)."""
    entries = entries_by_id([tournament])
    pairs: dict[tuple[int, int], HeadToHead] = {}
    for cell in tables.cells_of([tournament])[tournament.pk]:
        a, b = entries[cell.side_a], entries[cell.side_b]
        first, second = (a, b) if a.number < b.number else (b, a)
        pair = pairs.setdefault((first.number, second.number), HeadToHead(first, second))
        winner = {Vote.Choice.A.value: a, Vote.Choice.B.value: b}.get(cell.choice)
        if winner is first:
            pair.first_wins += cell.count
        elif winner is second:
            pair.second_wins += cell.count
        elif cell.choice == Vote.Choice.TIE:
            pair.ties += cell.count
        else:
            pair.both_bad += cell.count
    return [pairs[key] for key in sorted(pairs)]


def standings_of(tournament: Tournament) -> list[Standing]:
    """The entries heard so far, best first."""
    entries = entries_by_id([tournament])
    return named(tables.table_of(tournament, list(entries)), entries)


def named(table: Table, entries: Mapping[UUID, Entry]) -> list[Standing]:
    """The table's rows with their entries."""
    return [_standing(row, entries[row.entry_id]) for row in table.rows]


def entries_by_id(tournaments: Sequence[Tournament]) -> dict[UUID, Entry]:
    """Every entry of these tournaments, in its tournament's order (one query)."""
    rows = (
        Entry.objects.filter(tournament__in=tournaments)
        .select_related("mixer")
        .order_by("tournament", "number")
    )
    return {entry.pk: entry for entry in rows}


def counted_votes(tournament: Tournament) -> list[Vote]:
    """Votes that count, in the order in which their battles were decided."""
    return list(
        Vote.objects.that_count()
        .filter(battle__tournament=tournament, battle__state=Battle.State.DECIDED)
        .select_related("battle__side_a__mixer", "battle__side_b__mixer")
        .order_by("battle__decided_at", "battle__number", "created_at")
    )


def story(votes: Sequence[Vote]) -> list[BattleStory]:
    """The tournament battle by battle; none if it is too long to be told.

    Who led is told among all that were heard in the end.
    """
    if len(votes) > LONGEST_STORY:
        return []
    entries = _entries(votes)
    told = []
    for count, vote in enumerate(votes, start=1):
        leader, chance = _leader(votes[:count], entries)
        battle = vote.battle
        told.append(
            BattleStory(
                battle_id=battle.pk,
                number=battle.number,
                choice=vote.choice,
                side_a=battle.side_a,
                side_b=battle.side_b,
                winner=winner_of(vote),
                heard_a_s=vote.heard_a_s,
                heard_b_s=vote.heard_b_s,
                decided_at=battle.decided_at,
                leader=leader,
                leader_p_best=chance,
            )
        )
    return told


def best(standings: Sequence[Standing], fulls: Sequence[FullMix] | None = None) -> Champion | None:
    """The champion of a finished table; None if nothing was heard.

    `fulls` are its full mixes if they are known already (else two queries).
    """
    if not standings:
        return None
    first = standings[0]
    level = (row.entry for row in standings[1:] if first.strength - row.strength < _LEVEL)
    found = full_mixes([first.entry])[first.entry.pk] if fulls is None else fulls
    return Champion(first.entry, first, tuple(found), tuple(level))


def full_mixes(entries: Sequence[Entry]) -> dict[UUID, list[FullMix]]:
    """Each entry's full mixes, in the tournament's order of songs (one query)."""
    found: dict[UUID, list[FullMix]] = {entry.pk: [] for entry in entries}
    mixes = (
        EntryMix.objects.filter(entry__in=entries)
        .select_related("entry", "song", "full__song", "recording")
        .order_by("pk")
    )
    for mix in mixes:
        sound = mix.full or mix.recording
        if sound is not None:
            found[mix.entry_id].append(FullMix(mix.song, sound))
    return found


def winner_of(vote: Vote) -> Entry | None:
    battle = vote.battle
    winners = {Vote.Choice.A.value: battle.side_a, Vote.Choice.B.value: battle.side_b}
    return winners.get(vote.choice)


def _standing(row: Row, entry: Entry) -> Standing:
    fields = {name: getattr(row, name) for name in Row.__dataclass_fields__ if name != "entry_id"}
    return Standing(entry=entry, **fields)


def _entries(votes: Sequence[Vote]) -> list[Entry]:
    """The entries heard, by number: an order that the votes' order does not change."""
    heard = {e.pk: e for vote in votes for e in (vote.battle.side_a, vote.battle.side_b)}
    return sorted(heard.values(), key=lambda entry: entry.number)


def _leader(votes: Sequence[Vote], entries: Sequence[Entry]) -> tuple[Entry, float]:
    """Who is first by these votes, and the probability that they are the best."""
    cells = [
        Cell(v.battle.side_a_id, v.battle.side_b_id, v.choice, v.first_side, v.weight, 1)
        for v in votes
    ]
    posterior = tables.fit(cells, [entry.pk for entry in entries])
    chances = ratings.p_best(posterior)
    first = int(ratings.best_first(posterior, chances)[0])
    return entries[first], float(chances[first])
