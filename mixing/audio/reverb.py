"""Reverb: diffusers into a feedback delay network of sixteen lines.

The network is J.-M. Jot's ("Digital delay networks for designing artificial reverberators", AES
90, 1991): a lossless matrix (Hadamard) mixes delay lines of mutually prime lengths, and a one-pole
filter in each line takes away exactly what its length costs, so that every frequency decays by
60 dB in ``decay_s`` at the bottom and in half of it at ``damping_hz``. M. R. Schroeder's all-pass
sections ("Natural sounding artificial reverberation", JAES 10(3), 1962) before it multiply the
first echoes. Left feeds and leaves the even lines, right the odd ones: early sound keeps its side,
the tail surrounds. The input is scaled so that the response to noise has the power of the input
whatever the decay.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled

LINES: Final = 16
STEP: Final = 64
"""Samples per turn, below every delay, so that a turn reads only what earlier ones wrote."""
_LENGTHS_S: Final = 0.0159 * (0.1088 / 0.0159) ** (np.arange(LINES) / (LINES - 1))
_DIFFUSERS_S: Final = (0.00321, 0.00497, 0.00763, 0.01171)
_DIFFUSION: Final = np.float32(0.65)
_QUARTER: Final = np.float32(0.25)
_ZERO: Final = np.float32(0.0)
_TINY: Final = np.float32(1e-15)


def _next_prime(number: int) -> int:
    while any(number % factor == 0 for factor in range(2, int(number**0.5) + 1)):
        number += 1
    return number


def _primes(seconds: NDArray[np.float64], sample_rate: int) -> NDArray[np.int64]:
    primes: list[int] = []
    for length in seconds * sample_rate:
        primes.append(_next_prime(max(round(length), primes[-1] + 1 if primes else STEP)))
    return np.array(primes, np.int64)


def line_filters(
    lengths: NDArray[np.int64], decay_s: float, damping_hz: float, sample_rate: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gain at 0 Hz and pole of each line's filter g (1 - b) / (1 - b z^-1).

    The pole solves |filter(damping_hz)| = g^2, a loss twice as large in dB as at 0 Hz.
    """
    g = 10.0 ** (-3.0 * lengths / (decay_s * sample_rate))
    cos = np.cos(2 * np.pi * min(damping_hz / sample_rate, 0.49))
    p, q = 1 - g**2 * cos, 1 - g**2
    return g, (p - np.sqrt(p**2 - q**2)) / q


def _input_scale(g: NDArray[np.float64], pole: NDArray[np.float64]) -> float:
    """Input gain for unit output power from white noise, taking the lines as incoherent."""
    loss = g**2 * (1 - pole) / (1 + pole)
    power = loss.sum() / (1 - loss.mean())
    return float(1 / np.sqrt(power / 2))


