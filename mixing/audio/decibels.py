"""Decibels, and logarithms quick enough for every sample.

``log2_fast`` and ``exp2_fast`` split the float's exponent from its mantissa and use a polynomial
on the rest. The polynomials interpolate at Chebyshev nodes, within a hair of the best possible of
their degree: log2 is off by at most 3e-5 (0.0002 dB), exp2 by 3e-7 of its value.
"""

from typing import Any, Final

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import ArrayLike, NDArray

from mixing.audio.compiled import compiled
from mixing.audio.vectors import exponent, mantissa, raised, splat

DB_PER_OCTAVE: Final = float(20.0 * np.log10(2.0))
"""Decibels in a doubling of amplitude, 6.02."""


def amplitude(level_db: float) -> float:
    """Amplitude factor of a level in dB."""
    return float(10.0 ** (level_db / 20.0))


def level_db(amplitudes: ArrayLike, floor: float = 1e-12) -> NDArray[np.float64]:
    """Level in dB of amplitudes, not below that of ``floor``."""
    return 20.0 * np.log10(np.maximum(np.abs(np.asarray(amplitudes, np.float64)), floor))


def _fit(function: np.ufunc, low: float, high: float, degree: int) -> tuple[np.float32, ...]:
    series = Chebyshev.interpolate(function, degree, domain=[low, high])
    power = series.convert(kind=Polynomial, domain=[-1, 1], window=[-1, 1])
    return tuple(np.float32(c) for c in power.coef)


_L0, _L1, _L2, _L3, _L4, _L5 = _fit(np.log2, 1.0, 2.0, 5)
_E0, _E1, _E2, _E3, _E4, _E5 = _fit(np.exp2, -0.5, 0.5, 5)
_ONE: Final = np.int32(0x3F800000)
_MANTISSA: Final = np.int32(0x007FFFFF)
_SMALLEST: Final = np.float32(-126.0)
_LARGEST: Final = np.float32(126.0)
_ROUND: Final = np.float32(1.5 * 2.0**23)
"""Added to a float32, it leaves the nearest whole number in the lowest bits."""


@compiled
def log2_fast(value: np.float32) -> np.float32:
    """Base-2 logarithm of a positive, normal float32."""
    bits = np.float32(value).view(np.int32)
    exponent = np.float32((bits >> np.int32(23)) - np.int32(127))
    m = np.int32((bits & _MANTISSA) | _ONE).view(np.float32)
    return exponent + (_L0 + m * (_L1 + m * (_L2 + m * (_L3 + m * (_L4 + m * _L5)))))


@compiled
def exp2_fast(value: np.float32) -> np.float32:
    """Two to the power of a float32, clamped to the normal range."""
    x = min(max(np.float32(value), _SMALLEST), _LARGEST)
    shifted = x + _ROUND
    f = x - (shifted - _ROUND)
    power = _E0 + f * (_E1 + f * (_E2 + f * (_E3 + f * (_E4 + f * _E5))))
    exponent = np.int32(np.float32(shifted).view(np.int32) << np.int32(23))
    return np.int32(np.float32(power).view(np.int32) + exponent).view(np.float32)


@compiled
def log2_lanes(value: Any) -> Any:
    """``log2_fast`` of every lane of a Vector."""
    m = mantissa(value)
    return exponent(value) + _polynomial(m, _L0, _L1, _L2, _L3, _L4, _L5)


@compiled
def exp2_lanes(value: Any) -> Any:
    """``exp2_fast`` of every lane of a Vector, which must lie in -126 to 126."""
    shifted = value + splat(_ROUND)
    f = value - (shifted - splat(_ROUND))
    return raised(_polynomial(f, _E0, _E1, _E2, _E3, _E4, _E5), shifted)


@compiled
def _polynomial(x: Any, c0: float, c1: float, c2: float, c3: float, c4: float, c5: float) -> Any:
    """In three steps after each other instead of Horner's five (Estrin's scheme)."""
    square = x * x
    low, middle = splat(c0) + x * splat(c1), splat(c2) + x * splat(c3)
    return low + square * (middle + square * (splat(c4) + x * splat(c5)))
