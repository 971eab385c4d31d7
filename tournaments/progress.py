"""How far tournaments are: safe to show before a vote, for it names no side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet

from mixing.jobs import FINAL
from tournaments import standings
from tournaments.clips import is_playable
from tournaments.models import Battle, Entry, Tournament, Vote
from tournaments.standings import Champion


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a tournament is."""

    state: Literal["battle", "waiting", "closed"]
    number: int
    of: int
    decided: int
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


def progress(tournament: Tournament) -> Progress:
    """Where the tournament stands (three queries)."""
    return _progress_of([tournament])[tournament.pk]


def cards(tournaments: Sequence[Tournament]) -> list[TournamentCard]:
    """Progress and champion of each, in four queries at most."""
    progress_of = _progress_of(tournaments)
    closed = [tournament for tournament in tournaments if not tournament.is_open()]
    votes = defaultdict(list)
    for vote in standings.counted_votes(closed) if closed else ():
        votes[vote.battle.tournament_id].append(vote)
    return [
        TournamentCard(t, progress_of[t.pk], standings.best(standings.table(votes[t.pk])))
        for t in tournaments
    ]


def entries_of(tournament: Tournament) -> list[Entry]:
    """Entries in a lasting order, with their previews."""
    return list(_entries([tournament]))


def must_wait(entries: Sequence[Entry], battles: Sequence[Battle]) -> bool:
    """Whether the next battle has to wait for a preview that is still being made.

    It does once every pair that can be heard was heard: hearing one again tells less than hearing
    a mix that is about to be ready.
    """
    if all(entry.preview.state in FINAL for entry in entries):
        return False
    playable = [entry.pk for entry in entries if is_playable(entry.preview)]
    heard = {frozenset((battle.side_a_id, battle.side_b_id)) for battle in battles}
    return all(frozenset(pair) in heard for pair in combinations(playable, 2))


def undoable_vote(tournament: Tournament) -> Vote | None:
    """The vote that can be taken back: the very last one, unless the owner ended the tournament
    after it."""
    latest = _latest_votes([tournament]).get(tournament.pk)
    return latest if _may_undo(tournament, latest) else None


def _progress_of(tournaments: Sequence[Tournament]) -> dict[UUID, Progress]:
    entries, battles = defaultdict(list), defaultdict(list)
    for entry in _entries(tournaments):
        entries[entry.tournament_id].append(entry)
    for battle in Battle.objects.that_stand().filter(tournament__in=tournaments):
        battles[battle.tournament_id].append(battle)
    latest = _latest_votes(tournaments)
    return {t.pk: _progress(t, entries[t.pk], battles[t.pk], latest.get(t.pk)) for t in tournaments}


def _progress(
    tournament: Tournament,
    entries: Sequence[Entry],
    battles: Sequence[Battle],
    latest: Vote | None,
) -> Progress:
    decided = sum(battle.state == Battle.State.DECIDED for battle in battles)
    open_battle = next((battle for battle in battles if battle.is_open()), None)
    ready = sum(is_playable(entry.preview) for entry in entries)
    finished = sum(entry.preview.state in FINAL for entry in entries)
    state: Literal["battle", "waiting", "closed"] = "waiting"
    if not tournament.is_open():
        state = "closed"
    elif open_battle is not None or not must_wait(entries, battles):
        state = "battle"
    return Progress(
        state=state,
        number=open_battle.number if open_battle else min(decided + 1, tournament.battle_budget),
        of=tournament.battle_budget,
        decided=decided,
        previews_ready=ready,
        previews_total=len(entries),
        previews_failed=finished - ready,
        open_battle_id=open_battle.pk if open_battle else None,
        may_undo=_may_undo(tournament, latest),
    )


def _entries(tournaments: Sequence[Tournament]) -> QuerySet[Entry]:
    rows = Entry.objects.filter(tournament__in=tournaments)
    return rows.select_related("mixer", "preview").order_by("mixer__name", "pk")


def _latest_votes(tournaments: Sequence[Tournament]) -> dict[UUID, Vote]:
    """Each tournament's newest vote, also if it was taken back."""
    votes = (
        Vote.objects.filter(battle__tournament__in=tournaments)
        .select_related("battle")
        .order_by("created_at")
    )
    return {vote.battle.tournament_id: vote for vote in votes}


def _may_undo(tournament: Tournament, latest: Vote | None) -> bool:
    if latest is None or latest.withdrawn_at is not None:
        return False
    # The vote that spent the budget closed the tournament at the same moment.
    return tournament.is_open() or tournament.closed_at == latest.battle.decided_at
