"""Swiss system: a fixed number of rounds, in each of which equals meet.

Entries with the same points form a score group; within it the upper half meets the lower half (as
in FIDE's Dutch system, Handbook C.04.3). Nobody meets the same opponent twice while that can be
avoided. The pairing of a round is the matching of least cost (Edmonds' blossom algorithm), so the
rules are the costs, and there always is a pairing. With an odd number one of those with fewest
points, who had no bye yet, has one; whoever failed is left out of later rounds.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import combinations

import numpy as np

from tournaments.formats.bracket import Bracket, Match, Round
from tournaments.formats.field import Drawn, Field, Nothing
from tournaments.formats.matches import Ballots, Rounds, matches_of, next_of, within_budget
from tournaments.formats.seeding import seeds
from tournaments.formats.table import bye, heard, points_of, standings
from tournaments.pairing import Pair

Meetings = frozenset[tuple[frozenset[int], int]]
"""How often each pair met."""


class Swiss:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        return next_of(field, within_budget(field, played_rounds), rng)

    def bracket(self, field: Field) -> Bracket:
        rounds = within_budget(field, played_rounds)
        missing = 0 if all(r.closed for r in rounds) else rounds_of(field) - len(rounds)
        per_round = field.entries // 2 * field.votes_per_match
        return standings(field, rounds, to_come=missing * per_round)

    def length(self, field: Field) -> int:
        return rounds_of(field) * (field.entries // 2) * field.votes_per_match


def rounds_of(field: Field) -> int:
    """As asked for; else enough to leave one entry unbeaten and one more to settle the rest.

    Its own choice is never so many that earlier rounds could make a repeat unavoidable: while
    everybody has half of the others left to meet there is a pairing without one (Dirac 1952).
    """
    size = field.entries + field.entries % 2
    unrepeated = size - 1 if size <= 4 else size // 2
    return field.rounds or min((field.entries - 1).bit_length() + 1, unrepeated)


def played_rounds(field: Field) -> list[Round]:
    ballots = Ballots(field)
    rounds: list[Round] = []
    while len(rounds) < rounds_of(field) and all(part.closed for part in rounds):
        matches = _next_round(field, ballots, rounds)
        if not matches or (field.over and rounds and not any(m.counted for m in matches)):
            break
        rounds.append(Round(f"Round {len(rounds) + 1}", "", len(rounds), tuple(matches)))
    return rounds


def _next_round(field: Field, ballots: Ballots, rounds: Rounds) -> list[Match]:
    """Its matches; none if fewer than two are left."""
    start = len(rounds) * ((field.entries + 1) // 2)
    pairs, resting = _pairing(field, rounds)
    played = [heard(field, ballots, start + k, pair) for k, pair in enumerate(pairs)]
    if played and resting is not None:
        played.append(bye(field, start + len(pairs), resting))
    return played


def _pairing(field: Field, rounds: Rounds) -> tuple[list[Pair], int | None]:
    """The pairs of the next round, strongest first, and who rests.

    It follows from the rounds before alone, so it stays when a mix fails later.
    """
    matches = matches_of(rounds)
    met: Counter[frozenset[int]] = Counter()
    rested: Counter[int] = Counter()
    out: set[int] = set()
    for match in matches:
        sides = {side.entry for side in (match.a, match.b) if side.entry is not None}
        if match.decided_by == "bye":
            rested.update(sides)
        else:
            met[frozenset(sides)] += 1
        if match.decided_by == "forfeit":
            out |= sides - {match.winner}
    points = points_of(matches, field.entries)
    order = [entry for entry in seeds(field) if entry not in out]
    order.sort(key=lambda entry: -points[entry])
    return _matching(
        tuple(order),
        tuple(points[entry] for entry in order),
        frozenset(met.items()),
        tuple(rested[entry] for entry in order),
    )


@lru_cache(maxsize=512)
def _matching(
    order: tuple[int, ...], points: tuple[float, ...], met: Meetings, rested: tuple[int, ...]
) -> tuple[list[Pair], int | None]:
    """The cheapest pairing of entries in `order` (by points, then seed)."""
    from networkx import Graph, max_weight_matching

    size = len(order)
    times = dict(met)
    half = {p: points.count(p) / 2 for p in points}
    # Costs rank strictly: a repeat, then points apart, then distance from the fold of the group.
    unit = 4 * size * size
    repeat = 1000 * unit * size
    graph = Graph()
    for i, j in combinations(range(size), 2):
        fold = abs((j - i) - half[points[i]])
        apart = (2 * (points[i] - points[j])) ** 2
        again = times.get(frozenset((order[i], order[j])), 0)
        graph.add_edge(i, j, weight=-round(repeat * again + unit * apart + 2 * fold))
    if size % 2:
        for i in range(size):
            graph.add_edge(i, size, weight=-round(repeat * rested[i] + unit * points[i] * size - i))
    pairs = sorted(sorted(pair) for pair in max_weight_matching(graph, maxcardinality=True))
    resting = next((order[i] for i, j in pairs if j == size), None)
    return [(order[i], order[j]) for i, j in pairs if j < size], resting
