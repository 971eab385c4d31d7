"""Which stem is covered by which, and where on the spectrum, estimated from spectrograms.

The stems' stored mel spectrograms are brought to the levels that the console gives them (fader,
make-up, equaliser curve, and what a mono strip's pan leaves of its power); compression and the
buses are left out, which makes this an estimate that costs milliseconds. Bands are gathered into
critical bands (Zwicker's Bark scale by the formula of H. Traunmueller, JASA 88(1), 1990). A stem is
covered in a band and moment when its level is below the others' excitation less 5.5 dB: spread to
neighbouring bands as in M. R. Schroeder, B. S. Atal and J. L. Hall (JASA 66(6), 1979), with the
offset of J. D. Johnston for noise-like maskers (IEEE JSAC 6(2), 1988). What the ears gain by
hearing two stems from different sides is not counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import spectrogram
from mixing.audio.bands import BAND_EDGES_HZ
from mixing.audio.biquad import eq_response_db
from mixing.audio.parameters import OFF_DB, Settings

FRAMES_PER_LOOK: Final = 8
"""One frame in so many is looked at: about five a second."""
_OFFSET_DB: Final = 5.5
_ACTIVE_BELOW_PEAK_DB: Final = 50.0
_LEAST_DB: Final = -80.0
_LOUDNESS_EXPONENT: Final = np.float32(0.23)
"""Of specific loudness over excitation (Zwicker and Fastl, Psychoacoustics, chapter 8)."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of one stem is covered by the others.

    Attributes:
        share: 0..1 of the stem's sound; bands and moments count by their specific loudness.
        bands: the same within each of ``bands.BANDS``; None where the stem has no sound.
        by: number of the stem that covers it most in each band, from 0; None where nothing does.
    """

    share: float
    bands: tuple[float | None, ...]
    by: tuple[int | None, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def masking(
    mels: Sequence[NDArray[np.floating[Any]]],
    channels: Sequence[int],
    settings: Settings,
) -> tuple[Covered, ...]:
    """For every stem, in order.

    Args:
        mels: log-mel spectrograms in dB (frames, 128), padded as silence to the longest.
        channels: 1 or 2 for every stem.
        settings: the console, one strip per stem.
    """
    levels = _excitation(mels, channels, settings)
    spread = np.einsum("sfb,cb->sfc", levels, _spreading(), optimize=True)
    threshold = 10 ** (-_OFFSET_DB / 10)
    total = spread.sum(axis=0)
    return tuple(
        _covered(levels[stem], (total - spread[stem]) * threshold, spread, stem)
        for stem in range(len(levels))
    )


def _covered(
    level: NDArray[np.float32],
    cover: NDArray[np.float32],
    spread: NDArray[np.float32],
    stem: int,
) -> Covered:
    """One stem's (frames, barks) level under the others' threshold of the same shape."""
    least = max(float(level.max(initial=0.0)) * 10 ** (-_ACTIVE_BELOW_PEAK_DB / 10), 1e-12)
    active = level > max(least, 10 ** (_LEAST_DB / 10))
    loudness = np.where(active, level, np.float32(0.0)) ** _LOUDNESS_EXPONENT
    lost = np.where(level < cover, loudness, np.float32(0.0))
    shares: list[float | None] = []
    by: list[int | None] = []
    for band in range(len(BAND_EDGES_HZ) - 1):
        inside = _five() == band
        shares.append(_share(lost[:, inside], loudness[:, inside]))
        if lost[:, inside].any():
            weights = (spread[:, :, inside] * (lost[:, inside] > 0)).sum(axis=(1, 2))
            weights[stem] = 0.0
            by.append(int(weights.argmax()))
        else:
            by.append(None)
    return Covered(_share(lost, loudness) or 0.0, tuple(shares), tuple(by))


def _share(lost: NDArray[np.float32], loudness: NDArray[np.float32]) -> float | None:
    whole = float(loudness.sum())
    return round(float(lost.sum()) / whole, 3) if whole else None


def _excitation(
    mels: Sequence[NDArray[np.floating[Any]]], channels: Sequence[int], settings: Settings
) -> NDArray[np.float32]:
    """Power (stems, frames, barks) behind the faders, of the frames that are looked at."""
    picked = [np.asarray(mel[::FRAMES_PER_LOOK], np.float32) for mel in mels]
    frames = max((len(mel) for mel in picked), default=0)
    power = np.zeros((len(picked), frames, int(_bark_of_bands().max()) + 1), np.float32)
    gather = _gathering()
    for stem, (mel, count, strip) in enumerate(zip(picked, channels, settings.strips, strict=True)):
        if strip["fader_db"] > OFF_DB:
            curve = (mel + _gain_db(strip, count)) * np.float32(np.log(10) / 10)
            power[stem, : len(mel)] = np.exp(curve) @ gather
    return power


def _gain_db(strip: Mapping[str, float], channels: int) -> NDArray[np.float32]:
    """What a strip does to each mel band, (128,). A mono strip's pan keeps its power."""
    level_db = strip["fader_db"] + strip["comp_makeup_db"] - (3.0103 if channels == 1 else 0.0)
    return np.float32(level_db) + eq_response_db(strip, _centres()).astype(np.float32)


@cache
def _centres() -> NDArray[np.float64]:
    return spectrogram.band_centres_hz()


@cache
def _bark_of_bands() -> NDArray[np.intp]:
    """The critical band that each mel band lies in, numbered from 0 without gaps."""
    bark = 26.81 * _centres() / (1960.0 + _centres()) - 0.53
    _, numbers = np.unique(np.floor(bark), return_inverse=True)
    return np.asarray(numbers, np.intp)


@cache
def _gathering() -> NDArray[np.float32]:
    """(128, barks): sums mel bands into critical bands."""
    return np.asarray(np.eye(int(_bark_of_bands().max()) + 1)[_bark_of_bands()], np.float32)


@cache
def _five() -> NDArray[np.intp]:
    """Which of ``bands.BANDS`` the middle of each critical band lies in."""
    centres = [_centres()[_bark_of_bands() == bark].mean() for bark in range(_gathering().shape[1])]
    return np.clip(np.searchsorted(BAND_EDGES_HZ, centres, "right") - 1, 0, len(BAND_EDGES_HZ) - 2)


@cache
def _spreading() -> NDArray[np.float32]:
    """(barks, barks): power in the row's band that a masker in the column's excites.

    10 log10 of it is 15.81 + 7.5 (d + 0.474) - 17.5 sqrt(1 + (d + 0.474)^2) dB at d Bark above.
    """
    barks = np.arange(_gathering().shape[1])
    d = barks[:, None] - barks[None, :] + 0.474
    return np.asarray(10 ** ((15.81 + 7.5 * d - 17.5 * np.sqrt(1 + d * d)) / 10), np.float32)
