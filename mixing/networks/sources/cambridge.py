"""Multitracks of the Cambridge-MT library ("Mixing Secrets"), unpacked.

Every archive unpacks to ``Artist_Title_Full/`` (or ``_Excerpt``) with raw mono and stereo tracks
``01_KickIn.wav``, ``02_KickOut.wav`` …; some unpack to one more folder of that name, some sort
their tracks into folders. Source: cambridge-mt.com/ms/mtk.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mixing.networks.sources.roles import role_of
from mixing.networks.sources.songs import Listing, drawn_part, folder_of, found, letters
from mixing.networks.sources.tracks import Track, audio_files, song_of, subfolders

_EDITION: Final = re.compile(r"[_ -]+(full|excerpt)(?:[_ -]*\(?\d*\)?)$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"^\d+[_ .-]*")


@dataclass(frozen=True, slots=True)
class Cambridge:
    """A folder of unpacked songs. Of a song that is there in full and as an excerpt, the full one
    counts."""

    root: Path
    name: str = "cambridge"

    def listing(self) -> Listing:
        root = folder_of(self.root, "the unpacked Cambridge-MT multitracks")
        faults = [f"{path}: left out. Unpack it first." for path in sorted(root.glob("*.zip"))]
        songs = {}
        # Excerpts first: the full edition of the same song then takes their place.
        for folder in sorted(subfolders(root), key=lambda f: (not _is_excerpt(f), f.name)):
            paths = audio_files(folder)
            if not paths:
                faults.append(f"{folder}: left out. No audio file lies in it.")
                continue
            title = _EDITION.sub("", folder.name)
            tracks = [Track(path, _role(path, folder)) for path in paths]
            songs[letters(title)] = song_of("cambridge", title, drawn_part(title), tracks)
        return found(songs.values(), faults, wanted="unpacked multitrack", root=root)


def _is_excerpt(folder: Path) -> bool:
    edition = _EDITION.search(folder.name)
    return edition is not None and edition[1].lower() == "excerpt"


def _role(path: Path, song: Path) -> str:
    """By the file's name without its number, then by a folder of the song's ("Drums/Close 1.wav").

    A song's own name says nothing: "TheDrums_Summer_Full" has a bass too.
    """
    inside = "" if path.parent.name == song.name else path.parent.name
    return role_of(_NUMBER.sub("", path.stem), inside)
