"""Mixers of this product as the learner sees them: heads on the real console."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from evolution.choosing import SLACK, Tempered, telling_pair
from evolution.descriptors import COUNT, SongSound
from evolution.genome import Basis
from evolution.harm import Stage
from evolution.preference import Taste
from evolution.strategy import Breeder, Individual, Plan
from mixing.networks.checkpoints import shipped_genome
from mixing.networks.genome import Genome
from mixing.networks.styles import STYLES

BASE: Final = "balanced"
GENERATIONS: Final = 3
"""Per breeding; its population goes on from there. More of them chase what the model gets wrong."""


@dataclass(frozen=True)
class ConsoleSpace:
    """Mixers of this product: heads on the real console, described as people hear them."""

    base: Genome
    house: tuple[Genome, ...]
    basis: Basis
    songs: tuple[SongSound, ...]
    plan: Plan = Plan(draws=6)  # noqa: RUF009 - frozen
    generations: int = GENERATIONS
    boldness: float = 0.5
    caution: float = 0.3
    slack: float = SLACK

    @classmethod
    def of_house(cls, songs: Sequence[SongSound]) -> Self:
        """Function space around the shipped base mixer over these songs."""
        base = shipped_genome(BASE)
        others = tuple(shipped_genome(style.slug) for style in STYLES if style.slug != BASE)
        return cls(base, others, Basis.build(base, songs), tuple(songs))

    @property
    def size(self) -> int:
        return COUNT

    def describe(self, genomes: NDArray[np.float32], song: SongSound) -> NDArray[np.floating]:
        return Stage(song, self.base).try_out(genomes)[0]

    def breed(self, taste: Taste, population: Sequence[Genome], *, seed: int) -> list[Genome]:
        return [one.genome for one in self.litter(taste, population, seed=seed)]

    def litter(self, taste: Taste, population: Sequence[Genome], *, seed: int) -> list[Individual]:
        """What ``breed`` gives, with parents, operators and beliefs."""
        breeder = Breeder(self.base, self.house, self.basis, self.songs, seed, self.plan)
        seen = Tempered(taste, self.caution, self.boldness)
        return breeder.breed(seen, population, self.generations)

    def pair(
        self, taste: Taste, candidates: Sequence[Genome], song: SongSound,
        rng: np.random.Generator,
    ) -> tuple[int, int]:  # fmt: skip
        rows, faults = Stage(song, self.base).try_out(np.stack(candidates))
        return telling_pair(taste, rows, faults.sum(axis=1), rng, self.slack)

    def audition(
        self, genomes: NDArray[np.float32]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        tried = [stage.try_out(genomes) for stage in self._stages]
        rows = np.stack([descriptors for descriptors, _ in tried], axis=1)
        return rows, np.mean([faults.sum(axis=1) for _, faults in tried], axis=0)

    @cached_property
    def _stages(self) -> list[Stage]:
        return [Stage(song, self.base) for song in self.songs]
