"""Reverb: diffusers into a feedback delay network of sixteen lines.

The network is J.-M. Jot's ("Digital delay networks for designing artificial reverberators", AES
90, 1991): a lossless matrix (Hadamard) mixes delay lines of mutually prime lengths, and a one-pole
filter in each line takes away exactly what its length costs, so that every frequency decays by
60 dB in ``decay_s`` at the bottom and in half of it at ``damping_hz``. M. R. Schroeder's all-pass
sections ("Natural sounding artificial reverberation", JAES 10(3), 1962) before it multiply the
first echoes. Left feeds and leaves the even lines, right the odd ones: early sound keeps its side,
the tail surrounds. The input is scaled so that pink noise comes back at its own power whatever the
decay and damping.

A fixed network of this size rings: some of its resonances are far stronger than others. So pairs
of lines slowly turn into each other (S. J. Schlecht, E. A. P. Habets, "Time-varying feedback
matrices in feedback delay networks and their application in artificial reverberation", JASA
138(3), 2015): the matrix stays lossless and pitch stays true, but no resonance lasts.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled

LINES: Final = 16
STEP: Final = 64
"""Samples per turn, below every delay, so that a turn reads only what earlier ones wrote."""
_LENGTHS_S: Final = 0.0113 * (0.0871 / 0.0113) ** (np.arange(LINES) / (LINES - 1))
_DIFFUSERS_S: Final = np.array([[0.00321, 0.00497, 0.00763, 0.01171]]) * [[1.0], [1.061]]
_TURNS_HZ: Final = 0.5 * (1.9 / 0.5) ** (np.arange(LINES // 2) / (LINES // 2 - 1))
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
    return np.asarray(g), np.asarray((p - np.sqrt(p**2 - q**2)) / q)


def _input_scale(g: NDArray[np.float64], pole: NDArray[np.float64], sample_rate: int) -> float:
    """Input gain for unit power on each side from pink noise, 100 Hz to 8 kHz.

    The lines' outputs are taken as incoherent: each pass, their power shrinks by the mean loss.
    """
    z = np.exp(-2j * np.pi * np.geomspace(100.0, 8000.0, 64) / sample_rate)
    loss = np.abs(g * (1 - pole) / (1 - pole * z[:, None])) ** 2
    power = loss.sum(axis=1) / (1 - loss.mean(axis=1)) / 2
    return float(1 / np.sqrt(power.mean()))


def line_lengths(sample_rate: int) -> NDArray[np.int64]:
    """Delays in samples of the lines, as long on the left (even) side as on the right."""
    lengths = _primes(_LENGTHS_S, sample_rate).reshape(-1, 2)
    lengths[1::2] = lengths[1::2, ::-1]
    return lengths.reshape(-1)


class Reverb:
    """The reverb bus with its running state, from the ``REVERB`` parameters.

    ``position`` is the place in the song where it starts to listen: the lines' turning depends on
    it, so that a section sounds as it does in the whole song.

    Attributes:
        lengths: samples of delay of each line (LINES,).
        diffusers: samples of delay of each side's all-passes (2, 4).
    """

    def __init__(self, section: Mapping[str, float], sample_rate: int, position: int = 0) -> None:
        self.lengths = line_lengths(sample_rate)
        self.diffusers = np.stack([_primes(side, sample_rate) for side in _DIFFUSERS_S])
        g, pole = line_filters(self.lengths, section["decay_s"], section["damping_hz"], sample_rate)
        self._scale = np.float32(_input_scale(g, pole, sample_rate))
        self._filters = np.stack([g * (1 - pole), pole]).astype(np.float32)
        self._turns = 2 * np.pi * _TURNS_HZ / sample_rate
        self._predelay = round(section["predelay_ms"] * sample_rate / 1000)
        self._position = position
        self._waiting = np.zeros((2, self._predelay), np.float32)
        self._diffused = np.zeros((self.diffusers.size, int(self.diffusers.max())), np.float32)
        self._lines = np.zeros((LINES, int(self.lengths.max())), np.float32)
        self._filter_state = np.zeros(LINES, np.float32)

    def process(self, sends: NDArray[np.float32]) -> NDArray[np.float32]:
        """Reverberation (2, samples) of the next ``sends`` (2, samples)."""
        count = sends.shape[1]
        waiting = np.concatenate([self._waiting, sends], axis=1)
        wet = waiting[:, :count].copy()
        self._waiting = waiting[:, count:]
        diffused = _extended(self._diffused, count)
        _diffuse(wet, diffused, self.diffusers)
        self._diffused = diffused[:, count:]
        lines = _extended(self._lines, count)
        _network(
            wet,
            lines,
            self.lengths,
            self._filters,
            self._filter_state,
            self._scale,
            self._position,
            self._turns,
        )
        self._lines = lines[:, count:]
        self._position += count
        return wet


def _extended(history: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    return np.concatenate([history, np.zeros((len(history), count), np.float32)], axis=1)


@compiled
def _diffuse(
    audio: NDArray[np.float32], stages: NDArray[np.float32], delays: NDArray[np.int64]
) -> None:
    """Four all-passes per channel, in place: v = x - g v[-d], y = g v + v[-d]."""
    count = audio.shape[1]
    history = stages.shape[1] - count
    for channel in range(2):
        for stage in range(delays.shape[1]):
            row = channel * delays.shape[1] + stage
            delay = delays[channel, stage]
            for start in range(0, count, delay):
                at = history + start
                for t in range(min(delay, count - start)):
                    old = stages[row, at - delay + t]
                    v = audio[channel, start + t] - _DIFFUSION * old
                    stages[row, at + t] = v if abs(v) > _TINY else _ZERO
                    audio[channel, start + t] = _DIFFUSION * v + old


@compiled
def _network(
    audio: NDArray[np.float32],
    lines: NDArray[np.float32],
    lengths: NDArray[np.int64],
    filters: NDArray[np.float32],
    state: NDArray[np.float32],
    scale: float,
    position: int,
    turns: NDArray[np.float64],
) -> None:
    """The delay network in place on ``audio`` (2, samples); ``lines`` has its history in front.

    ``position`` is the first sample's place in the song; ``turns`` (LINES / 2,) the pairs' angles
    per sample. Within a turn, sample t of a line stands at line * STEP + t.
    """
    total = audio.shape[1]
    history = lines.shape[1] - total
    rows = np.zeros(LINES * STEP, np.float32)
    wet = np.empty(2 * STEP, np.float32)
    angles = _angles(position, turns)
    start = 0
    while start < total:
        count = min(STEP - (position + start) % STEP, total - start)
        at = history + start
        _leave_lines(lines, at, count, lengths, filters, state, rows)
        _listen(rows, wet)
        _hadamard(rows)
        _rotate(rows, (position + start) % STEP, angles)
        for line in range(LINES):
            entry = scale if line % 4 < 2 else -scale
            for t in range(count):
                x = entry * audio[line % 2, start + t] + _QUARTER * rows[line * STEP + t]
                lines[line, at + t] = x if abs(x) > _TINY else _ZERO
        for side in range(2):
            for t in range(count):
                audio[side, start + t] = wet[side * STEP + t]
        start += count
        if (position + start) % STEP == 0:
            _advance(angles)
    for line in range(LINES):
        if abs(state[line]) < _TINY:
            state[line] = _ZERO


@compiled
def _leave_lines(
    lines: NDArray[np.float32],
    at: int,
    count: int,
    lengths: NDArray[np.int64],
    filters: NDArray[np.float32],
    state: NDArray[np.float32],
    rows: NDArray[np.float32],
) -> None:
    """What leaves the lines, filtered; four recursions at a time hide each other's waiting."""
    for line in range(0, LINES, 4):
        a, b, c, d = state[line], state[line + 1], state[line + 2], state[line + 3]
        gain_a, gain_b, gain_c, gain_d = filters[0, line : line + 4]
        pole_a, pole_b, pole_c, pole_d = filters[1, line : line + 4]
        from_a, from_b, from_c, from_d = at - lengths[line : line + 4]
        row = line * STEP
        for t in range(count):
            a = gain_a * lines[line, from_a + t] + pole_a * a
            b = gain_b * lines[line + 1, from_b + t] + pole_b * b
            c = gain_c * lines[line + 2, from_c + t] + pole_c * c
            d = gain_d * lines[line + 3, from_d + t] + pole_d * d
            rows[row + t] = a
            rows[row + STEP + t] = b
            rows[row + 2 * STEP + t] = c
            rows[row + 3 * STEP + t] = d
        state[line], state[line + 1], state[line + 2], state[line + 3] = a, b, c, d


