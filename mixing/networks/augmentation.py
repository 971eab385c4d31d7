"""Variations of training stems that a mixer must not be misled by; each is drawn from a generator.

All of it happens in the log-mel domain or on statistics of it. Gain and colour move what is heard
exactly as audio would move it; masks take something away (SpecAugment: Park et al., Interspeech
2019) and dropout changes the company. The labels stay those of the whole, clean stem, so none of
this is repaired. Which of them are on is settled by held-out error: see the model card.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.spectrogram import BANDS, FLOOR_DB
from mixing.networks.pooling import Pooled

Array = NDArray[np.float32]

COLOUR_DB: Final = 2.5
GAIN_DB: Final = 12.0
MASKED_BANDS: Final = 24
"""The widest frequency mask: a fifth of the 128 bands."""
MASKED_TIME: Final = 0.5
"""The largest share of frames that a time mask silences."""

_COLOUR_WAVES: Final = 8
_TIME_MASKS: Final = 3
_WHOLE_SONG_CHANCE: Final = 0.5


def colour_curves(shape: tuple[int, ...], spread_db: float, rng: np.random.Generator) -> Array:
    """Smooth random equaliser curves (*shape, 128) dB: cosines over the mel axis, faster ones
    weaker.

    Each stem draws its own strength first, so a few are coloured strongly: what lies far from
    everything heard in training is then taken for the instrument's nature and left alone.
    """
    order = np.arange(1, _COLOUR_WAVES + 1)
    waves = np.cos(np.pi * np.outer(order, (np.arange(BANDS) + 0.5) / BANDS))
    strength = np.abs(rng.normal(0.0, spread_db, (*shape, 1)))
    amplitudes = strength * rng.normal(0.0, 1.0, (*shape, _COLOUR_WAVES)) / np.sqrt(order)
    return np.asarray(amplitudes @ waves, dtype=np.float32)


def gains_db(shape: tuple[int, ...], limit_db: float, rng: np.random.Generator) -> Array:
    """A level for each stem, even within +-limit: what a recording's level happens to be."""
    return rng.uniform(-limit_db, limit_db, shape).astype(np.float32)


def some_stems(stems: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """All stems (half of the time) or a random part of them, at least one."""
    if rng.random() < _WHOLE_SONG_CHANCE:
        return stems
    keep = stems[rng.random(len(stems)) < rng.uniform(0.3, 1.0)]
    return keep if len(keep) else stems[:1]


def time_masked(mel: Array, rng: np.random.Generator) -> Array:
    """A spectrogram (frames, 128) with up to half of its frames silenced, in up to three stretches.

    Statistics of it hear a part of the song only, as if the stem paused elsewhere.
    """
    masked = mel.copy()
    longest = int(MASKED_TIME * len(mel)) // _TIME_MASKS
    for _ in range(_TIME_MASKS):
        length = int(rng.integers(longest + 1))
        start = int(rng.integers(len(mel) - length + 1))
        masked[start : start + length] = FLOOR_DB
    return masked


def frequency_masked(pooled: Pooled, bands: int, rng: np.random.Generator) -> Pooled:
    """Stems with one stretch of at most this many bands silenced each; 0 changes nothing."""
    if not bands:
        return pooled
    lead = pooled.scalars.shape[:-1]
    length = rng.integers(bands + 1, size=(*lead, 1))
    start = rng.integers(BANDS - length + 1)
    places = np.arange(BANDS)
    hidden = ((places >= start) & (places < start + length))[..., None, :]
    return Pooled(
        np.where(hidden, np.float32(FLOOR_DB), pooled.levels),
        np.where(hidden, np.float32(0.0), pooled.movements),
        pooled.scalars,
        pooled.frame_levels,
    )
