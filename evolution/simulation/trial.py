"""A learner living in a world: who votes when, and what is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evolution.simulation.baselines import Rival
from evolution.simulation.world import World
from mixing.networks.genome import Genome

VOTES_PER_DAY: Final = 8
CHECKPOINTS: Final = (10, 20, 40, 80)


@dataclass(frozen=True)
class Look:
    """What a checkpoint saw. Shares are per listener (listeners,), expected over held-out songs.

    played: mean share that both mixes of the battles since the last look would win from the base.
    """

    votes: int
    against_base: NDArray[np.float64]
    against_best_single: NDArray[np.float64]
    played: float


@dataclass
class Trial:
    """Listeners of a world who vote in turns, a vote each per round, on songs in random order."""

    world: World
    learner: Rival
    who: Sequence[int]
    best_single: Genome
    seed: int
    votes: int = 0
    _played: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._orders = {listener: self._order() for listener in self.who}

    def until(self, checkpoints: Sequence[int] = CHECKPOINTS) -> list[Look]:
        """Vote up to each checkpoint and look there."""
        looks = []
        for checkpoint in checkpoints:
            while self.votes < checkpoint:
                self._round()
            looks.append(self._look())
        return looks

    def _round(self) -> None:
        for listener in self.who:
            self._vote(listener)
        self.votes += 1

    def _vote(self, listener: int) -> None:
        if not self._orders[listener]:
            self._orders[listener] = self._order()
        song = self._orders[listener].pop()
        sound = self.world.public.songs[song].sound
        a, b = self.learner.propose(listener, sound)
        first = 1 if self._rng.random() < 0.5 else -1
        score, against_base = self.world.battle(
            listener, song, a, b, votes=self.votes, first=first, rng=self._rng
        )
        self._played += against_base
        day = self.votes / VOTES_PER_DAY
        self.learner.take_vote(listener, sound, a, b, score, first=first, day=day)

    def _look(self) -> Look:
        genomes = np.stack([self.learner.mixer_of(listener) for listener in self.who])
        won = [
            self.world.share_won(self.who, genomes, rival, votes=self.votes)
            for rival in (self.world.base, self.best_single)
        ]
        played = float(np.mean(self._played)) if self._played else 0.5
        self._played.clear()
        return Look(self.votes, won[0], won[1], played)

    def _order(self) -> list[int]:
        order: list[int] = self._rng.permutation(len(self.world.public.songs)).tolist()
        return order
