"""What an audio file says about itself, read by our own code before any decoder is asked.

Only headers are read, from a bounded number of chunks. WAV and AIFF are allow-lists of uncompressed
codings: with ADPCM and G.72x refused here, those containers never reach libsndfile at all and
`readers.PcmReader` does their samples. Formats: Microsoft RIFF and EBU Tech 3306 (RF64), Apple AIFF
and AIFF-C, RFC 9639 (FLAC), RFC 3533 (Ogg), RFC 7845 (Opus), Vorbis I.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import Final

from mixing.audio.errors import AudioRejected
from mixing.audio.mpeg import FrameHeader, skip_id3
from mixing.audio.sniffing import Container

MIN_RATE: Final = 8_000
MAX_RATE: Final = 192_000
MAX_CHANNELS: Final = 2

_MAX_CHUNKS: Final = 1_000
_UNKNOWN_SIZE: Final = 0xFFFFFFFF

_WAVE_PCM: Final = 0x0001
_WAVE_FLOAT: Final = 0x0003
_WAVE_EXTENSIBLE: Final = 0xFFFE
_WAVE_GUID_TAIL: Final = bytes.fromhex("000000001000800000aa00389b71")

# AIFF-C compression types that compress nothing → numpy kind and byte order.
_AIFC_CODINGS: Final = {
    b"NONE": ("i", ">"),
    b"twos": ("i", ">"),
    b"sowt": ("i", "<"),
    b"in24": ("i", ">"),
    b"in32": ("i", ">"),
    b"fl32": ("f", ">"),
    b"FL32": ("f", ">"),
    b"fl64": ("f", ">"),
    b"FL64": ("f", ">"),
}
_SAMPLE_BITS: Final = {"u": (8,), "i": (8, 16, 24, 32), "f": (32, 64)}


@dataclass(frozen=True, slots=True)
class PcmLayout:
    """Where uncompressed samples lie and how they are coded."""

    offset: int  # of the first sample, in bytes
    kind: str  # numpy kind: "u" unsigned, "i" signed, "f" float
    order: str  # numpy byte order: "<" or ">"
    bits: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to hold. `frames` is None where the header does not say."""

    container: Container
    sample_rate: int
    channels: int
    frames: int | None
    pcm: PcmLayout | None = None
    is_truncated: bool = False  # the header promises more bytes than there are


def read_header(file: FileIO, container: Container) -> Header:
    """The header of a file whose container is known.

    Raises AudioRejected: `decode_failed` for a broken header, `unsupported_type` for a coding that
    is not on the list, `unsupported_format` for an impossible sample size.
    """
    readers = {"wav": _wav, "aiff": _aiff, "flac": _flac, "ogg": _ogg, "mp3": _mp3}
    if container not in readers:
        raise AudioRejected("unsupported_type", "This is an archive, not a single audio file.")
    try:
        return readers[container](file)
    except (struct.error, IndexError) as error:
        raise _broken(container) from error


def check_header(header: Header, max_seconds: float) -> None:
    """Refuse what we do not mix: channels, sample rate and length outside the allowed ranges.

    Raises AudioRejected: `unsupported_format`, `empty_audio` or `too_long`.
    """
    if not 1 <= header.channels <= MAX_CHANNELS:
        raise AudioRejected(
            "unsupported_format",
            f"The file has {header.channels} channels; a stem is mono or stereo.",
        )
    if not MIN_RATE <= header.sample_rate <= MAX_RATE:
        raise AudioRejected(
            "unsupported_format",
            f"The sample rate is {header.sample_rate} Hz; we read {MIN_RATE} to {MAX_RATE} Hz.",
        )
    if header.frames == 0:
        raise AudioRejected("empty_audio", "The file has a header but no sound in it.")
    check_length(header.frames or 0, header.sample_rate, max_seconds)


def check_length(frames: int, sample_rate: int, max_seconds: float) -> None:
    """Raise AudioRejected `too_long` when so many frames last longer than allowed."""
    if frames > max_seconds * sample_rate:
        raise AudioRejected(
            "too_long", f"The file is longer than the {max_seconds / 60:g} minutes we mix."
        )


def _broken(container: str) -> AudioRejected:
    return AudioRejected("decode_failed", f"The {container.upper()} header is damaged.")


