"""The genetic algorithm (DEAP): mu + lambda with niches, bred against a believed taste.

One niche belongs to the posterior mean and holds the mixers to deliver; the others belong to draws
from the posterior and hold plausible, different challengers (Thompson sampling: O. Chapelle,
L. Li, NIPS 2011). Survivors of a niche keep a distance in function space from each other
(clearing: A. Pétrowski, ICEC 1996). Nothing here waits for votes: ``ask`` gives children, ``tell``
takes the taste whenever it is known, ``breed`` does both for a few generations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from deap import base as deap_base
from deap import tools
from numpy.typing import NDArray

from evolution.harm import Stage
from evolution.operators import OPERATORS, FunctionSpace, Mating
from evolution.strategy.population import Candidate, Individual, key_of
from evolution.strategy.trial import Believed, StageMaker, Trial
from mixing.networks.genome import Genome

Floats = NDArray[np.float64]

_NAMES: Final = tuple(OPERATORS)
_SHARES: Final = np.array([operator.share for operator in OPERATORS.values()])


@dataclass(frozen=True)
class Plan:
    """Sizes of a breeding.

    Attributes:
        mean_places, draw_places: survivors in the mean's niche and in each draw's.
        draws: how many niches of posterior draws.
        children: per generation.
        sigma_steps: typical mutation of one descriptor, in audible steps.
        apart_steps: least distance of two survivors of one niche (Euclidean, in steps).
        outbreeding: chance that a mate comes from another niche.
    """

    mean_places: int = 4
    draw_places: int = 2
    draws: int = 4
    children: int = 24
    sigma_steps: float = 0.5
    apart_steps: float = 0.75
    outbreeding: float = 0.3

    @property
    def places(self) -> tuple[int, ...]:
        """Survivors per niche; their sum is mu."""
        return (self.mean_places, *[self.draw_places] * self.draws)


class Breeder:
    """Breeds heads around one base.

    Args:
        base: the head to be improved upon; always a founder, so the mean's niche never ends up
            with less believed utility than it has.
        house: other heads whose weights may be merged in.
        basis: function space of the base (``genome.Basis``).
        songs: what candidates are tried on.
        seed: the same seed, taste and population give the same genomes to the bit.
        stage: how a song tries candidates out.
    """

    def __init__(
        self,
        base: Genome,
        house: Sequence[Genome],
        basis: FunctionSpace,
        songs: Sequence[Any],
        seed: int,
        plan: Plan = Plan(),
        stage: StageMaker = Stage,
    ) -> None:
        self.base, self.house, self.basis, self.songs = base, tuple(house), basis, tuple(songs)
        self.seed, self.plan, self._stage = seed, plan, stage
        self.logbook = tools.Logbook()
        self._rng = np.random.default_rng(seed)
        self._toolbox = self._make_toolbox()

    def breed(
        self, taste: Believed, population: Sequence[Genome], generations: int = 3
    ) -> list[Individual]:
        """A few generations at once: survivors, the mean's niche first, best first in each."""
        self._rng = np.random.default_rng(self.seed)
        self.logbook = tools.Logbook()
        candidates = self.found(population)
        trial = self.trial(taste)
        survivors = self.tell(candidates, trial)
        for _ in range(generations):
            survivors = self.tell([*survivors, *self.ask(survivors, trial)], trial)
        return self.individuals(survivors)

    def found(self, population: Sequence[Genome]) -> list[Candidate]:
        """The first generation: the population, the base and the house, each genome once."""
        by_key = {key_of(g): g for g in (self.base, *population, *self.house)}
        return [Candidate(genome, founders=(key,)) for key, genome in by_key.items()]

    def trial(self, taste: Believed) -> Trial:
        """The judges of this breeding."""
        return Trial(taste, self.songs, self.base, self.plan.draws, self._rng, self._stage)

    def ask(self, survivors: Sequence[Candidate], trial: Trial) -> list[Candidate]:
        """Children of the survivors, not yet judged; ``trial`` is the one they survived."""
        niches = self._niches(survivors)
        born = 1 + max(parent.born for parent in survivors)
        return [
            self._toolbox.vary(niches, child % len(niches), born, trial)
            for child in range(self.plan.children)
        ]

    def tell(self, candidates: Sequence[Candidate], trial: Trial) -> list[Candidate]:
        """Judge who was not judged yet, and choose the survivors of every niche."""
        new = [candidate for candidate in candidates if not candidate.utilities.size]
        self._toolbox.evaluate(new, trial)
        survivors = [member for members in self._niches(candidates) for member in members]
        worth = [float(survivor.utilities[0]) for survivor in survivors]
        self.logbook.record(
            tried=len(new), kept=len(survivors), best=max(worth), mean=float(np.mean(worth))
        )
        return survivors

    def individuals(self, survivors: Sequence[Candidate]) -> list[Individual]:
        """Survivors as values, niche by niche, best first in each."""
        return [
            _individual(member, niche)
            for niche, members in enumerate(self._niches(survivors))
            for member in members
        ]

    def _make_toolbox(self) -> Any:
        toolbox = deap_base.Toolbox()
        toolbox.register("evaluate", _evaluate)
        toolbox.register("select", _select, places=self.plan.places, apart=self.plan.apart_steps)
        toolbox.register("vary", self._child)
        for name, operator in OPERATORS.items():
            toolbox.register(name, operator.make)
        return toolbox

    def _niches(self, candidates: Sequence[Candidate]) -> list[list[Candidate]]:
        """Who lives in each niche; nobody in two, the earlier niche chooses first."""
        left = list(candidates)
        niches: list[list[Candidate]] = []
        for niche in range(len(self.plan.places)):
            niches.append(self._toolbox.select(left, niche))
            left = [candidate for candidate in left if candidate not in niches[-1]]
        return niches

    def _child(
        self, niches: list[list[Candidate]], niche: int, born: int, trial: Trial
    ) -> Candidate:
        """One child of a niche, made by an operator drawn from the table."""
        operator = OPERATORS[_NAMES[self._rng.choice(len(_NAMES), p=_SHARES)]]
        parents = self._parents(niches, niche, operator.uses)
        mating = Mating(
            parents=[parent.genome for parent in parents],
            base=self.base,
            basis=self.basis,
            sigma=np.full(len(self.basis.directions), self.plan.sigma_steps),
            uphill=trial.uphill(parents[0].descriptors, niche),
            rng=self._rng,
        )
        genome = getattr(self._toolbox, operator.name)(mating)
        founders = dict.fromkeys(key for parent in parents for key in parent.founders)
        return Candidate(genome, operator.name, tuple(founders), born)

    def _parents(self, niches: list[list[Candidate]], niche: int, count: int) -> list[Candidate]:
        """Different parents where there are enough, the best of the niche most often first."""
        others = [mate for members in niches for mate in members]
        own = niches[niche] or others
        first = own[min(self._rng.geometric(0.5) - 1, len(own) - 1)]
        parents = [first]
        while len(parents) < count:
            pool = others if self._rng.random() < self.plan.outbreeding else own
            mates = [m for m in pool if m not in parents] or [m for m in others if m not in parents]
            if not mates:
                break
            parents.append(mates[self._rng.integers(len(mates))])
        return parents * count if len(parents) == 1 else parents


