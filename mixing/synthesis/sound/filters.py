"""Filters: fixed ones from SciPy, swept ones as a state-variable filter.

The swept filter is the trapezoidal state-variable filter of A. Simper, "Linear Trapezoidal State
Variable Filter" (2013): stable while its cutoff moves every sample.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal as dsp

from mixing.audio.compiled import compiled
from mixing.audio.decibels import amplitude
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal

LOW, BAND, HIGH = 0, 1, 2
SWEEP_STEP: Final = 16
"""Samples between two cutoffs of a swept filter: 0.4 ms, finer than the ear follows."""


@cache
def _butterworth(kind: str, low_hz: float, high_hz: float, order: int) -> NDArray[np.float64]:
    edges = (low_hz, high_hz) if kind == "bandpass" else low_hz
    sections: NDArray[np.float64] = dsp.butter(order, edges, kind, fs=SAMPLE_RATE, output="sos")
    return sections


def _run(sections: NDArray[np.float64], audio: Signal) -> Signal:
    return np.asarray(dsp.sosfilt(sections, audio, axis=-1), dtype=np.float32)


def lowpass(audio: Signal, cutoff_hz: float, order: int = 2) -> Signal:
    """Return ``(..., samples)`` through a Butterworth low-pass."""
    return _run(_butterworth("lowpass", round(min(cutoff_hz, 21_000.0), 1), 0.0, order), audio)


def highpass(audio: Signal, cutoff_hz: float, order: int = 2) -> Signal:
    """Return ``(..., samples)`` through a Butterworth high-pass."""
    return _run(_butterworth("highpass", round(cutoff_hz, 1), 0.0, order), audio)


def bandpass(audio: Signal, low_hz: float, high_hz: float, order: int = 1) -> Signal:
    """Return ``(..., samples)`` through a Butterworth band-pass between two edges."""
    high_hz = round(min(high_hz, 21_000.0), 1)
    return _run(_butterworth("bandpass", round(low_hz, 1), high_hz, order), audio)


def resonance(audio: Signal, frequency_hz: float, q: float, gain_db: float) -> Signal:
    """Return ``audio`` with one bell raised or lowered, as a body or a room does."""
    numerator, denominator = dsp.iirpeak(frequency_hz, q, fs=SAMPLE_RATE)
    bell = _run(np.concatenate([numerator, denominator])[np.newaxis], audio)
    return np.asarray(audio + np.float32(amplitude(gain_db) - 1.0) * bell, dtype=np.float32)


def tilt(audio: Signal, pivot_hz: float, gain_db: float) -> Signal:
    """Return ``audio`` brightened above ``pivot_hz`` by ``gain_db`` (darkened if negative)."""
    dark = lowpass(audio, pivot_hz, order=1)
    return np.asarray(dark + np.float32(amplitude(gain_db)) * (audio - dark), dtype=np.float32)


@compiled
def _sweep(
    audio: Signal, cutoffs: NDArray[np.float64], q: float, mode: int, step: int, out: Signal
) -> None:
    first, second = 0.0, 0.0
    damping = 1.0 / q
    a1, a2, a3 = 0.0, 0.0, 0.0
    for i in range(len(audio)):
        if i % step == 0:
            g = np.tan(np.pi * min(cutoffs[i // step], 20000.0) / 44100.0)
            a1 = 1.0 / (1.0 + g * (g + damping))
            a2 = g * a1
            a3 = g * a2
        value = audio[i]
        rest = value - second
        band = a1 * first + a2 * rest
        low = second + a2 * first + a3 * rest
        first = 2.0 * band - first
        second = 2.0 * low - second
        if mode == 0:
            out[i] = low
        elif mode == 1:
            out[i] = band * damping
        else:
            out[i] = value - damping * band - low


def swept(
    audio: Signal, cutoff_hz: NDArray[np.floating] | float, *, q: float = 0.8, mode: int = LOW
) -> Signal:
    """Return ``(samples,)`` through a 12 dB filter whose cutoff follows ``cutoff_hz`` per sample.

    ``mode`` is ``LOW``, ``BAND`` (unity at the centre) or ``HIGH``; ``q`` 0.5 to about 8.
    """
    steps = -(-len(audio) // SWEEP_STEP)
    if isinstance(cutoff_hz, np.ndarray):
        cutoffs = cutoff_hz[::SWEEP_STEP].astype(np.float64)
    else:
        cutoffs = np.full(steps, cutoff_hz, dtype=np.float64)
    out = np.empty(len(audio), dtype=np.float32)
    _sweep(np.ascontiguousarray(audio), cutoffs, q, mode, SWEEP_STEP, out)
    return out