def _chunks(file: FileIO, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Chunks of a RIFF or IFF file as (name, offset of content, stated size)."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = struct.unpack(f"{order}4sI", head)
        yield name, position + 8, size
        position += 8 + size + size % 2
    raise AudioRejected("decode_failed", f"The file has more than {_MAX_CHUNKS} chunks.")


def _wav(file: FileIO) -> Header:
    layout: tuple[int, int, str, int] | None = None
    size_64: int | None = None
    for name, offset, size in _chunks(file, "<"):
        if name == b"ds64":
            size_64 = struct.unpack("<8xQ", file.read(16))[0]
        elif name == b"fmt ":
            layout = _wave_format(file.read(min(size, 40)))
        elif name == b"data":
            if layout is None:
                raise _broken("wav")
            rate, channels, kind, bits = layout
            unknown = size == _UNKNOWN_SIZE
            stated = size_64 if unknown else size
            return _pcm_header(
                "wav", file, rate, channels, PcmLayout(offset, kind, "<", bits), stated
            )
    raise AudioRejected("empty_audio", "The file has a header but no sound in it.")


def _wave_format(fmt: bytes) -> tuple[int, int, str, int]:
    """Sample rate, channels, sample kind and bits of a WAV `fmt ` chunk."""
    tag, channels, rate, _, block_bytes, bits = struct.unpack_from("<HHIIHH", fmt)
    if tag == _WAVE_EXTENSIBLE and fmt[26:40] == _WAVE_GUID_TAIL:
        tag = struct.unpack_from("<H", fmt, 24)[0]
    if tag not in (_WAVE_PCM, _WAVE_FLOAT):
        raise AudioRejected(
            "unsupported_type",
            f"This WAV file is compressed (format 0x{tag:04X}); please export plain PCM or float.",
        )
    kind = "f" if tag == _WAVE_FLOAT else "u" if bits == 8 else "i"
    _check_bits(kind, bits)
    if channels and block_bytes != channels * bits // 8:
        raise AudioRejected("unsupported_format", "The sizes in the WAV header contradict.")
    return rate, channels, kind, bits


def _aiff(file: FileIO) -> Header:
    common: bytes | None = None
    sound: tuple[int, int] | None = None
    for name, offset, size in _chunks(file, ">"):
        if name == b"COMM":
            common = file.read(min(size, 22))
        elif name == b"SSND":
            shift = struct.unpack(">I", file.read(4))[0]
            sound = (offset + 8 + shift, max(0, size - 8 - shift))
        if common is not None and sound is not None:
            break
    if common is None:
        raise _broken("aiff")
    channels, frames, bits = struct.unpack_from(">HIH", common)
    rate = _extended(common[8:18])
    kind, order = _aiff_coding(common[18:22])
    _check_bits(kind, bits)
    if sound is None:
        raise AudioRejected("empty_audio", "The file has a header but no sound in it.")
    stated = min(sound[1], frames * channels * bits // 8)
    return _pcm_header("aiff", file, rate, channels, PcmLayout(sound[0], kind, order, bits), stated)


def _aiff_coding(compression: bytes) -> tuple[str, str]:
    coding = _AIFC_CODINGS.get(compression or b"NONE")
    if coding is None:
        raise AudioRejected(
            "unsupported_type",
            "This AIFF file is compressed; please export uncompressed AIFF or WAV.",
        )
    return coding


def _check_bits(kind: str, bits: int) -> None:
    if bits not in _SAMPLE_BITS[kind]:
        raise AudioRejected("unsupported_format", f"Samples of {bits} bits are not read here.")


def _extended(data: bytes) -> int:
    """An 80-bit extended number rounded to an integer; 0 when it is negative or beyond reason."""
    exponent, mantissa = struct.unpack(">HQ", data)
    power = exponent - 16383 - 63
    if not -64 <= power <= 0:
        return 0
    return round(math.ldexp(mantissa, power))


def _pcm_header(
    container: Container,
    file: FileIO,
    rate: int,
    channels: int,
    layout: PcmLayout,
    stated_bytes: int | None,
) -> Header:
    """A header whose frames are counted from the bytes that exist, not from those promised."""
    present = max(0, os.fstat(file.fileno()).st_size - layout.offset)
    size = present if stated_bytes is None else min(present, stated_bytes)
    frame_bytes = max(1, channels * layout.bits // 8)
    return Header(
        container=container,
        sample_rate=rate,
        channels=channels,
        frames=size // frame_bytes,
        pcm=layout,
        is_truncated=stated_bytes is not None and stated_bytes > present,
    )


def _flac(file: FileIO) -> Header:
    file.seek(skip_id3(file))
    head = file.read(42)
    kind, length = head[4] & 0x7F, int.from_bytes(head[5:8], "big")
    if head[:4] != b"fLaC" or kind != 0 or length != 34:
        raise _broken("flac")
    # 20 bits sample rate, 3 bits channels - 1, 5 bits sample size - 1, 36 bits frames (0: unknown)
    fields = struct.unpack_from(">Q", head, 18)[0]
    frames = fields & (1 << 36) - 1
    return Header("flac", fields >> 44, (fields >> 41 & 7) + 1, frames or None)


def _ogg(file: FileIO) -> Header:
    file.seek(0)
    page = file.read(27 + 255 + 32)
    packet = page[27 + page[26] :]
    if packet.startswith(b"\x01vorbis"):
        channels, rate = struct.unpack_from("<4xBI", packet, 7)
        return Header("ogg", rate, channels, None)
    if packet.startswith(b"OpusHead"):
        return Header("ogg", 48_000, packet[9], None)  # Opus always decodes to 48 kHz
    raise AudioRejected("unsupported_type", "Of Ogg files only Vorbis and Opus are read here.")


def _mp3(file: FileIO) -> Header:
    start = skip_id3(file)
    file.seek(start)
    head = file.read(4096)
    frame = FrameHeader.parse(head.lstrip(b"\0") if start else head)
    if frame is None:
        raise _broken("mp3")
    return Header("mp3", frame.sample_rate, frame.channels, None)
