"""Many heads at once in NumPy: what the evolution asks of candidates before anybody hears them.

The same arithmetic as ``architecture.Head`` (a test compares them), over a first axis of genomes.
"""

import numpy as np
from numpy.typing import NDArray

from mixing.networks.errors import ModelInvalid
from mixing.networks.shapes import (
    EXCESS_TO_THRESHOLD,
    FADER_TOP,
    HEAD,
    LEVEL_GAIN,
    MEASURED,
    SHARED_THRESHOLD,
    STRIP_COLUMN,
)

Array = NDArray[np.float32]


def positions(genomes: Array, embeddings: Array) -> tuple[Array, Array]:
    """What heads choose for one song.

    Args:
        genomes: (heads, genome size).
        embeddings: (stems, 36).

    Returns:
        Learned positions in 0..1: strips (heads, stems, 16) and shared (heads, 14).
    """
    if genomes.ndim != 2 or genomes.shape[1] != HEAD.genome_size:
        raise ModelInvalid(f"Genomes are (heads, {HEAD.genome_size}), not {genomes.shape}.")
    weights = _weights(genomes)
    measured, learned = embeddings[:, : len(MEASURED)], embeddings[:, len(MEASURED) :]
    present, width = measured[:, 1], measured[:, 3]
    context = (learned * present[:, None]).sum(axis=0) / max(1.0, float(present.sum()))
    context_rows = np.broadcast_to(context, learned.shape)
    seen = np.concatenate([learned, width[:, None], context_rows], axis=1)
    strips = _perceptron(weights, "strip", seen)
    shared = _perceptron(weights, "shared", context[None])[:, 0]
    return console_positions(strips, shared, measured)


def console_positions(strips: Array, shared: Array, measured: Array) -> tuple[Array, Array]:
    """Wishes (heads, stems, 16) and (heads, 14) to positions by the three rules of ``Head``;
    measured is (stems, 4). Works in place."""
    level, present, side = measured[:, 0], measured[:, 1], measured[:, 2]
    fader, threshold, pan = (
        STRIP_COLUMN[name] for name in ("fader_db", "comp_threshold_db", "pan")
    )
    strips[..., threshold] += level * LEVEL_GAIN["comp_threshold_db"]
    strips[..., pan] = 0.5 + 0.5 * side * np.clip(strips[..., pan], 0.0, 1.0)
    wished = strips[..., fader] - level * LEVEL_GAIN["fader_db"]
    loudest = (wished * present + (present - 1.0)).max(axis=-1, keepdims=True)
    excess = np.maximum(loudest - FADER_TOP, 0.0)
    strips[..., fader] = wished - excess
    shared[:, SHARED_THRESHOLD] -= excess[:, 0] * EXCESS_TO_THRESHOLD
    return np.clip(strips, 0.0, 1.0), np.clip(shared, 0.0, 1.0)


def _perceptron(weights: dict[str, Array], name: str, seen: Array) -> Array:
    """(heads, rows, outputs) for rows (rows, inputs)."""
    hidden = seen @ weights[f"{name}_hidden.weight"].swapaxes(1, 2)
    hidden += weights[f"{name}_hidden.bias"][:, None]
    hidden /= 1.0 + np.exp(-hidden)  # SiLU
    output = hidden @ weights[f"{name}_output.weight"].swapaxes(1, 2)
    return np.asarray(output + weights[f"{name}_output.bias"][:, None], dtype=np.float32)


def _weights(genomes: Array) -> dict[str, Array]:
    """Views of each tensor over all genomes, (heads, *shape)."""
    views, start = {}, 0
    for name, shape in HEAD.tensor_shapes().items():
        stop = start + int(np.prod(shape))
        views[name] = genomes[:, start:stop].reshape(len(genomes), *shape)
        start = stop
    return views
