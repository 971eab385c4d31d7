"""Decode files from outside in a process of their own, and load what was stored.

`decode` turns any file we accept into 44.1 kHz 24-bit FLAC. The bytes are parsed only by a child
process (`decoder_child`) that has locked itself in; when it crashes, hangs or eats too much, it
dies alone, the caller gets `decode_failed`, and nothing is left on disk. `load` reads our own FLAC.

The rule for songs: every stem is resampled to 44.1 kHz on the way in, and `align` pads the shorter
ones with silence at the end to the longest.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.errors import AudioRejected
from mixing.audio.files import replacing
from mixing.audio.sniffing import Container, sniff

MEBIBYTE: Final = 1 << 20

_CHILD: Final = ("-m", "mixing.audio.decoder_child")
_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
_ANSWER_BYTES: Final = 1 << 16
_WALL_PER_CPU: Final = 2  # a loaded machine may be slow
# 15 minutes of Opus in 13 MiB, the dearest per byte, take 6 s on a core of 2024.
_BASE_CPU_SECONDS: Final = 15.0
_CPU_SECONDS_PER_BYTE: Final = 2.0 / MEBIBYTE

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may ask of us."""

    max_seconds: float = 900.0
    max_bytes: int = 500 * MEBIBYTE
    memory_bytes: int = 1024 * MEBIBYTE  # of address space, most of it never touched
    cpu_seconds: int = 60  # the most; small files get less

    def cpu_seconds_for(self, size: int) -> int:
        """The CPU time a file of this many bytes may use."""
        return int(min(self.cpu_seconds, _BASE_CPU_SECONDS + size * _CPU_SECONDS_PER_BYTE))

    @property
    def stored_bytes(self) -> int:
        """No stored FLAC is larger: stereo, 24 bits, and room for noise that will not compress."""
        return int(self.max_seconds * SAMPLE_RATE * 2 * 3 * 1.05) + MEBIBYTE


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is known of a file after decoding.

    `warnings` may hold `truncated` (the header promised more), `above_full_scale` (stored scaled
    down by `scale_db`) and `silent` (nothing above the last of 24 bits).
    """

    container: Container
    sample_rate: int  # of the original, Hz
    original_frames: int
    frames: int  # at 44.1 kHz
    channels: int
    duration_s: float
    scale_db: float  # add this when loading, >= 0
    fingerprint: str  # sha256 of the float32 samples at 44.1 kHz
    source_sha256: str  # of the original bytes
    peak_dbfs: float  # sample peak at 44.1 kHz before scaling; -200 for silence
    warnings: tuple[str, ...]
    cpu_seconds: float
    memory_bytes: int  # peak resident memory of the child

    @property
    def is_silent(self) -> bool:
        return "silent" in self.warnings


def decode(source: Path, destination: Path, *, limits: Limits = Limits()) -> Decoded:
    """Decode `source` into a 44.1 kHz 24-bit FLAC at `destination`, atomically.

    Raises AudioRejected: `empty_audio`, `too_large`, `unsupported_type`, `unsupported_format`,
    `too_long`, `non_finite`, `decode_failed`; and OSError when it is the disk that fails. Nothing
    is left at `destination` then.
    """
    size = source.stat().st_size
    if size > limits.max_bytes:
        raise AudioRejected(
            "too_large", f"The file is larger than {limits.max_bytes // MEBIBYTE} MiB."
        )
    container = sniff(source)
    if container == "zip":
        raise AudioRejected("unsupported_type", "This is an archive, not a single audio file.")
    with source.open("rb") as original, replacing(destination) as stored:
        answer = _ask_child(original, stored, container, limits)
        if "rejected" in answer:
            raise AudioRejected(**answer["rejected"])
        return _decoded(answer)


def load(
    path: Path, *, scale_db: float = 0.0, start: int = 0, stop: int | None = None
) -> NDArray[np.float32]:
    """Samples `start` to `stop` of a stored FLAC as (channels, samples) float32, `scale_db` louder.

    Slices behave as in Python (a stop beyond the end is the end), so an empty array is possible.
    Raises ValueError when the file is not at 44.1 kHz.
    """
    with soundfile.SoundFile(str(path)) as file:
        if file.samplerate != SAMPLE_RATE:
            raise ValueError(f"{path.name} is at {file.samplerate} Hz, not {SAMPLE_RATE} Hz")
        first, last, _ = slice(start, stop).indices(file.frames)
        file.seek(first)
        frames = file.read(max(0, last - first), dtype="float32", always_2d=True)
    audio: NDArray[np.float32] = np.ascontiguousarray(frames.T)
    if scale_db:
        audio *= np.float32(10.0 ** (scale_db / 20))
    return audio


def align(stems: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Stems padded with silence at the end to the length of the longest."""
    longest = max((stem.shape[1] for stem in stems), default=0)
    return [
        stem if stem.shape[1] == longest else np.pad(stem, ((0, 0), (0, longest - stem.shape[1])))
        for stem in stems
    ]


