"""Mid/side equaliser: what both speakers share, and what tells them apart, each with filters.

mid = (left + right) / 2 gets a bell (to bring the voice forward or make room), side = (left -
right) / 2 a high-pass (bass belongs in the middle) and a high shelf (air at the edges).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import biquad
from mixing.audio.block_filter import BlockFilter

MID_Q: Final = 0.7
"""A broad bell, about two octaves."""
SIDE_CUT_OFF_HZ: Final = 20.0
"""A side high-pass at or below this is out of circuit."""
_HALF: Final = np.float32(0.5)


def filters(
    section: Mapping[str, float], sample_rate: int
) -> tuple[biquad.Coefficients, biquad.Coefficients]:
    """Biquads of the mid (1, 6) and of the side (2, 6)."""
    cut_hz = section["side_lowcut_hz"]
    mid = biquad.peak(section["mid_peak_hz"], section["mid_peak_gain_db"], MID_Q, sample_rate)
    cut = biquad.FLAT if cut_hz <= SIDE_CUT_OFF_HZ else biquad.highpass(cut_hz, sample_rate)
    shelf = biquad.high_shelf(section["side_shelf_hz"], section["side_shelf_gain_db"], sample_rate)
    return mid[None], np.stack([cut, shelf])


class MidSideEqualiser:
    """The master's mid/side filters with their running state; ``is_flat`` if all are out."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        mid, side = filters(section, sample_rate)
        self._mid, self._side = BlockFilter(mid), BlockFilter(side)
        self.is_flat = self._mid.is_flat and self._side.is_flat

    def process(self, audio: NDArray[np.float32]) -> None:
        """Filter the next samples (2, samples) in place."""
        if self.is_flat:
            return
        mid = self._mid.process(_HALF * (audio[0] + audio[1]))
        side = self._side.process(_HALF * (audio[0] - audio[1]))
        audio[0], audio[1] = mid + side, mid - side
