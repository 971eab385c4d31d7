"""What a source gives: songs, each of which can be heard and belongs to one part of the data."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_TENTHS: Final = 10


class DataUnusable(Exception):
    """A source holds nothing to learn from; the message says what was looked for and where."""

    code = "data_unusable"


class Part(IntEnum):
    """What a song is for. A song that two sources put in different parts gets the higher one."""

    TRAINING = 0
    VALIDATION = 1
    """Says when to stop, and never trains."""
    HELD_OUT = 2
    """Neither trains nor chooses: only measured on."""


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem as networks hear it: role, log-mel (frames, 128) in dB, stereo width 0..1."""

    role: str
    mel: Array
    width: float


@dataclass(frozen=True, slots=True)
class Hearing:
    """A song's stems, and a sentence about each file that could not be used."""

    stems: tuple[Stem, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Song:
    """A multitrack that can be heard.

    title: artist and title in any spelling: what makes two sources' songs the same song;
    hear: decodes or composes it; keep_as: the name its spectrograms are kept under in a cache,
    which must change when the song does, or None when they must not be kept.
    """

    title: str
    part: Part
    hear: Callable[[], Hearing] = field(repr=False)
    keep_as: str | None

    @property
    def identity(self) -> str:
        return letters(self.title)


@dataclass(frozen=True, slots=True)
class Listing:
    """The songs of a source, and a sentence about each thing in it that is none."""

    songs: tuple[Song, ...]
    faults: tuple[str, ...] = ()


class Source(Protocol):
    """Something that songs come from."""

    @property
    def name(self) -> str:
        """Which collection it is, for reports."""

    def listing(self) -> Listing:
        """All its songs. Nothing is decoded yet.

        Raises:
            DataUnusable: there is no song at all.
        """


def letters(title: str) -> str:
    """Letters and digits of a title in lower case, without accents: "AC/DC - T.N.T." is "acdctnt".

    Collections share songs and spell them differently ("A Classic Education - NightOwl",
    "AClassicEducation_NightOwl").
    """
    plain = unicodedata.normalize("NFKD", title).casefold()
    kept = re.sub(r"[^\w]|_", "", "".join(c for c in plain if not unicodedata.combining(c)))
    return kept or title


def drawn_part(title: str) -> Part:
    """A part by the title alone, the same everywhere: a tenth validates, a tenth is held out."""
    tenth = int.from_bytes(hashlib.sha256(letters(title).encode()).digest()[:8], "big") % _TENTHS
    return {0: Part.HELD_OUT, 1: Part.VALIDATION}.get(tenth, Part.TRAINING)


def folder_of(path: Path, what: str) -> Path:
    """The path if it is a folder, else DataUnusable."""
    if not path.is_dir():
        raise DataUnusable(f"{path} is no folder: give the path of {what}.")
    return path


def found(songs: Iterable[Song], faults: Iterable[str], *, wanted: str, root: Path) -> Listing:
    """A listing that holds at least one song, else DataUnusable with the first fault as a hint."""
    listing = Listing(tuple(songs), tuple(faults))
    if not listing.songs:
        hint = f" {listing.faults[0]}" if listing.faults else ""
        raise DataUnusable(f"{root} holds no {wanted}.{hint}")
    return listing