def check_song(stems: Sequence[Decoded], *, max_stems: int = 32) -> None:
    """Refuse a set of stems that cannot become a mix.

    A silent stem among others is fine. Raises AudioRejected: `empty_audio` for no stem at all,
    `too_many_stems`, and `too_quiet` when every stem is silent.
    """
    if not stems:
        raise AudioRejected("empty_audio", "The song has no stems.")
    if len(stems) > max_stems:
        raise AudioRejected(
            "too_many_stems", f"The song has {len(stems)} stems; we mix up to {max_stems}."
        )
    if all(stem.is_silent for stem in stems):
        raise AudioRejected("too_quiet", "Every stem is silent, so there is nothing to mix.")


def _decoded(answer: dict[str, Any]) -> Decoded:
    fields = answer["decoded"]
    return Decoded(
        **{**fields, "warnings": tuple(fields["warnings"])},
        duration_s=fields["frames"] / SAMPLE_RATE,
        cpu_seconds=answer["usage"]["cpu_seconds"],
        memory_bytes=answer["usage"]["memory_bytes"],
    )


def _ask_child(
    original: BinaryIO, stored: BinaryIO, container: Container, limits: Limits
) -> dict[str, Any]:
    """Run the child on two open files and return its answer.

    Raises AudioRejected `decode_failed` when it gives none, OSError when the disk is full.
    """
    cpu_seconds = limits.cpu_seconds_for(os.fstat(original.fileno()).st_size)
    request = {
        "source_fd": original.fileno(),
        "destination_fd": stored.fileno(),
        "container": container,
        "max_seconds": limits.max_seconds,
        "confinement": {
            "memory_bytes": limits.memory_bytes,
            "cpu_seconds": cpu_seconds,
            "file_bytes": limits.stored_bytes,
        },
    }
    with tempfile.TemporaryFile() as complaints:
        process = _start(request, complaints)
        answer = _first_bytes(process, time.monotonic() + _WALL_PER_CPU * cpu_seconds)
        if process.returncode == 0:
            with suppress(ValueError):
                parsed: dict[str, Any] = json.loads(answer)
                return parsed
        _log_failure(process, complaints)
    _raise_if_disk_is_full(stored)
    raise AudioRejected("decode_failed", "The file is damaged and could not be decoded.")


def _start(request: dict[str, Any], complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-s", *_CHILD, json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        pass_fds=(request["source_fd"], request["destination_fd"]),
        start_new_session=True,
        cwd="/",
        # Nothing of our environment (keys, passwords) goes along; one thread per decoder.
        env={
            "PYTHONPATH": str(_PACKAGE_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
        },
    )


def _first_bytes(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """What the child writes until it ends; it is killed with its group if it will not end."""
    assert process.stdout is not None
    answer = b""
    try:
        with process.stdout as pipe, selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while len(answer) <= _ANSWER_BYTES and selector.select(deadline - time.monotonic()):
                piece = os.read(pipe.fileno(), _ANSWER_BYTES)
                if not piece:
                    process.wait(max(0.0, deadline - time.monotonic()))
                    break
                answer += piece
    except subprocess.TimeoutExpired:
        pass
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return answer


def _log_failure(process: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
    complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, complaints.tell() - 2000))
    logger.warning(
        "audio decoder ended with %s: %s",
        process.returncode,
        complaints.read().decode(errors="replace"),
    )


def _raise_if_disk_is_full(stored: BinaryIO) -> None:
    """A full disk is no fault of the file, and trying again later helps."""
    free = shutil.disk_usage(stored.fileno()).free
    if free < MEBIBYTE:
        raise OSError(28, os.strerror(28))
