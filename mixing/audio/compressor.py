"""Feed-forward compressor: peak detector, soft knee, and smoothing in the log domain.

After D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design: A
Tutorial and Analysis", JAES 60(6), 2012: gain computer with quadratic knee (their equation 4) and
the smooth branching detector (equation 16) on the gain reduction. The louder side of a stereo
strip steers both, so the image does not move. The kernel counts in octaves of amplitude
(6.02 dB), the unit of its fast logarithm.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio.compiled import compiled
from mixing.audio.decibels import DB_PER_OCTAVE, exp2_lanes, log2_lanes
from mixing.audio.lanes import LANES
from mixing.audio.vectors import (
    larger,
    load,
    lower_halves,
    magnitude,
    multiply_add,
    smaller,
    splat,
    store,
    swapped,
    upper_halves,
    where_greater,
)

KNOB_ROWS: Final = 8
_LOW, _WIDTH, _CURVE, _SLOPE, _ATTACK, _RELEASE, _LINK, _SIGN = (
    row * LANES for row in range(KNOB_ROWS)
)
_HARDEST_KNEE_DB: Final = 1e-3
_ZERO: Final = np.float32(0.0)
_ONE: Final = np.float32(1.0)
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
    """The (KNOB_ROWS,) column of a lane from the section's ``comp_`` parameters.

    The last is the sign with which the lane's reduction is smoothed, and its slope has it.
    """
    knee = max(section["comp_knee_db"], _HARDEST_KNEE_DB) / DB_PER_OCTAVE
    low = section["comp_threshold_db"] / DB_PER_OCTAVE - knee / 2
    slope = 1 - 1 / section["comp_ratio"]
    attack = smoothing(section["comp_attack_ms"], sample_rate)
    release = smoothing(section["comp_release_ms"], sample_rate)
    sign = 1.0 if attack <= release else -1.0
    column = [low, knee, 0.5 / knee, sign * slope, attack, release, float(linked), sign]
    return np.array(column, np.float32)


@compiled
def compress(
    block: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    state: NDArray[np.float32],
    scratch: NDArray[np.float32],
) -> None:
    """Compress ``count`` samples of every lane in place.

    ``knobs`` are flat rows; ``state`` (LANES,) is the running reduction in octaves; ``scratch`` has
    the block's size. In three passes, because only the middle one must wait for itself.
    """
    link, curve, poles = load(knobs, _LINK), _curve(knobs), _poles(knobs)
    sign = load(knobs, _SIGN)
    minus = splat(_ZERO) - sign
    now = sign * load(state, 0)
    for at in range(0, count * LANES, LANES):
        size = magnitude(load(block, at))
        store(scratch, at, _octaves(larger(size, swapped(size) * link)))
    for at in range(0, count * LANES, LANES):
        now = _towards(_wanted(load(scratch, at), curve), now, poles)
        store(scratch, at, minus * now)
    for at in range(0, count * LANES, LANES):
        store(block, at, load(block, at) * exp2_lanes(load(scratch, at)))
    _keep(state, sign * now)


@compiled
def compress_linked(
    block: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    state: NDArray[np.float32],
    scratch: NDArray[np.float32],
) -> None:
    """``compress`` where all pairs are stereo strips: both sides share their reduction.

    So half a Vector holds the reductions of one sample, and the logarithm, the curve and the
    power are worked out for two samples at once.
    """
    low, width, knee, slope = _curve(knobs)
    curve = _twice(low), _twice(width), _twice(knee), _twice(slope)
    poles, sign = _poles(knobs), load(knobs, _SIGN)
    minus = splat(_ZERO) - _twice(sign)
    now = sign * load(state, 0)
    pairs = count // 2
    for pair in range(pairs):
        at = 2 * pair * LANES
        a, b = magnitude(load(block, at)), magnitude(load(block, at + LANES))
        store(scratch, pair * LANES, _octaves(larger(lower_halves(a, b), upper_halves(a, b))))
    for pair in range(pairs):
        goals = _wanted(load(scratch, pair * LANES), curve)
        then = _towards(goals, now, poles)
        now = _towards(swapped(goals), then, poles)
        store(scratch, pair * LANES, minus * lower_halves(then, now))
    for pair in range(pairs):
        at = 2 * pair * LANES
        gains = exp2_lanes(load(scratch, pair * LANES))
        store(block, at, load(block, at) * _twice(gains))
        store(block, at + LANES, load(block, at + LANES) * upper_halves(gains, gains))
    _keep(state, sign * _twice(now))
    if count % 2:
        last = block[(count - 1) * LANES :]
        compress(last, 1, knobs, state, scratch)


@compiled
def _twice(vector: Any) -> Any:
    """The lower half in both halves."""
    return lower_halves(vector, vector)


@compiled
def _poles(knobs: NDArray[np.float32]) -> Any:
    """Attack and release, and what is missing from them to 1."""
    attack, release = load(knobs, _ATTACK), load(knobs, _RELEASE)
    return attack, release, splat(_ONE) - attack, splat(_ONE) - release


@compiled
def _curve(knobs: NDArray[np.float32]) -> Any:
    return load(knobs, _LOW), load(knobs, _WIDTH), load(knobs, _CURVE), load(knobs, _SLOPE)


@compiled
def _octaves(peaks: Any) -> Any:
    """Levels, silence being one too."""
    return log2_lanes(larger(peaks, splat(_SILENCE)))


@compiled
def _wanted(level: Any, curve: Any) -> Any:
    """The static curve: reduction at a level, both in octaves."""
    low, width, knee, slope = curve
    above = level - low
    inside = smaller(larger(above, splat(_ZERO)), width)
    beyond = larger(above - width, splat(_ZERO))
    return slope * (inside * inside * knee + beyond)


@compiled
def _towards(goal: Any, now: Any, poles: Any) -> Any:
    """The next reduction, both with the lane's sign.

    Of the two poles' answers the slower pole's is the larger, which is right for positive numbers
    if release is the slower, and for negative ones if attack is.
    """
    attack, release, to_attack, to_release = poles
    return larger(
        multiply_add(attack, now, to_attack * goal), multiply_add(release, now, to_release * goal)
    )


@compiled
def _keep(state: NDArray[np.float32], now: Any) -> None:
    """Store the reduction, or nothing once it has all but gone: denormal numbers are slow."""
    store(state, 0, where_greater(now, splat(_TINY), now, splat(_ZERO)))
