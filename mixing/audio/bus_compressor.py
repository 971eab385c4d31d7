"""The compressor of a whole bus: what steers it may be filtered, and the dry sound stay beside it.

The detector, curve and smoothing are those of ``compressor``. A high-pass before the detector (the
side chain) keeps a loud kick or bass from pulling everything else down. The compressed sound may
be mixed with the dry one ("parallel", "New York" compression): quiet detail comes up while peaks
keep their punch.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import biquad, compressor
from mixing.audio.block_filter import BlockFilter
from mixing.audio.compiled import compiled
from mixing.audio.decibels import amplitude, exp2_fast, log2_fast

SIDECHAIN_OFF_HZ: Final = 20.0
"""A side chain that starts at or below this hears everything."""
_ZERO: Final = np.float32(0.0)
_SILENCE: Final = np.float32(1e-6)
_TINY: Final = np.float32(1e-15)


class BusCompressor:
    """A stereo compressor with its running state, from the ``comp_`` parameters of the master."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        self._knobs = compressor.knobs(section, sample_rate, linked=True)
        self._reduction = np.float32(0.0)
        makeup, mix = amplitude(section["comp_makeup_db"]), section["comp_mix"]
        self._wet, self._dry = np.float32(mix * makeup), np.float32(1 - mix)
        self._compresses = section["comp_ratio"] > 1
        low_hz = section["comp_sidechain_hz"]
        flat = low_hz <= SIDECHAIN_OFF_HZ
        cut = biquad.FLAT if flat else biquad.highpass(low_hz, sample_rate)
        self._key = (BlockFilter(cut), BlockFilter(cut))

    def process(self, audio: NDArray[np.float32]) -> None:
        """Compress the next samples (2, samples) in place."""
        if not self._compresses:
            if (through := self._wet + self._dry) != 1:
                audio *= through
            return
        left, right = (
            row if key.is_flat else key.process(row)
            for row, key in zip(audio, self._key, strict=True)
        )
        reduction = np.empty(audio.shape[1], np.float32)
        state = _reduce(left, right, self._knobs, self._reduction, reduction)
        self._reduction = np.float32(state)
        _apply(audio, reduction, self._wet, self._dry)


@compiled
def _reduce(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    knobs: NDArray[np.float32],
    now: np.float32,
    reduction: NDArray[np.float32],
) -> np.float32:
    """Reduction in octaves at every sample, by the louder side; returns the last.

    ``knobs`` is one lane's column. Curve and logarithm do not depend on what was before, so they
    are done for many samples at a time. Of attack's and release's answers the one whose pole is
    nearer to 1 is the larger whenever it is the right one, so no comparison with the last
    reduction keeps the next one waiting.
    """
    low, width, curve, slope, attack, release, _, sign = knobs
    for t in range(left.size):
        level = max(abs(left[t]), abs(right[t]))
        above = log2_fast(max(level, _SILENCE)) - low
        inside = min(max(above, _ZERO), width)
        reduction[t] = slope * (inside * inside * curve + max(above - width, _ZERO))
    to_attack, to_release = np.float32(1) - attack, np.float32(1) - release
    state = sign * now
    for t in range(left.size):
        goal = reduction[t]
        state = max(attack * state + to_attack * goal, release * state + to_release * goal)
        reduction[t] = sign * state
    state *= sign
    return state if state > _TINY else _ZERO


@compiled
def _apply(
    audio: NDArray[np.float32], reduction: NDArray[np.float32], wet: np.float32, dry: np.float32
) -> None:
    for t in range(reduction.size):
        factor = dry + wet * exp2_fast(-reduction[t])
        audio[0, t] *= factor
        audio[1, t] *= factor
