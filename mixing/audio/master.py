"""The master strip, from the mix bus to what the limiter hears.

    equaliser -> mid/side equaliser -> multiband -> bus compressor -> width -> saturation

What is neutral is left out, and then changes no sample. Saturation needs no state, only the sound
around, so it is applied to the whole mix (``saturation.saturate``) before the limiter.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mixing.audio import biquad
from mixing.audio.block_filter import BlockFilter
from mixing.audio.bus_compressor import BusCompressor
from mixing.audio.mid_side import MidSideEqualiser
from mixing.audio.multiband import Multiband
from mixing.audio.panning import width_matrix


class MasterStrip:
    """The master section with its running state; feed it the mix bus from start to end."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        rows = biquad.equaliser(section, sample_rate)
        self._equaliser = (BlockFilter(rows), BlockFilter(rows))
        self._mid_side = MidSideEqualiser(section, sample_rate)
        self._multiband = Multiband(section, sample_rate)
        self._compressor = BusCompressor(section, sample_rate)
        self._width = width_matrix(section["width"]).astype(np.float32)

    def process(self, bus: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples of the mix bus (2, samples) after the strip: a new array."""
        out = np.array(bus, np.float32)
        for one, row in zip(self._equaliser, out, strict=True):
            if not one.is_flat:
                row[:] = one.process(row)
        self._mid_side.process(out)
        self._multiband.process(out)
        self._compressor.process(out)
        (same, other), _ = self._width
        if other:
            out = same * out + other * out[::-1]
        return out
