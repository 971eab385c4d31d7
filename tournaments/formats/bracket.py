"""The structure of a tournament with rounds, ready to be drawn and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

DecidedBy = Literal["", "votes", "strength", "seed", "bye", "forfeit", "unheard"]
Status = Literal["coming", "open", "decided"]
Section = Literal["", "winners", "losers", "final"]


class Source(NamedTuple):
    """Where a side of a match comes from when it is not known from the start."""

    outcome: Literal["winner", "loser"]
    match: int


class Side(NamedTuple):
    """One of two sides of a match. `entry` is None while open, and for an empty place."""

    entry: int | None = None
    source: Source | None = None
    points: float = 0.0
    """Votes for this side by weight; a tie or "both bad" is half for each."""


@dataclass(frozen=True, slots=True)
class Match:
    """Two entries and the votes that decide between them."""

    number: int
    """Within the tournament, from 0; it never changes."""
    a: Side
    b: Side
    wanted: int
    counted: int
    winner: int | None
    decided_by: DecidedBy
    """How the winner was found. "strength": votes were level, and the Bradley-Terry fit of all
    rounds so far told; "seed": that was level too; "bye": there was no opponent; "forfeit": the
    opponent's mix failed (no winner if both did, in Swiss and round robin); "unheard": voting ended
    before anybody heard it. A Swiss or round robin match whose votes are level is drawn: decided by
    votes, without a winner. Empty while undecided, and when both sides are empty."""
    status: Status

    @property
    def drawn(self) -> bool:
        """Decided by level votes: half a point each."""
        return self.decided_by == "votes" and self.winner is None

    @property
    def loser(self) -> int | None:
        sides = {self.a.entry, self.b.entry} - {self.winner}
        return next(iter(sides)) if self.winner is not None and len(sides) == 1 else None


@dataclass(frozen=True, slots=True)
class Round:
    """Matches that are heard at the same time. The next round opens when all are decided."""

    name: str
    section: Section
    """The part of a double elimination it is drawn in; empty elsewhere."""
    stage: int
    """Rounds of the same stage are heard at the same time."""
    matches: tuple[Match, ...]

    @property
    def closed(self) -> bool:
        return all(match.status == "decided" for match in self.matches)


class Place(NamedTuple):
    """Where an entry stands by the rules of the format (not by strength)."""

    entry: int
    rank: int
    """From 1; equal entries share it."""
    points: float
    """Matches won, by bye or forfeit too; a drawn one is half a point."""
    wins: int
    draws: int
    losses: int
    byes: int
    buchholz: float
    """The opponents' points, summed (Swiss; elsewhere 0)."""
    alive: bool
    """Can still win the tournament."""
    dropped: bool
    """Its mix failed."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """Rounds in order, and places from first to last."""

    rounds: tuple[Round, ...]
    places: tuple[Place, ...]
    winner: int | None
    """Known when everything is decided."""
    votes_left: int
    """Votes still wanted by matches that are known; rounds to come included where known."""

    def match(self, number: int) -> Match:
        """Raises KeyError for a number that is not (yet) in the tournament."""
        for part in self.rounds:
            for match in part.matches:
                if match.number == number:
                    return match
        raise KeyError(number)
