"""Soft saturation at four times the sample rate: rounds peaks, adds warmth, hardly aliases.

The curve is the cubic soft clipper (J. O. Smith, "Physical Audio Signal Processing", W3K, 2010):
y = u - 4 u^3 / 27 up to |u| = 1.5, where it is level, and +-1 beyond. Up to there it makes a third
harmonic and no other, which four times the rate has room for. Only what the curve adds, y - u, is
brought down again: the sound itself goes by unfiltered, in time and flat up to the top.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.decibels import amplitude
from mixing.audio.lanes import LANES
from mixing.audio.true_peak import fetch
from mixing.audio.vectors import larger, load, smaller, splat, store

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
    _run(audio, amplitude(drive_db), *kernels(), out)
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
    drive: float,
    up: NDArray[np.float32],
    down: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    around = np.zeros(_SPAN + TAPS, np.float32)
    fine = np.zeros(FACTOR * _SPAN, np.float32)
    step = np.zeros(_STEP, np.float32)
    for channel in range(audio.shape[0]):
        for start in range(0, audio.shape[1], _STEP):
            fetch(audio, channel, start - TAPS, around)
            _add(around, np.float32(drive), up, fine)
            _bring_down(fine, down, step)
            for i in range(min(_STEP, audio.shape[1] - start)):
                out[channel, start + i] = audio[channel, start + i] + step[i] / drive


@compiled
def _add(
    around: NDArray[np.float32],
    drive: np.float32,
    up: NDArray[np.float32],
    fine: NDArray[np.float32],
) -> None:
    """What the curve adds at four times the rate: phase p of sample i at p * _SPAN + i."""
    top, bottom = splat(_KNEE), splat(-_KNEE)
    for phase in range(FACTOR):
        for i in range(0, _SPAN, LANES):
            even, odd = splat(_ZERO), splat(_ZERO)
            for tap in range(0, TAPS, 2):
                at = phase * TAPS + tap
                even = even + splat(up[at]) * load(around, i + tap + 1)
                odd = odd + splat(up[at + 1]) * load(around, i + tap + 2)
            u = splat(drive) * (even + odd)
            held = smaller(larger(u, bottom), top)
            store(fine, phase * _SPAN + i, held - splat(_CUBE) * held * held * held - u)


@compiled
def _bring_down(
    fine: NDArray[np.float32], down: NDArray[np.float32], step: NDArray[np.float32]
) -> None:
    for i in range(0, _STEP, LANES):
        a, b, c, d = splat(_ZERO), splat(_ZERO), splat(_ZERO), splat(_ZERO)
        for tap in range(TAPS):
            at = i + tap
            a = a + splat(down[tap]) * load(fine, at)
            b = b + splat(down[TAPS + tap]) * load(fine, _SPAN + at)
            c = c + splat(down[2 * TAPS + tap]) * load(fine, 2 * _SPAN + at)
            d = d + splat(down[3 * TAPS + tap]) * load(fine, 3 * _SPAN + at)
        store(step, i, (a + b) + (c + d))