@compiled
def _listen(rows: NDArray[np.float32], wet: NDArray[np.float32]) -> None:
    """Even lines to the left, odd ones to the right, pairs with alternating signs."""
    for i in range(2 * STEP):
        wet[i] = (
            (rows[i] + rows[i + 2 * STEP])
            - (rows[i + 4 * STEP] + rows[i + 6 * STEP])
            + (rows[i + 8 * STEP] + rows[i + 10 * STEP])
            - (rows[i + 12 * STEP] + rows[i + 14 * STEP])
        )


@compiled
def _hadamard(rows: NDArray[np.float32]) -> None:
    """Sylvester's matrix of order 16 (unscaled) across the lines, by butterflies, in place."""
    half = STEP
    while half < LINES * STEP:
        for first in range(0, LINES * STEP, 2 * half):
            for i in range(first, first + half):
                a = rows[i]
                b = rows[i + half]
                rows[i] = a + b
                rows[i + half] = a - b
        half *= 2


@compiled
def _angles(position: int, turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine and sine (4, pairs) of the angles at the last multiple of STEP and of their change."""
    angles = np.empty((4, turns.size))
    for pair in range(turns.size):
        before = turns[pair] * (position - position % STEP)
        change = turns[pair] * STEP
        angles[0, pair], angles[1, pair] = math.cos(before), math.sin(before)
        angles[2, pair], angles[3, pair] = math.cos(change), math.sin(change)
    return angles


@compiled
def _advance(angles: NDArray[np.float64]) -> None:
    """Add the change to the angles."""
    for pair in range(angles.shape[1]):
        cos, sin = angles[0, pair], angles[1, pair]
        angles[0, pair] = cos * angles[2, pair] - sin * angles[3, pair]
        angles[1, pair] = sin * angles[2, pair] + cos * angles[3, pair]


@compiled
def _rotate(rows: NDArray[np.float32], into: int, angles: NDArray[np.float64]) -> None:
    """Turn each pair of lines, drawn straight to the next angles from ``into`` samples on."""
    half = LINES // 2 * STEP
    for pair in range(LINES // 2):
        cos, sin = angles[0, pair], angles[1, pair]
        next_cos = cos * angles[2, pair] - sin * angles[3, pair]
        next_sin = sin * angles[2, pair] + cos * angles[3, pair]
        cos_step = np.float32((next_cos - cos) / STEP)
        sin_step = np.float32((next_sin - sin) / STEP)
        first_cos = np.float32(cos + (next_cos - cos) / STEP * into)
        first_sin = np.float32(sin + (next_sin - sin) / STEP * into)
        for t in range(STEP):
            i = pair * STEP + t
            c = first_cos + cos_step * np.float32(t)
            s = first_sin + sin_step * np.float32(t)
            a = rows[i]
            b = rows[i + half]
            rows[i] = c * a - s * b
            rows[i + half] = s * a + c * b
