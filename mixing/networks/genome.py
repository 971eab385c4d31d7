"""The genome: a head's weights as one float32 vector.

Layout: the tensors of ``HeadConfig.tensor_shapes()`` one after another in that order, each
row-major (C order). Every mixer of one encoder version has the same layout, so genomes can be
averaged, crossed and mutated number by number.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mixing.networks.errors import ModelInvalid
from mixing.networks.shapes import HEAD, HeadConfig

Genome = NDArray[np.float32]
State = dict[str, NDArray[np.float32]]


def genome_of(state: Mapping[str, NDArray[np.float32]], config: HeadConfig = HEAD) -> Genome:
    """The weights as one vector of ``config.genome_size`` numbers.

    Raises:
        ModelInvalid: tensors are missing, unknown, of another shape or not finite.
    """
    shapes = config.tensor_shapes()
    if set(state) != set(shapes):
        raise ModelInvalid(f"A head has the tensors {', '.join(shapes)}.")
    for name, shape in shapes.items():
        if state[name].shape != shape:
            raise ModelInvalid(f"{name} has shape {state[name].shape}, a head needs {shape}.")
    genome = np.concatenate([state[name].ravel() for name in shapes]).astype(np.float32)
    _check_finite(genome)
    return genome


def state_of(genome: Genome, config: HeadConfig = HEAD) -> State:
    """The tensors of a genome by name; copies, so that the genome stays a value.

    Raises:
        ModelInvalid: the vector has another length or holds non-finite numbers.
    """
    if genome.shape != (config.genome_size,):
        raise ModelInvalid(f"A genome has {config.genome_size} numbers, not shape {genome.shape}.")
    _check_finite(genome)
    state, start = {}, 0
    for name, shape in config.tensor_shapes().items():
        stop = start + int(np.prod(shape))
        state[name] = genome[start:stop].astype(np.float32).reshape(shape).copy()
        start = stop
    return state


def _check_finite(genome: Genome) -> None:
    if not np.isfinite(genome).all():
        raise ModelInvalid("A genome holds numbers that are not finite.")
