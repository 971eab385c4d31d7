"""Every function of a Vector against NumPy, lane by lane."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mixing.audio import vectors
from mixing.audio.compiled import compiled
from mixing.audio.lanes import HALF, LANES
from mixing.audio.vectors import gather, load, splat, store, transpose

Row = NDArray[np.float32]

BINARY: dict[str, Callable[[Row, Row], Row]] = {
    "larger": np.fmax,
    "smaller": np.fmin,
    "lower_halves": lambda a, b: np.concatenate([a[:HALF], b[:HALF]]),
    "upper_halves": lambda a, b: np.concatenate([a[HALF:], b[HALF:]]),
}
UNARY: dict[str, Callable[[Row], Row]] = {
    "magnitude": np.abs,
    "swapped": lambda a: np.roll(a, HALF),
}


def rows(count: int, seed: int = 0) -> Row:
    return np.random.default_rng(seed).standard_normal(count * LANES).astype(np.float32)


def of_one(name: str, a: Row) -> Row:
    """The function's result for one row, two Vectors in."""
    function: Any = getattr(vectors, name)

    @compiled
    def kernel(a: Row, out: Row) -> None:
        store(out, LANES, function(load(a, LANES)))

    out = np.zeros(2 * LANES, np.float32)
    kernel(np.concatenate([np.zeros(LANES, np.float32), a]), out)
    assert not out[:LANES].any()
    return out[LANES:]


def of_two(name: str, a: Row, b: Row) -> Row:
    function: Any = getattr(vectors, name)

    @compiled
    def kernel(a: Row, b: Row, out: Row) -> None:
        store(out, 0, function(load(a, 0), load(b, 0)))

    out = np.zeros(LANES, np.float32)
    kernel(a, b, out)
    return out


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two(name: str) -> None:
    a, b = rows(1), rows(1, seed=1)
    np.testing.assert_array_equal(of_two(name, a, b), BINARY[name](a, b))


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one(name: str) -> None:
    a = rows(1)
    np.testing.assert_array_equal(of_one(name, a), UNARY[name](a))


def test_what_is_no_number_gives_way_to_the_second() -> None:
    a, b = np.full(LANES, np.nan, np.float32), rows(1)
    for name in ("larger", "smaller"):
        np.testing.assert_array_equal(of_two(name, a, b), b)


def test_mantissa_and_exponent_make_up_the_number() -> None:
    a = np.abs(rows(1)) * np.float32(10.0) ** np.arange(-8, 8, dtype=np.float32)
    m, e = of_one("mantissa", a), of_one("exponent", a)
    assert ((m >= 1) & (m < 2)).all()
    np.testing.assert_array_equal(e, np.floor(e))
    np.testing.assert_array_equal(np.ldexp(m, e.astype(np.int32)), a)


def test_raised_reads_whole_numbers_in_the_lowest_bits() -> None:
    a, power = np.abs(rows(1)), np.arange(-8, 8, dtype=np.float32)
    shifted = power + np.float32(1.5 * 2**23)
    np.testing.assert_array_equal(of_two("raised", a, shifted), np.ldexp(a, power.astype(np.int32)))


def test_one_sample_in_every_lane() -> None:
    @compiled
    def kernel(a: Row, out: Row) -> None:
        store(out, 0, vectors.spread(a, 5))

    a, out = rows(1), np.zeros(LANES, np.float32)
    kernel(a, out)
    np.testing.assert_array_equal(out, np.full(LANES, a[5]))


def test_arithmetic_and_choice() -> None:
    @compiled
    def kernel(a: Row, b: Row, factor: np.float32, out: Row) -> None:
        x, y = load(a, 0), load(b, 0)
        store(out, 0, x + y)
        store(out, LANES, x - y)
        store(out, 2 * LANES, x * y)
        store(out, 3 * LANES, x * splat(factor))
        store(out, 4 * LANES, vectors.where_greater(x, y, x * y, x + y))
        store(out, 5 * LANES, vectors.multiply_add(x, splat(factor), y * y))

    a, b, out = rows(1), rows(1, seed=1), np.zeros(6 * LANES, np.float32)
    kernel(a, b, np.float32(0.3), out)
    expected = [a + b, a - b, a * b, a * np.float32(0.3), np.where(a > b, a * b, a + b)]
    np.testing.assert_array_equal(out[: 5 * LANES], np.concatenate(expected))
    fused = a.astype(float) * np.float32(0.3) + b * b
    np.testing.assert_allclose(out[5 * LANES :], fused, rtol=1e-6, atol=1e-7)


def test_rows_become_columns() -> None:
    @compiled
    def kernel(a: Row, out: Row) -> None:
        transpose(a, 3, LANES + 5, out, 7, LANES + 2)

    a = rows(LANES + 8)
    out = np.zeros((LANES + 2) * LANES + 7, np.float32)
    kernel(a, out)
    square = np.stack([a[3 + row * (LANES + 5) :][:LANES] for row in range(LANES)])
    written = np.stack([out[7 + row * (LANES + 2) :][:LANES] for row in range(LANES)])
    np.testing.assert_array_equal(written, square.T)
    assert np.count_nonzero(out) == LANES * LANES


def test_rows_are_gathered_where_they_lie() -> None:
    @compiled
    def kernel(places: NDArray[np.int64], out: Row) -> None:
        gather(places, 5, out, 3)

    a = rows(LANES * 3).reshape(LANES, 3 * LANES)
    steps = [4] * (LANES - 1) + [0]  # the last lane stands still
    places = np.array([row.ctypes.data for row in a] + steps)
    out = np.zeros(LANES * LANES + 3, np.float32)
    kernel(places, out)
    expected = a[:, 5 : 5 + LANES].T.copy()
    expected[:, -1] = a[-1, :LANES]
    np.testing.assert_array_equal(out[3:].reshape(LANES, LANES), expected)


def test_a_recursion_over_vectors_is_a_recursion_in_every_lane() -> None:
    @compiled
    def kernel(a: Row, pole: Row, out: Row) -> None:
        now = splat(np.float32(0.0))
        for t in range(a.size // LANES):
            now = load(pole, 0) * now + load(a, t * LANES)
            store(out, t * LANES, now)

    a, pole = rows(50), np.linspace(-0.9, 0.9, LANES, dtype=np.float32)
    out = np.zeros_like(a)
    kernel(a, pole, out)
    expected = np.zeros((51, LANES))
    for t in range(50):
        expected[t + 1] = pole * expected[t] + a.reshape(50, LANES)[t]
    np.testing.assert_allclose(out.reshape(50, LANES), expected[1:], rtol=1e-5, atol=1e-6)
