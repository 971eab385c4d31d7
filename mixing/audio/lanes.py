"""How channels lie side by side so that one vector instruction serves sixteen of them.

A block of audio is a flat float32 array in which sample t of lane l stands at t * LANES + l. Lane
l of the lower half and lane l + HALF of the upper half form a pair: left and right of a stereo
strip, or two mono strips that have nothing to do with each other. Filters run along time, and
every step of theirs is one vector of all lanes: the recursion costs what one channel would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LANES: Final = 16
HALF: Final = LANES // 2
BLOCK: Final = 256
"""Samples per lane worked on at once: 16 KiB, so a block stays in the nearest cache."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel of one strip, and where it runs."""

    strip: int
    channel: int
    group: int
    lane: int
    linked: bool


def assign(channels: Sequence[int]) -> tuple[Lane, ...]:
    """Lanes for strips of 1 or 2 ``channels`` each, in as few groups of sixteen as will do."""
    lanes: list[Lane] = []
    pair = 0
    for strip, count in enumerate(channels):
        if count == 2:
            group, lane = divmod(pair, HALF)
            lanes.append(Lane(strip, 0, group, lane, True))
            lanes.append(Lane(strip, 1, group, lane + HALF, True))
            pair += 1
    singles = [strip for strip, count in enumerate(channels) if count == 1]
    for place, strip in enumerate(singles):
        group, lane = divmod(pair + place // 2, HALF)
        lanes.append(Lane(strip, 0, group, lane + HALF * (place % 2), False))
    return tuple(lanes)
