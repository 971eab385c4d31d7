"""Files of a song, decoded into stems: what every reader of a collection has in common."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from mixing.audio.decoding import MEBIBYTE, Limits, decode, load
from mixing.audio.errors import AudioRejected
from mixing.audio.spectrogram import log_mel
from mixing.networks.placement import stereo_width
from mixing.networks.sources.songs import Hearing, Part, Song, Stem

AUDIO_SUFFIXES: Final = frozenset({".wav", ".flac", ".aif", ".aiff", ".ogg", ".opus", ".mp3"})

LIMITS: Final = Limits(max_seconds=1800.0, max_bytes=2048 * MEBIBYTE, cpu_seconds=240)
"""Longer and larger than uploads may be: these files are the operator's own."""

_FFMPEG_SECONDS: Final = 600
_MIXDOWN: Final = re.compile(
    r"^(?:full|rough|final|stereo|reference|unmastered)?\s*"
    r"(?:mix|mixture|mixdown|master|mastered|reference|preview|bounce)\s*(?:full)?$"
)


@dataclass(frozen=True, slots=True)
class Track:
    """One file, or one audio stream of a container that only ffmpeg reads."""

    path: Path
    role: str
    stream: int | None = None


class TrackUnreadable(Exception):
    """A file cannot be decoded; the message says why."""

    code = "track_unreadable"


def song_of(
    collection: str, title: str, part: Part, tracks: Sequence[Track], faults: Iterable[str] = ()
) -> Song:
    """A song of files. Its cached spectrograms are made anew when a file or a role changes."""
    found = "|".join(f"{t.path}:{t.role}:{t.stream}:{_stamp(t.path)}" for t in tracks)
    sum_ = hashlib.sha256(f"{title}|{found}".encode()).hexdigest()[:24]
    hear = partial(hear_tracks, tuple(tracks), tuple(faults))
    return Song(title, part, hear, f"{collection}-{sum_}")


def hear_tracks(tracks: Sequence[Track], faults: Sequence[str] = ()) -> Hearing:
    """All tracks that can be read; a fault names each of the others."""
    stems, all_faults = [], list(faults)
    for track in tracks:
        try:
            stems.append(_hear(track))
        except (TrackUnreadable, AudioRejected, OSError) as error:
            message = error.message if isinstance(error, AudioRejected) else str(error)
            all_faults.append(f"{track.path}: left out. {message}")
    return Hearing(tuple(stems), tuple(all_faults))


def audio_files(folder: Path) -> list[Path]:
    """Audio files in and under a folder by their names, without hidden ones and mixdowns."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if not any(p.startswith((".", "__MACOSX")) for p in path.relative_to(folder).parts)
        and is_audio(path)
        and not is_mixdown(path.stem)
    ]


def is_audio(path: Path) -> bool:
    """Whether a path is a file whose name says audio; its content is looked at when it is read."""
    return path.suffix.lower() in AUDIO_SUFFIXES and path.is_file()


def is_mixdown(stem_name: str) -> bool:
    """Whether a name says that everything plays in it: "Full Mix", "mixture", "99_MASTER"."""
    words = re.sub(r"[^a-z]+", " ", stem_name.lower()).strip()
    return _MIXDOWN.match(words) is not None


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder by their names, without hidden ones."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    return [path for path in inside if not path.name.startswith((".", "__MACOSX"))]


def _hear(track: Track) -> Stem:
    with tempfile.TemporaryDirectory(prefix="mixarena-track-") as scratch:
        source, flac = track.path, Path(scratch) / "track.flac"
        if track.stream is not None:
            source = Path(scratch) / "stream.wav"
            _extract(track.path, track.stream, source)
        decoded = decode(source, flac, limits=LIMITS)
        audio = load(flac, scale_db=decoded.scale_db)
    return Stem(track.role, log_mel(audio), stereo_width(audio))


def _extract(path: Path, stream: int, wav: Path) -> None:
    """One audio stream of a container as a float WAV, by ffmpeg."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise TrackUnreadable("This format needs ffmpeg on the path.")
    command = [
        program, "-nostdin", "-v", "error", "-y", "-i", str(path), "-map", f"0:a:{stream}",
        "-c:a", "pcm_f32le", str(wav),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_FFMPEG_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise TrackUnreadable(f"ffmpeg did not finish in {_FFMPEG_SECONDS} s.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise TrackUnreadable(f"ffmpeg: {said[-1] if said else 'failed'}")


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_size}-{status.st_mtime_ns}"
