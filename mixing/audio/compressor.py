"""Feed-forward compressor: peak detector, soft knee, and smoothing in the log domain.

After D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design: A
Tutorial and Analysis", JAES 60(6), 2012: gain computer with quadratic knee (their equation 4) and
the smooth branching detector (equation 16) on the gain reduction. The louder side of a stereo
strip steers both, so the image does not move. The kernel counts in octaves of amplitude
(6.02 dB), the unit of its fast logarithm.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio.compiled import compiled
from mixing.audio.decibels import DB_PER_OCTAVE, exp2_fast, log2_fast
from mixing.audio.lanes import HALF, LANES

KNOB_ROWS: Final = 7
_LOW, _WIDTH, _CURVE, _SLOPE, _ATTACK, _RELEASE, _LINK = (row * LANES for row in range(KNOB_ROWS))
_HARDEST_KNEE_DB: Final = 1e-3
_ZERO: Final = np.float32(0.0)
_SILENCE: Final = np.float32(1e-6)
_TINY: Final = np.float32(1e-15)


def reduction_db(
    level_db: ArrayLike, threshold_db: float, ratio: float, knee_db: float
) -> NDArray[np.float64]:
    """Static curve: by how many dB a steady peak level is turned down (0 or more)."""
    knee = max(knee_db, _HARDEST_KNEE_DB)
    over = np.asarray(level_db, np.float64) - threshold_db
    inside = np.clip(over + knee / 2, 0.0, knee)
    return np.asarray((1 - 1 / ratio) * (inside**2 / (2 * knee) + np.maximum(over - knee / 2, 0.0)))


def smoothing(time_ms: float, sample_rate: int) -> float:
    """Pole of a one-pole filter that covers 63 % (1 - 1/e) of a step in ``time_ms``."""
    return float(np.exp(-1000.0 / (time_ms * sample_rate)))


def knobs(section: Mapping[str, float], sample_rate: int, *, linked: bool) -> NDArray[np.float32]:
    """The (KNOB_ROWS,) column of a lane from the section's ``comp_`` parameters."""
    knee = max(section["comp_knee_db"], _HARDEST_KNEE_DB) / DB_PER_OCTAVE
    low = section["comp_threshold_db"] / DB_PER_OCTAVE - knee / 2
    slope = 1 - 1 / section["comp_ratio"]
    attack = smoothing(section["comp_attack_ms"], sample_rate)
    release = smoothing(section["comp_release_ms"], sample_rate)
    return np.array([low, knee, 0.5 / knee, slope, attack, release, float(linked)], np.float32)


@compiled
def _detect(
    block: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    wanted: NDArray[np.float32],
) -> None:
    """The static curve: wanted reduction at every sample, in octaves."""
    for t in range(count):
        at = t * LANES
        for pair in range(HALF):
            left = abs(block[at + pair])
            right = abs(block[at + HALF + pair])
            wanted[at + pair] = max(left, right * knobs[_LINK + pair])
            wanted[at + HALF + pair] = max(right, left * knobs[_LINK + HALF + pair])
    for t in range(count):
        at = t * LANES
        for lane in range(LANES):
            above = log2_fast(max(wanted[at + lane], _SILENCE)) - knobs[_LOW + lane]
            width = knobs[_WIDTH + lane]
            inside = min(max(above, _ZERO), width)
            beyond = max(above - width, _ZERO)
            curve = inside * inside * knobs[_CURVE + lane] + beyond
            wanted[at + lane] = knobs[_SLOPE + lane] * curve


@compiled
def _smooth(
    wanted: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    state: NDArray[np.float32],
) -> None:
    """Attack and release, in place."""
    for t in range(count):
        at = t * LANES
        for lane in range(LANES):
            goal = wanted[at + lane]
            now = state[lane]
            attack = knobs[_ATTACK + lane]
            release = knobs[_RELEASE + lane]
            pole = attack if goal > now else release
            now = goal + pole * (now - goal)
            state[lane] = now
            wanted[at + lane] = now
    for lane in range(LANES):
        if state[lane] < _TINY:
            state[lane] = _ZERO


@compiled
def compress(
    block: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    state: NDArray[np.float32],
    reduction: NDArray[np.float32],
) -> None:
    """Compress ``count`` samples of every lane in place.

    ``state`` (LANES,) is the running reduction in octaves; ``reduction`` is scratch space of the
    block's size.
    """
    _detect(block, count, knobs, reduction)
    _smooth(reduction, count, knobs, state)
    for i in range(count * LANES):
        block[i] *= exp2_fast(-reduction[i])


@compiled
def compress_stereo(
    audio: NDArray[np.float32], knobs: NDArray[np.float32], now: np.float32
) -> np.float32:
    """Compress (2, samples) in place, both sides by the louder one; returns the new reduction.

    ``knobs`` is one lane's column, ``now`` the running reduction in octaves. With one signal only,
    neighbouring samples share the vector instructions for all but attack and release.
    """
    low, width, curve, slope, attack, release = knobs[:6]
    count = audio.shape[1]
    reduction = np.empty(count, np.float32)
    for t in range(count):
        level = max(abs(audio[0, t]), abs(audio[1, t]))
        above = log2_fast(max(level, _SILENCE)) - low
        inside = min(max(above, _ZERO), width)
        reduction[t] = slope * (inside * inside * curve + max(above - width, _ZERO))
    state = now
    for t in range(count):
        goal = reduction[t]
        pole = attack if goal > state else release
        state = goal + pole * (state - goal)
        reduction[t] = state
    for t in range(count):
        factor = exp2_fast(-reduction[t])
        audio[0, t] *= factor
        audio[1, t] *= factor
    return state if state > _TINY else _ZERO
