"""Soft saturation at four times the sample rate: rounds peaks, adds warmth, hardly aliases.

The curve is the cubic soft clipper (J. O. Smith, "Physical Audio Signal Processing", W3K, 2010):
y = u - 4 u^3 / 27 up to |u| = 1.5, where it is level, and +-1 beyond. Up to there it makes a third
harmonic and no other, which four times the rate has room for. Only what the curve adds, y - u, is
brought down again: the sound itself goes by unfiltered, in time and flat up to the top.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.decibels import amplitude
from mixing.audio.lanes import LANES
from mixing.audio.true_peak import fetch
from mixing.audio.vectors import larger, load, smaller, splat, spread, store

FACTOR: Final = 4
TAPS: Final = 64
_BETA: Final = 9.0
_CUTOFF: Final = 0.93
"""Of the Nyquist frequency: the filters stop before what would fold back into hearing."""
_STEP: Final = 512
_HALF: Final = TAPS // 2
_SPAN: Final = _STEP + 2 * _HALF
"""Samples whose surroundings at four times the rate are needed for a step."""
_KNEE: Final = np.float32(1.5)
_CUBE: Final = np.float32(4.0 / 27.0)
_ZERO: Final = np.float32(0.0)


def saturate(audio: NDArray[np.float32], drive_db: float) -> NDArray[np.float32]:
    """(2, samples) driven ``drive_db`` into the curve and turned back: quiet sound is unchanged.

    Full level is reached 3.5 dB above -``drive_db`` dBFS. Without drive the audio itself returns.
    """
    if drive_db <= 0:
        return audio
    out = np.empty_like(audio)
    _run(audio, np.float32(amplitude(drive_db)), *kernels(), out)
    return out


@cache
def kernels() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (FACTOR * TAPS,) up and down: a Kaiser-windowed sinc seen from either side.

    Up, the point of phase p lies p / FACTOR after a sample, and tap k weighs the sample k -
    TAPS / 2 + 1 from that one. Down, tap k of phase p weighs the point p / FACTOR after the sample
    k - TAPS / 2 from the wanted one.
    """
    taps, phases = np.arange(TAPS)[None, :], np.arange(FACTOR)[:, None] / FACTOR
    up, down = _sinc(taps - _HALF + 1 - phases), _sinc(taps - _HALF + phases)
    up /= up.sum(axis=1, keepdims=True)
    down /= down.sum()
    return up.astype(np.float32).reshape(-1), down.astype(np.float32).reshape(-1)


def _sinc(x: NDArray[np.float64]) -> NDArray[np.float64]:
    window = np.i0(_BETA * np.sqrt(np.maximum(1 - (x / _HALF) ** 2, 0.0))) / np.i0(_BETA)
    return np.asarray(np.sinc(_CUTOFF * x) * window)


@compiled
def _run(
    audio: NDArray[np.float32],
    drive: np.float32,
    up: NDArray[np.float32],
    down: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    around = np.zeros(_SPAN + TAPS, np.float32)
    fine = np.zeros(FACTOR * _SPAN, np.float32)
    step = np.zeros(_STEP, np.float32)
    back = np.float32(1) / drive
    for channel in range(audio.shape[0]):
        for start in range(0, audio.shape[1], _STEP):
            fetch(audio, channel, start - TAPS, around)
            _add(around, drive, up, fine)
            _bring_down(fine, down, step)
            for i in range(_STEP):
                step[i] = around[TAPS + i] + back * step[i]
            for i in range(min(_STEP, audio.shape[1] - start)):
                out[channel, start + i] = step[i]


@compiled
def _add(
    around: NDArray[np.float32],
    drive: np.float32,
    up: NDArray[np.float32],
    fine: NDArray[np.float32],
) -> None:
    """What the curve adds at four times the rate: phase p of sample i at p * _SPAN + i.

    Eight sums at a time, because every addition waits for the last one to its sum.
    """
    for i in range(0, _SPAN, LANES):
        zero = splat(_ZERO)
        a, b, c, d, e, f, g, h = zero, zero, zero, zero, zero, zero, zero, zero
        for tap in range(0, TAPS, 2):
            x, y = load(around, i + tap + 1), load(around, i + tap + 2)
            a, e = a + spread(up, tap) * x, e + spread(up, tap + 1) * y
            b, f = b + spread(up, TAPS + tap) * x, f + spread(up, TAPS + tap + 1) * y
            c, g = c + spread(up, 2 * TAPS + tap) * x, g + spread(up, 2 * TAPS + tap + 1) * y
            d, h = d + spread(up, 3 * TAPS + tap) * x, h + spread(up, 3 * TAPS + tap + 1) * y
        store(fine, i, _added(splat(drive) * (a + e)))
        store(fine, _SPAN + i, _added(splat(drive) * (b + f)))
        store(fine, 2 * _SPAN + i, _added(splat(drive) * (c + g)))
        store(fine, 3 * _SPAN + i, _added(splat(drive) * (d + h)))


@compiled
def _added(u: Any) -> Any:
    """The curve at ``u`` less ``u``."""
    held = smaller(larger(u, splat(-_KNEE)), splat(_KNEE))
    return (held - u) - splat(_CUBE) * held * held * held


@compiled
def _bring_down(
    fine: NDArray[np.float32], down: NDArray[np.float32], step: NDArray[np.float32]
) -> None:
    for i in range(0, _STEP, LANES):
        zero = splat(_ZERO)
        a, b, c, d, e, f, g, h = zero, zero, zero, zero, zero, zero, zero, zero
        for tap in range(0, TAPS, 2):
            at = i + tap
            a = a + spread(down, tap) * load(fine, at)
            b = b + spread(down, TAPS + tap) * load(fine, _SPAN + at)
            c = c + spread(down, 2 * TAPS + tap) * load(fine, 2 * _SPAN + at)
            d = d + spread(down, 3 * TAPS + tap) * load(fine, 3 * _SPAN + at)
            e = e + spread(down, tap + 1) * load(fine, at + 1)
            f = f + spread(down, TAPS + tap + 1) * load(fine, _SPAN + at + 1)
            g = g + spread(down, 2 * TAPS + tap + 1) * load(fine, 2 * _SPAN + at + 1)
            h = h + spread(down, 3 * TAPS + tap + 1) * load(fine, 3 * _SPAN + at + 1)
        store(step, i, ((a + b) + (c + d)) + ((e + f) + (g + h)))
