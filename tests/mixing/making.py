"""Songs, stems and files for tests: real audio, analysed once per run and copied from then on."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from django.conf import settings
from numpy.typing import NDArray

from accounts.models import User
from mixing import analysis, intake, preparation, storage
from mixing.audio import SAMPLE_RATE
from mixing.audio.decoding import decode
from mixing.jobs import JobState
from mixing.models import Song, Stem
from mixing.networks import features

SECONDS = 3.0


@dataclass(frozen=True)
class Part:
    """A stem to be: its name (which says its role) and its sound."""

    name: str
    hz: float
    channels: int = 1
    seconds: float = SECONDS


KICK = Part("Kick.wav", 60.0)
BASS = Part("Bass.wav", 110.0)
VOX = Part("Lead Vox.wav", 440.0, channels=2)
LONG_PARTS = tuple(Part(part.name, part.hz, part.channels, 40.0) for part in (KICK, BASS, VOX))


def sound(part: Part) -> NDArray[np.float32]:
    """(frames, channels): a decaying tone twice a second with a little noise, -12 dBFS at most."""
    time = np.arange(round(part.seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pulse = np.exp(-4 * (time % 0.5))
    rng = np.random.default_rng(round(part.hz))
    tones = [
        0.2 * pulse * np.sin(2 * np.pi * part.hz * (1 + 0.01 * channel) * time)
        + 0.02 * pulse * rng.standard_normal(len(time))
        for channel in range(part.channels)
    ]
    return np.stack(tones, axis=1).astype(np.float32)


def wav_bytes(
    frames: NDArray[np.floating], rate: int = SAMPLE_RATE, subtype: str = "PCM_24"
) -> bytes:
    """(frames, channels) as the bytes of a WAV file."""
    file = io.BytesIO()
    soundfile.write(file, frames, rate, subtype=subtype, format="WAV")
    return file.getvalue()


@cache
def wav_of(part: Part) -> bytes:
    return wav_bytes(sound(part))


@dataclass(frozen=True)
class Analysed:
    """What analysing a part gave."""

    flac: bytes
    mel: NDArray[np.float32]
    columns: dict[str, Any]


@cache
def analysed(part: Part) -> Analysed:
    with storage.scratch() as folder:
        source, flac = folder / "source", folder / "stem.flac"
        source.write_bytes(wav_of(part))
        decoded = decode(source, flac)
        heard = analysis.hear_file(flac, decoded)
        columns = analysis.columns_of(decoded, heard)
        return Analysed(flac.read_bytes(), heard.mel, columns)


def add_ready_stem(song: Song, part: Part, position: int = 0) -> Stem:
    """A stem as the analysis leaves it, with files of its own."""
    known = analysed(part)
    folder = f"{storage.song_folder(song.pk)}/stems"
    with storage.scratch() as scratch:
        (scratch / "stem.flac").write_bytes(known.flac)
        features.save(scratch / "stem.mel", known.mel)
        audio, _ = storage.publish_file(scratch / "stem.flac", folder=folder)
        mel, _ = storage.publish_file(scratch / "stem.mel", folder=folder)
    role = intake.role_of(part.name)
    return Stem.objects.create(
        song=song,
        position=position,
        name=part.name,
        state=JobState.READY,
        progress=1.0,
        source_sha256=f"{position:02}{part.name}".ljust(64, "0"),
        audio_file=audio,
        spectrogram_file=mel,
        **{**known.columns, **role},
    )


def ready_song(owner: User, parts: Sequence[Part] = (KICK, BASS, VOX), **fields: Any) -> Song:
    """A song whose stems were heard and whose section was chosen."""
    song = Song.objects.create(owner=owner, **{"title": "Test song", **fields})
    for position, part in enumerate(parts):
        add_ready_stem(song, part, position)
    preparation.prepare(str(song.pk))
    song.refresh_from_db()
    return song


def left_files() -> list[str]:
    """Every file that lies in the media and upload folders, scratch included."""
    roots = (Path(settings.MEDIA_ROOT), Path(settings.UPLOAD_ROOT))
    files = (path for root in roots if root.exists() for path in root.rglob("*"))
    return sorted(str(path) for path in files if path.is_file())