class Reverb:
    """The reverb bus with its running state, from the ``REVERB`` parameters."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        self._predelay = round(section["predelay_ms"] * sample_rate / 1000)
        self._ring = np.zeros((2, 1 << (self._predelay + 1).bit_length()), np.float32)
        self._position = 0
        self._lengths = _primes(_LENGTHS_S, sample_rate)
        g, pole = line_filters(
            self._lengths, section["decay_s"], section["damping_hz"], sample_rate
        )
        scale = _input_scale(g, pole)
        self._filters = np.stack([g * (1 - pole), pole]).astype(np.float32)
        self._filter_state = np.zeros(LINES, np.float32)
        self._scale = np.float32(scale)
        self._history = int(self._lengths[-1])
        self._lines = np.zeros((LINES, self._history), np.float32)
        channels = np.array(_DIFFUSERS_S)
        self._diffusers = np.stack(
            [_primes(channels, sample_rate), _primes(channels * 1.061, sample_rate)]
        )
        longest = int(self._diffusers.max())
        self._diffused = np.zeros((2 * len(_DIFFUSERS_S), longest), np.float32)

    def process(self, sends: NDArray[np.float32]) -> NDArray[np.float32]:
        """Reverberation (2, samples) of the next ``sends`` (2, samples)."""
        count = sends.shape[1]
        wet = np.empty(sends.shape, np.float32)
        _predelay(sends, self._ring, self._position, self._predelay, wet)
        self._position = (self._position + count) % self._ring.shape[1]
        self._diffused = _extended(self._diffused, count)
        _diffuse(wet, self._diffused, self._diffusers)
        self._diffused = self._diffused[:, count:]
        self._lines = _extended(self._lines, count)
        _network(wet, self._lines, self._lengths, self._filters, self._filter_state, self._scale)
        self._lines = self._lines[:, count:]
        return wet


def _extended(history: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    return np.concatenate([history, np.zeros((len(history), count), np.float32)], axis=1)


@compiled()
def _predelay(
    sends: NDArray[np.float32],
    ring: NDArray[np.float32],
    position: int,
    delay: int,
    out: NDArray[np.float32],
) -> None:
    mask = ring.shape[1] - 1
    for channel in range(2):
        for t in range(sends.shape[1]):
            ring[channel, (position + t) & mask] = sends[channel, t]
            out[channel, t] = ring[channel, (position + t - delay) & mask]


@compiled()
def _diffuse(
    audio: NDArray[np.float32], stages: NDArray[np.float32], delays: NDArray[np.int64]
) -> None:
    """Four all-passes per channel, in place: v = x - g v[-d], y = g v + v[-d]."""
    count = audio.shape[1]
    history = stages.shape[1] - count
    for channel in range(2):
        for stage in range(delays.shape[1]):
            row = channel * delays.shape[1] + stage
            for start in range(0, count, STEP):
                at = history + start
                back = at - delays[channel, stage]
                for t in range(min(STEP, count - start)):
                    old = stages[row, back + t]
                    v = audio[channel, start + t] - _DIFFUSION * old
                    stages[row, at + t] = v if abs(v) > _TINY else _ZERO
                    audio[channel, start + t] = _DIFFUSION * v + old


@compiled()
def _network(
    audio: NDArray[np.float32],
    lines: NDArray[np.float32],
    lengths: NDArray[np.int64],
    filters: NDArray[np.float32],
    state: NDArray[np.float32],
    scale: float,
) -> None:
    """The delay network in place on ``audio`` (2, samples); ``lines`` has its history in front."""
    total = audio.shape[1]
    history = lines.shape[1] - total
    turn = np.empty((STEP, LINES), np.float32)
    rows = np.empty((LINES, STEP), np.float32)
    for start in range(0, total, STEP):
        count = min(STEP, total - start)
        at = history + start
        for line in range(LINES):
            back = at - lengths[line]
            for t in range(count):
                turn[t, line] = lines[line, back + t]
        for t in range(count):
            for line in range(LINES):
                state[line] = filters[0, line] * turn[t, line] + filters[1, line] * state[line]
                turn[t, line] = state[line]
        for line in range(LINES):
            for t in range(count):
                rows[line, t] = turn[t, line]
        _leave(audio, start, count, rows, lines, at, scale)
        _hadamard(rows, count)
        for line in range(LINES):
            for t in range(count):
                x = lines[line, at + t] + _QUARTER * rows[line, t]
                lines[line, at + t] = x if abs(x) > _TINY else _ZERO
    for line in range(LINES):
        if abs(state[line]) < _TINY:
            state[line] = _ZERO


@compiled()
def _leave(
    audio: NDArray[np.float32],
    start: int,
    count: int,
    rows: NDArray[np.float32],
    lines: NDArray[np.float32],
    at: int,
    scale: float,
) -> None:
    """Input into the lines, the lines' sum with alternating signs in its place."""
    for line in range(LINES):
        sign = np.float32(1.0) if line % 4 < 2 else np.float32(-1.0)
        for t in range(count):
            lines[line, at + t] = scale * sign * audio[line % 2, start + t]
    for channel in range(2):
        for t in range(count):
            audio[channel, start + t] = _ZERO
    for line in range(LINES):
        sign = np.float32(1.0) if line % 8 < 4 else np.float32(-1.0)
        for t in range(count):
            audio[line % 2, start + t] += sign * rows[line, t]


@compiled()
def _hadamard(rows: NDArray[np.float32], count: int) -> None:
    """Sylvester's matrix of order 16 (unscaled) on the lines, by butterflies, in place."""
    half = 1
    while half < LINES:
        for first in range(LINES):
            if first & half == 0:
                for t in range(count):
                    a = rows[first, t]
                    b = rows[first + half, t]
                    rows[first, t] = a + b
                    rows[first + half, t] = a - b
        half *= 2
