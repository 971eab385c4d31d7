"""What a file is, told by its first bytes and never by its name.

An allow-list: six containers are recognised and everything else is refused, so a playlist, a script
or a program called `kick.wav` never reaches a decoder.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final, Literal

from mixing.audio.errors import AudioRejected
from mixing.audio.mpeg import FrameHeader, skip_id3

Container = Literal["wav", "aiff", "flac", "ogg", "mp3", "zip"]

_HEAD_BYTES: Final = 64
_MP3_SEARCH_BYTES: Final = 4096  # encoders pad the space between a tag and the first frame

# Only to say politely what was found; none of these is opened. Compared in lower case.
_ACQUAINTANCES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"#extm3u", "a playlist"),
    (b"ffconcat", "a list of files"),
    (b"<?xml", "an XML document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"%pdf", "a PDF document"),
    (b"\x7felf", "a program"),
    (b"mz", "a program"),
    (b"\x89png", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"caff", "a Core Audio file"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"mthd", "a MIDI file"),
)


def sniff(path: Path) -> Container:
    """The container of a file by its content.

    Raises AudioRejected: `empty_audio` for no bytes at all, `unsupported_type` for anything that is
    not WAV, AIFF, FLAC, Ogg (Vorbis or Opus), MP3 or zip.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if not head:
            raise AudioRejected("empty_audio", "The file is empty.")
        container = _container_of(head) or _container_behind_tag(file)
    if container is None:
        raise AudioRejected("unsupported_type", _describe(head))
    return container


def _container_of(head: bytes) -> Container | None:
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS" and (b"\x01vorbis" in head or b"OpusHead" in head):
        return "ogg"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    return None


def _container_behind_tag(file: BinaryIO) -> Container | None:
    """FLAC or MP3 behind an ID3v2 tag, or MP3 from the first byte."""
    start = skip_id3(file)
    file.seek(start)
    head = file.read(_MP3_SEARCH_BYTES)
    if start and head[:4] == b"fLaC":
        return "flac"
    first = start + len(head) - len(head.lstrip(b"\0")) if start else start
    return "mp3" if _two_frames_at(file, first) else None


def _two_frames_at(file: BinaryIO, position: int) -> bool:
    """True when an MP3 frame starts here and another of its kind, or the end, follows it.

    One frame header is eleven set bits and a few fields: random bytes hit it. Two in a row at the
    distance the first one states are no accident.
    """
    file.seek(position)
    first = FrameHeader.parse(file.read(4))
    if first is None:
        return False
    file.seek(position + first.length)
    following = file.read(4)
    if len(following) < 4 or following[:3] == b"TAG":
        return True
    second = FrameHeader.parse(following)
    return second is not None and second.is_same_stream(first)


def _describe(head: bytes) -> str:
    known = "WAV, AIFF, FLAC, Ogg Vorbis, Opus or MP3"
    folded = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, noun in _ACQUAINTANCES:
        if folded.startswith(magic):
            return f"This is {noun}, not audio. Please use {known}."
    if head[4:8] == b"ftyp":
        return f"MP4 and M4A files are not read here. Please use {known}."
    return f"This is not a kind of audio we can read. Please use {known}."
