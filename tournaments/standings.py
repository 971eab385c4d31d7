"""What the votes of a tournament add up to: strengths, the story, the champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mixing.jobs import FINAL, JobState
from mixing.models import Mix
from tournaments import ratings
from tournaments.formats import Heard
from tournaments.models import Battle, Entry, Tournament, Vote
from tournaments.ratings import Comparison, Posterior, Votes

_SCORES: dict[str, float] = {Vote.Choice.A: 1.0, Vote.Choice.TIE: 0.5, Vote.Choice.B: 0.0}
_FIRST = {"a": 1, "b": -1}
# Strengths nearer than this differ by rounding only.
_LEVEL = 1e-9


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
class Champion:
    """The entry with the highest strength, and whether its full mix can be played yet."""

    entry: Entry
    standing: Standing
    full: Mix
    level_with: tuple[Entry, ...]
    """Entries that the votes could not tell from it at all."""

    @property
    def state(self) -> str:
        """ready, rendering, or failed."""
        if self.full.state == JobState.READY:
            return "ready"
        return "failed" if self.full.state in FINAL else "rendering"


def counted_votes(tournaments: Sequence[Tournament]) -> list[Vote]:
    """Votes that stand, in the order of their battles, with everything the tables name."""
    return list(
        Vote.objects.standing()
        .filter(
            battle__tournament__in=tournaments,
            battle__state=Battle.State.DECIDED,
            counted=True,
        )
        .select_related(
            "battle__side_a__mixer",
            "battle__side_b__mixer",
            "battle__side_a__full",
            "battle__side_b__full",
        )
        .order_by("battle__number", "created_at")
    )


def heard_battle(vote: Vote, place: dict[UUID, int]) -> Heard:
    """The vote's battle as formats see it; `place` numbers the entries.

    A vote that does not count was heard all the same, but says nothing of strength.
    """
    battle = vote.battle
    score = _SCORES.get(vote.choice) if vote.counted else None
    return Heard(place[battle.side_a_id], place[battle.side_b_id], score)


def table(votes: Sequence[Vote]) -> list[Standing]:
    """Standings from these votes, best first; only entries that were heard stand in them."""
    entries = _entries(votes)
    if not entries:
        return []
    posterior = _posterior(votes, entries)
    ranking = ratings.ranking(posterior)
    errors = posterior.standard_errors
    rows = [
        Standing(
            entry=entry,
            strength=float(posterior.strengths[k]),
            standard_error=float(errors[k]),
            low=float(posterior.strengths[k] - ratings.Z_95 * errors[k]),
            high=float(posterior.strengths[k] + ratings.Z_95 * errors[k]),
            rank=int(ranking.rank[k]),
            rank_low=int(ranking.rank_low[k]),
            rank_high=int(ranking.rank_high[k]),
            p_best=float(ranking.p_best[k]),
            **_record(entry, votes),
        )
        for k, entry in enumerate(entries)
    ]
    return sorted(rows, key=lambda row: row.rank)


def story(votes: Sequence[Vote]) -> list[BattleStory]:
    """The tournament battle by battle. Who led is told among all that were heard in the end."""
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
                winner=_winner(vote),
                heard_a_s=vote.heard_a_s,
                heard_b_s=vote.heard_b_s,
                decided_at=battle.decided_at,
                leader=leader,
                leader_p_best=chance,
            )
        )
    return told


def best(standings: Sequence[Standing]) -> Champion | None:
    """The champion of a finished table; None if nothing was heard."""
    if not standings:
        return None
    first = standings[0]
    level = (row.entry for row in standings[1:] if first.strength - row.strength < _LEVEL)
    return Champion(first.entry, first, first.entry.full, tuple(level))


def _entries(votes: Sequence[Vote]) -> list[Entry]:
    """The entries heard, by mixer name: an order that the votes' order does not change."""
    heard = {entry.pk: entry for vote in votes for entry in _sides(vote)}
    return sorted(heard.values(), key=lambda entry: (entry.mixer.name, entry.pk))


def _posterior(votes: Sequence[Vote], entries: Sequence[Entry]) -> Posterior:
    place = {entry.pk: k for k, entry in enumerate(entries)}
    comparisons = []
    for vote in votes:
        battle = heard_battle(vote, place)
        if battle.score is not None:
            first = _FIRST.get(vote.first_side, 0)
            comparisons.append(Comparison(battle.a, battle.b, battle.score, first))
    return ratings.fit(len(entries), Votes.of(comparisons))


def _leader(votes: Sequence[Vote], entries: Sequence[Entry]) -> tuple[Entry, float]:
    """Who is first by these votes, and the probability that they are the best."""
    posterior = _posterior(votes, entries)
    chances = ratings.p_best(posterior)
    first = int(ratings.best_first(posterior, chances)[0])
    return entries[first], float(chances[first])


def _record(entry: Entry, votes: Sequence[Vote]) -> dict[str, int]:
    record = {"wins": 0, "losses": 0, "ties": 0, "both_bad": 0}
    for vote in votes:
        if entry.pk not in (vote.battle.side_a_id, vote.battle.side_b_id):
            continue
        winner = _winner(vote)
        if winner is not None:
            record["wins" if winner.pk == entry.pk else "losses"] += 1
        else:
            record["ties" if vote.choice == Vote.Choice.TIE else "both_bad"] += 1
    return record


def _winner(vote: Vote) -> Entry | None:
    side_a, side_b = _sides(vote)
    return {Vote.Choice.A.value: side_a, Vote.Choice.B.value: side_b}.get(vote.choice)


def _sides(vote: Vote) -> tuple[Entry, Entry]:
    return vote.battle.side_a, vote.battle.side_b
