"""A folder of files to a mix on disk, by the same steps as the web but without rows.

What the web stores lies in a temporary folder here; the settings end up beside the mix.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from mixing.analysis import hear_file
from mixing.audio import SAMPLE_RATE, encoding, ffmpeg, spectrogram
from mixing.audio.console import Rendered
from mixing.audio.decoding import Decoded, check_song, decode
from mixing.audio.errors import AudioRejected
from mixing.audio.parameters import Settings
from mixing.audio.roles import guess_role_from_name
from mixing.audio.section import choose_section
from mixing.audio.sniffing import sniff
from mixing.multitrack import Multitrack, Track, mix_preview, mix_song
from mixing.networks import features
from mixing.networks.inference import Embedder, HeadSession

Report = Callable[[str, float], None]
"""Hears what is being done and the share (0..1) of all work that is done."""

WRITERS: Final[dict[str, Callable[..., None]]] = {
    ".flac": encoding.write_flac,
    ".wav": encoding.write_wav,
    ".mp3": encoding.write_mp3,
}
_CODECS: Final[dict[str, ffmpeg.Codec]] = {".opus": "opus", ".m4a": "aac"}
_LISTENING_SHARE: Final = 0.6


class FileRejected(Exception):
    """A file of the folder cannot be used."""

    def __init__(self, file: Path, error: AudioRejected) -> None:
        super().__init__(f"{file.name}: {error.message}")
        self.code = error.code


@dataclass(frozen=True, slots=True)
class Sorted:
    """The files of a folder that are audio, and the names of the others."""

    stems: list[Path]
    skipped: list[str]


@dataclass(frozen=True, slots=True)
class Stem:
    """A file of the folder, heard."""

    track: Track
    decoded: Decoded
    role: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The mix, and how long it took."""

    rendered: Rendered
    settings: Settings
    seconds: float

    def as_json(self) -> dict[str, Any]:
        measured = self.rendered.measurements
        duration_s = self.rendered.audio.shape[1] / SAMPLE_RATE
        return {
            "seconds": round(self.seconds, 3),
            "times_real_time": round(duration_s / self.seconds, 1),
            "duration_s": round(duration_s, 3),
            "lufs": round(measured.lufs, 2),
            "true_peak_dbtp": round(measured.true_peak_dbtp, 2),
            "measurements": measured.to_json(),
        }


def writers() -> dict[str, Callable[..., None]]:
    """What a mix can be written as here, by suffix; Opus and AAC where ffmpeg is."""
    coded = {
        suffix: partial(ffmpeg.write, codec=codec)
        for suffix, codec in _CODECS.items()
        if codec in ffmpeg.codecs()
    }
    return WRITERS | coded


def sort_files(folder: Path, *, besides: Path) -> Sorted:
    """The audio files in and under the folder, in the order of their names.

    A mix at `besides`, and its settings, are no stems: they may be of an earlier run.
    """
    ours = {besides.resolve(), settings_path(besides).resolve()}
    stems: list[Path] = []
    skipped: list[Path] = []
    for path in sorted(folder.rglob("*")):
        names = path.relative_to(folder).parts
        if not path.is_file() or any(n.startswith(".") or n == "__MACOSX" for n in names):
            continue
        if path.resolve() in ours:
            continue
        (stems if _is_audio(path) else skipped).append(path)
    return Sorted(stems, [path.name for path in skipped])


def mix_files(
    files: Sequence[Path],
    embedder: Embedder,
    head: HeadSession,
    *,
    scratch: Path,
    preview: bool,
    report: Report,
) -> Outcome:
    """Mix the files. Raises FileRejected, or AudioRejected for the set of them."""
    started = time.monotonic()
    multitrack = _hear(files, scratch, report)
    settings = head.settings(multitrack.hear(embedder))

    def mixing(share: float) -> None:
        report("Mixing", _LISTENING_SHARE + (1 - _LISTENING_SHARE) * share)

    mix = mix_preview if preview else mix_song
    rendered = mix(multitrack, settings, loading=lambda share: None, mixing=mixing)
    return Outcome(rendered, settings, time.monotonic() - started)


def settings_path(output: Path) -> Path:
    """Where the settings of a mix are written."""
    return output.with_suffix(".settings.json")


def write(outcome: Outcome, output: Path) -> Path:
    """Write the mix, in the format of its suffix, and its settings; returns the settings' path."""
    writers()[output.suffix.lower()](outcome.rendered.audio, output)
    settings = settings_path(output)
    settings.write_text(json.dumps(outcome.settings.to_json(), indent=2) + "\n")
    return settings


def _hear(files: Sequence[Path], scratch: Path, report: Report) -> Multitrack:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        stems = []
        jobs = [pool.submit(_hear_one, file, scratch / str(n)) for n, file in enumerate(files)]
        for number, job in enumerate(jobs, 1):
            stems.append(job.result())
            report("Listening", _LISTENING_SHARE * number / len(files))
    check_song([stem.decoded for stem in stems])
    mels = [spectrogram.load(stem.track.mel) for stem in stems]
    frames = max(stem.track.frames for stem in stems)
    section = choose_section(mels, [stem.role for stem in stems], samples=frames)
    return Multitrack(tuple(stem.track for stem in stems), section)


def _hear_one(file: Path, scratch: Path) -> Stem:
    flac, mel = scratch.with_suffix(".flac"), scratch.with_suffix(".mel")
    try:
        decoded = decode(file, flac)
    except AudioRejected as error:
        raise FileRejected(file, error) from error
    heard = hear_file(flac, decoded)
    features.save(mel, heard.mel)
    told = guess_role_from_name(str(file))
    track = Track(
        audio=flac,
        mel=mel,
        channels=decoded.channels,
        frames=decoded.frames,
        scale_db=decoded.scale_db,
        lufs=heard.lufs,
        stereo_width=heard.stereo_width,
        role=told,
    )
    return Stem(track, decoded, told or heard.role)


def _is_audio(path: Path) -> bool:
    try:
        return sniff(path) != "zip"
    except (AudioRejected, PermissionError):
        return False
