"""Six filters in a row on every lane: high-pass, low shelf, three peaks, high shelf.

The filters are biquads of the RBJ cookbook (``biquad``) in a form that keeps float32 exact.
A direct-form biquad at 30 Hz loses half of float32's digits; the trapezoidal state-variable form
(A. Simper, "Linear Trapezoidal Integrated State Variable Filter With Low Noise Optimisation",
Cytomic 2011) does not. With states s1, s2 and input v0 it computes

    v3 = v0 - s2;  v1 = a1 s1 + a2 v3;  v2 = s2 + a2 s1 + a3 v3
    s1 <- 2 v1 - s1;  s2 <- 2 v2 - s2;  out = m0 v0 + m1 v1 + m2 v2
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio import biquad
from mixing.audio.compiled import compiled
from mixing.audio.lanes import LANES

FILTERS: Final = 6
KNOB_ROWS: Final = 6 * FILTERS
STATE_ROWS: Final = 2 * FILTERS
_TWO: Final = np.float32(2.0)
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
    """The (KNOB_ROWS,) column of a lane: six knobs of each filter in turn."""
    rows = state_variable(biquad.equaliser(section, sample_rate))
    return np.asarray(rows.reshape(KNOB_ROWS), np.float32)


@compiled
def equalise(
    block: NDArray[np.float32],
    count: int,
    knobs: NDArray[np.float32],
    state: NDArray[np.float32],
) -> None:
    """Filter ``count`` samples of every lane in place; ``knobs`` and ``state`` are flat rows."""
    for t in range(count):
        at = t * LANES
        for lane in range(LANES):
            v0 = block[at + lane]
            for filter_ in range(FILTERS):
                k = filter_ * 6 * LANES + lane
                s = filter_ * 2 * LANES + lane
                s1 = state[s]
                s2 = state[s + LANES]
                v3 = v0 - s2
                v1 = knobs[k] * s1 + knobs[k + LANES] * v3
                v2 = s2 + knobs[k + LANES] * s1 + knobs[k + 2 * LANES] * v3
                state[s] = _TWO * v1 - s1
                state[s + LANES] = _TWO * v2 - s2
                v0 = (
                    knobs[k + 3 * LANES] * v0
                    + knobs[k + 4 * LANES] * v1
                    + knobs[k + 5 * LANES] * v2
                )
            block[at + lane] = v0
    for s in range(STATE_ROWS * LANES):  # a fading tail must not slow down as denormal numbers
        if abs(state[s]) < _TINY:
            state[s] = np.float32(0.0)
