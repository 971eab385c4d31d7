"""Keys that say when two requests mean the same audio."""

import hashlib
from collections.abc import Iterable

from mixing.audio import RENDERER_VERSION
from mixing.models import Mix, Mixer, Song, Stem


def multitrack_sha256(stems: Iterable[Stem]) -> str:
    """One hash for the ready stems of a song, their order and their roles."""
    lines = (f"{stem.fingerprint} {told_role(stem)} {stem.scale_db!r}" for stem in stems)
    return _sha256("\n".join(lines))


def told_role(stem: Stem) -> str | None:
    """The role a mixer is told: one that a name or a person states, not one guessed by ear."""
    return None if stem.role_source == Stem.RoleSource.SOUND else stem.role


def cache_key(
    song: Song, multitrack: str, mixer: Mixer, section: Mix.Section, overrides_sha256: str = ""
) -> str:
    """The key of one mix: the same stems, mixer, section, renderer and changes by a person give
    the same audio."""
    start, stop = (
        (song.section_start, song.section_stop) if section == Mix.Section.PREVIEW else (0, None)
    )
    parts = [song.pk, multitrack, mixer.genome_sha256, section, start, stop, RENDERER_VERSION]
    if overrides_sha256:
        parts.append(overrides_sha256)
    return _sha256(" ".join(map(str, parts)))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
