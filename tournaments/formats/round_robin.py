"""Round robin: everybody meets everybody.

All matches are open from the beginning, so the order of votes changes nothing. Rounds (Kirkman's
circle: one entry stands still, the others turn) only say in which order matches are drawn up.
"""

from __future__ import annotations

import numpy as np

from tournaments.formats.bracket import Bracket, Round
from tournaments.formats.field import Drawn, Field, Nothing
from tournaments.formats.matches import Ballots, next_of, within_budget
from tournaments.formats.seeding import seeds
from tournaments.formats.table import heard, standings
from tournaments.pairing import Pair


class RoundRobin:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        return next_of(field, within_budget(field, _rounds), rng)

    def bracket(self, field: Field) -> Bracket:
        return standings(field, within_budget(field, _rounds))

    def length(self, field: Field) -> int:
        return field.entries * (field.entries - 1) // 2 * field.votes_per_match


def circle(entries: list[int]) -> list[list[Pair]]:
    """Rounds in which everybody meets once; with an odd number somebody rests in each."""
    ring: list[int | None] = [*entries] if len(entries) % 2 == 0 else [*entries, None]
    rounds = []
    for _ in range(len(ring) - 1):
        half = len(ring) // 2
        faced = zip(ring[:half], reversed(ring[half:]), strict=True)
        rounds.append([(a, b) for a, b in faced if a is not None and b is not None])
        ring = [ring[0], ring[-1], *ring[1:-1]]
    return rounds


def _rounds(field: Field) -> list[Round]:
    ballots = Ballots(field)
    rounds: list[Round] = []
    number = 0
    for k, pairs in enumerate(circle(seeds(field))):
        matches = tuple(heard(field, ballots, number + i, pair) for i, pair in enumerate(pairs))
        rounds.append(Round(f"Round {k + 1}", "", 0, matches))
        number += len(matches)
    return rounds
