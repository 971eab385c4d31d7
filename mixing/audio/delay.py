"""Stereo delay whose echoes swap sides, each one darker than the last.

A ring of two channels; what leaves it passes a one-pole low-pass and returns, scaled by the
feedback, on the other side: y[n] = (1 - b) ring[n - d] + b y[n - 1], the pole b such that the
low-pass is 3 dB down at the damping frequency.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled

_ZERO: Final = np.float32(0.0)
_TINY: Final = np.float32(1e-15)


def lowpass_pole(hz: float, sample_rate: int) -> float:
    """Pole b of y = (1 - b) x + b y[-1] that is 3.01 dB down at ``hz`` (below Nyquist)."""
    cos = np.cos(2 * np.pi * min(hz / sample_rate, 0.49))
    return float(2 - cos - np.sqrt((2 - cos) ** 2 - 1))


class Delay:
    """The delay bus with its running state, from the ``DELAY`` parameters."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        self._delay = max(1, round(section["time_ms"] * sample_rate / 1000))
        self._feedback = np.float32(section["feedback"])
        self._pole = np.float32(lowpass_pole(section["damping_hz"], sample_rate))
        self._ring = np.zeros((2, 1 << self._delay.bit_length()), np.float32)
        self._filter = np.zeros(2, np.float32)
        self._position = 0

    def process(self, sends: NDArray[np.float32]) -> NDArray[np.float32]:
        """Echoes (2, samples) of the next ``sends`` (2, samples)."""
        wet = np.empty(sends.shape, np.float32)
        _run(
            sends,
            self._ring,
            self._position,
            self._delay,
            self._feedback,
            self._pole,
            self._filter,
            wet,
        )
        self._position = (self._position + sends.shape[1]) % self._ring.shape[1]
        return wet


@compiled
def _run(
    sends: NDArray[np.float32],
    ring: NDArray[np.float32],
    position: int,
    delay: int,
    feedback: float,
    pole: float,
    state: NDArray[np.float32],
    wet: NDArray[np.float32],
) -> None:
    mask = ring.shape[1] - 1
    left = state[0]
    right = state[1]
    for t in range(sends.shape[1]):
        read = (position + t - delay) & mask
        write = (position + t) & mask
        left = ring[0, read] + pole * (left - ring[0, read])
        right = ring[1, read] + pole * (right - ring[1, read])
        left = left if abs(left) > _TINY else _ZERO
        right = right if abs(right) > _TINY else _ZERO
        ring[0, write] = sends[0, t] + feedback * right
        ring[1, write] = sends[1, t] + feedback * left
        wet[0, t] = left
        wet[1, t] = right
    state[0] = left
    state[1] = right
