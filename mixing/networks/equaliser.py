"""The console's equaliser and the ear's weighting as curves over the bands of a spectrogram.

An equaliser is linear, so on a log-mel spectrogram it is a curve added in dB. The curves come
from the console's own biquads, read once on a grid of gains and interpolated (error < 0.02 dB).
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.biquad import eq_response_db, response_db
from mixing.audio.loudness import k_weighting
from mixing.audio.parameters import STRIP
from mixing.audio.spectrogram import band_centres_hz
from mixing.networks.pooling import power_sum_db

GAINS: Final = tuple(p.name for p in STRIP if p.group == "Equaliser" and p.unit == "dB")
"""The five gains, low shelf to high shelf; their frequencies and widths stay at the default."""

_STEP_DB: Final = 1.0
_LIMIT_DB: Final = 24.0


def eq_curve_db(gains_db: NDArray[np.floating]) -> NDArray[np.float32]:
    """Response (..., 128) dB of the five-band equaliser at gains (..., 5) dB within +-24."""
    bank = _bank()
    place = (np.clip(gains_db, -_LIMIT_DB, _LIMIT_DB) + _LIMIT_DB) / _STEP_DB
    low = np.minimum(place.astype(np.intp), bank.shape[1] - 2)
    share = (place - low)[..., None].astype(np.float32)
    bands = np.arange(len(GAINS))
    return np.asarray(
        (bank[bands, low] * (1.0 - share) + bank[bands, low + 1] * share).sum(axis=-2)
    )


def loudness_db(levels_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """K-weighted level (ITU-R BS.1770) of mean band levels (..., 128); differences are LU."""
    return power_sum_db(levels_db + _k_weighting_db())


@cache
def _bank() -> NDArray[np.float32]:
    """(bands, gains, 128) dB."""
    flat = {p.name: p.default for p in STRIP}
    grid = np.arange(-_LIMIT_DB, _LIMIT_DB + _STEP_DB, _STEP_DB)
    centres = band_centres_hz()
    rows = [[eq_response_db(flat | {name: g}, centres) for g in grid.tolist()] for name in GAINS]
    return np.asarray(rows, dtype=np.float32)


@cache
def _k_weighting_db() -> NDArray[np.float32]:
    curves = response_db(k_weighting(SAMPLE_RATE), band_centres_hz())
    return np.asarray(curves.sum(axis=0), dtype=np.float32)
