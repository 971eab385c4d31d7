"""The personal tournament: one listener looks for the best mix in few battles.

Every entry is heard once, then top-two Thompson sampling spends what is left where the winner is
undecided. In simulation (5 entries, 7 battles, strengths with deviation 2) the entry rated best is
the best in 67 of 100 tournaments, against 59 for random pairs.
"""

from __future__ import annotations

import numpy as np

from tournaments.formats.bracket import Bracket
from tournaments.formats.field import Drawn, Field, Nothing
from tournaments.formats.hearing import draw, pairs_in, playable, shunned, worn
from tournaments.pairing import Pair, Pairs, among, even_start, times_heard, top_two
from tournaments.ratings import fit


class Personal:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        if field.over or len(field.heard) >= field.budget:
            return Nothing.FINISHED
        pairs = _pairs(field)
        heard = {frozenset(pair) for pair in field.pairs()}
        if field.awaited and all(frozenset(pair) in heard for pair in pairs.tolist()):
            # Hearing a pair again tells less than a mix that is about to be ready.
            return Nothing.PREVIEWS
        if not len(pairs):
            return Nothing.FINISHED
        return draw(field, _pair(field, pairs, rng), rng)

    def bracket(self, field: Field) -> Bracket | None:
        return None

    def length(self, field: Field) -> int:
        return field.budget


def _pairs(field: Field) -> Pairs:
    """Pairs that are neither worn out nor the last one. These bars fall when nothing else is left:
    two entries have one pair, which must be heard again and again."""
    mask = playable(field)
    others = mask & ~shunned(field)
    fresh = others & ~worn(field)
    return pairs_in(fresh if fresh.any() else others if others.any() else mask)


def _pair(field: Field, pairs: Pairs, rng: np.random.Generator) -> Pair:
    counts = times_heard(field.entries, field.pairs())
    unheard = [entry for entry in field.available if not counts[entry]]
    newcomers = among(pairs, unheard)
    if len(newcomers):
        return even_start(counts, newcomers, rng)
    posterior = fit(field.entries, field.votes())
    for newcomer in unheard:
        # The winner so far stays and meets the newcomer.
        others = pairs[(pairs == newcomer).any(axis=1)].sum(axis=1) - newcomer
        if others.size:
            return newcomer, int(others[posterior.strengths[others].argmax()])
    return top_two(posterior, pairs, rng)
