"""A stem's features as a file: its spectrogram, and beside it the statistics that networks read.

Pooling a spectrogram costs some hundred times what the encoder does. It is done once, when the stem
arrives; hearing a song afterwards reads four kilobytes per stem.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import spectrogram
from mixing.networks.pooling import Pooled, pool

POOLING_VERSION: Final = 1
"""Changes whenever the same spectrogram would give other statistics: part of their names."""

_ARRAYS: Final = ("levels", "movements", "scalars", "frame_levels")
_NAMES: Final = tuple(f"{name}.{POOLING_VERSION}" for name in _ARRAYS)


def save(path: Path, mel: NDArray[np.float32]) -> None:
    """Write a log-mel spectrogram (frames, 128) in dB and its statistics, atomically."""
    # As they will be read back from a spectrogram alone: of its float16 numbers.
    pooled = pool(mel.astype(np.float16))
    beside = {name: getattr(pooled, array) for name, array in zip(_NAMES, _ARRAYS, strict=True)}
    spectrogram.save(path, mel, **beside)


def load_pooled(path: Path) -> Pooled:
    """The statistics of a stem; pooled anew where an earlier release wrote the file.

    Raises ValueError when the file holds no spectrogram.
    """
    try:
        return Pooled(*spectrogram.load_beside(path, _NAMES))
    except ValueError:
        return pool(spectrogram.load(path))
