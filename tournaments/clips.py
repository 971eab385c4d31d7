"""What a listener hears of a side: the preview as 16-bit WAV, at the battle's loudness.

One linear gain per side brings both clips to `battle.clip_lufs` (BS.1770 integrated loudness is
exact under a gain, and the renderer measured the very samples that are read here), so dynamics
stay as mixed. Both files have the same header and size whatever the mixer. They are made when first
asked for, appear whole or not at all, and may be removed at any time.
"""

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import numpy as np
import soundfile
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from mixing.audio.encoding import write_wav
from mixing.models import Mix
from mixing.storage import media_path
from tournaments.models import Battle, EntryMix, Recording
from tournaments.refusals import ClipUnavailable

CLIP_LUFS: Final = -18.0
"""The usual loudness of a clip: low enough that nearly every mix reaches it by turning down."""
CEILING_DBTP: Final = -1.0
KEEP: Final = timedelta(hours=6)
"""A decided battle's clips stay for replays after the vote; later they are made anew."""

Sound = Mix | Recording
"""What a clip is made of: both tell state, loudness, true peak, frames and file alike."""

_FOLDER: Final = "clips"
# Requantising and dither move a peak by less than this.
_PEAK_MARGIN_DB: Final = 0.05
# No two battles have quite the same level: a clip's checksum must not tell what an earlier battle
# revealed. Far below what can be heard, and the same for both sides.
_LEVEL_SPREAD_DB: Final = 0.04


def is_playable(preview: Sound) -> bool:
    """Whether a clip can be made: rendered, and not silent."""
    return preview.is_ready() and preview.lufs is not None and preview.frames is not None


def matched_lufs(previews: tuple[Sound, Sound], rng: np.random.Generator) -> float:
    """The loudness at which both previews keep their true peak below the ceiling."""
    level = CLIP_LUFS
    for preview in previews:
        if preview.lufs is None:
            raise ValueError(f"preview {preview.pk} was never measured")
        if preview.true_peak_dbtp is not None:
            headroom = CEILING_DBTP - _PEAK_MARGIN_DB - preview.true_peak_dbtp
            level = min(level, preview.lufs + headroom)
    return level - float(rng.uniform(0.0, _LEVEL_SPREAD_DB))


def clip_path(battle: Battle, side: str) -> Path:
    """The WAV of side "a" or "b", made now if it is missing. Raises ClipUnavailable."""
    path = _folder(battle.pk) / f"{side}.wav"
    if not path.exists():
        _make(sound_of(battle, side), path, battle)
    return path


def sound_of(battle: Battle, side: str) -> Sound:
    """What plays on side "a" or "b". Raises ClipUnavailable for an imported battle."""
    mix: EntryMix | None = battle.mix_a if side == "a" else battle.mix_b
    if mix is None:
        raise ClipUnavailable
    return mix.sound


def discard(battle_id: UUID) -> None:
    shutil.rmtree(_folder(battle_id), ignore_errors=True)


def prune(keep: timedelta = KEEP) -> int:
    """Remove clips of battles that were decided long ago or are gone; the number of battles."""
    root = media_path(_FOLDER)
    if not root.is_dir():
        return 0
    old = time.time() - keep.total_seconds()
    found = {folder.name for folder in root.iterdir() if folder.stat().st_mtime < old}
    wanted = Battle.objects.filter(
        Q(state=Battle.State.OPEN) | Q(decided_at__gt=timezone.now() - keep),
        pk__in=[name for name in found if _is_uuid(name)],
    ).values_list("pk", flat=True)
    gone = found - {str(pk) for pk in wanted}
    for name in gone:
        shutil.rmtree(root / name, ignore_errors=True)
    return len(gone)


def _make(preview: Sound, path: Path, battle: Battle) -> None:
    if preview.lufs is None or not preview.audio_file:
        raise ClipUnavailable
    try:
        samples, rate = soundfile.read(
            str(media_path(preview.audio_file)),
            frames=battle.clip_frames,
            dtype="float32",
            always_2d=True,
            fill_value=0.0,
        )
    except (OSError, soundfile.LibsndfileError) as error:
        raise ClipUnavailable from error
    samples *= np.float32(10 ** ((battle.clip_lufs - preview.lufs) / 20))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(samples.T, path, rate, bits=16)
    # The entity tag is made of time and size: neither may tell one side from the other.
    created = battle.created_at.timestamp()
    os.utime(path, (created, created))


def _folder(battle_id: UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / _FOLDER / str(battle_id)


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
