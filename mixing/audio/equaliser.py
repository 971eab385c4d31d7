"""Six filters in a row on every lane: high-pass, low shelf, three peaks, high shelf.

The filters are biquads of the RBJ cookbook (``biquad``) in a form that keeps float32 exact.
A direct-form biquad at 30 Hz loses half of float32's digits; the trapezoidal state-variable form
(A. Simper, "Linear Trapezoidal Integrated State Variable Filter With Low Noise Optimisation",
Cytomic 2011) does not. With states s1, s2 and input v0 it computes

    v1 = a1 s1 + a2 (v0 - s2);  v2 = s2 + g v1
    s1 <- 2 v1 - s1;  s2 <- 2 v2 - s2;  out = m0 v0 + m1 v1 + m2 v2

The kernel computes 2 v1 and keeps 2 a2 s2 instead of s2, and it takes every m0 out into one gain
before the first filter. What remains are five multiplications a sample, as few as the direct form
has, and four for a peak, whose m2 is 0.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio import biquad
from mixing.audio.compiled import compiled
from mixing.audio.lanes import LANES
from mixing.audio.vectors import larger, load, magnitude, smaller, splat, store, where_greater

FILTERS: Final = 6
_KNOBS_EACH: Final = 5
KNOB_ROWS: Final = 1 + _KNOBS_EACH * FILTERS
STATE_ROWS: Final = 2 * FILTERS
LARGEST_INPUT: Final = np.float32(1000.0)
"""Samples are held within +60 dBFS; the limiter deals with whatever is over full scale."""
_ZERO: Final = np.float32(0.0)
_TINY: Final = np.float32(1e-15)


def state_variable(coefficients: ArrayLike) -> NDArray[np.float64]:
    """Knobs a1 a2 a3 m0 m1 m2 as (..., 6) for stable biquads (..., 6) with complex poles.

    The inverse bilinear transform z = (1 + s) / (1 - s) gives the analogue filter
    (n2 s^2 + n1 s + n0) / (s^2 + k g s + g^2), whose terms are the knobs. A biquad without poles
    (``biquad.FLAT``) passes its input through unchanged.
    """
    b0, b1, b2, _, a1, a2 = np.moveaxis(np.asarray(coefficients, np.float64), -1, 0)
    d2 = 1 - a1 + a2
    g = np.sqrt((1 + a1 + a2) / d2)
    k = 2 * (1 - a2) / (d2 * g)
    n2, n1, n0 = (b0 - b1 + b2) / d2, 2 * (b0 - b2) / d2, (b0 + b1 + b2) / d2
    first = 1 / (1 + g * (g + k))
    return np.stack([first, g * first, g * g * first, n2, n1 / g - n2 * k, n0 / g**2 - n2], -1)


def knobs(section: Mapping[str, float], sample_rate: int) -> NDArray[np.float32]:
    """The (KNOB_ROWS,) column of a lane: the gain, then what ``_step`` needs of each filter."""
    a1, a2, a3, m0, m1, m2 = state_variable(biquad.equaliser(section, sample_rate)).T
    g = a2 / a1
    rows = np.stack([2 * a1, 2 * a2, 2 * a3, (m1 + g * m2) / m0 / 2, m2 / m0 / a2 / 2], axis=1)
    return np.concatenate([[m0.prod()], rows.reshape(-1)]).astype(np.float32)


@compiled
def equalise(
    block: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    state: NDArray[np.float32],
) -> None:
    """Filter ``count`` samples of every lane in place; ``knobs`` and ``state`` are flat rows.

    NaN and denormals at the input become silence, and infinity becomes a level.
    """
    gain = load(knobs, 0)
    cut, low, first = _knobs(knobs, 0), _knobs(knobs, 1), _knobs(knobs, 2)
    second, third, high = _knobs(knobs, 3), _knobs(knobs, 4), _knobs(knobs, 5)
    in_cut, in_low, in_first = _state(state, 0), _state(state, 1), _state(state, 2)
    in_second, in_third, in_high = _state(state, 3), _state(state, 4), _state(state, 5)
    for t in range(count):
        v = gain * _held(load(block, t * LANES))
        v, in_cut = _step(v, in_cut, cut)
        v, in_low = _step(v, in_low, low)
        v, in_first = _peak_step(v, in_first, first)
        v, in_second = _peak_step(v, in_second, second)
        v, in_third = _peak_step(v, in_third, third)
        v, in_high = _step(v, in_high, high)
        store(block, t * LANES, v)
    _keep(state, 0, in_cut)
    _keep(state, 1, in_low)
    _keep(state, 2, in_first)
    _keep(state, 3, in_second)
    _keep(state, 4, in_third)
    _keep(state, 5, in_high)


@compiled
def _held(v: Any) -> Any:
    """What is a number and in range."""
    audible = where_greater(magnitude(v), splat(_TINY), v, splat(_ZERO))
    return smaller(larger(audible, splat(-LARGEST_INPUT)), splat(LARGEST_INPUT))


@compiled
def _knobs(knobs: NDArray[np.float32], filter_: int) -> Any:
    """The five Vectors of a filter."""
    at = (1 + _KNOBS_EACH * filter_) * LANES
    return (
        load(knobs, at),
        load(knobs, at + LANES),
        load(knobs, at + 2 * LANES),
        load(knobs, at + 3 * LANES),
        load(knobs, at + 4 * LANES),
    )


@compiled
def _state(state: NDArray[np.float32], filter_: int) -> Any:
    at = 2 * LANES * filter_
    return load(state, at), load(state, at + LANES)


@compiled
def _keep(state: NDArray[np.float32], filter_: int, now: Any) -> None:
    """Store a filter's state; a fading tail must not slow down as denormal numbers."""
    at = 2 * LANES * filter_
    for half in range(2):
        value = now[half]
        audible = where_greater(magnitude(value), splat(_TINY), value, splat(_ZERO))
        store(state, at + half * LANES, audible)


@compiled
def _lower(v: Any, states: Any, knobs: Any) -> Any:
    """High-pass, low shelf, first peak: (out, states)."""
    cut, low, first = states
    v, cut = _step(v, cut, knobs[0])
    v, low = _step(v, low, knobs[1])
    v, first = _peak_step(v, first, knobs[2])
    return v, (cut, low, first)


@compiled
def _upper(v: Any, states: Any, knobs: Any) -> Any:
    """Second and third peak, high shelf: (out, states)."""
    second, third, high = states
    v, second = _peak_step(v, second, knobs[0])
    v, third = _peak_step(v, third, knobs[1])
    v, high = _step(v, high, knobs[2])
    return v, (second, third, high)


@compiled
def _step(v: Any, state: Any, knobs: Any) -> Any:
    """One sample of one filter, (out, state), from the states s1 and 2 a2 s2.

    What needs no ``v`` is worked out apart from it: the next filter waits for two steps only.
    """
    s1, s2 = state
    a1, a2, b, m1, m2 = knobs
    v1 = a2 * v + (a1 * s1 - s2)
    return m1 * v1 + (m2 * s2 + v), (v1 - s1, s2 + b * v1)


@compiled
def _peak_step(v: Any, state: Any, knobs: Any) -> Any:
    """As ``_step`` for a filter whose m2 is 0."""
    s1, s2 = state
    a1, a2, b, m1, _ = knobs
    v1 = a2 * v + (a1 * s1 - s2)
    return m1 * v1 + v, (v1 - s1, s2 + b * v1)
