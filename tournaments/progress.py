"""How far tournaments are: safe to show before a vote, for it names no side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal
from uuid import UUID

from django.db.models import F, Q

from accounts.models import User
from mixing.jobs import FINAL
from tournaments import standings, tables
from tournaments.clips import is_playable
from tournaments.models import Battle, Entry, EntryMix, Tournament, Vote
from tournaments.rosters import entry_mixes
from tournaments.standings import Champion


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a tournament is, for one of its listeners."""

    state: Literal["battle", "waiting", "closed"]
    number: int
    """Of the battle at hand, within the listener's session."""
    of: int
    """Battles of a session."""
    decided: int
    """Battles this listener decided, in all sessions."""
    previews_ready: int
    previews_total: int
    previews_failed: int
    open_battle_id: UUID | None
    may_undo: bool


@dataclass(frozen=True, slots=True)
class TournamentCard:
    """A tournament in a list."""

    tournament: Tournament
    progress: Progress
    champion: Champion | None


def progress(tournament: Tournament, listener: User | None = None) -> Progress:
    """Where the tournament stands for this listener, or its owner (three queries)."""
    return _progress_of([tournament], listener)[tournament.pk]


def cards(tournaments: Sequence[Tournament], listener: User | None = None) -> list[TournamentCard]:
    """Progress and champion of each, in six queries at most."""
    progress_of = _progress_of(tournaments, listener)
    champions = _champions([t for t in tournaments if not t.is_open()])
    return [TournamentCard(t, progress_of[t.pk], champions.get(t.pk)) for t in tournaments]


def entries_of(tournament: Tournament) -> list[Entry]:
    """The competitors in a lasting order; hidden anchors are not told."""
    rows = tournament.entries.exclude(kind=Entry.Kind.ANCHOR).select_related("mixer")
    return list(rows.order_by("number"))


def undoable_vote(tournament: Tournament, listener: User | None = None) -> Vote | None:
    """The vote that can be taken back: the listener's very last one, unless somebody ended the
    tournament after it."""
    latest = _latest_votes([tournament], listener).get(tournament.pk)
    return latest if _may_undo(tournament, latest) else None


def _champions(closed: Sequence[Tournament]) -> dict[UUID, Champion]:
    if not closed:
        return {}
    entries = standings.entries_by_id(closed)
    order: dict[UUID, list[Entry]] = defaultdict(list)
    for entry in entries.values():
        order[entry.tournament_id].append(entry)
    cells = tables.cells_of(closed)
    found = {
        t.pk: standings.named(
            tables.table(cells[t.pk], [entry.pk for entry in order[t.pk]]), entries
        )
        for t in closed
        if cells[t.pk]
    }
    first = {key: rows[0].entry for key, rows in found.items() if rows}
    fulls = standings.full_mixes(list(first.values()))
    champions = {key: standings.best(found[key], fulls[first[key].pk]) for key in first}
    return {key: champion for key, champion in champions.items() if champion is not None}


def _progress_of(tournaments: Sequence[Tournament], listener: User | None) -> dict[UUID, Progress]:
    mixes, battles = defaultdict(list), defaultdict(list)
    for mix in entry_mixes(tournaments):
        if not mix.entry.is_anchor():
            mixes[mix.entry.tournament_id].append(mix)
    stand = Battle.objects.that_stand().filter(tournament__in=tournaments)
    for battle in stand.filter(_whose(listener, "tournament")):
        battles[battle.tournament_id].append(battle)
    latest = _latest_votes(tournaments, listener)
    return {t.pk: _progress(t, mixes[t.pk], battles[t.pk], latest.get(t.pk)) for t in tournaments}


def _progress(
    tournament: Tournament,
    mixes: Sequence[EntryMix],
    battles: Sequence[Battle],
    latest: Vote | None,
) -> Progress:
    decided = sum(battle.state == Battle.State.DECIDED for battle in battles)
    open_battle = next((battle for battle in battles if battle.is_open()), None)
    ready, total, failed = _count(mixes)
    state: Literal["battle", "waiting", "closed"] = "waiting"
    if not tournament.is_open():
        state = "closed"
    elif open_battle is not None or not _must_wait(mixes, battles):
        state = "battle"
    length = tournament.battle_budget
    at_hand = (open_battle.number if open_battle else decided + 1) - 1
    return Progress(
        state=state,
        number=min(at_hand, length - 1) + 1 if tournament.is_personal() else at_hand % length + 1,
        of=length,
        decided=decided,
        previews_ready=ready,
        previews_total=total,
        previews_failed=failed,
        open_battle_id=open_battle.pk if open_battle else None,
        may_undo=_may_undo(tournament, latest),
    )


def previews(tournament: Tournament) -> tuple[int, int, int]:
    """How many previews are ready, how many are wanted, and how many failed (one query)."""
    mixes = [mix for mix in entry_mixes([tournament]) if not mix.entry.is_anchor()]
    return _count(mixes)


def _count(mixes: Sequence[EntryMix]) -> tuple[int, int, int]:
    ready = sum(is_playable(mix.sound) for mix in mixes)
    finished = sum(mix.sound.state in FINAL for mix in mixes)
    return ready, len(mixes), finished - ready


def _must_wait(mixes: Sequence[EntryMix], battles: Sequence[Battle]) -> bool:
    """Whether the next battle has to wait for a preview that is still being made.

    It does once every pair that can be heard was heard: hearing one again tells less than hearing
    a mix that is about to be ready.
    """
    if all(mix.sound.state in FINAL for mix in mixes):
        return False
    playable: dict[UUID, list[UUID]] = defaultdict(list)
    for mix in mixes:
        if is_playable(mix.sound):
            playable[mix.song_id].append(mix.entry_id)
    heard = {
        (battle.song_id, frozenset((battle.side_a_id, battle.side_b_id))) for battle in battles
    }
    return all(
        (song, frozenset(pair)) in heard
        for song, entries in playable.items()
        for pair in combinations(entries, 2)
    )


def _latest_votes(tournaments: Sequence[Tournament], listener: User | None) -> dict[UUID, Vote]:
    """The listener's newest vote in each tournament, also if it was taken back."""
    votes = (
        Vote.objects.filter(
            _whose(listener, "battle__tournament"), battle__tournament__in=tournaments
        )
        .select_related("battle")
        .order_by("created_at")
    )
    return {vote.battle.tournament_id: vote for vote in votes}


def _whose(listener: User | None, tournament: str) -> Q:
    """Rows of this listener, or else of each tournament's owner."""
    return Q(listener=listener) if listener is not None else Q(listener=F(f"{tournament}__owner"))


def _may_undo(tournament: Tournament, latest: Vote | None) -> bool:
    if latest is None or latest.withdrawn_at is not None:
        return False
    # The vote that spent the budget closed the tournament at the same moment.
    return tournament.is_open() or tournament.closed_at == latest.battle.decided_at
