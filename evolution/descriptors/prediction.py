"""Mixes in the words of ``DESCRIPTORS``: predicted from settings, or as a rendered mix sounds."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evolution.descriptors import desk
from evolution.descriptors.bands import balance_membership, loudness_weights
from evolution.descriptors.song import GROUPS, SongSound
from evolution.descriptors.table import COLUMN, COUNT, DESCRIPTORS
from mixing.audio.parameters import Settings
from mixing.networks.checkpoints import shipped_genome
from mixing.networks.genome import Genome
from mixing.networks.population import positions
from mixing.networks.shapes import GLOBAL_LEARNED, GLOBAL_NAMES, GLOBAL_PARAMETERS, STRIP_LEARNED

Array = NDArray[np.float32]

REFERENCE: Final = "balanced"
"""The shipped mixer whose mix of a song is zero in every descriptor."""
CHUNK: Final = 512
"""Mixes predicted at a time: enough to pay for a call, few enough for the cache."""

_STEPS: Final = np.array([d.step for d in DESCRIPTORS], np.float32)
_SMALLEST: Final = np.float32(1e-12)
_NARROWEST: Final = np.float32(1e-2)
_DECAY: Final = GLOBAL_NAMES.index("reverb.decay_s")
_PERCENT: Final = 20.0 / np.log(1.2)
"""Decay times differ in their logarithm: 20 counts of this are 20 % longer."""
_VOCAL: Final = GROUPS.index("vocal")


def describe(strips: Array, shared: Array, song: SongSound) -> Array:
    """Descriptors of many mixes of one song, in steps from the reference mix.

    Args:
        strips: (m, stems, 16) learned positions, as ``population.positions`` gives them.
        shared: (m, 14).

    Returns:
        (m, D) float32. What a song does not have (vocals without a singer) is 0.
    """
    return np.asarray(_absolute(strips, shared, song) - reference(song), np.float32)


def describe_powers(powers: desk.Powers, shared: Array, song: SongSound) -> Array:
    """``describe`` for who has the powers of the mixes already."""
    return np.asarray(_columns(powers, shared, song) / _STEPS - reference(song), np.float32)


def describe_genomes(genomes: NDArray[np.floating], songs: Sequence[SongSound]) -> Array:
    """(heads, songs, D): what heads (heads, 2562) make of songs."""
    heads = np.asarray(genomes, np.float32)
    rows = np.empty((len(heads), len(songs), COUNT), np.float32)
    for at in range(0, len(heads), CHUNK):
        part = slice(at, at + CHUNK)
        for column, song in enumerate(songs):
            rows[part, column] = describe(*positions(heads[part], song.embeddings), song)
    return rows


def heard(
    settings: Settings,
    measurements: Mapping[str, Any] | None,
    song: SongSound,
    *,
    beside: Mapping[str, Any] | None = None,
) -> Array:
    """Descriptors (D,) of one rendered mix: measured where the renderer measured, else predicted.

    Args:
        measurements: a mix's figures as ``Measurements.to_json`` gives them; None or missing
            figures leave the prediction.
        beside: the figures of the reference mixer's mix of the same section of the song. Without
            them zero is the reference as predicted, which is off by up to a step or so, alike for
            all mixes of the song: differences are right either way.
    """
    strips, shared = settings.normalised()
    learned = strips[None, :, list(STRIP_LEARNED)], shared[None, list(GLOBAL_LEARNED)]
    row: Array = describe(*learned, song)[0]
    zero = _measured(beside or {})
    for name, value in _measured(measurements or {}).items():
        column = COLUMN[name]
        at_zero = zero[name] / _STEPS[column] if name in zero else reference(song)[column]
        row[column] = value / _STEPS[column] - at_zero
    return row


@cache
def _reference_genome() -> Genome:
    return shipped_genome(REFERENCE)


def reference(song: SongSound) -> Array:
    """(D,) steps of the reference mixer's mix, kept with the song."""
    kept: Array | None = song.__dict__.get("_reference")
    if kept is None:
        kept = _absolute(*positions(_reference_genome()[None], song.embeddings), song)[0]
        song.__dict__["_reference"] = kept
    return kept


def _absolute(strips: Array, shared: Array, song: SongSound) -> Array:
    rows = np.empty((len(strips), COUNT), np.float32)
    for at in range(0, len(strips), CHUNK):
        part = slice(at, at + CHUNK)
        rows[part] = _columns(desk.mix(strips[part], shared[part], song), shared[part], song)
    return rows / _STEPS


def _columns(powers: desk.Powers, shared: Array, song: SongSound) -> Array:
    """(m, D) in the descriptors' units."""
    weights = loudness_weights()
    loudness = powers.total @ weights
    group = (powers.groups + powers.groups_wet) @ weights
    beside = _ratio_db(group, loudness[:, None] - group)
    level = np.where(song.stands_out, beside, 0.0)
    vocal, vocal_wet = powers.groups[:, _VOCAL], powers.groups_wet[:, _VOCAL] @ weights
    sung = song.groups[:, _VOCAL].any()
    decay = GLOBAL_PARAMETERS[_DECAY]
    columns = {
        **{f"{name}_level": level[:, i] for i, name in enumerate(GROUPS)},
        **_tone(_decibels(powers.total @ balance_membership())),
        "width": _image_db(
            np.sqrt(powers.side.sum(axis=1) / np.maximum(powers.mid.sum(axis=1), _SMALLEST))
        ),
        "wetness": powers.wetness_db,
        "room": _PERCENT * np.log(decay.maximum / decay.minimum) * shared[:, _DECAY],
        "vocal_wetness": _wet_db(vocal_wet, vocal @ weights) * sung,
        "vocal_tone": _vocal_tone(vocal) * sung,
        "density": powers.reduction_db,
    }
    return np.stack([columns[descriptor.name] for descriptor in DESCRIPTORS], axis=1)


def _measured(figures: Mapping[str, Any]) -> dict[str, float]:
    """The measured descriptors in their units, as far as the figures go."""
    found: dict[str, float] = {}
    balance = figures.get("band_balance_db")
    if balance is not None:
        found |= {name: float(v) for name, v in _tone(np.asarray(balance, np.float32)).items()}
    if figures.get("width") is not None:
        found["width"] = float(_image_db(np.asarray(figures["width"], np.float32)))
    return found


def _tone(balance_db: Array) -> dict[str, Array]:
    """Four contrasts between the levels (..., 5) of low, low-mid, mid, high-mid and high."""
    low, low_mid, mid, high_mid, high = np.moveaxis(balance_db, -1, 0)
    return {
        "brightness": (high_mid + high - low_mid - mid) / 2,
        "low_end": low - (low_mid + mid) / 2,
        "mud": low_mid - mid,
        "air": high - high_mid,
    }


def _vocal_tone(power: Array) -> Array:
    """Presence (2 to 6 kHz) over body (120 to 500 Hz) of the voice (m, BANDS), dB."""
    bands = power @ balance_membership()
    return _ratio_db(bands[:, 3], bands[:, 1])


def _image_db(width: Array) -> Array:
    return np.asarray(20.0 * np.log10(np.maximum(width, _NARROWEST)), np.float32)


def _wet_db(wet: Array, dry: Array) -> Array:
    return _decibels(wet / np.maximum(dry, _SMALLEST) + desk.DRIEST)


def _ratio_db(over: NDArray[np.floating], under: NDArray[np.floating]) -> Array:
    return _decibels(over) - _decibels(under)


def _decibels(power: NDArray[np.floating]) -> Array:
    return np.asarray(10.0 * np.log10(np.maximum(power, _SMALLEST)), np.float32)
