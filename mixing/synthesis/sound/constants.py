"""Units shared by every instrument."""

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE

__all__ = ["SAMPLE_RATE", "Signal", "frames", "hertz"]

Signal = NDArray[np.float32]
"""Audio: ``(samples,)`` for one voice, ``(channels, samples)`` for a stem."""


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch (69 = 440 Hz, equal temperament)."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def frames(seconds: float) -> int:
    """Return the nearest whole number of samples to a duration in seconds."""
    return round(seconds * SAMPLE_RATE)
