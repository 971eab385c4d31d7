"""Audio and zip files made byte by byte, good ones and hostile ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
MARKER = b"<script>alert('planted')</script>"


def sine(
    frequency_hz: float = 440.0,
    *,
    rate: int = 44_100,
    seconds: float = 1.0,
    level: float = 0.5,
    channels: int = 1,
) -> NDArray[np.float32]:
    """A (frames, channels) sine; the second channel is the first one halved."""
    time = np.arange(round(seconds * rate)) / rate
    mono = level * np.sin(2 * np.pi * frequency_hz * time)
    return np.stack([mono / (1 + channel) for channel in range(channels)], 1).astype(np.float32)


def wav(
    data: bytes = bytes(4000),
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = 44_100,
    bits: int = 16,
    data_size: int | None = None,
    extra: bytes = b"",
    subformat: int | None = None,
) -> bytes:
    """A WAV file with any header fields, sensible or not."""
    frame_bytes = channels * bits // 8 & 0xFFFF
    byte_rate = rate * frame_bytes & 0xFFFFFFFF
    fmt = struct.pack("<HHIIHH", tag, channels, rate, byte_rate, frame_bytes, bits)
    if subformat is not None:
        fmt += struct.pack("<HHIH", 22, bits, 0, subformat) + GUID_TAIL
    size = len(data) if data_size is None else data_size
    body = chunk(b"fmt ", fmt) + extra + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", (4 + len(body)) & 0xFFFFFFFF) + b"WAVE" + body


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def aiff(
    data: bytes = bytes(4000),
    *,
    channels: int = 1,
    frames: int = 2000,
    bits: int = 16,
    rate: int = 44_100,
    compression: bytes | None = None,
) -> bytes:
    """An AIFF file, or an AIFF-C one when a compression type is given."""
    exponent = max(rate.bit_length() - 1, 0)
    extended = struct.pack(">HQ", 16383 + exponent, rate << 63 - exponent) if rate else bytes(10)
    common = struct.pack(">HIH", channels, frames, bits) + extended
    if compression is not None:
        common += compression + b"\0\0"
    body = b"COMM" + struct.pack(">I", len(common)) + common
    body += b"SSND" + struct.pack(">III", len(data) + 8, 0, 0) + data
    form = b"AIFF" if compression is None else b"AIFC"
    return b"FORM" + struct.pack(">I", len(body) + 4) + form + body


def id3(size: int) -> bytes:
    """An ID3v2.3 tag with a script in its title and a cover picture of so many bytes."""
    title = b"TIT2" + struct.pack(">IH", len(MARKER) + 1, 0) + b"\0" + MARKER
    picture_body = b"\0image/png\0\x03\0" + bytes(size)
    picture = b"APIC" + struct.pack(">IH", len(picture_body), 0) + picture_body
    length = len(title) + len(picture)
    syncsafe = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + syncsafe + title + picture


def sound_file(path: Path, frames: NDArray[np.float32], rate: int, **keywords: str) -> Path:
    """Whatever libsndfile can write, a second at a time."""
    with soundfile.SoundFile(path, "w", rate, frames.shape[1], **keywords) as file:
        for start in range(0, len(frames), rate):
            file.write(frames[start : start + rate])
    return path


@dataclass
class Entry:
    """One zip entry; what is None is stated truthfully."""

    name: bytes
    data: bytes = b"RIFF"
    packed: bytes | None = None
    method: int = 0
    crc: int | None = None
    size: int | None = None
    flags: int = 0
    mode: int = 0o100644
    offset: int | None = None


def zip_file(entries: Sequence[Entry], *, stated_entries: int | None = None) -> bytes:
    """A zip archive by hand, so that every field can lie."""
    local, directory = b"", b""
    for entry in entries:
        packed = entry.data if entry.packed is None else entry.packed
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        fields = struct.pack(
            "<HHHHHIIIHH", 20, entry.flags, entry.method, 0, 33, crc, len(packed), size,
            len(entry.name), 0,
        )  # fmt: skip
        offset = len(local) if entry.offset is None else entry.offset
        if entry.offset is None:
            local += b"PK\x03\x04" + fields + entry.name + packed
        directory += b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, entry.mode << 16, offset) + entry.name
    count = len(entries) if stated_entries is None else stated_entries
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + end
