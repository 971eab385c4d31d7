"""The personal tournament: one listener looks for the best mix in few battles.

Every entry is heard once, then top-two Thompson sampling spends what is left where the winner is
undecided. In simulation (5 entries, 7 battles, strengths with deviation 2) the entry rated best is
the best in 67 of 100 tournaments, against 59 for random pairs.
"""

from __future__ import annotations

import numpy as np

from tournaments.formats.field import Field
from tournaments.pairing import Pair, barred_pairs, even_start, times_heard, top_two
from tournaments.ratings import fit

MOST_REPEATS = 2
"""The same ears on the same two clips mostly answer the same; a third time tells nothing."""


class Personal:
    def next_battle(self, field: Field, rng: np.random.Generator) -> Pair | None:
        if len(field.heard) >= field.budget or len(field.available) < 2:
            return None
        pair = _pair(field, rng)
        return pair if rng.random() < 0.5 else (pair[1], pair[0])


def _pair(field: Field, rng: np.random.Generator) -> Pair:
    barred = barred_pairs(field.pairs(), field.available, most=MOST_REPEATS)
    counts = times_heard(field.entries, field.pairs())
    unheard = [entry for entry in field.available if not counts[entry]]
    if len(unheard) >= 2:
        return even_start(counts, unheard, rng)
    posterior = fit(field.entries, field.votes())
    if unheard:
        # The winner so far stays and meets the newcomer.
        others = [entry for entry in field.available if entry != unheard[0]]
        return unheard[0], max(others, key=lambda entry: posterior.strengths[entry])
    return top_two(posterior, field.available, rng, barred)
