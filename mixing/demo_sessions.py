"""Demo songs as files: synthesised in processes of their own, so it must not import Django."""

from dataclasses import dataclass
from pathlib import Path

from mixing.audio.encoding import write_flac
from mixing.synthesis.demos import demo_song


@dataclass(frozen=True, slots=True)
class SessionStem:
    """One stem: what it is called, what it plays, and its file."""

    name: str
    role: str
    path: Path


@dataclass(frozen=True, slots=True)
class Session:
    """A synthesised song on disk."""

    slug: str
    title: str
    artist: str
    genre: str
    tempo_bpm: float
    stems: tuple[SessionStem, ...]


def record(slug: str, folder: Path) -> Session:
    """Synthesise one demo song into FLAC files under `folder`."""
    song = demo_song(slug)
    stems = []
    for number, stem in enumerate(song.stems):
        path = folder / f"{slug}-{number:02}.flac"
        write_flac(stem.audio, path)
        stems.append(SessionStem(stem.name, stem.role, path))
    return Session(slug, song.title, song.artist, song.genre, song.tempo_bpm, tuple(stems))
