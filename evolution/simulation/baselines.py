"""Rivals of the learner: what one would try first. Each learns for every listener alone.

All change raw weights and know nothing of consoles, songs or other listeners. ``Elo`` ratings turn
votes into fitness where a method needs one number per genome.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from cmaes import SepCMA
from deap import base as deap_base
from numpy.typing import NDArray

from mixing.networks.genome import Genome

Pair = tuple[Genome, Genome]

RAW_SIGMA: Final = 0.02
"""Deviation of a mutated weight: such mutants are heard, and win two battles of five."""
_ELO_STEP: Final = 32.0
_ELO_SCALE: Final = 400.0
_START: Final = 1500.0
_SETTLED: Final = 3
"""Battles before a rating may name the best."""
_POOL: Final = 8
_POPULATION: Final = 12
_GENERATION_VOTES: Final = 12
_TOURNAMENT: Final = 3
_CROSSOVER: Final = 0.5
_CMA_POPULATION: Final = 6


class Rival(Protocol):
    """What a trial drives: the interface of ``evolution.learner.Learner`` with opaque songs."""

    def propose(self, listener: int, song: Any) -> Pair:
        """Two genomes to be heard blind on this song."""

    def take_vote(
        self, listener: int, song: Any, a: Genome, b: Genome, score: float, *, first: int = 0,
        day: float = 0.0,
    ) -> None:  # fmt: skip
        """1: a was better, 0: b, 0.5: no difference."""

    def mixer_of(self, listener: int) -> Genome:
        """The listener's own mixer now."""


@dataclass(eq=False)
class _Rated:
    genome: Genome
    elo: float = _START
    battles: int = 0

    def meet(self, other: "_Rated", score: float) -> None:
        """Elo's update for both sides."""
        expected = 1.0 / (1.0 + 10.0 ** ((other.elo - self.elo) / _ELO_SCALE))
        change = _ELO_STEP * (score - expected)
        self.elo, other.elo = self.elo + change, other.elo - change
        self.battles, other.battles = self.battles + 1, other.battles + 1


def _best(rated: list[_Rated]) -> _Rated:
    """The highest rating among those that have fought enough; the first (the base) before that."""
    settled = [one for one in rated if one.battles >= _SETTLED]
    return max(settled, key=lambda one: one.elo) if settled else rated[0]


def _find(rated: list[_Rated], genome: Genome) -> _Rated:
    return next(one for one in rated if one.genome is genome)


class OneListener(Protocol):
    """A method at work for one listener."""

    def propose(self) -> Pair: ...

    def take(self, a: Genome, b: Genome, score: float) -> None: ...

    def best(self) -> Genome: ...


class EachAlone:
    """A ``Rival`` out of one method per listener, seeded by listener."""

    def __init__(
        self, make: Callable[[Genome, np.random.Generator], OneListener], base: Genome, seed: int
    ) -> None:
        self._make, self._base, self._seed = make, base, seed
        self._methods: dict[Hashable, OneListener] = {}

    def propose(self, listener: int, song: Any) -> Pair:
        return self._of(listener).propose()

    def take_vote(
        self, listener: int, song: Any, a: Genome, b: Genome, score: float, *, first: int = 0,
        day: float = 0.0,
    ) -> None:  # fmt: skip
        self._of(listener).take(a, b, score)

    def mixer_of(self, listener: int) -> Genome:
        return self._of(listener).best()

    def _of(self, listener: int) -> OneListener:
        if listener not in self._methods:
            rng = np.random.default_rng((self._seed, listener))
            self._methods[listener] = self._make(self._base, rng)
        return self._methods[listener]


@dataclass
class RandomSearch:
    """A pool of random mutants around the base; the worst makes room for a new one now and then."""

    base: Genome
    rng: np.random.Generator
    pool: list[_Rated] = field(default_factory=list)
    votes: int = 0

    def __post_init__(self) -> None:
        self.pool = [_Rated(self.base), *(self._mutant() for _ in range(_POOL - 1))]

    def propose(self) -> Pair:
        first, second = self.rng.choice(len(self.pool), 2, replace=False)
        return self.pool[first].genome, self.pool[second].genome

    def take(self, a: Genome, b: Genome, score: float) -> None:
        _find(self.pool, a).meet(_find(self.pool, b), score)
        self.votes += 1
        if self.votes % _POOL == 0:
            worst = min(self.pool, key=lambda one: one.elo)
            self.pool[self.pool.index(worst)] = self._mutant()

    def best(self) -> Genome:
        return _best(self.pool).genome

    def _mutant(self) -> _Rated:
        return _Rated(_mutated(self.base, self.rng))


