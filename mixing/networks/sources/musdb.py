"""MUSDB18 and MUSDB18-HQ (Rafii, Liutkus, Stöter, Mimilakis and Bittner, 2017 and 2019).

Both editions have the folders ``train`` and ``test``. HQ holds a folder per song with
``drums.wav``, ``bass.wav``, ``other.wav``, ``vocals.wav`` and ``mixture.wav``; the first edition
one ``Artist - Title.stem.mp4`` per song with five stereo AAC streams (Native Instruments' Stems
format): mixture, drums, bass, other, vocals. The published test songs are always held out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mixing.networks.sources.roles import role_of
from mixing.networks.sources.songs import Listing, Part, Song, drawn_part, folder_of, found
from mixing.networks.sources.tracks import Track, song_of, subfolders

STEMS: Final = ("drums", "bass", "other", "vocals")
"""In the order of the streams, which begin behind the mixture."""

_CONTAINER: Final = ".stem.mp4"


@dataclass(frozen=True, slots=True)
class Musdb18:
    """Either edition, or both in one folder: then a song's HQ edition counts."""

    root: Path
    name: str = "musdb18"

    def listing(self) -> Listing:
        root = folder_of(self.root, "MUSDB18, which has the folders train and test")
        songs: dict[tuple[str, str], Song] = {}
        faults: list[str] = []
        for half in ("train", "test"):
            if not (root / half).is_dir():
                faults.append(f"{root / half}: not there.")
                continue
            for title, tracks in (*_containers(root / half), *_folders(root / half)):
                missing = [track.path for track in tracks if not track.path.is_file()]
                if len(missing) == len(STEMS):
                    faults.append(f"{root / half / title}: left out. None of its stems is there.")
                    continue
                part = Part.HELD_OUT if half == "test" else drawn_part(title)
                songs[half, title] = song_of(
                    "musdb18",
                    title,
                    part,
                    [track for track in tracks if track.path not in missing],
                    [f"{path}: not there." for path in missing],
                )
        return found(songs.values(), faults, wanted="song of MUSDB18", root=root)


def _folders(half: Path) -> Iterator[tuple[str, list[Track]]]:
    for folder in subfolders(half):
        yield folder.name, [Track(folder / f"{stem}.wav", role_of(stem)) for stem in STEMS]


def _containers(half: Path) -> Iterator[tuple[str, list[Track]]]:
    for path in sorted(half.glob(f"*{_CONTAINER}")):
        streams = [Track(path, role_of(stem), stream) for stream, stem in enumerate(STEMS, 1)]
        yield path.name.removesuffix(_CONTAINER), streams
