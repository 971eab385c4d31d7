"""Unpack a zip of stems without believing anything it says.

Everything that can be judged from the directory of the archive is judged before a byte is unpacked;
sizes are counted again while unpacking. One hostile entry refuses the whole archive, also when it
is one that would have been skipped. Files land under generated names. OWASP ASVS 5.0 5.2.3, 5.2.5,
5.3.2 and 5.3.3.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from mixing.audio.errors import AudioRejected
from mixing.audio.names import display_path
from mixing.audio.sniffing import sniff

_COPY_BYTES: Final = 1 << 20
_END_BYTES: Final = 22
_LOCAL_BYTES: Final = 30
_DIRECTORY_BYTES_PER_ENTRY: Final = 1 << 12  # names and extra fields; 65 kB each are possible
_ENCRYPTED_FLAGS: Final = 0x1 | 0x40 | 0x2000
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE: Final = re.compile(r"^[A-Za-z]:")

_CLUTTER_FOLDERS: Final = frozenset({"__MACOSX"})
_CLUTTER_NAMES: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
# What lies beside stems in real folders: notes, artwork, session files, peak caches.
_NOTES: Final = {".txt", ".md", ".rtf", ".pdf", ".doc", ".docx", ".csv", ".html", ".nfo", ".log"}
_ARTWORK: Final = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
_SESSIONS: Final = {
    *(".mid", ".midi", ".rpp", ".rpp-bak", ".als", ".flp", ".ptx", ".cpr", ".song", ".dawproject"),
    *(".json", ".xml", ".m3u", ".m3u8", ".cue", ".sfv", ".md5"),
}
_PEAK_CACHES: Final = {".asd", ".reapeaks", ".pkf", ".sfk", ".ovw", ".wfm"}
_SKIPPED_SUFFIXES: Final = frozenset(_NOTES | _ARTWORK | _SESSIONS | _PEAK_CACHES)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What one archive may ask of us."""

    max_entries: int = 100
    max_bytes: int = 2 << 30  # unpacked, all together
    max_ratio: int = 200  # unpacked to packed, per entry and all together …
    ratio_floor_bytes: int = 256 << 20  # … from here on: 15 silent minutes must pass


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """One unpacked file: a name to show ("Drums - Kick.wav") and where it lies."""

    display_name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The files that may be stems, and the names of those left out as no audio."""

    members: tuple[ArchiveMember, ...]
    skipped: tuple[str, ...]


def unpack(
    archive: Path,
    destination: Path,
    limits: ArchiveLimits = ArchiveLimits(),
) -> Unpacked:
    """Unpack the possible stems of a zip into the folder `destination`, in the archive's order.

    Folders and the clutter of operating systems are ignored, notes, artwork and session files are
    listed as skipped; whether the rest is audio is for `decode` to find out. Raises AudioRejected
    `bad_archive` for an archive that is damaged, encrypted, nested, beyond the limits or out to do
    harm, `too_large` when it holds too much, `empty_audio` when nothing is left; then no file is.
    """
    with archive.open("rb") as file, _reading(file, limits) as opened:
        entries = opened.infolist()
        _check_entries(entries, limits)
        _check_layout(file, entries, opened.start_dir)
        wanted = [entry for entry in entries if not _is_clutter(entry)]
        stems = [entry for entry in wanted if not _is_skipped(entry)]
        if not stems:
            raise AudioRejected("empty_audio", "There is no audio file in the archive.")
        names = _display_names(wanted)
        paths = _extract(opened, stems, destination)
    return Unpacked(
        members=tuple(
            ArchiveMember(names[entry.filename], path)
            for entry, path in zip(stems, paths, strict=True)
        ),
        skipped=tuple(names[entry.filename] for entry in wanted if _is_skipped(entry)),
    )


def _bad(message: str) -> AudioRejected:
    return AudioRejected("bad_archive", message)


@contextmanager
def _reading(file: BinaryIO, limits: ArchiveLimits) -> Iterator[zipfile.ZipFile]:
    """The archive, opened only after its directory is known to be small."""
    _check_end(file, limits)
    try:
        with zipfile.ZipFile(file) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise _bad("The archive is damaged.") from error
    except (NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise _bad("The archive uses features we do not read.") from error


def _check_end(file: BinaryIO, limits: ArchiveLimits) -> None:
    """Read the end record by hand: zipfile would load a directory of any size into memory."""
    size = file.seek(0, 2)
    tail_start = max(0, size - _END_BYTES - 0xFFFF)
    file.seek(tail_start)
    tail = file.read()
    position = tail.rfind(b"PK\x05\x06")
    if position < 0 or len(tail) - position < _END_BYTES:
        raise _bad("The archive is damaged or incomplete.")
    disk, _, entries_here, entries, directory_bytes = struct.unpack_from("<4xHHHHI", tail, position)
    if position >= 20 and tail.startswith(b"PK\x06\x07", position - 20):
        raise _bad("Archives of more than 4 GiB (Zip64) are not read here.")
    if directory_bytes > tail_start + position:
        raise _bad("The archive is damaged or incomplete.")
    if disk != 0 or entries_here != entries:
        raise _bad("Archives in several parts are not read here.")
    if entries > limits.max_entries or (
        directory_bytes > limits.max_entries * _DIRECTORY_BYTES_PER_ENTRY
    ):
        raise _bad(f"The archive holds more than {limits.max_entries} entries.")


def _check_entries(entries: Sequence[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    if len(entries) > limits.max_entries:
        raise _bad(f"The archive holds more than {limits.max_entries} entries.")
    for entry in entries:
        _check_name(entry.orig_filename)
        _check_kind(entry)
        _check_ratio(entry.file_size, entry.compress_size, limits)
    names = {PurePosixPath(unicodedata.normalize("NFC", entry.filename)) for entry in entries}
    if len(names) < len(entries):
        raise _bad("Two entries of the archive have the same name.")
    total = sum(entry.file_size for entry in entries)
    if total > limits.max_bytes:
        raise AudioRejected(
            "too_large", f"Unpacked, the archive is larger than {limits.max_bytes >> 20} MiB."
        )
    _check_ratio(total, sum(entry.compress_size for entry in entries), limits)


def _check_name(name: str) -> None:
    if (
        not PurePosixPath(name).parts
        or "\0" in name
        or "\\" in name
        or name.startswith("/")
        or _DRIVE.match(name)
        or ".." in name.split("/")
    ):
        raise _bad("An entry of the archive has a name that points outside of it.")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED_FLAGS:
        raise _bad("The archive is encrypted.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _bad("The archive holds links or devices.")
    if entry.compress_type not in _METHODS:
        raise _bad("The archive is compressed in a way we do not read; plain zip works.")
    if PurePosixPath(entry.filename).suffix.lower() == ".zip":
        raise _bad("There is an archive inside the archive.")


def _check_ratio(unpacked: int, packed: int, limits: ArchiveLimits) -> None:
    if unpacked > limits.ratio_floor_bytes and unpacked > limits.max_ratio * packed:
        raise _bad("The archive unpacks to far more than stems would.")


def _check_layout(file: BinaryIO, entries: Sequence[zipfile.ZipInfo], directory_start: int) -> None:
    """Every entry's bytes are its own: none overlaps another or the directory."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for place, entry in enumerate(ordered, 1):
        file.seek(max(0, entry.header_offset))
        head = file.read(_LOCAL_BYTES)
        if entry.header_offset < 0 or len(head) < _LOCAL_BYTES:
            raise _bad("The archive is damaged.")
        name_bytes, extra_bytes = struct.unpack_from("<HH", head, 26)
        end = entry.header_offset + _LOCAL_BYTES + name_bytes + extra_bytes + entry.compress_size
        if end > (ordered[place].header_offset if place < len(ordered) else directory_start):
            raise _bad("Entries of the archive overlap.")


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    return (
        entry.is_dir()
        or path.parts[0] in _CLUTTER_FOLDERS
        or path.name in _CLUTTER_NAMES
        or path.name.startswith("._")
    )


