"""A waveform that favours nobody: the raw stems of the section that a battle plays."""

import time
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mixing.audio.waveform import BINS
from mixing.models import Song
from tournaments.models import Battle

KEPT_S: Final = 60.0
MOST_KEPT: Final = 256
_FULL_SCALE = 127
_kept: Final[dict[UUID, tuple[float, tuple[int, ...]]]] = {}


def kept_outline(battle: Battle) -> tuple[int, ...]:
    """The `section_outline` of the battle's song, made at most once a minute per process."""
    now = time.monotonic()
    kept = _kept.get(battle.song_id)
    if kept is not None and now < kept[0]:
        return kept[1]
    outline = section_outline(battle.song)
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[battle.song_id] = (now + KEPT_S, outline)
    return outline


def section_outline(song: Song) -> tuple[int, ...]:
    """Flat min, max, min, max, … in -127..127 of the stems' sum, before any mixer touched them.

    Both sides of every battle on the song share it, so it cannot tell them apart. Empty when the
    stems were never outlined.
    """
    if song.section_start is None or song.section_stop is None or not song.frames:
        return ()
    bins = max(2, round(BINS * (song.section_stop - song.section_start) / song.frames))
    at = np.linspace(song.section_start, song.section_stop, bins, endpoint=False)
    total = np.zeros((bins, 2))
    stems = song.stems.filter(peaks__isnull=False).values_list("peaks", "frames", "scale_db")
    for peaks, frames, scale_db in stems:
        if peaks:
            total += _stem_outline(peaks, frames or song.frames, at) * 10 ** (scale_db / 20)
    loudest = np.abs(total).max()
    if not loudest:
        return ()
    scaled = np.rint(total / loudest * _FULL_SCALE).astype(int)
    return tuple(scaled.reshape(-1).tolist())


def _stem_outline(peaks: list[int], frames: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The stem's (len(at), 2) lowest and highest at these frames; silence after its end."""
    outline = np.asarray(peaks, dtype=np.float64).reshape(-1, 2)
    index = (at * len(outline) / frames).astype(np.intp)
    inside = index < len(outline)
    return np.where(inside[:, None], outline[np.minimum(index, len(outline) - 1)], 0.0)
