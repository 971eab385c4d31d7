"""Knockout brackets: a plan of who meets whom, played through with the votes there are.

Rounds of one stage are heard at the same time; the next stage opens when all are decided. A match
has a winner whenever it has a side: by votes; if those are level by the strengths of all votes of
this and earlier stages; then by seed. A mix that failed loses to one that did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tournaments.formats.bracket import (
    Bracket,
    DecidedBy,
    Match,
    Place,
    Round,
    Section,
    Side,
    Source,
    Status,
)
from tournaments.formats.field import Field
from tournaments.formats.matches import (
    LEVEL,
    Ballots,
    Count,
    Rounds,
    can_be_heard,
    matches_of,
    strengths,
)
from tournaments.formats.seeding import bracket_order, seeds
from tournaments.pairing import Pair

Spot = Source | int | None
"""A side in the plan: where it comes from, an entry, or an empty place."""


class PlannedMatch(NamedTuple):
    number: int
    a: Spot
    b: Spot


class PlannedRound(NamedTuple):
    name: str
    section: Section
    stage: int
    matches: tuple[PlannedMatch, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: tuple[PlannedRound, ...]
    has_decider: bool = False
    """The last match is heard only if the one before was won by its side B."""


def first_round(field: Field) -> list[tuple[Spot, Spot]]:
    """Entries by seed in their places; the best seeds have a bye if the places are more."""
    order = seeds(field)
    size = places_for(field.entries)
    spots = [order[seed] if seed < field.entries else None for seed in bracket_order(size)]
    return list(zip(spots[::2], spots[1::2], strict=True))


def places_for(entries: int) -> int:
    """The places of a bracket: the next power of two, at least 2."""
    return max(2, 1 << (entries - 1).bit_length())


def play(field: Field, plan: Plan) -> list[Round]:
    """The rounds of this plan as the votes have them."""
    board = _Board(field)
    for stage in sorted({part.stage for part in plan.rounds}):
        board.play(m for part in plan.rounds if part.stage == stage for m in part.matches)
    rounds = [
        Round(p.name, p.section, p.stage, tuple(board.matches[m.number] for m in p.matches))
        for p in plan.rounds
    ]
    if plan.has_decider:
        final = rounds[-2].matches[0]
        if final.status == "decided" and final.winner == final.a.entry:
            return rounds[:-1]
    return rounds


def standings(field: Field, rounds: Rounds) -> Bracket:
    """The bracket with its places: who is still in comes first, then those who went out last."""
    final = rounds[-1].matches[0]
    winner = final.winner if all(part.closed for part in rounds) else None
    return Bracket(
        rounds=tuple(rounds),
        places=_places(field, rounds, winner),
        winner=winner,
        votes_left=sum(m.wanted - m.counted for m in matches_of(rounds) if m.status == "open"),
    )


class _Board:
    """Matches played so far, by number."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.matches: dict[int, Match] = {}
        self._ballots = Ballots(field)
        self._counts: list[Count] = []
        self._seed = {entry: place for place, entry in enumerate(seeds(field))}
        self._closed = True

    def play(self, planned: Iterable[PlannedMatch]) -> None:
        """One stage. Level matches are settled when all the others are decided."""
        stage = list(planned)
        matches = [self._heard(match) if self._closed else self._coming(match) for match in stage]
        unsettled = [k for k, m in enumerate(matches) if m.status == "open" and self._settles(m)]
        if self._closed and all(
            m.status == "decided" or k in unsettled for k, m in enumerate(matches)
        ):
            level = any(abs(matches[k].a.points - matches[k].b.points) < LEVEL for k in unsettled)
            strength = strengths(self.field, self._counts) if level else ()
            for k in unsettled:
                matches[k] = self._settled(matches[k], strength)
        self._closed = self._closed and all(match.status == "decided" for match in matches)
        self.matches |= {match.number: match for match in matches}

    def _heard(self, planned: PlannedMatch) -> Match:
        """The match of two sides that are known, with its votes."""
        a, b = self._entry(planned.a), self._entry(planned.b)
        if a is None or b is None:
            there = a if b is None else b
            return self._match(planned, (a, b), None, there, "" if there is None else "bye")
        count = self._ballots.of(planned.number, (a, b))
        self._counts.append(count)
        wanted, dropped = self.field.votes_per_match, self.field.dropped
        if len(count.votes) >= wanted and count.ahead:
            return self._match(planned, (a, b), count, a if count.ahead > 0 else b, "votes")
        if len(count.votes) < wanted and (a in dropped) != (b in dropped):
            return self._match(planned, (a, b), count, b if a in dropped else a, "forfeit")
        return self._match(planned, (a, b), count, None, "")

    def _settles(self, match: Match) -> bool:
        """Whether no further vote can decide this match."""
        full = match.counted >= match.wanted
        return full or self.field.over or not can_be_heard(self.field, _entries(match))

    def _settled(self, match: Match, strength: Sequence[float]) -> Match:
        a, b = _entries(match)
        lead = match.a.points - match.b.points
        by: DecidedBy = "votes"
        if abs(lead) < LEVEL:
            lead, by = strength[a] - strength[b], "strength"
        if abs(lead) < LEVEL:
            lead, by = self._seed[b] - self._seed[a], "seed"
        return replace(match, winner=a if lead > 0 else b, decided_by=by, status="decided")

    def _coming(self, planned: PlannedMatch) -> Match:
        a, b = self._entry(planned.a), self._entry(planned.b)
        match = self._match(planned, (a, b), None, None, "")
        return replace(match, status="coming")

    def _entry(self, spot: Spot) -> int | None:
        if not isinstance(spot, Source):
            return spot
        match = self.matches[spot.match]
        return match.winner if spot.outcome == "winner" else match.loser

    def _match(
        self,
        planned: PlannedMatch,
        pair: tuple[int | None, int | None],
        count: Count | None,
        winner: int | None,
        by: DecidedBy,
    ) -> Match:
        points = count.points if count else (0.0, 0.0)
        status: Status = "open" if None not in pair and not by else "decided"
        spots = (planned.a, planned.b)
        a, b = (
            Side(entry, spot if isinstance(spot, Source) else None, score)
            for entry, spot, score in zip(pair, spots, points, strict=True)
        )
        return Match(
            number=planned.number,
            a=a,
            b=b,
            wanted=self.field.votes_per_match,
            counted=len(count.votes) if count else 0,
            winner=winner,
            decided_by=by,
            status=status,
        )


