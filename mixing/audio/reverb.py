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
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.lanes import LANES
from mixing.audio.vectors import load, magnitude, splat, store, transpose, where_greater

LINES: Final = LANES
STEP: Final = 64
"""Samples per turn, below every delay, so that a turn reads only what earlier ones wrote."""
_LENGTHS_S: Final = 0.0113 * (0.0871 / 0.0113) ** (np.arange(LINES) / (LINES - 1))
_DIFFUSERS_S: Final = np.array([[0.00321, 0.00497, 0.00763, 0.01171]]) * [[1.0], [1.061]]
_TURNS_HZ: Final = 0.5 * (1.9 / 0.5) ** (np.arange(LINES // 2) / (LINES // 2 - 1))
_DIFFUSION: Final = np.float32(0.65)
_QUARTER: Final = np.float32(0.25)
_ZERO: Final = np.float32(0.0)
_TINY: Final = np.float32(1e-15)
_TIMES: Final = np.arange(STEP, dtype=np.float32)


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
        self._filters = np.concatenate([g * (1 - pole), pole]).astype(np.float32)
        self._turns = 2 * np.pi * _TURNS_HZ / sample_rate
        self._predelay = round(section["predelay_ms"] * sample_rate / 1000)
        self._position = position
        self._waiting = np.zeros((2, self._predelay), np.float32)
        self._diffused = _rings(self.diffusers)
        self._lines = _rings(self.lengths)
        self._filter_state = np.zeros(LINES, np.float32)

    def process(self, sends: NDArray[np.float32]) -> NDArray[np.float32]:
        """Reverberation (2, samples) of the next ``sends`` (2, samples)."""
        count = sends.shape[1]
        waiting = np.concatenate([self._waiting, sends], axis=1)
        wet = np.ascontiguousarray(waiting[:, :count])
        self._waiting = waiting[:, count:]
        _run(
            wet.reshape(-1),
            self._diffused,
            self.diffusers.T.reshape(-1),
            self._lines,
            self.lengths,
            self._filters,
            self._filter_state,
            self._scale,
            self._position,
            self._turns,
        )
        self._position += count
        return wet


def _rings(delays: NDArray[np.int64]) -> NDArray[np.float32]:
    """A silent ring for every delay; its first turn is repeated behind its end.

    So a turn is one stretch wherever it is read from, and turns are written where they begin.
    """
    size = STEP
    while size < delays.max() + STEP:
        size *= 2
    return np.zeros(delays.size * (size + STEP), np.float32)


@compiled
def _run(
    audio: NDArray[np.float32],
    diffused: NDArray[np.float32],
    delays: NDArray[np.int64],
    lines: NDArray[np.float32],
    lengths: NDArray[np.int64],
    filters: NDArray[np.float32],
    state: NDArray[np.float32],
    scale: float,
    position: int,
    turns: NDArray[np.float64],
) -> None:
    """Diffusers and delay network in place on ``audio``, left and then right, turn by turn.

    ``position`` is the first sample's place in the song; ``turns`` (LINES / 2,) the pairs' angles
    per sample. Turns begin at multiples of STEP of the song; within one, sample t of a line stands
    at line * STEP + t. Every delay is longer than a turn, so that whole turns may be computed even
    where only some samples are wanted.
    """
    total = audio.size // 2
    entering = np.zeros(2 * STEP, np.float32)
    rows = np.zeros(LINES * STEP, np.float32)
    turned = np.zeros(delays.size * STEP, np.float32)
    wet = np.zeros(2 * STEP, np.float32)
    side_by_side = np.zeros(LINES * STEP, np.float32)
    angles = _angles(position, turns)
    start = 0
    while start < total:
        into = (position + start) % STEP
        count = min(STEP - into, total - start)
        for side in range(2):
            _copy(audio, side * total + start, count, entering, side * STEP)
        _diffuse(entering, count, diffused, delays, position + start, turned)
        _leave_lines(lines, lengths, position + start, rows)
        _filter(rows, filters, state, count, side_by_side)
        _listen(rows, wet)
        _hadamard(rows)
        _turn(rows, entering, scale, into, angles)
        _enter(rows, count, lines, position + start)
        for side in range(2):
            _copy(wet, side * STEP, count, audio, side * total + start)
        start += count
        if into + count == STEP:
            _advance(angles)


@compiled
def _copy(
    source: NDArray[np.float32], at: int, count: int, to: NDArray[np.float32], first: int
) -> None:
    """Copy up to a turn."""
    if count == STEP:
        for t in range(0, STEP, LANES):
            store(to, first + t, load(source, at + t))
    else:
        for t in range(count):
            to[first + t] = source[at + t]


@compiled
def _enter(
    turns: NDArray[np.float32], count: int, rings: NDArray[np.float32], position: int
) -> None:
    """Write ``count`` samples of each turn at their place in the rings."""
    width = rings.size // (turns.size // STEP)
    size = width - STEP
    write = position & (size - 1)
    for row in range(turns.size // STEP):
        if count == STEP:
            for t in range(0, STEP, LANES):
                store(rings, row * width + write + t, load(turns, row * STEP + t))
        else:
            for t in range(count):
                rings[row * width + write + t] = turns[row * STEP + t]
        if write < STEP:
            for t in range(count):
                rings[row * width + size + write + t] = turns[row * STEP + t]


@compiled
def _leave_lines(
    lines: NDArray[np.float32],
    lengths: NDArray[np.int64],
    position: int,
    rows: NDArray[np.float32],
) -> None:
    """The turn that each line gives back."""
    width = lines.size // LINES
    for line in range(LINES):
        read = line * width + ((position - lengths[line]) & (width - STEP - 1))
        for t in range(0, STEP, LANES):
            store(rows, line * STEP + t, load(lines, read + t))


@compiled
def _diffuse(
    entering: NDArray[np.float32],
    count: int,
    rings: NDArray[np.float32],
    delays: NDArray[np.int64],
    position: int,
    turns: NDArray[np.float32],
) -> None:
    """Four all-passes per side, in place: v = x - g v[-d], y = g v + v[-d].

    ``delays`` are those of both sides in turn; ``turns`` is scratch space for all of them.
    """
    g = splat(_DIFFUSION)
    width = rings.size // delays.size
    for row in range(delays.size):
        first = row % 2 * STEP
        read = row * width + ((position - delays[row]) & (width - STEP - 1))
        for t in range(0, STEP, LANES):
            old = load(rings, read + t)
            v = _audible(load(entering, first + t) - g * old)
            store(turns, row * STEP + t, v)
            store(entering, first + t, g * v + old)
    _enter(turns, count, rings, position)


@compiled
def _audible(vector: Any) -> Any:
    """Zero where a lane is too small to hear: a fading tail must not slow down as denormals."""
    return where_greater(magnitude(vector), splat(_TINY), vector, splat(_ZERO))


@compiled
def _filter(
    rows: NDArray[np.float32],
    filters: NDArray[np.float32],
    state: NDArray[np.float32],
    count: int,
    side_by_side: NDArray[np.float32],
) -> None:
    """Each line's y[n] = gain x[n] + pole y[n - 1], in place, with the lines side by side."""
    gain = load(filters, 0)
    pole = load(filters, LINES)
    now = load(state, 0)
    for t in range(0, STEP, LANES):
        transpose(rows, t, STEP, side_by_side, t * LANES, LANES)
    for at in range(0, STEP * LANES, LANES):
        now = gain * load(side_by_side, at) + pole * now
        store(side_by_side, at, now)
    store(state, 0, _audible(load(side_by_side, (count - 1) * LANES)))
    for t in range(0, STEP, LANES):
        transpose(side_by_side, t * LANES, LANES, rows, t, STEP)


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
    """Sylvester's matrix of order 16 (unscaled) across the lines, four by four, in place."""
    for stride in (STEP, 4 * STEP):
        for block in range(0, LINES * STEP, 4 * stride):
            for i in range(block, block + stride):
                a, b = rows[i], rows[i + stride]
                c, d = rows[i + 2 * stride], rows[i + 3 * stride]
                rows[i] = (a + b) + (c + d)
                rows[i + stride] = (a - b) + (c - d)
                rows[i + 2 * stride] = (a + b) - (c + d)
                rows[i + 3 * stride] = (a - b) - (c - d)


@compiled
def _turn(
    rows: NDArray[np.float32],
    entering: NDArray[np.float32],
    scale: float,
    into: int,
    angles: NDArray[np.float64],
) -> None:
    """Turn each pair of lines, straight on to the next angles from ``into`` on; add the input.

    The other line of a pair is half the lines further on and on the same side.
    """
    half = LINES // 2
    for pair in range(half):
        cos, sin = angles[0, pair], angles[1, pair]
        cos_step = (cos * angles[2, pair] - sin * angles[3, pair] - cos) / STEP
        sin_step = (sin * angles[2, pair] + cos * angles[3, pair] - sin) / STEP
        first_cos = splat(_QUARTER * np.float32(cos + cos_step * into))
        first_sin = splat(_QUARTER * np.float32(sin + sin_step * into))
        next_cos = splat(_QUARTER * np.float32(cos_step))
        next_sin = splat(_QUARTER * np.float32(sin_step))
        entry = splat(np.float32(scale if pair % 4 < 2 else -scale))
        for t in range(0, STEP, LANES):
            near = pair * STEP + t
            far = near + half * STEP
            c = first_cos + next_cos * load(_TIMES, t)
            s = first_sin + next_sin * load(_TIMES, t)
            a, b = load(rows, near), load(rows, far)
            x = entry * load(entering, pair % 2 * STEP + t)
            store(rows, near, _audible(x + c * a - s * b))
            store(rows, far, _audible(x + s * a + c * b))


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
