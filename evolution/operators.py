"""How new heads come from old ones: merging of weights, and mutation in function space.

Every operator takes and gives whole weight vectors of one encoder version (see
``mixing.networks.genome``), draws chance from the generator it is given, and works in float64
before it rounds to float32 once, so that the same arguments give the same bits.

Sources: linear merging, SLERP and TIES as in arcee-ai/mergekit; P. Yadav et al., "TIES-Merging:
Resolving Interference When Merging Models", NeurIPS 2023; K. Shoemake, "Animating Rotation with
Quaternion Curves", SIGGRAPH 1985.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from mixing.networks.errors import ModelInvalid
from mixing.networks.genome import Genome

Floats = NDArray[np.float64]

MOST_OVERSHOOT: Final = 0.5
"""A blend may go past its parents by this share of their distance."""
_MUTATED: Final = 0.35
"""Share of the descriptors that one mutation moves."""
_SIZES: Final = (0.5, 1.0, 2.0)
_PARALLEL: Final = 1e-6


class FunctionSpace(Protocol):
    """What mutation needs of ``genome.Basis``: moves counted in audible steps."""

    @property
    def directions(self) -> NDArray[np.floating]:
        """(D, genome size): change of the weights per step."""
        ...

    def move(self, genome: Genome, delta: Floats) -> Genome:
        """The genome with its descriptors moved by ``delta`` (D,) steps."""
        ...


def merge_average(
    parents: Sequence[Genome], weights: Sequence[float] | None = None, overshoot: float = 0.0
) -> Genome:
    """Weighted mean of the parents, taken ``overshoot`` further from the first parent.

    With two parents a and b of equal weight, overshoot 0.5 gives a + 1.5 (b - a) / 2.

    Args:
        weights: one per parent, not negative, not all zero; equal when not given.
        overshoot: 0 stays between the parents.
    """
    stack = _stacked(parents)
    shares = np.ones(len(stack)) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (len(stack),) or (shares < 0).any() or shares.sum() <= 0:
        raise ModelInvalid("A merge needs one weight per parent, none negative, not all zero.")
    mean = (stack * (shares / shares.sum())[:, None]).sum(axis=0)
    return _genome(stack[0] + (1.0 + overshoot) * (mean - stack[0]))


def merge_slerp(a: Genome, b: Genome, base: Genome, t: float) -> Genome:
    """Spherical interpolation of what a and b learnt since ``base``: t = 0 is a, 1 is b.

    Direction and length of the deltas are interpolated apart, so that two different opinions do
    not water each other down. Parallel deltas, and a parent that is the base, blend linearly.
    """
    start, first, second = _stacked([base, a, b])
    from_a, from_b = first - start, second - start
    long_a, long_b = float(np.linalg.norm(from_a)), float(np.linalg.norm(from_b))
    if min(long_a, long_b) < _PARALLEL:
        return _genome(start + (1.0 - t) * from_a + t * from_b)
    one, other = from_a / long_a, from_b / long_b
    angle = float(np.arccos(np.clip(one @ other, -1.0, 1.0)))
    if np.sin(angle) < _PARALLEL:
        return _genome(start + (1.0 - t) * from_a + t * from_b)
    direction = (np.sin((1.0 - t) * angle) * one + np.sin(t * angle) * other) / np.sin(angle)
    return _genome(start + ((1.0 - t) * long_a + t * long_b) * direction)


def merge_ties(parents: Sequence[Genome], base: Genome, density: float = 0.5) -> Genome:
    """TIES: trim each parent's delta from the base to its largest share of numbers, elect a sign
    per number by the sum of what is left, and average those that agree with it.

    Args:
        density: share of the numbers kept of each delta, in 0..1 (0 excluded).
    """
    if not 0.0 < density <= 1.0:
        raise ModelInvalid("TIES keeps a share of numbers above 0 and at most 1.")
    start, *rest = _stacked([base, *parents])
    deltas = np.stack([_trimmed(parent - start, density) for parent in rest])
    elected = np.sign(deltas.sum(axis=0))
    agrees = (np.sign(deltas) == elected) & (elected != 0)
    total = np.where(agrees, deltas, 0.0).sum(axis=0)
    return _genome(start + total / np.maximum(agrees.sum(axis=0), 1))


def mutate(genome: Genome, basis: FunctionSpace, sigma: Floats, rng: np.random.Generator) -> Genome:
    """A step in function space: each descriptor moves by a normal number of steps.

    Args:
        sigma: (D,) standard deviations in audible steps.
    """
    return basis.move(genome, rng.normal(0.0, 1.0, len(sigma)) * sigma)


def lean(
    genome: Genome, basis: FunctionSpace, uphill: Floats, sigma: Floats, rng: np.random.Generator
) -> Genome:
    """A mutation of which every descriptor goes the way a taste is believed to like.

    Args:
        uphill: (D,) slope of the believed utility; its size only sets the proportions.
        sigma: (D,) as for ``mutate``, which moves as far on average.
    """
    length = float(np.linalg.norm(uphill))
    if length < _PARALLEL:
        return mutate(genome, basis, sigma, rng)
    far = np.abs(rng.normal()) * np.linalg.norm(sigma)
    return basis.move(genome, uphill / length * far * rng.uniform(0.5, 1.5, len(uphill)))


@dataclass(frozen=True)
class Mating:
    """What an operator may use: the parents, and ``uphill``, the slope (D,) of what the niche is
    believed to like at the first of them."""

    parents: Sequence[Genome]
    base: Genome
    basis: FunctionSpace
    sigma: Floats
    uphill: Floats
    rng: np.random.Generator


@dataclass(frozen=True)
class Operator:
    """One way to make a child. ``uses`` parents of a mating; ``words`` say so in a lineage."""

    name: str
    words: str
    uses: int
    share: float
    make: Callable[[Mating], Genome]


def _average(mating: Mating) -> Genome:
    a, b = mating.parents[:2]
    share = mating.rng.uniform(0.3, 0.7)
    overshoot = mating.rng.uniform(0.0, MOST_OVERSHOOT)
    return merge_average([a, b], [1.0 - share, share], overshoot)


def _slerp(mating: Mating) -> Genome:
    a, b = mating.parents[:2]
    return merge_slerp(a, b, mating.base, mating.rng.uniform(0.2, 0.8))


def _ties(mating: Mating) -> Genome:
    return merge_ties(mating.parents[:3], mating.base, mating.rng.uniform(0.3, 0.8))


def _mutation(mating: Mating) -> Genome:
    # A few qualities at a time, small steps and large ones.
    few = mating.rng.random(len(mating.sigma)) < _MUTATED
    few[mating.rng.integers(len(few))] = True
    sigma = mating.sigma * few * mating.rng.choice(_SIZES)
    return mutate(mating.parents[0], mating.basis, sigma, mating.rng)


def _lean(mating: Mating) -> Genome:
    sigma = mating.sigma * mating.rng.choice(_SIZES)
    return lean(mating.parents[0], mating.basis, mating.uphill, sigma, mating.rng)


OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator
    for operator in (
        Operator("average", "blend of two mixers", 2, 0.25, _average),
        Operator("slerp", "blend of what two mixers learnt", 2, 0.15, _slerp),
        Operator("ties", "what several mixers agree on", 3, 0.1, _ties),
        Operator("mutate", "variation of one mixer", 1, 0.3, _mutation),
        Operator("lean", "step towards what is believed to be liked", 1, 0.2, _lean),
    )
}
"""By the name that a lineage keeps. ``share`` is how often breeding takes each."""


def _trimmed(delta: Floats, density: float) -> Floats:
    kept = max(1, round(density * len(delta)))
    smallest_kept = np.partition(np.abs(delta), len(delta) - kept)[len(delta) - kept]
    return np.where(np.abs(delta) >= smallest_kept, delta, 0.0)


def _stacked(genomes: Sequence[Genome]) -> Floats:
    if not genomes or len({genome.shape for genome in genomes}) != 1:
        raise ModelInvalid("Only genomes of one size can be merged, and at least one of them.")
    return np.stack([np.asarray(genome, np.float64) for genome in genomes])


def _genome(vector: Floats) -> Genome:
    return np.asarray(vector, np.float32)
