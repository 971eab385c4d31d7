"""The section of a song that shows a mix best: loud, dense and sung.

Each frame is scored by three things the ear goes for, from the stems' log-mel spectrograms: how
loud the sum is against the song's loud moments, how many of the stems play, and whether somebody
sings.
The window with the highest mean score wins, the earliest among equals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.roles import VOCAL_ROLES
from mixing.audio.spectrogram import BANDS, FLOOR_DB, HOP

SECONDS: Final = 30.0

_ENERGY_WEIGHT: Final = 0.4
_DENSITY_WEIGHT: Final = 0.35
_VOCAL_WEIGHT: Final = 0.25
_ENERGY_RANGE_DB: Final = 30.0  # from nothing to full marks
_ACTIVE_BELOW_LOUD_DB: Final = 30.0  # a stem plays while within this of its own loud moments …
_ACTIVE_FLOOR_DB: Final = -65.0  # … and above the noise of its recording
_LOUD_PERCENTILE: Final = 95.0

Mel = NDArray[np.float32] | NDArray[np.float16]


def choose_section(
    mels: Sequence[Mel],
    roles: Sequence[str],
    seconds: float = SECONDS,
    *,
    samples: int | None = None,
) -> tuple[int, int]:
    """The most telling stretch of a song as (start, stop) in samples at 44.1 kHz.

    `mels` are the stems' (frames, 128) spectrograms, which may differ in length, `roles` theirs.
    `samples` is the length of the song; without it the last full hop ends it. A song no longer
    than `seconds` is returned whole. Raises ValueError without stems or with roles missing.
    """
    if not mels or len(mels) != len(roles):
        raise ValueError(f"{len(mels)} spectrograms and {len(roles)} roles do not make a song")
    frames = max(len(mel) for mel in mels)
    length = (frames - 1) * HOP if samples is None else samples
    window = round(seconds * SAMPLE_RATE)
    if length <= window:
        return 0, length
    means = _window_means(_scores(mels, roles, frames), window // HOP)
    # Rounding keeps the choice the same where sums differ in their last bits.
    start = int(np.argmax(np.round(means, 6))) * HOP
    start = min(start, length - window)
    return start, start + window


def _scores(mels: Sequence[Mel], roles: Sequence[str], frames: int) -> NDArray[np.float64]:
    """One score from 0 to 1 per frame."""
    power = np.zeros((len(mels), frames))
    for row, mel in zip(power, mels, strict=True):
        row[: len(mel)] = _frame_power(mel)
    mix_db = _decibels(power.sum(axis=0))
    energy = np.clip(1 + (mix_db - _loud_db(mix_db)) / _ENERGY_RANGE_DB, 0.0, 1.0)
    active = np.stack([_is_active(_decibels(row)) for row in power])
    density = active.sum(axis=0) / max(1, int(active.any(axis=1).sum()))
    is_vocal = [role in VOCAL_ROLES for role in roles]
    sung = active[is_vocal].any(axis=0) if any(is_vocal) else np.zeros(frames)
    scores: NDArray[np.float64] = (
        _ENERGY_WEIGHT * energy + _DENSITY_WEIGHT * density + _VOCAL_WEIGHT * sung
    )
    return scores


def _frame_power(mel: Mel) -> NDArray[np.float64]:
    """Mean square of each frame, the floor of the dB scale taken out again."""
    bands = np.power(np.float32(10.0), mel.astype(np.float32) / np.float32(10.0))
    silence = BANDS * 10.0 ** (FLOOR_DB / 10)
    power: NDArray[np.float64] = np.maximum(bands.sum(axis=1, dtype=np.float64) - silence, 0.0)
    return power


def _decibels(power: NDArray[np.float64]) -> NDArray[np.float64]:
    decibels: NDArray[np.float64] = 10.0 * np.log10(np.maximum(power, 1e-12))
    return decibels


def _loud_db(level_db: NDArray[np.float64]) -> float:
    return float(np.percentile(level_db, _LOUD_PERCENTILE))


def _is_active(level_db: NDArray[np.float64]) -> NDArray[np.bool_]:
    # A stem that plays for a bar only has a percentile in its silence: its peak sets a floor.
    loud_db = max(_loud_db(level_db), float(level_db.max()) - 12.0)
    threshold_db = max(loud_db - _ACTIVE_BELOW_LOUD_DB, _ACTIVE_FLOOR_DB)
    active: NDArray[np.bool_] = level_db > threshold_db
    return active


def _window_means(scores: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Mean score of every window of `width` frames, by its first frame."""
    width = max(1, min(width, len(scores)))
    sums = np.concatenate(([0.0], np.cumsum(scores)))
    means: NDArray[np.float64] = (sums[width:] - sums[:-width]) / width
    return means
