"""From an uploaded file to a stem: decoded, measured, heard.

`hear_file` is the pure part, which the `mix` command uses without a database.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from mixing import intake, live, quota, storage
from mixing.audio import SAMPLE_RATE, spectrogram, waveform
from mixing.audio.decoding import Decoded, decode, load
from mixing.audio.loudness import integrated_lufs
from mixing.jobs import JobState
from mixing.models import Stem
from mixing.networks import features
from mixing.networks.placement import stereo_width
from mixing.networks.roles import classify_role
from mixing.work import Craft, LeaseLost, Stage, Work, perform

QUIETEST_LUFS: Final = -120.0
"""Stands for "no loudness at all" in rows: JSON and SQL have no minus infinity."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one stem's audio says about itself."""

    lufs: float
    stereo_width: float
    peaks: list[int]
    mel: NDArray[np.float32]
    role: str


def hear_file(flac: Path, decoded: Decoded) -> Heard:
    """Measure a decoded stem: loudness at its true level, width, outline, spectrogram, role."""
    audio = load(flac, scale_db=decoded.scale_db)
    lufs = integrated_lufs(audio, SAMPLE_RATE)
    mel = spectrogram.log_mel(audio)
    return Heard(
        lufs=lufs if math.isfinite(lufs) else QUIETEST_LUFS,
        stereo_width=stereo_width(audio),
        peaks=waveform.to_integers(waveform.peaks(audio)),
        mel=mel,
        role=classify_role(mel)[0],
    )


def analyse(stem_id: str) -> None:
    """Analyse the stem if it waits for that; it ends ready, or failed with a reason."""
    stem = Stem.objects.claim(stem_id)
    if stem is not None:
        perform(stem, CRAFT)


def _analyse(work: Work[Stem]) -> None:
    stem = work.job
    with storage.scratch() as folder:
        flac, mel_file = folder / "stem.flac", folder / "stem.mel"
        work.enter("decoding")
        decoded = decode(storage.incoming_path(stem.source_file), flac)
        work.enter("listening")
        heard = hear_file(flac, decoded)
        features.save(mel_file, heard.mel)
        work.enter("saving")
        size = flac.stat().st_size + mel_file.stat().st_size
        target = f"{storage.song_folder(stem.song_id)}/stems"
        audio_name, _ = storage.publish_file(flac, folder=target)
        mel_name, _ = storage.publish_file(mel_file, folder=target)
    files = {"audio_file": audio_name, "spectrogram_file": mel_name}
    try:
        _store(stem, size, columns_of(decoded, heard) | files)
    except BaseException:
        storage.discard(audio_name, mel_name)
        raise


def columns_of(decoded: Decoded, heard: Heard) -> dict[str, Any]:
    """What a stem's row says of its audio."""
    return {
        "source_sample_rate": decoded.sample_rate,
        "fingerprint": decoded.fingerprint,
        "channels": decoded.channels,
        "frames": decoded.frames,
        "scale_db": decoded.scale_db,
        "lufs": heard.lufs,
        "peak_dbfs": decoded.peak_dbfs,
        "stereo_width": heard.stereo_width,
        "peaks": heard.peaks,
        "warnings": list(decoded.warnings),
        "front_end_version": spectrogram.FRONT_END_VERSION,
        "role": heard.role,
    }


@transaction.atomic
def _store(stem: Stem, size: int, columns: dict[str, Any]) -> None:
    """The result, its quota and the song's state, together. Raises QuotaExceeded, LeaseLost."""
    song = intake.lock(stem.song_id)
    by_ear = song.stems.filter(pk=stem.pk, role_source=Stem.RoleSource.SOUND).exists()
    if not by_ear:  # A name or a person said it, perhaps just now.
        del columns["role"]
    source = stem.source_file
    quota.recount(song.owner_id, before=stem.counted_bytes, after=size)
    if not stem.finish(JobState.READY, counted_bytes=size, source_file="", **columns):
        raise LeaseLost
    storage.discard_incoming_on_commit(source)
    intake.settle(song)


@transaction.atomic
def _refuse(stem: Stem, code: str, message: str) -> None:
    """The row stays to tell why; file and quota do not."""
    song = intake.lock(stem.song_id)
    source, counted = stem.source_file, stem.counted_bytes
    if stem.fail(code, message, source_file="", counted_bytes=0):
        storage.discard_incoming_on_commit(source)
        quota.give_back(song.owner_id, counted)
        intake.settle(song)


CRAFT: Final[Craft[Stem]] = Craft(
    stages=(
        Stage("decoding", "Reading the file", 0.6),
        Stage("listening", "Listening", 0.3),
        Stage("saving", "Saving", 0.1),
    ),
    do=_analyse,
    tell=live.announce_stem,
    fail=_refuse,
)
