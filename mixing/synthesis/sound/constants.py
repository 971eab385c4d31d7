"""Units shared by every instrument."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 44_100
"""Frames per second of everything the synthesiser makes."""

Signal = NDArray[np.float32]
"""Audio: ``(samples,)`` for one voice, ``(channels, samples)`` for a stem."""


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch (69 = 440 Hz, equal temperament)."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def frames(seconds: float) -> int:
    """Return the nearest whole number of samples to a duration in seconds."""
    return round(seconds * SAMPLE_RATE)


def gain(decibels: float) -> float:
    """Return the amplitude factor of a level in dB."""
    return float(10.0 ** (decibels / 20.0))
