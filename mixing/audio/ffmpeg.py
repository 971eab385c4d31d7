"""Opus and AAC, which ffmpeg writes: on machines that have one, in a process of its own.

The samples go through a pipe in blocks. The files carry no tags, dates or encoder names, and the
same samples give the same bytes (ffmpeg's "bitexact").
"""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.encoding import blocks_of, channel_count
from mixing.audio.files import replacing

Codec = Literal["opus", "aac"]

_ENCODERS: Final[dict[Codec, str]] = {"opus": "libopus", "aac": "aac"}
_OUTPUT: Final[dict[Codec, tuple[str, ...]]] = {
    # Opus runs at 48 kHz only.
    "opus": ("-c:a", "libopus", "-b:a", "160k", "-vbr", "on", "-ar", "48000", "-f", "ogg"),
    "aac": ("-c:a", "aac", "-b:a", "256k", "-f", "ipod", "-movflags", "+faststart"),
}
_LISTING_S: Final = 10.0
_FINISH_S: Final = 120.0


class EncoderMissing(Exception):
    """This machine has no ffmpeg, or one without the encoder."""

    code = "encoder_missing"


class EncodingFailed(Exception):
    """ffmpeg gave up; the message is its own."""

    code = "encoding_failed"


@cache
def codecs() -> frozenset[Codec]:
    """What can be written here; asked of ffmpeg once per process."""
    program = shutil.which("ffmpeg")
    if program is None:
        return frozenset()
    try:
        listing = subprocess.run(
            [program, "-hide_banner", "-encoders"],
            capture_output=True,
            text=True,
            timeout=_LISTING_S,
            check=True,
            stdin=subprocess.DEVNULL,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    known = {words[1] for words in map(str.split, listing.splitlines()) if len(words) > 1}
    return frozenset(codec for codec, encoder in _ENCODERS.items() if encoder in known)


def write(audio: NDArray[np.float32], path: Path, codec: Codec, rate: int = SAMPLE_RATE) -> None:
    """Write (1 or 2 channels, samples) as Ogg Opus of 160 kbit/s or as AAC of 256 kbit/s in MP4.

    Raises:
        ValueError: a wrong shape or samples that are not finite.
        EncoderMissing: ``codec`` is not among ``codecs()``.
        EncodingFailed: ffmpeg could not write it; nothing is left at ``path``.
    """
    if codec not in codecs():
        raise EncoderMissing(f"ffmpeg with an encoder for {codec} is missing on this machine.")
    channels = channel_count(audio)
    with replacing(path) as file, tempfile.TemporaryFile() as complaints:
        command = [
            *(str(shutil.which("ffmpeg")), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
            *("-f", "f32le", "-ar", str(rate), "-ac", str(channels), "-i", "pipe:0"),
            *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"),
            *(*_OUTPUT[codec], f"file:{file.name}"),
        ]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        ) as process:
            try:
                _feed(process, audio)
                code = process.wait(_FINISH_S)
            except BaseException:
                process.kill()
                raise
        if code:
            raise EncodingFailed(_said(complaints) or f"ffmpeg ended with {code}")


def _feed(process: "subprocess.Popen[bytes]", audio: NDArray[np.float32]) -> None:
    assert process.stdin is not None
    try:
        for block in blocks_of(audio):
            process.stdin.write(block.astype("<f4").tobytes())
        process.stdin.close()
    except BrokenPipeError:
        pass  # It ended early: its exit code says why.


def _said(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    return complaints.read(500).decode(errors="replace").strip()
