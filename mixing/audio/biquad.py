"""Second-order filters after Robert Bristow-Johnson's "Cookbook formulae for audio EQ biquads".

The browser's ``BiquadFilterNode`` uses the same formulas: shelves have slope S = 1 (which is
Q = 1/sqrt(2)), and the high-pass here is Butterworth, a Q of -3.01 dB in that node's unit.
Coefficients are float64 ``(..., 6)`` arrays b0 b1 b2 a0 a1 a2 with a0 = 1, SciPy's "sos" rows.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio import SAMPLE_RATE

Coefficients = NDArray[np.float64]

BUTTERWORTH_Q: Final = float(np.sqrt(0.5))
HIGHEST: Final = 0.49
"""Frequencies are kept below this share of the sample rate, where the formulas still hold."""
HIGHPASS_OFF_HZ: Final = 20.0
"""A high-pass at or below this is out of circuit."""

FLAT: Final[Coefficients] = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])


def highpass(hz: float, sample_rate: int = SAMPLE_RATE, q: float = BUTTERWORTH_Q) -> Coefficients:
    """12 dB per octave below ``hz``, where it is 3 dB down."""
    cos, alpha = _angle(hz, q, sample_rate)
    return _normalised((1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha)


def lowpass(hz: float, sample_rate: int = SAMPLE_RATE, q: float = BUTTERWORTH_Q) -> Coefficients:
    """12 dB per octave above ``hz``, where it is 3 dB down."""
    cos, alpha = _angle(hz, q, sample_rate)
    return _normalised((1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha)


def allpass(hz: float, sample_rate: int = SAMPLE_RATE, q: float = BUTTERWORTH_Q) -> Coefficients:
    """Turns the phase by 180 degrees at ``hz`` and leaves the level alone."""
    cos, alpha = _angle(hz, q, sample_rate)
    return _normalised(1 - alpha, -2 * cos, 1 + alpha, 1 + alpha, -2 * cos, 1 - alpha)


def peak(hz: float, gain_db: float, q: float, sample_rate: int = SAMPLE_RATE) -> Coefficients:
    """A bell of ``gain_db`` at ``hz``; its width in octaves shrinks with ``q``."""
    cos, alpha = _angle(hz, q, sample_rate)
    a = 10.0 ** (gain_db / 40.0)
    return _normalised(
        1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a
    )


def low_shelf(hz: float, gain_db: float, sample_rate: int = SAMPLE_RATE) -> Coefficients:
    """``gain_db`` far below ``hz``, half of it in dB at ``hz``."""
    cos, alpha = _angle(hz, BUTTERWORTH_Q, sample_rate)
    a = 10.0 ** (gain_db / 40.0)
    root = 2 * np.sqrt(a) * alpha
    return _normalised(
        a * ((a + 1) - (a - 1) * cos + root),
        2 * a * ((a - 1) - (a + 1) * cos),
        a * ((a + 1) - (a - 1) * cos - root),
        (a + 1) + (a - 1) * cos + root,
        -2 * ((a - 1) + (a + 1) * cos),
        (a + 1) + (a - 1) * cos - root,
    )


def high_shelf(hz: float, gain_db: float, sample_rate: int = SAMPLE_RATE) -> Coefficients:
    """``gain_db`` far above ``hz``, half of it in dB at ``hz``."""
    cos, alpha = _angle(hz, BUTTERWORTH_Q, sample_rate)
    a = 10.0 ** (gain_db / 40.0)
    root = 2 * np.sqrt(a) * alpha
    return _normalised(
        a * ((a + 1) + (a - 1) * cos + root),
        -2 * a * ((a - 1) + (a + 1) * cos),
        a * ((a + 1) + (a - 1) * cos - root),
        (a + 1) - (a - 1) * cos + root,
        2 * ((a - 1) - (a + 1) * cos),
        (a + 1) - (a - 1) * cos - root,
    )


def equaliser(section: Mapping[str, float], sample_rate: int = SAMPLE_RATE) -> Coefficients:
    """The six filters of a strip or the master as (6, 6), in order of the signal.

    ``section`` holds the parameters' values by name; a section without ``highpass_hz`` (the
    master) or with it at its minimum gets a flat first filter.
    """
    cut = section.get("highpass_hz", HIGHPASS_OFF_HZ)
    return np.stack(
        [
            highpass(cut, sample_rate) if cut > HIGHPASS_OFF_HZ else FLAT,
            low_shelf(section["low_shelf_hz"], section["low_shelf_gain_db"], sample_rate),
            *(
                peak(section[f"{p}_hz"], section[f"{p}_gain_db"], section[f"{p}_q"], sample_rate)
                for p in ("peak1", "peak2", "peak3")
            ),
            high_shelf(section["high_shelf_hz"], section["high_shelf_gain_db"], sample_rate),
        ]
    )


def response_db(
    coefficients: ArrayLike, freqs_hz: ArrayLike, sample_rate: int = SAMPLE_RATE
) -> NDArray[np.float64]:
    """Magnitude in dB at ``freqs_hz`` (f,) of each filter: (..., f) for coefficients (..., 6)."""
    c = np.asarray(coefficients, np.float64)[..., None]
    z1 = np.exp(-2j * np.pi * np.asarray(freqs_hz, np.float64) / sample_rate)
    z2 = z1 * z1
    numerator = c[..., 0, :] + c[..., 1, :] * z1 + c[..., 2, :] * z2
    denominator = c[..., 3, :] + c[..., 4, :] * z1 + c[..., 5, :] * z2
    power = np.abs(numerator) ** 2 / np.abs(denominator) ** 2
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-30)))


def eq_response_db(
    section: Mapping[str, float], freqs_hz: ArrayLike, sample_rate: int = SAMPLE_RATE
) -> NDArray[np.float64]:
    """The whole equaliser's curve (f,) in dB, for drawing."""
    return np.asarray(
        response_db(equaliser(section, sample_rate), freqs_hz, sample_rate).sum(axis=0)
    )


def _angle(hz: float, q: float, sample_rate: int) -> tuple[float, float]:
    w = 2 * np.pi * min(hz, HIGHEST * sample_rate) / sample_rate
    return float(np.cos(w)), float(np.sin(w) / (2 * q))


def _normalised(*b_then_a: float) -> Coefficients:
    row: Coefficients = np.array(b_then_a, np.float64)
    return np.asarray(row / row[3])
