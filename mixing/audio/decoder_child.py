"""The process in which a file from outside is decoded: `python -m mixing.audio.decoder_child`.

It gets one JSON request as its argument, two open descriptors (the source to read, an empty file to
write) and confines itself before reading the first byte. The answer is one line of JSON on standard
output, either {"decoded": {…}} or {"rejected": {"code", "message"}}. `decoding.decode` is the other
end; nothing else starts this module.
"""

from __future__ import annotations

import hashlib
import json
import math
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import Any, Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.confinement import confine
from mixing.audio.errors import AudioRejected
from mixing.audio.headers import check_header, check_length, read_header
from mixing.audio.readers import PcmReader, SndfileReader, open_reader

ABSURD_PEAK: Final = 1e4
"""Samples beyond +80 dBFS are no loud music but a broken export (integers written as floats)."""

SILENCE_DBFS: Final = -200.0
_INT24: Final = 1 << 23
_FLAC_LEVEL: Final = 0.5  # 22 % smaller than 0 on tonal stereo, for 20 % more time


@dataclass
class Tally:
    """What one pass over a file found out."""

    original_frames: int = 0
    frames: int = 0
    peak: float = 0.0
    fingerprint: str = ""


def main() -> None:
    request = json.loads(sys.argv[1])
    memory = _MemoryGauge()
    answer: dict[str, object]
    confine(**request["confinement"])
    with (
        FileIO(request["source_fd"], "rb") as source,
        FileIO(request["destination_fd"], "r+b") as destination,
    ):
        try:
            answer = {"decoded": decode_stream(source, destination, request)}
        except AudioRejected as rejection:
            answer = {"rejected": {"code": rejection.code, "message": rejection.message}}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    answer["usage"] = {
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "memory_bytes": memory.peak_bytes(),
    }
    sys.stdout.write(json.dumps(answer, allow_nan=False))


def decode_stream(
    source: FileIO, destination: FileIO, request: dict[str, Any]
) -> dict[str, object]:
    """Decode `source` into a 44.1 kHz 24-bit FLAC; returns the fields of `decoding.Decoded`.

    Most files take one pass. One whose samples, after resampling, go beyond full scale is written
    again, scaled down to fit.
    """
    max_seconds = request["max_seconds"]
    header = read_header(source, request["container"])
    check_header(header, max_seconds)
    reader = open_reader(source, header)
    check_header(reader.header, max_seconds)
    tally = _write(reader, destination, max_seconds, gain=1.0)
    scale_db = _scale_db(tally.peak)
    if scale_db > 0:
        _write(reader, destination, max_seconds, gain=10.0 ** (-scale_db / 20))
    promised = reader.header.frames
    short = promised is not None and tally.original_frames < promised
    peak_dbfs = 20 * math.log10(tally.peak) if tally.peak > 0 else SILENCE_DBFS
    warnings = {
        "truncated": header.is_truncated or short,
        "above_full_scale": scale_db > 0,
        "silent": tally.peak < 0.5 / _INT24,
    }
    return {
        "container": header.container,
        "sample_rate": reader.header.sample_rate,
        "original_frames": tally.original_frames,
        "frames": tally.frames,
        "channels": reader.header.channels,
        "scale_db": scale_db,
        "fingerprint": tally.fingerprint,
        "source_sha256": _sha256(source),
        "peak_dbfs": max(peak_dbfs, SILENCE_DBFS),
        "warnings": [name for name, holds in warnings.items() if holds],
    }


def _write(
    reader: PcmReader | SndfileReader, destination: FileIO, max_seconds: float, *, gain: float
) -> Tally:
    """One pass: check, resample, fingerprint, scale and write every block."""
    tally = Tally()
    channels = reader.header.channels
    # The channel count is hashed too: a mono file and a stereo one may hold the same bytes.
    digest = hashlib.sha256(f"{SAMPLE_RATE} Hz, {channels} channels\n".encode())
    destination.seek(0)
    destination.truncate()
    with soundfile.SoundFile(
        destination.fileno(),
        "w",
        samplerate=SAMPLE_RATE,
        channels=channels,
        format="FLAC",
        subtype="PCM_24",
        closefd=False,
        compression_level=_FLAC_LEVEL,
    ) as flac:
        for block in _resampled(_checked(reader, max_seconds, tally), reader.header.sample_rate):
            digest.update(np.ascontiguousarray(block, "<f4").data)
            tally.frames += len(block)
            tally.peak = max(tally.peak, float(np.max(np.abs(block), initial=0.0)))
            flac.write(_to_int24(block, gain))
    if tally.frames == 0:
        raise AudioRejected("empty_audio", "The file has a header but no sound in it.")
    tally.fingerprint = digest.hexdigest()
    return tally


def _checked(
    reader: PcmReader | SndfileReader, max_seconds: float, tally: Tally
) -> Iterator[NDArray[np.float32]]:
    """The blocks as decoded, counted (headers lie) and known to be finite."""
    for block in reader.blocks():
        tally.original_frames += len(block)
        check_length(tally.original_frames, reader.header.sample_rate, max_seconds)
        peak = float(np.max(np.abs(block), initial=0.0))
        if not math.isfinite(peak):
            raise AudioRejected("non_finite", "The file holds samples that are not numbers.")
        if peak > ABSURD_PEAK:
            raise AudioRejected(
                "non_finite",
                f"The file holds samples {20 * math.log10(peak):.0f} dB above full scale; "
                "please export it again at a normal level.",
            )
        yield block


def _resampled(blocks: Iterator[NDArray[np.float32]], rate: int) -> Iterator[NDArray[np.float32]]:
    """The same sound at 44.1 kHz (soxr HQ, delay compensated), block by block."""
    if rate == SAMPLE_RATE:
        yield from blocks
        return
    stream: soxr.ResampleStream | None = None
    for block in blocks:
        if stream is None:
            stream = soxr.ResampleStream(rate, SAMPLE_RATE, block.shape[1], "float32", "HQ")
            silence = block[:0].copy()
        yield stream.resample_chunk(block)
    if stream is not None:
        yield stream.resample_chunk(silence, last=True)


def _to_int24(block: NDArray[np.float32], gain: float) -> NDArray[np.int32]:
    """24-bit integers in the upper bytes of int32, rounded: 24-bit sources stay exact."""
    scaled = np.rint(block.astype(np.float64) * (gain * _INT24))
    np.clip(scaled, -_INT24, _INT24 - 1, out=scaled)
    return scaled.astype(np.int32) << 8


def _scale_db(peak: float) -> float:
    """By how many dB, in steps of 0.01, the samples must come down to fit below full scale."""
    if peak <= 1.0:
        return 0.0
    return math.ceil(2000 * math.log10(peak)) / 100


def _sha256(source: FileIO) -> str:
    source.seek(0)
    return hashlib.file_digest(source, "sha256").hexdigest()


class _MemoryGauge:
    """Peak resident memory of this process.

    On Linux ru_maxrss is inherited from the process that forked this one, so the kernel's own mark
    is read instead, through a file opened before `confine` forbids opening any.
    """

    def __init__(self) -> None:
        self._status = FileIO("/proc/self/status") if sys.platform == "linux" else None

    def peak_bytes(self) -> int:
        if self._status is None:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        lines = self._status.readall().decode().splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024


if __name__ == "__main__":
    main()
