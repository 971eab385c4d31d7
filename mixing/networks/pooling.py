"""What a stem sounds like, whatever its length and level: statistics of its log-mel over time.

Only active frames count, so gaps of silence change nothing. Statistics of level come as dB per
band and move with an equaliser curve exactly (``shift``), which lets training colour a stem
without touching audio; statistics of movement do not change with level at all.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.spectrogram import BANDS, HOP, band_centres_hz

FRAME_RATE: Final = SAMPLE_RATE / HOP
FLOOR_DB: Final = -70.0
"""Levels this far under the stem's own level say nothing more."""

LEVELS: Final = ("energy", "p10", "p50", "p90", "p99")
MOVEMENTS: Final = ("spread", "onset", "slow")
SCALARS: Final = ("dynamics", "peakiness", "activity", "onset_rate")
POOLED_SIZE: Final = (len(LEVELS) + len(MOVEMENTS)) * BANDS + len(SCALARS)

_ACTIVE_RANGE_DB: Final = 40.0
_SILENCE_DB: Final = -95.0
_SLOW_FRAMES: Final = 8
_MOST_FRAMES: Final = 4096
_LOUDEST_FRAMES: Final = 8
_MOVEMENT_RANGE_DB: Final = 70.0
_NEPERS: Final = np.float32(np.log(10.0) / 10.0)
_QUANTILES: Final = np.linspace(0.025, 0.975, 20)

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Pooled:
    """Statistics of one or many stems; leading axes are free.

    levels: (..., 5, 128) dB; movements: (..., 3, 128) dB; scalars: (..., 4);
    frame_levels: (..., 20) quantiles of the broadband level of active frames, dB re their energy
    mean. dynamics and peakiness are dB, activity is a share, onset_rate is per second.
    """

    levels: Array
    movements: Array
    scalars: Array
    frame_levels: Array

    @classmethod
    def silent(cls) -> Self:
        zeros = np.zeros
        return cls(
            np.full((len(LEVELS), BANDS), -100.0, np.float32),
            zeros((len(MOVEMENTS), BANDS), np.float32),
            zeros(len(SCALARS), np.float32),
            zeros(len(_QUANTILES), np.float32),
        )

    def shift(self, curve_db: Array) -> Self:
        """The same stems after an equaliser with this response (..., 128) dB."""
        levels = self.levels + curve_db[..., None, :].astype(np.float32)
        return type(self)(levels, self.movements, self.scalars, self.frame_levels)

    def blurred(self, noise: float, rng: np.random.Generator) -> Self:
        """The same stems with movements and scalars a random factor of about ``noise`` off."""
        if not noise:
            return self
        movements = self.movements * rng.lognormal(0.0, noise, self.movements.shape)
        scalars = self.scalars * rng.lognormal(0.0, 0.5 * noise, self.scalars.shape)
        return type(self)(
            self.levels, movements.astype(np.float32), scalars.astype(np.float32), self.frame_levels
        )

    def features(self) -> Array:
        """What the networks read: (..., POOLED_SIZE), level-free, roughly -3..3."""
        reference = power_sum_db(self.levels[..., 0, :])[..., None, None]
        levels = np.maximum(self.levels - reference, FLOOR_DB) / 20.0 + 2.0
        lead = levels.shape[:-2]
        scale = np.array([0.1, 0.1, 1.0, 0.2], np.float32)
        return np.concatenate(
            [
                levels.reshape(*lead, -1),
                (self.movements / 6.0).reshape(*lead, -1),
                self.scalars * scale,
            ],
            axis=-1,
        ).astype(np.float32)


def power_of(level_db: Array) -> Array:
    """10 ** (level / 10), by the exponential because that is several times faster."""
    return np.asarray(np.exp(level_db * _NEPERS))


def power_sum_db(levels_db: Array) -> Array:
    """Level of the sum of uncorrelated parts along the last axis, dB."""
    top = levels_db.max(axis=-1)
    rest = power_of(levels_db - top[..., None])
    return np.asarray(top + 10.0 * np.log10(rest.sum(axis=-1)), dtype=np.float32)


