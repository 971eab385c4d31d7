"""Double elimination: who loses twice is out.

Losers of the upper bracket drop into the lower one. In the grand final the lower bracket's winner
has lost once and the upper's never: if the lower's wins, a second final decides.
"""

from __future__ import annotations

import numpy as np

from tournaments.formats.bracket import Bracket, Round, Section, Source
from tournaments.formats.field import Drawn, Field, Nothing
from tournaments.formats.knockout import (
    Plan,
    PlannedMatch,
    PlannedRound,
    Spot,
    first_round,
    play,
    standings,
)
from tournaments.formats.matches import next_of, within_budget

Spots = list[tuple[Spot, Spot]]


class DoubleElimination:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        return next_of(field, within_budget(field, _rounds), rng)

    def bracket(self, field: Field) -> Bracket:
        return standings(field, within_budget(field, _rounds))

    def length(self, field: Field) -> int:
        # Every entry but the winner loses twice, and the winner may lose once.
        return (2 * field.entries - 1) * field.votes_per_match


def _rounds(field: Field) -> list[Round]:
    return play(field, plan(field))


def plan(field: Field) -> Plan:
    """Upper rounds at stages 0, 1, 2 …; lower round k at stage k; then the two finals."""
    build = _Builder()
    upper = [build.round("Upper round 1", "winners", 0, first_round(field))]
    while len(upper[-1]) > 1:
        stage = len(upper)
        name = f"Upper round {stage + 1}" if len(upper[-1]) > 2 else "Upper final"
        upper.append(build.round(name, "winners", stage, _meet(upper[-1], "winner")))
    lower: list[PlannedMatch] = []
    last = 2 * (len(upper) - 1)
    for stage in range(1, last + 1):
        name = "Lower final" if stage == last else f"Lower round {stage}"
        lower = build.round(name, "losers", stage, _lower(stage, upper, lower))
    champion = Source("winner", upper[-1][0].number)
    rival = Source("winner", lower[0].number) if lower else Source("loser", upper[-1][0].number)
    final = build.round("Grand final", "final", last + 1, [(champion, rival)])[0].number
    sides: Spots = [(Source("winner", final), Source("loser", final))]
    build.round("Grand final, second set", "final", last + 2, sides)
    return Plan(tuple(build.rounds), has_decider=True)


def _lower(stage: int, upper: list[list[PlannedMatch]], lower: list[PlannedMatch]) -> Spots:
    """The sides of a lower round: odd ones halve the field, even ones take the upper's losers in.

    Losers come in from the other end each time, which keeps those apart who have just met.
    """
    if stage == 1:
        return _meet(upper[0], "loser")
    if stage % 2:
        return _meet(lower, "winner")
    arriving = upper[stage // 2]
    if stage % 4 == 2:
        arriving = arriving[::-1]
    return [
        (Source("winner", stayed.number), Source("loser", came.number))
        for stayed, came in zip(lower, arriving, strict=True)
    ]


def _meet(matches: list[PlannedMatch], outcome: str) -> Spots:
    """Neighbours meet in the next round."""
    source = [Source("winner" if outcome == "winner" else "loser", m.number) for m in matches]
    return list(zip(source[::2], source[1::2], strict=True))


class _Builder:
    """Numbers matches in the order of their rounds."""

    def __init__(self) -> None:
        self.rounds: list[PlannedRound] = []
        self._next = 0

    def round(self, name: str, section: Section, stage: int, spots: Spots) -> list[PlannedMatch]:
        matches = [PlannedMatch(self._next + k, a, b) for k, (a, b) in enumerate(spots)]
        self._next += len(matches)
        self.rounds.append(PlannedRound(name, section, stage, tuple(matches)))
        return matches
