"""Loudness by ITU-R BS.1770-5 and EBU R 128: integrated, momentary, short-term, and its range.

All figures come from one K-weighted energy per 10 ms, taken in one pass. Gating blocks are 400 ms
long every 100 ms (BS.1770-5, Annex 1); the loudness range follows EBU Tech 3342. Channels are one,
left and right, or the five of 3/2 stereo (left, right, centre, surrounds), weighted by Annex 1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.block_filter import BlockFilter
from mixing.audio.compiled import compiled
from mixing.audio.lanes import LANES
from mixing.audio.true_peak import true_peak_dbtp
from mixing.audio.vectors import load, splat, store

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
_WEIGHTS: Final = {1: (1.0,), 2: (1.0, 1.0), 5: (1.0, 1.0, 1.0, 1.41, 1.41)}
"""Of each channel's energy, by their number: surround channels count 1.5 dB more."""
_HOPS_AT_ONCE: Final = 64
_ZERO: Final = np.float32(0.0)
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
    if len(audio) not in _WEIGHTS:
        raise ValueError(f"Loudness is known of 1, 2 or 5 channels, not of {len(audio)}.")
    hop = round(sample_rate / HOPS_PER_SECOND)
    total = np.zeros(audio.shape[1] // hop)
    for channel, weight in zip(np.asarray(audio, np.float32), _WEIGHTS[len(audio)], strict=True):
        weighting = BlockFilter(k_weighting(sample_rate))
        for first in range(0, total.size, _HOPS_AT_ONCE):
            sums = total[first : first + _HOPS_AT_ONCE]
            stretch = channel[first * hop : (first + sums.size) * hop]
            _add_energies(weighting.process(stretch), hop, weight / hop, sums)
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
def _add_energies(
    filtered: NDArray[np.float32], hop: int, weight: float, sums: NDArray[np.float64]
) -> None:
    """Add each hop's sum of squares, times the weight; beyond a hop's Vectors one by one."""
    lanes = np.empty(LANES, np.float32)
    for index in range(sums.size):
        at = index * hop
        whole = at + hop // LANES * LANES
        squares = splat(_ZERO)
        for i in range(at, whole, LANES):
            v = load(filtered, i)
            squares = squares + v * v
        store(lanes, 0, squares)
        energy = 0.0
        for lane in range(LANES):
            energy += lanes[lane]
        for i in range(whole, at + hop):
            energy += np.float64(filtered[i]) * filtered[i]
        sums[index] += weight * energy
