"""True peak: the highest point of the waveform between the samples (ITU-R BS.1770-4, Annex 2).

The waveform is interpolated by a Kaiser-windowed sinc in polyphase form, whose phase 0 returns the
samples themselves. Annex 2 asks for four times oversampling at 44.1 and 48 kHz.

Interpolation is dear and seldom needed: a waveform rises above its samples only by as much as it
bends there. Every weight of a point between two samples is that of the straight line from one to
the other, plus something that sums to zero; summed up twice, the rest becomes weights c of the
waveform's second differences (and a slope m, near zero). So

    |point| <= (1 + 2 |m|) max |x| + sum |c| max |x[n - 1] - 2 x[n] + x[n + 1]|

over the samples that the point is made of, and only blocks whose bound matters are interpolated.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.lanes import LANES
from mixing.audio.vectors import larger, load, magnitude, splat, spread, store

TAPS: Final = 32
"""Samples that one interpolated point is made of, half of them on either side."""
_BETA: Final = 7.0
STEP: Final = 64
"""Samples of a block, which is interpolated as a whole or not at all."""
_ROUNDING: Final = 1e-5
_MAGNITUDE: Final = np.int32(0x7FFFFFFF)
_ZERO: Final = np.float32(0.0)
_MOST_POINTS: Final = 7


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


@cache
def all_weights(factor: int) -> NDArray[np.float32]:
    """``interpolator`` for the kernels: flat, with points of no weight up to the most, seven."""
    weights = interpolator(factor)
    missing = _MOST_POINTS - len(weights)
    return np.asarray(np.pad(weights, ((0, missing), (0, 0))).reshape(-1), np.float32)


@cache
def _most(factor: int) -> tuple[float, float]:
    """What the bound multiplies the highest sample and the highest second difference by."""
    weights = interpolator(factor).astype(np.float64)
    offsets = np.arange(TAPS) - (TAPS // 2 - 1)
    after = np.arange(1, factor)[:, None] / factor
    weights -= np.where(offsets == 0, 1 - after, 0.0) + np.where(offsets == 1, after, 0.0)
    slope = weights @ offsets
    weights[:, offsets == 1] -= slope[:, None]
    weights[:, offsets == 0] += slope[:, None]
    bend = np.abs(weights.cumsum(axis=1).cumsum(axis=1)).sum(axis=1)
    return float(1 + 2 * np.abs(slope).max() + _ROUNDING), float(bend.max() + _ROUNDING)


def highest_possible(audio: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Bound on every point of (channels, samples) within each block of STEP samples, (blocks,).

    A block's points reach from its first sample up to, not including, the next block's.
    """
    samples = np.zeros(-(-audio.shape[1] // STEP) + 2, np.int32)
    bends = np.zeros_like(samples)
    _survey(audio, samples[1:-1], bends[1:-1])
    level, bend = (np.maximum(x[1:-1], x[2:]).view(np.float32) for x in (samples, bends))
    bend = np.maximum(bend, bends[:-2].view(np.float32))
    per_level, per_bend = _most(factor)
    return np.asarray(per_level * level + per_bend * bend, np.float32)


def true_peak(audio: NDArray[np.float32], factor: int = 4) -> float:
    """Highest absolute value of (channels, samples) at ``factor`` times the sample rate."""
    audio = np.ascontiguousarray(audio, np.float32)
    if not audio.shape[1]:
        return 0.0
    if factor == 1:
        return float(np.abs(audio).max())
    possible = highest_possible(audio, factor)
    loudest_first = np.argsort(-possible).astype(np.int64)
    return float(_highest(audio, all_weights(factor), possible, loudest_first))


def true_peak_dbtp(audio: NDArray[np.float32], sample_rate: int) -> float:
    """True peak in dBTP, -inf for digital silence; four times oversampled below 96 kHz."""
    factor = 4 if sample_rate < 96_000 else 2 if sample_rate < 192_000 else 1
    highest = true_peak(audio, factor)
    return float(20 * np.log10(highest)) if highest > 0 else float("-inf")


@compiled
def between(
    row: NDArray[np.float32],
    start: int,
    weights: NDArray[np.float32],
    peaks: NDArray[np.float32],
) -> None:
    """Raise ``peaks[i]`` (STEP,) to the highest point from sample ``start + i`` to the next one.

    ``row`` needs TAPS / 2 samples of context on both sides; ``weights`` are ``all_weights``.
    """
    first = start - (TAPS // 2 - 1)
    for i in range(0, STEP, LANES):
        zero = splat(_ZERO)
        a, b, c, d, e, f, g = zero, zero, zero, zero, zero, zero, zero
        for tap in range(TAPS):
            x = load(row, first + i + tap)
            a = a + spread(weights, tap) * x
            b = b + spread(weights, TAPS + tap) * x
            c = c + spread(weights, 2 * TAPS + tap) * x
            d = d + spread(weights, 3 * TAPS + tap) * x
            e = e + spread(weights, 4 * TAPS + tap) * x
            f = f + spread(weights, 5 * TAPS + tap) * x
            g = g + spread(weights, 6 * TAPS + tap) * x
        odd = larger(larger(magnitude(a), magnitude(c)), larger(magnitude(e), magnitude(g)))
        even = larger(larger(magnitude(b), magnitude(d)), magnitude(f))
        sample = magnitude(load(row, start + i))
        store(peaks, i, larger(larger(load(peaks, i), sample), larger(odd, even)))


@compiled
def fetch(audio: NDArray[np.float32], channel: int, start: int, row: NDArray[np.float32]) -> None:
    """Copy a stretch of a channel that begins at ``start`` into ``row``; silence lies around."""
    count = audio.shape[1]
    first = min(max(-start, 0), row.size)
    stop = min(max(count - start, 0), row.size)
    for i in range(first):
        row[i] = _ZERO
    at = np.uint64(start)  # unsigned: such indices never count from the end, so none is tested
    for i in range(first, stop):
        row[i] = audio[channel, at + np.uint64(i)]
    for i in range(max(first, stop), row.size):
        row[i] = _ZERO


@compiled
def _survey(
    audio: NDArray[np.float32], samples: NDArray[np.int32], bends: NDArray[np.int32]
) -> None:
    """Highest magnitude and second difference of each block, over all channels, as bits.

    Floats without their sign are ordered like their bits, and the highest of whole numbers can be
    sought many at a time.
    """
    row = np.zeros(STEP + 2, np.float32)
    bits = row.view(np.int32)
    bend = np.empty(STEP, np.float32)
    bend_bits = bend.view(np.int32)
    for block in range(samples.size):
        highest = np.int32(0)
        sharpest = np.int32(0)
        for channel in range(audio.shape[0]):
            fetch(audio, channel, block * STEP - 1, row)
            for i in range(STEP):
                bend[i] = (row[i] - row[i + 1]) + (row[i + 2] - row[i + 1])
            for i in range(STEP):
                highest = max(highest, np.int32(bits[i + 1] & _MAGNITUDE))
            for i in range(STEP):
                sharpest = max(sharpest, np.int32(bend_bits[i] & _MAGNITUDE))
        samples[block] = highest
        bends[block] = sharpest


@compiled
def _highest(
    audio: NDArray[np.float32],
    weights: NDArray[np.float32],
    possible: NDArray[np.float32],
    order: NDArray[np.int64],
) -> float:
    """Highest point, looked for block by block until no other block can hold it."""
    highest = np.float32(0.0)
    row = np.empty(STEP + 2 * TAPS, np.float32)
    peaks = np.empty(STEP, np.float32)
    for place in range(-1, order.size):  # the points before the first sample belong to no block
        block = order[place] if place >= 0 else -1
        if place >= 0 and possible[block] <= highest:
            break
        for channel in range(audio.shape[0]):
            fetch(audio, channel, block * STEP - TAPS, row)
            peaks[:] = _ZERO
            between(row, TAPS, weights, peaks)
            for i in range(STEP):
                highest = max(highest, peaks[i])
    return float(highest)
