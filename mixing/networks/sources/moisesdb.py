"""MoisesDB (Pereira, Araújo, Korzeniowski and Vogl, ISMIR 2023).

``moisesdb_v0.1/<song id>/data.json`` names artist, song and stems; a stem holds tracks, whose files
are ``<song id>/<stem name>/<track id>.<extension>``. Tracks are taken one by one, as a mixing
engineer gets them, with the role of their type ("kick drum", "lead female singer").
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixing.networks.sources.roles import role_of
from mixing.networks.sources.songs import Listing, Song, drawn_part, folder_of, found
from mixing.networks.sources.tracks import Track, song_of


class _Odd(Exception):
    """A data.json says something that cannot be followed."""


@dataclass(frozen=True, slots=True)
class MoisesDb:
    """The root of the collection: its data.json files are looked for everywhere below."""

    root: Path
    name: str = "moisesdb"

    def listing(self) -> Listing:
        root = folder_of(self.root, "MoisesDB")
        songs: list[Song] = []
        faults: list[str] = []
        for data in sorted(root.rglob("data.json")):
            try:
                songs.append(_song(data))
            except _Odd as odd:
                faults.append(f"{data}: left out. {odd}")
        return found(songs, faults, wanted="song with a data.json and stems", root=root)


def _song(data: Path) -> Song:
    try:
        described = json.loads(data.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _Odd("It is not JSON that can be read.") from error
    stems = described.get("stems") if isinstance(described, Mapping) else None
    if not isinstance(stems, list):
        raise _Odd("It lists no stems.")
    tracks = list(_tracks(stems, data.parent))
    if not tracks:
        raise _Odd("It lists no track with an id.")
    missing = [track for track in tracks if not track.path.is_file()]
    title = f"{described.get('artist', '')} - {described.get('song', data.parent.name)}"
    faults = [f"{track.path}: not there." for track in missing]
    kept = [track for track in tracks if track not in missing]
    return song_of("moisesdb", title, drawn_part(title), kept, faults)


def _tracks(stems: list[Any], folder: Path) -> Iterator[Track]:
    for stem in stems:
        name = stem.get("stemName") if isinstance(stem, Mapping) else None
        inside = stem.get("tracks") if isinstance(stem, Mapping) else None
        if not isinstance(name, str) or not isinstance(inside, list):
            continue
        for track in inside:
            if not isinstance(track, Mapping) or not isinstance(track.get("id"), str):
                continue
            kind = str(track.get("trackType", ""))
            if kind == "click track":  # a help for the players, no part of the music
                continue
            extension = str(track.get("extension", "wav")).lstrip(".")
            path = folder / Path(name).name / f"{Path(track['id']).name}.{extension}"
            yield Track(path, role_of(kind, name))
