"""The open arena: it rolls on, and every vote goes where it tells most.

Any number of listeners come and go, and entries may be added while it runs. Everybody is heard
evenly at first; then votes go to the two that may be best, or to where the table is least known.
Battles that others are hearing at the same time count as half known, so that a thousand listeners
are not all given the same pair.

`manage.py bench pairing` (120 and 100 runs): to be right about the best in 80 of 100 tournaments it
takes 84 votes with 8 entries and 229 with 16, where random pairs take 202 and 911.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from tournaments.formats.bracket import Bracket
from tournaments.formats.field import Drawn, Field, Nothing, Summary
from tournaments.formats.hearing import draw, free_pairs, pairs_in, playable
from tournaments.pairing import Pair, Pairs, among, even_start, information_gain, top_two
from tournaments.ratings import p_best

EVEN_START = 2
"""Votes per entry before any is preferred."""


class Arena:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        summary = field.summary or Summary.of(field)
        if field.over or summary.votes >= field.budget or decided(field, summary):
            return Nothing.FINISHED
        pairs = free_pairs(field)
        if len(pairs):
            return draw(field, _pair(field, summary, pairs, rng), rng)
        if field.awaited:
            return Nothing.PREVIEWS
        return Nothing.HEARD if len(pairs_in(playable(field))) else Nothing.FINISHED

    def bracket(self, field: Field) -> Bracket | None:
        return None

    def length(self, field: Field) -> int:
        return field.budget


def decided(field: Field, summary: Summary) -> bool:
    """Whether the leader is the best with the probability asked for. Everybody is heard first."""
    if field.stop_at is None or min((summary.times[e] for e in field.available), default=0) == 0:
        return False
    return bool(p_best(summary.posterior).max() >= field.stop_at)


def _pair(field: Field, summary: Summary, pairs: Pairs, rng: np.random.Generator) -> Pair:
    given = Counter(entry for battle in field.assigned for entry in (battle.a, battle.b))
    counts = [summary.times[entry] + given[entry] for entry in range(field.entries)]
    new = [entry for entry in field.available if counts[entry] < EVEN_START]
    for group in (among(pairs, new), pairs[np.isin(pairs, new).any(axis=1)]):
        if len(group):
            return even_start(counts, group, rng)
    posterior = summary.posterior.foresee([(b.a, b.b) for b in field.assigned])
    choose = top_two if field.goal == "winner" else information_gain
    return choose(posterior, pairs, rng)
