"""What learning costs: processor time of the steps that a listener waits for."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from evolution.console_space import ConsoleSpace
from evolution.preference import Crowd, Judgements, Taste, fit_taste

VOTES: Final = 200
_TIMES: Final = 5


def costs(space: ConsoleSpace) -> dict[str, float]:
    """Seconds of processor time: learning a listener's 200th vote, and breeding for them once."""
    votes, crowd = _votes(space), Crowd.initial(space.size)
    taste = Taste.of_crowd(crowd)
    return {
        "vote_s": _seconds(lambda: fit_taste(crowd, votes)),
        "generation_s": _seconds(lambda: space.breed(taste, space.house, seed=1)),
    }


def _votes(space: ConsoleSpace) -> Judgements:
    """Coin tosses about moved mixers: what they say does not change what they cost."""
    rng = np.random.default_rng(1)
    moves = rng.normal(0.0, 1.0, (2 * VOTES, space.size))
    moved = np.stack([space.basis.move(space.base, move) for move in moves])
    rows = space.describe(moved, space.songs[0])
    return Judgements.of(rows[:VOTES], rows[VOTES:], rng.integers(0, 2, VOTES))


def _seconds(work: Callable[[], object]) -> float:
    """The median of a few runs, after one that fills caches."""
    work()
    taken = []
    for _ in range(_TIMES):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return round(float(np.median(taken)), 4)