def _entries(match: Match) -> Pair:
    if match.a.entry is None or match.b.entry is None:
        raise ValueError(f"match {match.number} has an empty side")
    return match.a.entry, match.b.entry


def _places(field: Field, rounds: Rounds, winner: int | None) -> tuple[Place, ...]:
    out = dict.fromkeys(range(field.entries), _STILL_IN)
    wins, losses, byes = ([0] * field.entries for _ in range(3))
    again = {
        side.source.match
        for match in matches_of(rounds)
        for side in (match.a, match.b)
        if side.source is not None and side.source.outcome == "loser"
    }
    for part in rounds:
        for match in part.matches:
            if match.winner is not None and match.decided_by == "bye":
                byes[match.winner] += 1
            elif match.winner is not None and match.loser is not None:
                wins[match.winner] += 1
                losses[match.loser] += 1
                if match.number not in again:
                    out[match.loser] = part.stage
    if winner is not None:
        out[winner] = _STILL_IN + 1
    ranks = {entry: 1 + sum(other > out[entry] for other in out.values()) for entry in out}
    order = sorted(seeds(field), key=lambda entry: ranks[entry])
    return tuple(
        Place(
            entry=entry,
            rank=ranks[entry],
            points=float(wins[entry] + byes[entry]),
            wins=wins[entry],
            draws=0,
            losses=losses[entry],
            byes=byes[entry],
            buchholz=0.0,
            alive=out[entry] >= _STILL_IN,
            dropped=entry in field.dropped,
        )
        for entry in order
    )


_STILL_IN = 1_000_000