@dataclass
class PlainGenetics:
    """DEAP's simple genetic algorithm: tournament selection, blend crossover, Gaussian mutation of
    raw weights, Elo as fitness, one elite, a generation every dozen votes."""

    base: Genome
    rng: np.random.Generator
    population: list[_Rated] = field(default_factory=list)
    votes: int = 0

    def __post_init__(self) -> None:
        mutants = [_Rated(_mutated(self.base, self.rng)) for _ in range(_POPULATION - 1)]
        self.population = [_Rated(self.base), *mutants]
        self._toolbox = deap_base.Toolbox()
        self._toolbox.register("select", self._select)
        self._toolbox.register("mate", self._blended)
        self._toolbox.register("mutate", _mutated, rng=self.rng)

    def propose(self) -> Pair:
        first, second = self.rng.choice(len(self.population), 2, replace=False)
        return self.population[first].genome, self.population[second].genome

    def take(self, a: Genome, b: Genome, score: float) -> None:
        _find(self.population, a).meet(_find(self.population, b), score)
        self.votes += 1
        if self.votes % _GENERATION_VOTES == 0:
            self._breed()

    def best(self) -> Genome:
        return _best(self.population).genome

    def _breed(self) -> None:
        elite = _best(self.population)
        children = [elite]
        while len(children) < _POPULATION:
            mother, father = self._toolbox.select(), self._toolbox.select()
            child = mother.genome
            if self.rng.random() < _CROSSOVER:
                child = self._toolbox.mate(mother.genome, father.genome)
            # A child starts from its parents' rating: its own battles move it from there.
            elo = 0.5 * (mother.elo + father.elo)
            children.append(_Rated(self._toolbox.mutate(child), 0.5 * (elo + _START)))
        self.population = children

    def _select(self) -> _Rated:
        """A tournament of three; DEAP's own draws from the global generator, which cannot be
        repeated."""
        drawn: list[int] = self.rng.choice(
            len(self.population), _TOURNAMENT, replace=False
        ).tolist()
        return max((self.population[i] for i in drawn), key=lambda one: one.elo)

    def _blended(self, mother: Genome, father: Genome) -> Genome:
        share = self.rng.random(mother.shape).astype(np.float32)
        return np.asarray(share * mother + (1 - share) * father, np.float32)


@dataclass
class PairedCma:
    """CMA-ES (separable, package ``cmaes``) whose candidates fight each other once or twice; the
    share of battles lost is what it minimises, the mean of its distribution is the mixer."""

    base: Genome
    rng: np.random.Generator
    candidates: list[_Rated] = field(default_factory=list)
    schedule: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        seed = int(self.rng.integers(2**31))
        mean = self.base.astype(np.float64)
        self._cma = SepCMA(mean, RAW_SIGMA, seed=seed, population_size=_CMA_POPULATION)
        self._ask()

    def propose(self) -> Pair:
        first, second = self.schedule[0]
        return self.candidates[first].genome, self.candidates[second].genome

    def take(self, a: Genome, b: Genome, score: float) -> None:
        _find(self.candidates, a).meet(_find(self.candidates, b), score)
        self.schedule.pop(0)
        if not self.schedule:
            self._cma.tell([(c.genome.astype(np.float64), -c.elo) for c in self.candidates])
            self._ask()

    def best(self) -> Genome:
        return np.asarray(self._cma._mean, np.float32)

    def _ask(self) -> None:
        asked = [self._cma.ask().astype(np.float32) for _ in range(_CMA_POPULATION)]
        self.candidates = [_Rated(genome) for genome in asked]
        order = self.rng.permutation(_CMA_POPULATION).tolist()
        self.schedule = list(zip(order, order[1:] + order[:1], strict=True))


def _mutated(genome: Genome, rng: np.random.Generator) -> Genome:
    step: NDArray[np.float64] = rng.normal(0.0, RAW_SIGMA, genome.shape)
    return np.asarray(genome + step, np.float32)
