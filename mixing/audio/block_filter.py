"""Biquads in a row on one channel, sixteen samples at a time.

A recursive filter waits for its own last output. Written in state space, s' = A s + B x and
y = C s + D x, n steps of it are one step with larger matrices (C. W. Barnes, S. Shinnaka, "Block-
shift invariance and block implementation of discrete-time filters", IEEE Trans. CAS 27(8), 1980):
sixteen outputs and the state after them are sums of sixteen inputs and the state before, each a
column of a matrix. A whole row of biquads is one such filter. Its states are those of the
state-variable form (``equaliser.state_variable``), which keep float32 exact at low frequencies.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio.compiled import compiled
from mixing.audio.equaliser import state_variable
from mixing.audio.lanes import LANES
from mixing.audio.vectors import load, magnitude, splat, spread, store, where_greater

MOST_BIQUADS: Final = LANES // 2
Matrix = NDArray[np.float64]
_TINY: Final = np.float32(1e-15)
_ZERO: Final = np.float32(0.0)


class BlockFilter:
    """Biquads (k, 6), at most ``MOST_BIQUADS``, on one channel, with their running state.

    Flat ones are left out; ``is_flat`` says that none remain.
    """

    def __init__(self, coefficients: ArrayLike) -> None:
        rows = np.asarray(coefficients, np.float64).reshape(-1, 6)
        rows = rows[np.abs(rows[:, :3] - rows[:, 3:]).max(axis=1) > 0]
        if len(rows) > MOST_BIQUADS:
            raise ValueError(f"{len(rows)} biquads are more than {MOST_BIQUADS}.")
        self.is_flat = not len(rows)
        self._order = 2 * len(rows)
        self._block = _columns(*state_space(rows), LANES)
        self._sample = _columns(*state_space(rows), 1)
        self._state = np.zeros(LANES, np.float32)

    def process(self, channel: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples (samples,) of the channel, filtered: a new array."""
        out = np.empty(channel.size, np.float32)
        _run(
            np.ascontiguousarray(channel), self._block, self._sample, self._order, self._state, out
        )
        return out


def state_space(rows: Matrix) -> tuple[Matrix, Matrix, Matrix, float]:
    """A (2k, 2k), B (2k,), C (2k,) and D of biquads (k, 6) in a row."""
    order = 2 * len(rows)
    a, b, c, d = np.zeros((order, order)), np.zeros(order), np.zeros(order), 1.0
    for k, (a1, a2, a3, m0, m1, m2) in enumerate(state_variable(rows)):
        own = slice(2 * k, 2 * k + 2)
        enters = np.array([2 * a2, 2 * a3])
        a[own, : 2 * k] = np.outer(enters, c[: 2 * k])
        a[own, own] = [[2 * a1 - 1, -2 * a2], [2 * a2, 1 - 2 * a3]]
        b[own] = enters * d
        through = m0 + m1 * a2 + m2 * a3
        c *= through
        c[own] = [m1 * a1 + m2 * a2, m2 * (1 - a3) - m1 * a2]
        d *= through
    return a, b, c, float(d)


def _columns(a: Matrix, b: Matrix, c: Matrix, d: float, count: int) -> NDArray[np.float32]:
    """What each of ``count`` inputs, then each state, adds to the outputs and to the state after.

    Flat; a column is LANES outputs, of which the first ``count`` are used, and LANES states.
    """
    order = len(b)
    columns = np.zeros((count + order, 2, LANES))
    entering, leaving = b.copy(), c.copy()
    impulse = [d]
    for n in range(count):
        columns[count - 1 - n, 1, :order] = entering  # n steps before the last
        columns[count:, 0, n] = leaving
        impulse.append(float(c @ entering))
        entering, leaving = a @ entering, leaving @ a
    for n in range(count):
        columns[n, 0, n:count] = impulse[: count - n]
    columns[count:, 1, :order] = np.linalg.matrix_power(a, count).T
    return columns.astype(np.float32).reshape(-1)


@compiled
def _run(
    channel: NDArray[np.float32],
    block: NDArray[np.float32],
    sample: NDArray[np.float32],
    order: int,
    state: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    whole = channel.size // LANES * LANES
    last = np.zeros(LANES, np.float32)
    for t in range(0, whole, LANES):
        heard, kept = spread(channel, t) * load(block, 0), spread(channel, t) * load(block, LANES)
        for n in range(1, LANES):
            x = spread(channel, t + n)
            heard = heard + x * load(block, n * 2 * LANES)
            kept = kept + x * load(block, n * 2 * LANES + LANES)
        store(out, t, _with_state(heard, kept, block, LANES, order, state))
    for t in range(whole, channel.size):
        x = spread(channel, t)
        heard, kept = x * load(sample, 0), x * load(sample, LANES)
        store(last, 0, _with_state(heard, kept, sample, 1, order, state))
        out[t] = last[0]
    now = load(state, 0)  # a fading tail must not slow down as denormal numbers
    store(state, 0, where_greater(magnitude(now), splat(_TINY), now, splat(_ZERO)))


@compiled
def _with_state(
    heard: Any,
    kept: Any,
    columns: NDArray[np.float32],
    count: int,
    order: int,
    state: NDArray[np.float32],
) -> Any:
    """The outputs, once the state before is added; the state moves on past ``count`` samples."""
    moved, moved_too = kept, splat(_ZERO)
    for k in range(0, order, 2):  # a biquad's two states at a time hide each other's waiting
        s, z = spread(state, k), spread(state, k + 1)
        at = (count + k) * 2 * LANES
        heard = heard + (s * load(columns, at) + z * load(columns, at + 2 * LANES))
        moved = moved + s * load(columns, at + LANES)
        moved_too = moved_too + z * load(columns, at + 3 * LANES)
    store(state, 0, moved + moved_too)
    return heard
