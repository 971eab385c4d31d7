"""Three bands, each with its own compressor, that sum to the whole again.

The crossovers are Linkwitz-Riley of the fourth order: two Butterworth filters in a row on either
side, whose sum is an all-pass (S. H. Linkwitz, "Active Crossover Networks for Noncoincident
Drivers", JAES 24(1), 1976). The low band passes the upper crossover's all-pass too, so the three
sum to a flat spectrum whatever the frequencies.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import biquad
from mixing.audio.block_filter import BlockFilter
from mixing.audio.bus_compressor import SIDECHAIN_OFF_HZ, BusCompressor

BANDS: Final = ("low", "mid", "high")
_KNEE_DB: Final = 6.0


def crossover(low_hz: float, high_hz: float, sample_rate: int) -> list[biquad.Coefficients]:
    """Biquads (k, 6) of the low, middle and high band."""
    low, high = biquad.lowpass(low_hz, sample_rate), biquad.highpass(low_hz, sample_rate)
    lower, upper = biquad.lowpass(high_hz, sample_rate), biquad.highpass(high_hz, sample_rate)
    return [
        np.stack([low, low, biquad.allpass(high_hz, sample_rate)]),
        np.stack([high, high, lower, lower]),
        np.stack([high, high, upper, upper]),
    ]


class Multiband:
    """The master's multiband compressor with its running state; ``is_flat`` if it is off."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        self.is_flat = all(
            section[f"{band}_ratio"] == 1 and section[f"{band}_gain_db"] == 0 for band in BANDS
        )
        rows = crossover(section["low_crossover_hz"], section["high_crossover_hz"], sample_rate)
        self._filters = [(BlockFilter(row), BlockFilter(row)) for row in rows]
        self._compressors = [BusCompressor(_knobs(section, b), sample_rate) for b in BANDS]

    def process(self, audio: NDArray[np.float32]) -> None:
        """Compress the next samples (2, samples) band by band in place."""
        if self.is_flat:
            return
        whole = np.zeros_like(audio)
        for filters, compressor in zip(self._filters, self._compressors, strict=True):
            band = np.stack([one.process(row) for one, row in zip(filters, audio, strict=True)])
            compressor.process(band)
            whole += band
        audio[:] = whole


def _knobs(section: Mapping[str, float], band: str) -> dict[str, float]:
    """A band's knobs by the names that ``BusCompressor`` knows."""
    return {
        "comp_threshold_db": section[f"{band}_threshold_db"],
        "comp_ratio": section[f"{band}_ratio"],
        "comp_attack_ms": section["multiband_attack_ms"],
        "comp_release_ms": section["multiband_release_ms"],
        "comp_knee_db": _KNEE_DB,
        "comp_makeup_db": section[f"{band}_gain_db"],
        "comp_mix": 1.0,
        "comp_sidechain_hz": SIDECHAIN_OFF_HZ,
    }
