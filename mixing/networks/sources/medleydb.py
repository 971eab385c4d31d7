"""MedleyDB (Bittner, Salamon, Tierney, Mauch, Cannam and Bello, ISMIR 2014; 2.0 in 2016).

``Artist_Title/`` holds ``Artist_Title_METADATA.yaml`` and the folder ``Artist_Title_STEMS`` with
``Artist_Title_STEM_01.wav`` …; the metadata names each stem's file and instrument. The metadata
also come apart from the audio (``Metadata/``, ``V2/``): they are looked for everywhere under the
root, and so are the stems.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from mixing.networks.sources.roles import role_of
from mixing.networks.sources.songs import Listing, Song, drawn_part, folder_of, found
from mixing.networks.sources.tracks import Track, song_of

_METADATA: Final = "_METADATA.yaml"


class _Odd(Exception):
    """A metadata file says something that cannot be followed."""


@dataclass(frozen=True, slots=True)
class MedleyDb:
    """The root of the collection, or any folder with its songs somewhere below."""

    root: Path
    name: str = "medleydb"

    def listing(self) -> Listing:
        root = folder_of(self.root, "MedleyDB")
        stem_folders = {
            path.name.removesuffix("_STEMS"): path for path in sorted(root.rglob("*_STEMS"))
        }
        songs: dict[str, Song] = {}
        faults: list[str] = []
        for metadata in sorted(root.rglob(f"*{_METADATA}")):
            name = metadata.name.removesuffix(_METADATA)
            try:
                songs[name] = _song(name, metadata, stem_folders)
            except _Odd as odd:
                faults.append(f"{metadata}: left out. {odd}")
        return found(songs.values(), faults, wanted=f"song with *{_METADATA} and stems", root=root)


def _song(name: str, metadata: Path, stem_folders: Mapping[str, Path]) -> Song:
    described = _read(metadata)
    folder = stem_folders.get(name)
    if folder is None:
        raise _Odd(f"The folder {name}_STEMS is not there.")
    tracks = list(_tracks(described, folder))
    if not tracks:
        raise _Odd("It lists no stem with a file name.")
    missing = [track for track in tracks if not track.path.is_file()]
    faults = [f"{track.path}: not there." for track in missing]
    title = name.replace("_", " ")
    kept = [track for track in tracks if track not in missing]
    return song_of("medleydb", title, drawn_part(title), kept, faults)


def _read(metadata: Path) -> Mapping[str, Any]:
    try:
        described = yaml.safe_load(metadata.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _Odd("It is not YAML that can be read.") from error
    stems = described.get("stems") if isinstance(described, Mapping) else None
    if not isinstance(stems, Mapping):
        raise _Odd("It lists no stems.")
    return stems


def _tracks(stems: Mapping[str, Any], folder: Path) -> Iterator[Track]:
    for _, stem in sorted(stems.items(), key=lambda item: str(item[0])):
        filename = stem.get("filename") if isinstance(stem, Mapping) else None
        if not isinstance(filename, str) or not filename:
            continue
        # Some stems name several instruments; the first is what they are.
        instruments = stem.get("instrument") or ()
        words = [instruments] if isinstance(instruments, str) else [str(i) for i in instruments]
        yield Track(folder / Path(filename).name, role_of(*words))
