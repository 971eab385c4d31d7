"""A folder of multitracks: one folder per song, roles from the names of the files."""

from dataclasses import dataclass
from pathlib import Path

from mixing.networks.sources.roles import role_of
from mixing.networks.sources.songs import Listing, Song, drawn_part, folder_of, found
from mixing.networks.sources.tracks import Track, audio_files, is_audio, song_of, subfolders


@dataclass(frozen=True, slots=True)
class Folder:
    """``root/Song/**/Kick.wav``: any audio that Mixarena reads, mixdowns left out."""

    root: Path
    name: str = "folder"

    def listing(self) -> Listing:
        root = folder_of(self.root, "a folder with one folder per song")
        songs: list[Song] = []
        faults = [
            f"{path}: left out. Each song needs a folder of its own."
            for path in sorted(root.iterdir())
            if is_audio(path)
        ]
        for folder in subfolders(root):
            paths = audio_files(folder)
            if not paths:
                faults.append(f"{folder}: left out. No audio file lies in it.")
                continue
            tracks = [Track(path, role_of(str(path.relative_to(folder)))) for path in paths]
            title = folder.name
            songs.append(song_of("folder", title, drawn_part(title), tracks))
        return found(songs, faults, wanted="folder with audio in it", root=root)