def centroid_octaves(energy_db: Array) -> Array:
    """Power centroid (...,) in octaves re 1 kHz of mean band levels (..., 128) dB."""
    power = power_of(energy_db - energy_db.max(axis=-1, keepdims=True))
    octaves = np.log2(band_centres_hz() / 1000.0)
    return np.asarray((power * octaves).sum(axis=-1) / power.sum(axis=-1), dtype=np.float32)


def pool(mel: NDArray[np.floating]) -> Pooled:
    """Statistics of one log-mel spectrogram (frames, 128) in dB; silence gives ``silent()``."""
    if mel.ndim != 2 or mel.shape[1] != BANDS:
        raise ValueError(f"A log-mel spectrogram is (frames, {BANDS}), not {mel.shape}.")
    mel = np.asarray(mel, dtype=np.float32)
    if not len(mel):
        return Pooled.silent()
    frames = power_sum_db(mel)
    loud = min(_LOUDEST_FRAMES, len(frames))
    top = float(np.partition(frames, -loud)[-loud])
    # The sum of 128 bands at the -100 dB floor is -79 dB: louder than that is a sound.
    if top < _SILENCE_DB + 10.0 * np.log10(BANDS):
        return Pooled.silent()
    active = frames > top - _ACTIVE_RANGE_DB
    levels = _levels(mel[active])
    return Pooled(
        levels,
        _movements(mel, active, float(levels[-1].max()) - _MOVEMENT_RANGE_DB),
        _scalars(frames, active),
        _frame_levels(frames[active]),
    )


def _levels(active: Array) -> Array:
    sample = active[:: -(-len(active) // _MOST_FRAMES)]
    ordered = np.sort(np.ascontiguousarray(sample.T), axis=1)  # (128, frames)
    picks = np.round(np.array([0.1, 0.5, 0.9, 0.99]) * (ordered.shape[1] - 1)).astype(int)
    energy = 10.0 * np.log10(power_of(sample).mean(axis=0))
    return np.vstack([energy[None], ordered[:, picks].T]).astype(np.float32)


def _movements(mel: Array, active: NDArray[np.bool_], floor_db: float) -> Array:
    """Spread, mean rise from frame to frame (onsets), mean change over 0.19 s, (3, 128) dB.

    The floor keeps numerical silence inside a sound (a gated drum) from ruling the statistics.
    """
    audible = np.maximum(mel, np.float32(floor_db))
    heard, pair = active.astype(np.float32), (active[1:] & active[:-1]).astype(np.float32)
    far = (active[_SLOW_FRAMES:] & active[:-_SLOW_FRAMES]).astype(np.float32)
    rise = np.maximum(audible[1:] - audible[:-1], 0.0)
    slow = np.abs(audible[_SLOW_FRAMES:] - audible[:-_SLOW_FRAMES])
    mean = _weighted_mean(heard, audible)
    spread = np.sqrt(_weighted_mean(heard, np.square(audible - mean)))
    return np.stack([spread, 3.0 * _weighted_mean(pair, rise), _weighted_mean(far, slow)])


def _weighted_mean(weights: Array, rows: Array) -> Array:
    """Mean over rows by a product: copying the active frames out costs several times more."""
    return np.asarray(weights @ rows / max(1.0, float(weights.sum())), dtype=np.float32)


def _scalars(frames: Array, active: NDArray[np.bool_]) -> Array:
    heard = frames[active]
    middle, high, top = np.quantile(heard, [0.5, 0.95, 0.995])
    mean = 10.0 * np.log10(power_of(heard).mean())
    rises = np.diff(frames, prepend=frames[0])
    starts = (rises > 4.0) & active
    starts[1:] &= ~starts[:-1]  # one onset may rise over two frames
    rate = starts.sum() * FRAME_RATE / max(1, active.sum())
    return np.array([high - middle, top - mean, active.mean(), rate], np.float32)


def _frame_levels(heard: Array) -> Array:
    mean = 10.0 * np.log10(power_of(heard).mean())
    return np.asarray(np.quantile(heard, _QUANTILES) - mean, dtype=np.float32)
