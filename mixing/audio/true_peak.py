"""True peak: the highest point of the waveform between the samples (ITU-R BS.1770-4, Annex 2).

The waveform is interpolated by a Kaiser-windowed sinc in polyphase form, whose phase 0 returns the
samples themselves. Annex 2 asks for four times oversampling at 44.1 and 48 kHz.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled

TAPS: Final = 32
"""Samples that one interpolated point is made of, half of them on either side."""
_BETA: Final = 7.0
STEP: Final = 512
"""Most samples that one call looks at."""
_MAGNITUDE: Final = np.int32(0x7FFFFFFF)
_ZERO: Final = np.float32(0.0)


@cache
def interpolator(factor: int) -> NDArray[np.float32]:
    """Weights (factor - 1, TAPS) of the points at 1/factor, 2/factor, ... after a sample.

    Tap k weighs the sample at k - TAPS / 2 + 1 from it. Every point's weights sum to 1.
    """
    offsets = np.arange(TAPS)[None, :] - (TAPS // 2 - 1)
    x = offsets - np.arange(1, factor)[:, None] / factor
    window = np.i0(_BETA * np.sqrt(np.maximum(1 - (x / (TAPS / 2)) ** 2, 0))) / np.i0(_BETA)
    weights = np.sinc(x) * window
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def true_peak(audio: NDArray[np.float32], factor: int = 4) -> float:
    """Highest absolute value of (channels, samples) at ``factor`` times the sample rate."""
    audio = np.ascontiguousarray(audio, np.float32)
    return float(_highest(audio, audio.view(np.int32), interpolator(factor)))


def true_peak_dbtp(audio: NDArray[np.float32], sample_rate: int) -> float:
    """True peak in dBTP, -inf for digital silence; four times oversampled below 96 kHz."""
    factor = 4 if sample_rate < 96_000 else 2 if sample_rate < 192_000 else 1
    highest = true_peak(audio, factor)
    return float(20 * np.log10(highest)) if highest > 0 else float("-inf")


@compiled
def between(
    row: NDArray[np.float32],
    start: int,
    count: int,
    weights: NDArray[np.float32],
    peaks: NDArray[np.float32],
) -> None:
    """Raise ``peaks[i]`` to the highest point from sample ``start + i`` up to the next one.

    ``row`` needs TAPS / 2 samples of context on both sides; ``count`` is at most STEP.
    """
    point = np.empty(STEP, np.float32)
    first = start - (TAPS // 2 - 1)
    for i in range(count):
        peaks[i] = max(peaks[i], abs(row[start + i]))
    for phase in range(weights.shape[0]):
        for i in range(count):
            point[i] = _ZERO
        for tap in range(0, TAPS, 8):
            w0 = weights[phase, tap]
            w1 = weights[phase, tap + 1]
            w2 = weights[phase, tap + 2]
            w3 = weights[phase, tap + 3]
            w4 = weights[phase, tap + 4]
            w5 = weights[phase, tap + 5]
            w6 = weights[phase, tap + 6]
            w7 = weights[phase, tap + 7]
            at = first + tap
            for i in range(count):
                point[i] += (
                    w0 * row[at + i]
                    + w1 * row[at + i + 1]
                    + w2 * row[at + i + 2]
                    + w3 * row[at + i + 3]
                    + w4 * row[at + i + 4]
                    + w5 * row[at + i + 5]
                    + w6 * row[at + i + 6]
                    + w7 * row[at + i + 7]
                )
        for i in range(count):
            peaks[i] = max(peaks[i], abs(point[i]))


@compiled
def fetch(audio: NDArray[np.float32], channel: int, start: int, row: NDArray[np.float32]) -> None:
    """Copy a stretch of a channel that begins at ``start`` into ``row``; silence lies around."""
    count = audio.shape[1]
    first = min(max(-start, 0), row.size)
    stop = min(max(count - start, 0), row.size)
    for i in range(first):
        row[i] = _ZERO
    for i in range(first, stop):
        row[i] = audio[channel, start + i]
    for i in range(max(first, stop), row.size):
        row[i] = _ZERO


@compiled
def _magnitude(bits: NDArray[np.int32], channel: int, start: int, stop: int) -> float:
    """Highest absolute sample; floats without their sign are ordered like their bits."""
    highest = np.int32(0)
    for i in range(start, stop):
        highest = max(highest, np.int32(bits[channel, i] & _MAGNITUDE))
    return float(np.int32(highest).view(np.float32))


@compiled
def _highest(
    audio: NDArray[np.float32], bits: NDArray[np.int32], weights: NDArray[np.float32]
) -> float:
    """Highest point, looking between samples only where they are loud enough to hold it."""
    count = audio.shape[1]
    most = np.float32(1.0)
    for phase in range(weights.shape[0]):
        total = _ZERO
        for tap in range(TAPS):
            total += abs(weights[phase, tap])
        most = max(most, total)
    highest = 0.0
    for channel in range(audio.shape[0]):
        highest = max(highest, _magnitude(bits, channel, 0, count))
    row = np.empty(STEP + 2 * TAPS, np.float32)
    peaks = np.empty(STEP, np.float32)
    for channel in range(audio.shape[0]):
        for start in range(-TAPS, count, STEP):
            before = max(start - TAPS, 0)
            after = min(start + STEP + TAPS, count)
            if _magnitude(bits, channel, before, after) * most > highest:
                fetch(audio, channel, start - TAPS, row)
                peaks[:] = _ZERO
                between(row, TAPS, STEP, weights, peaks)
                for i in range(STEP):
                    highest = max(highest, peaks[i])
    return highest
