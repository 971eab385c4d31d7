"""Waveform peaks: the outline a person sees of a stem or a mix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

BINS: Final = 1200
_READ_SAMPLES: Final = 1 << 17  # samples per channel looked at in one go

_ReadSlice = Callable[[int, int], NDArray[np.float32]]


def peaks(audio: NDArray[np.float32] | Path, bins: int = BINS) -> NDArray[np.float32]:
    """The lowest and highest sample of each of `bins` equal stretches, as (bins, 2) float32.

    `audio` is (channels, samples), or a sound file that is read in blocks; channels share one
    outline. A signal shorter than `bins` repeats its samples. Raises ValueError when it is empty.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if not isinstance(audio, Path):
        return _peaks_of_slices(lambda start, stop: audio[:, start:stop], audio.shape[1], bins)
    with soundfile.SoundFile(str(audio)) as file:
        # Slices arrive in order, so reading on is enough: no seek.
        return _peaks_of_slices(
            lambda start, stop: file.read(stop - start, dtype="float32", always_2d=True).T,
            file.frames,
            bins,
        )


def to_integers(outline: NDArray[np.float32]) -> list[int]:
    """Peaks as a flat list min, max, min, max, … of integers from -127 to 127, for JSON."""
    scaled = np.rint(np.clip(outline, -1.0, 1.0) * 127.0).astype(np.int8)
    integers: list[int] = scaled.reshape(-1).tolist()
    return integers


def _peaks_of_slices(read: _ReadSlice, samples: int, bins: int) -> NDArray[np.float32]:
    if samples == 0:
        raise ValueError("an empty signal has no waveform")
    edges = np.arange(bins + 1, dtype=np.int64) * samples // bins
    outline = np.empty((bins, 2), dtype=np.float32)
    step = max(1, bins * _READ_SAMPLES // samples)
    for first in range(0, bins, step):
        last = min(first + step, bins)
        block = read(int(edges[first]), int(edges[last]))
        starts = edges[first:last] - edges[first]
        # An empty stretch (fewer samples than bins) takes the sample it starts at.
        outline[first:last, 0] = np.minimum.reduceat(block.min(axis=0), starts)
        outline[first:last, 1] = np.maximum.reduceat(block.max(axis=0), starts)
    return outline
