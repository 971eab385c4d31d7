"""Arrays as bytes in the database: safetensors, which holds numbers and can hold nothing else."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from mixing.networks.genome import Genome
from mixing.networks.shapes import HEAD

Arrays = dict[str, NDArray[Any]]


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The same arrays give the same bytes."""
    whole = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    data: bytes = save(whole)
    return data


def unpack(data: bytes | memoryview) -> Arrays:
    """What ``pack`` was given."""
    arrays: Arrays = load(bytes(data))
    return arrays


def genome_bytes(genome: Genome) -> bytes:
    return np.ascontiguousarray(genome, np.float32).tobytes()


def genome_from(data: bytes | memoryview) -> Genome:
    """(genome size,) float32; raises ValueError for another number of bytes."""
    return np.frombuffer(bytes(data), np.float32).reshape(HEAD.genome_size).copy()


def sha256_of(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()