def _is_skipped(entry: zipfile.ZipInfo) -> bool:
    return PurePosixPath(entry.filename).suffix.lower() in _SKIPPED_SUFFIXES


def _display_names(entries: Sequence[zipfile.ZipInfo]) -> dict[str, str]:
    """Names to show, without the folders that all entries lie in."""
    paths = [PurePosixPath(entry.filename) for entry in entries]
    shared = PurePosixPath(os.path.commonpath([path.parent for path in paths]))
    return {
        entry.filename: display_path(path.relative_to(shared).parts)
        for entry, path in zip(entries, paths, strict=True)
    }


def _extract(
    opened: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], destination: Path
) -> list[Path]:
    """The unpacked files under generated names; none of them is left when one fails."""
    is_new = not destination.exists()
    destination.mkdir(exist_ok=True)
    paths = [destination / f"member-{number:03d}" for number in range(len(entries))]
    written: list[Path] = []
    try:
        for entry, path in zip(entries, paths, strict=True):
            written.append(path)
            _extract_one(opened, entry, path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        if is_new:
            destination.rmdir()
        raise
    return paths


def _extract_one(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    """Copy one entry, never more than it states; zipfile checks its checksum at the end."""
    left = entry.file_size
    with opened.open(entry) as packed, path.open("xb") as file:
        while piece := packed.read(_COPY_BYTES):
            left -= len(piece)
            if left < 0:
                raise _bad("An entry of the archive is larger than it states.")
            file.write(piece)
    if left:
        raise _bad("An entry of the archive is smaller than it states.")
    if entry.file_size and _is_archive(path):
        raise _bad("There is an archive inside the archive.")


def _is_archive(path: Path) -> bool:
    try:
        return sniff(path) == "zip"
    except AudioRejected:
        return False  # not audio either: decode says so, naming the file
