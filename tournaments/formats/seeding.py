"""Who is expected to be strong: the order in which entries are placed."""

from __future__ import annotations

import numpy as np

from tournaments.formats.field import Field


def seeds(field: Field) -> list[int]:
    """Entries from the strongest expected to the weakest; equal and unknown ones are drawn."""
    drawn = np.random.default_rng(field.seed).permutation(field.entries)
    if not field.seeding:
        return [int(entry) for entry in drawn]
    if len(field.seeding) != field.entries:
        raise ValueError("seeding has one strength per entry, or none")
    return [int(e) for e in sorted(drawn, key=lambda entry: -field.seeding[entry])]


def bracket_order(size: int) -> list[int]:
    """Seeds (from 0) down the first round of a knockout of `size`, a power of two.

    The best two can only meet in the final, the best four only in the semi-finals, and so on.
    """
    order = [0]
    while len(order) < size:
        last = 2 * len(order) - 1
        order = [seed for strong in order for seed in (strong, last - strong)]
    return order
