"""What ``--data`` asks for: sources by name, each with a weight, and their songs by part."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mixing.networks.sources.cambridge import Cambridge
from mixing.networks.sources.folder import Folder
from mixing.networks.sources.medleydb import MedleyDb
from mixing.networks.sources.moisesdb import MoisesDb
from mixing.networks.sources.musdb import Musdb18
from mixing.networks.sources.songs import DataUnusable, Part, Song, Source

READERS: Final[Mapping[str, Callable[[Path], Source]]] = {
    "folder": Folder,
    "musdb18": Musdb18,
    "medleydb": MedleyDb,
    "cambridge": Cambridge,
    "moisesdb": MoisesDb,
}

_ASKED: Final = re.compile(r"^(?P<kind>\w+)(?::(?P<path>.+?))?(?:=(?P<weight>\d+(?:\.\d+)?))?$")


@dataclass(frozen=True, slots=True)
class Weighted:
    """A source and how often its songs are drawn, beside the weights of the other sources."""

    source: Source
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Chance:
    """A song and the chance that a draw takes it; chances of a part add up to 1."""

    song: Song
    chance: float


@dataclass(frozen=True, slots=True)
class Selection:
    """All songs by part, and a sentence about everything that could not be listed."""

    parts: Mapping[Part, Sequence[Chance]]
    faults: tuple[str, ...]


def chosen(asked: str, built_in: Mapping[str, Callable[[], Source]]) -> Weighted:
    """A source from ``kind``, ``kind:PATH`` or either with ``=WEIGHT`` behind.

    Args:
        built_in: what makes the kinds that need no path ("synth", "songs").

    Raises:
        DataUnusable: no such kind, a path too many or missing, or a weight of 0.
    """
    match = _ASKED.match(asked)
    kinds = ", ".join((*built_in, *(f"{kind}:PATH" for kind in READERS)))
    if match is None or match["kind"] not in {*built_in, *READERS}:
        raise DataUnusable(f"There is no data source {asked!r}. Known are {kinds}.")
    kind, path, weight = match["kind"], match["path"], float(match["weight"] or 1.0)
    if weight <= 0.0:
        raise DataUnusable(f"The weight in {asked!r} must be more than 0.")
    if kind in built_in:
        if path is not None:
            raise DataUnusable(f"{kind} takes no path: {asked!r}.")
        return Weighted(built_in[kind](), weight)
    if path is None:
        raise DataUnusable(f"{kind} needs the path of its files: {kind}:PATH.")
    return Weighted(READERS[kind](Path(path).expanduser()), weight)


def select(sources: Sequence[Weighted]) -> Selection:
    """The songs of all sources by part.

    A song that lies in several sources is in one part only, the one furthest from training: what
    one collection holds out must not come back through another.
    """
    listings = [weighted.source.listing() for weighted in sources]
    parts: dict[str, Part] = {}
    for song in (song for listing in listings for song in listing.songs):
        parts[song.identity] = max(song.part, parts.get(song.identity, song.part))
    by_part: dict[Part, list[Chance]] = {part: [] for part in Part}
    for part, chances in by_part.items():
        for weighted, listing in zip(sources, listings, strict=True):
            songs = [song for song in listing.songs if parts[song.identity] == part]
            for song in songs:
                share = weighted.weight / len(songs)
                chances.append(Chance(replace(song, part=part), share))
        whole = sum(chance.chance for chance in chances)
        by_part[part] = [Chance(chance.song, chance.chance / whole) for chance in chances]
    return Selection(by_part, tuple(fault for listing in listings for fault in listing.faults))
