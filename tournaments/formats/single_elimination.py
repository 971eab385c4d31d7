"""Single elimination: who loses a match is out.

The shortest show, and a poor estimator: with 9 votes per match the best of 8 (strengths with
deviation 1) wins in 68 of 100 tournaments; the open arena finds it in 80 with as many votes.
"""

from __future__ import annotations

import numpy as np

from tournaments.formats.bracket import Bracket, Round, Source
from tournaments.formats.field import Drawn, Field, Nothing
from tournaments.formats.knockout import (
    Plan,
    PlannedMatch,
    PlannedRound,
    first_round,
    places_for,
    play,
    standings,
)
from tournaments.formats.matches import next_of, within_budget

_NAMES = {1: "Final", 2: "Semi-finals", 4: "Quarter-finals"}


class SingleElimination:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        return next_of(field, within_budget(field, played_rounds), rng)

    def bracket(self, field: Field) -> Bracket:
        return standings(field, within_budget(field, played_rounds))

    def length(self, field: Field) -> int:
        return (field.entries - 1) * field.votes_per_match


def played_rounds(field: Field) -> list[Round]:
    return play(field, plan(field))


def plan(field: Field) -> Plan:
    """Matches are numbered round by round from the top."""
    matches = [PlannedMatch(k, a, b) for k, (a, b) in enumerate(first_round(field))]
    rounds = [PlannedRound(_name(len(matches)), "", 0, tuple(matches))]
    while len(matches) > 1:
        start = matches[-1].number + 1
        pairs = zip(matches[::2], matches[1::2], strict=True)
        matches = [
            PlannedMatch(start + k, Source("winner", a.number), Source("winner", b.number))
            for k, (a, b) in enumerate(pairs)
        ]
        rounds.append(PlannedRound(_name(len(matches)), "", len(rounds), tuple(matches)))
    assert len(rounds) == places_for(field.entries).bit_length() - 1
    return Plan(tuple(rounds))


def _name(matches: int) -> str:
    return _NAMES.get(matches, f"Round of {2 * matches}")