def _evaluate(candidates: Sequence[Candidate], trial: Trial) -> None:
    """Judge candidates all at once: that is what makes it fast."""
    if not candidates:
        return
    judged = trial.judge(np.stack([candidate.genome for candidate in candidates]))
    for candidate, utilities, descriptors, harm in zip(candidates, *judged, strict=True):
        candidate.utilities, candidate.descriptors = utilities, descriptors
        candidate.harm = float(harm)


def _select(
    candidates: Sequence[Candidate], niche: int, places: Sequence[int], apart: float
) -> list[Candidate]:
    """The best of one niche that keep their distance, best first; the closest fill what is left."""
    for candidate in candidates:
        candidate.fitness.values = (candidate.utilities[niche],)
    ranked: list[Candidate] = tools.selBest(list(candidates), len(candidates))
    chosen: list[Candidate] = []
    for candidate in ranked:
        if len(chosen) == places[niche]:
            break
        gaps = [np.linalg.norm(candidate.descriptors - other.descriptors) for other in chosen]
        if all(gap >= apart for gap in gaps):
            chosen.append(candidate)
    left = [candidate for candidate in ranked if candidate not in chosen]
    return chosen + left[: places[niche] - len(chosen)]


def _individual(candidate: Candidate, niche: int) -> Individual:
    return Individual(
        genome=candidate.genome,
        key=key_of(candidate.genome),
        parents=candidate.founders,
        operator=candidate.operator,
        utility=float(candidate.utilities[niche]),
        niche=niche,
        generation=candidate.born,
        descriptors=candidate.descriptors,
        harm=candidate.harm,
    )
