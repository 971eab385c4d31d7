"""Stereo delay whose echoes swap sides, each one darker than the last.

A ring of two channels; what leaves it passes a one-pole low-pass and returns, scaled by the
feedback: y[n] = (1 - b) ring[n - d] + b y[n - 1], the pole b such that the low-pass is 3 dB down at
the damping frequency. ``ping_pong`` of it returns on the other side, the rest on its own.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.parameter_table import DELAY

_ZERO: Final = np.float32(0.0)
_TINY: Final = np.float32(1e-15)
_STEP: Final = 64
"""Samples after which a faded filter is set to zero, so that it does not slow down as denormals.

Every sample would be too often: the next one waits for it. The ring's length is a multiple.
"""
_TIME: Final = next(parameter for parameter in DELAY if parameter.name == "time_ms")


def lowpass_pole(hz: float, sample_rate: int) -> float:
    """Pole b of y = (1 - b) x + b y[-1] that is 3.01 dB down at ``hz`` (below Nyquist)."""
    cos = np.cos(2 * np.pi * min(hz / sample_rate, 0.49))
    return float(2 - cos - np.sqrt((2 - cos) ** 2 - 1))


def in_time(section: Mapping[str, float], tempo_bpm: float | None) -> dict[str, float]:
    """The section with the time of its note at this tempo, if it has a note and the song a tempo.

    A time outside the table's range is halved or doubled until it fits: still on the beat.
    """
    if not section["note_beats"] or not tempo_bpm:
        return dict(section)
    time_ms = section["note_beats"] * 60_000 / tempo_bpm
    while time_ms > _TIME.maximum:
        time_ms /= 2
    while time_ms < _TIME.minimum:
        time_ms *= 2
    return {**section, "time_ms": time_ms}


class Delay:
    """The delay bus with its running state, from the ``DELAY`` parameters."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        self._delay = round(section["time_ms"] * sample_rate / 1000)
        self._same = np.float32(section["feedback"] * (1 - section["ping_pong"]))
        self._other = np.float32(section["feedback"] * section["ping_pong"])
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
            self._same,
            self._other,
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
    same: float,
    other: float,
    pole: float,
    state: NDArray[np.float32],
    wet: NDArray[np.float32],
) -> None:
    mask = ring.shape[1] - 1
    left = state[0]
    right = state[1]
    gain = np.float32(1) - pole
    start = 0
    while start < sends.shape[1]:
        stop = min(sends.shape[1], start + _STEP - (position + start) % _STEP)
        for t in range(start, stop):
            read = np.uint64((position + t - delay) & mask)
            write = np.uint64((position + t) & mask)
            left = gain * ring[0, read] + pole * left
            right = gain * ring[1, read] + pole * right
            first = sends[0, t] + (same * left + other * right)
            second = sends[1, t] + (same * right + other * left)
            ring[0, write] = first if abs(first) > _TINY else _ZERO
            ring[1, write] = second if abs(second) > _TINY else _ZERO
            wet[0, t] = left
            wet[1, t] = right
        if (position + stop) % _STEP == 0:
            left = left if abs(left) > _TINY else _ZERO
            right = right if abs(right) > _TINY else _ZERO
        start = stop
    state[0] = left
    state[1] = right
