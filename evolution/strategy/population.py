"""Who is bred: the individuals of DEAP's algorithms, and what is kept of them afterwards."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from deap import base
from numpy.typing import NDArray

from mixing.networks.genome import Genome

Array = NDArray[np.float32]
Floats = NDArray[np.float64]

FOUNDER: Final = "founder"
"""The operator of those that were there before breeding began."""


class Fitness(base.Fitness):  # type: ignore[misc]  # DEAP has no types
    """Expected utility less harm, more is better. A class of its own: ``deap.creator`` would put
    it into a module that all users of DEAP share."""

    weights = (1.0,)


@dataclass(eq=False)
class Candidate:
    """An individual while it is bred.

    Attributes:
        utilities: (niches,) believed utility less harm in each niche; empty before its trial.
        descriptors: (D,) mean over the songs.
        harm: mean penalty over the songs.
        founders: keys of the genomes of the first population that it comes from, closest first.
        born: generation, 0 for founders.
    """

    genome: Genome
    operator: str = FOUNDER
    founders: tuple[str, ...] = ()
    born: int = 0
    utilities: Floats = field(default_factory=lambda: np.empty(0))
    descriptors: Array = field(default_factory=lambda: np.empty(0, np.float32))
    harm: float = 0.0
    fitness: Any = field(default_factory=Fitness)


@dataclass(frozen=True)
class Individual:
    """A survivor of breeding.

    Attributes:
        key: ``key_of`` its genome.
        parents: keys of the members of the first population that it comes from; its own for one
            of them.
        operator: a name in ``operators.OPERATORS``, or "founder".
        utility: believed utility less harm in its niche, over the songs.
        niche: 0 for the posterior mean, 1... for the posterior draws.
        generation: in which it was born, 0 for founders.
        descriptors: (D,) mean over the songs.
    """

    genome: Genome
    key: str
    parents: tuple[str, ...]
    operator: str
    utility: float
    niche: int
    generation: int
    descriptors: Array
    harm: float


def key_of(genome: Genome) -> str:
    """A name for a genome that depends on nothing but its numbers: 32 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(genome, "<f4").tobytes()).hexdigest()[:32]
