"""The outside of an MP3 file: ID3v2 tags and frame headers (ISO/IEC 11172-3, 13818-3, id3.org)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final, Self

_BITRATES_MPEG1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_MPEG2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_MPEG1: Final = (44_100, 48_000, 32_000)
_LAYER_III: Final = 1
_MONO: Final = 3


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The fields of one Layer III frame header that matter here."""

    version: int  # as coded: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
    sample_rate: int
    channels: int
    length: int  # of the whole frame, in bytes

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """The header in four bytes, or None when they are not one of Layer III."""
        if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
            return None
        version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
        bitrate_index, rate_index, padding = data[2] >> 4, data[2] >> 2 & 3, data[2] >> 1 & 1
        if version == 1 or layer != _LAYER_III or bitrate_index in (0, 15) or rate_index == 3:
            return None
        mpeg1 = version == 3
        sample_rate = _RATES_MPEG1[rate_index] >> (0 if mpeg1 else 1 if version == 2 else 2)
        bitrates = _BITRATES_MPEG1 if mpeg1 else _BITRATES_MPEG2
        coefficient = 144_000 if mpeg1 else 72_000
        return cls(
            version=version,
            sample_rate=sample_rate,
            channels=1 if data[3] >> 6 == _MONO else 2,
            length=coefficient * bitrates[bitrate_index - 1] // sample_rate + padding,
        )

    def is_same_stream(self, other: Self) -> bool:
        """True when both can be frames of one stream: version and sample rate never change."""
        return self.version == other.version and self.sample_rate == other.sample_rate


def skip_id3(file: BinaryIO) -> int:
    """Where the content starts: behind the ID3v2 tags at the start of the file, or 0."""
    position = 0
    for _ in range(16):  # a file may carry a few tags in a row, a hostile one thousands
        file.seek(position)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 0x7F:
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        footer = 10 if head[5] & 0x10 else 0
        position += 10 + size + footer
    return position
