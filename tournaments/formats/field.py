"""What a format is told and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from tournaments.pairing import Pair
from tournaments.ratings import Comparison, Votes


class Heard(NamedTuple):
    """A decided battle: sides A and B as entry numbers; score 1, 0.5, 0, or None for "both bad"."""

    a: int
    b: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Field:
    """A tournament as a format sees it: entries are the numbers 0 to `entries` - 1."""

    entries: int
    available: tuple[int, ...]
    """Entries that can be heard now; a mix that failed or still renders is missing."""
    heard: tuple[Heard, ...]
    """Decided battles in order; voided ones never happened."""
    budget: int

    def votes(self) -> Votes:
        return Votes.of(
            Comparison(battle.a, battle.b, battle.score)
            for battle in self.heard
            if battle.score is not None
        )

    def pairs(self) -> list[Pair]:
        return [(battle.a, battle.b) for battle in self.heard]


class Format(Protocol):
    """Chooses battles one by one. Holds no state: the field and the chance are all it knows."""

    def next_battle(self, field: Field, rng: np.random.Generator) -> Pair | None:
        """Side A and side B of the next battle; None when there is none (for now, or for good).

        Never stalls: with two available entries and budget left there is always a battle.
        """
        ...
