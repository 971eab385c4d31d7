"""Loudness by ITU-R BS.1770-5 and EBU R 128: integrated, momentary, short-term, and its range.

All figures come from one K-weighted energy per 10 ms, taken in one pass. Gating blocks are 400 ms
long every 100 ms (BS.1770-5, Annex 1); the loudness range follows EBU Tech 3342. Channels are one,
left and right, or the five of 3/2 stereo (left, right, centre, surrounds), weighted by Annex 1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.true_peak import true_peak_dbtp

__all__ = [
    "integrated_lufs",
    "loudness_range",
    "momentary_lufs",
    "short_term_lufs",
    "true_peak_dbtp",
]

HOPS_PER_SECOND: Final = 100
_MOMENTARY: Final = 40
_GATING_STEP: Final = 10
_SHORT_TERM: Final = 300
_OFFSET_LUFS: Final = -0.691
_PAIRS: Final = {
    1: ((0, 0, 0.5),),
    2: ((0, 1, 1.0),),
    5: ((0, 1, 1.0), (2, 2, 0.5), (3, 4, 1.41)),
}
"""By number of channels: two that are filtered side by side, and the weight of their energies. One
alone stands on both sides and counts half; surround channels count 1.5 dB more."""
_ABSOLUTE_GATE_LUFS: Final = -70.0


def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """The two K-weighting filters as SciPy "sos" rows (2, 6) at any sample rate.

    BS.1770 tabulates them at 48 kHz only. These are their analogue prototypes, found by B. De
    Man ("Evaluation of Implementations of the EBU R128 Loudness Measurement", AES 145, 2018),
    put through the bilinear transform; at 48 kHz they give the table.
    """
    k = np.tan(np.pi * 1681.9744509555319 / sample_rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    shelf = [
        high + band * k / q + k * k,
        2 * (k * k - high),
        high - band * k / q + k * k,
        1 + k / q + k * k,
        2 * (k * k - 1),
        1 - k / q + k * k,
    ]
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    highpass = [a0, -2 * a0, a0, a0, 2 * (k * k - 1), 1 - k / q + k * k]
    rows = np.array([shelf, highpass])
    return np.asarray(rows / rows[:, 3:4])


def energies(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """K-weighted mean square, summed over channels, of every full 10 ms.

    ``audio`` is (1, 2 or 5, samples); raises ValueError for another number of channels.
    """
    if len(audio) not in _PAIRS:
        raise ValueError(f"Loudness is known of 1, 2 or 5 channels, not of {len(audio)}.")
    hop = round(sample_rate / HOPS_PER_SECOND)
    audio = np.ascontiguousarray(audio, np.float32)
    rows = k_weighting(sample_rate)
    total = np.zeros(audio.shape[1] // hop)
    for one, other, weight in _PAIRS[len(audio)]:
        sums = np.empty_like(total)
        _weigh(audio[one], audio[other], rows, hop, sums)
        total += sums * (weight / hop)
    return total


def integrated_of(hops: NDArray[np.float64]) -> float:
    """Gated loudness of ``energies``; -inf if nothing is above the absolute gate of -70 LUFS."""
    blocks = _windows(hops, _MOMENTARY)[::_GATING_STEP]
    blocks = blocks[_lufs(blocks) > _ABSOLUTE_GATE_LUFS]
    if not blocks.size:
        return float("-inf")
    blocks = blocks[_lufs(blocks) > _lufs(blocks.mean()) - 10.0]
    return float(_lufs(blocks.mean()))


def range_of(hops: NDArray[np.float64]) -> float:
    """Loudness range of ``energies`` in LU: 10th to 95th percentile of gated short-term values.

    Tech 3342, section 2: absolute gate at -70 LUFS, relative gate 20 LU below what is left.
    """
    blocks = _windows(hops, _SHORT_TERM)[::_GATING_STEP]
    blocks = blocks[_lufs(blocks) >= _ABSOLUTE_GATE_LUFS]
    if not blocks.size:
        return 0.0
    levels = _lufs(blocks)
    levels = levels[levels >= _lufs(blocks.mean()) - 20.0]
    low, high = np.percentile(levels, [10, 95], method="nearest")
    return float(high - low)


def integrated_lufs(audio: NDArray[np.float32], sample_rate: int) -> float:
    """Integrated loudness of (1, 2 or 5, samples); -inf for silence or less than 400 ms."""
    return integrated_of(energies(audio, sample_rate))


def momentary_of(hops: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness of every 400 ms of ``energies``, one value each 10 ms; -inf for silence."""
    return _lufs(_windows(hops, _MOMENTARY))


def short_term_of(hops: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness of every 3 s of ``energies``, one value each 10 ms; -inf for silence."""
    return _lufs(_windows(hops, _SHORT_TERM))


def momentary_lufs(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Loudness of every 400 ms, one value each 10 ms."""
    return momentary_of(energies(audio, sample_rate))


def short_term_lufs(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Loudness of every 3 s, one value each 10 ms."""
    return short_term_of(energies(audio, sample_rate))


def loudness_range(audio: NDArray[np.float32], sample_rate: int) -> float:
    """Loudness range (LRA) in LU; 0 for silence or less than 3 s."""
    return range_of(energies(audio, sample_rate))


def _windows(hops: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Mean over every ``length`` neighbouring hops."""
    if hops.size < length:
        return np.empty(0)
    sums = np.concatenate([[0.0], np.cumsum(hops)])
    return np.asarray(np.maximum(sums[length:] - sums[:-length], 0.0) / length)


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_LUFS + 10.0 * np.log10(power))


@compiled
def _weigh(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    rows: NDArray[np.float64],
    hop: int,
    sums: NDArray[np.float64],
) -> None:
    """Energy of each hop of both channels after both filters (transposed direct form II)."""
    p0, p1, p2, _, p3, p4 = rows[0]
    q0, q1, q2, _, q3, q4 = rows[1]
    a1 = a2 = b1 = b2 = c1 = c2 = d1 = d2 = 0.0
    for index in range(sums.size):
        total = 0.0
        for i in range(index * hop, index * hop + hop):
            x = np.float64(left[i])
            u = np.float64(right[i])
            y = p0 * x + a1
            v = p0 * u + c1
            a1 = p1 * x - p3 * y + a2
            c1 = p1 * u - p3 * v + c2
            a2 = p2 * x - p4 * y
            c2 = p2 * u - p4 * v
            z = q0 * y + b1
            w = q0 * v + d1
            b1 = q1 * y - q3 * z + b2
            d1 = q1 * v - q3 * w + d2
            b2 = q2 * y - q4 * z
            d2 = q2 * v - q4 * w
            total += z * z + w * w
        sums[index] = total
        if total < 1e-30:  # silence must not slow down as denormal numbers
            a1 = a2 = b1 = b2 = c1 = c2 = d1 = d2 = 0.0
