"""Write audio as WAV, FLAC and MP3: the same samples always give the same bytes.

No tags, no dates, no encoder names of ours. WAV is written here byte by byte (libsndfile would put
a time stamp into float files), FLAC by libsndfile, MP3 by LAME. Everything goes in blocks, because
libsndfile has crashed on a minute in one call, and appears under its name only when it is whole.

Samples beyond full scale are clipped in the integer formats. 16-bit output, and MP3 (LAME takes 16
bits), is dithered with triangular noise of two steps' width (Lipshitz, Wannamaker, Vanderkooy:
Quantization and dither, JAES 40(5), 1992) from a fixed seed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import lameenc
import numpy as np
import soundfile
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.files import replacing

WavBits = Literal[16, 24, "32f"]
FlacBits = Literal[16, 24]
MP3_KBPS: Final = (96, 112, 128, 160, 192, 224, 256, 320)

_BLOCK_FRAMES: Final = 1 << 15
_DITHER_SEED: Final = 20_048
_FLAC_LEVEL: Final = 0.5
_LAME_QUALITY: Final = 5  # LAME's default; 2 takes twice as long for what nobody hears at 320
_WAVE_PCM: Final = 1
_WAVE_FLOAT: Final = 3


def write_wav(
    audio: NDArray[np.float32], path: Path, rate: int = SAMPLE_RATE, bits: WavBits = 24
) -> None:
    """Write (channels, samples) as WAV: 16-bit, 24-bit, or 32-bit float ("32f").

    Raises ValueError for a wrong shape, samples that are not finite, or more than 4 GiB.
    """
    with replacing(path) as file:
        file.write(_wav_header(audio, rate, bits))
        written = 0
        for block in _wav_blocks(audio, bits):
            file.write(block)
            written += len(block)
        file.write(b"\0" * (written % 2))  # RIFF chunks have even lengths


def write_flac(
    audio: NDArray[np.float32], path: Path, rate: int = SAMPLE_RATE, bits: FlacBits = 24
) -> None:
    """Write (channels, samples) as FLAC of 16 or 24 bits.

    Raises ValueError for a wrong shape or samples that are not finite.
    """
    channels = channel_count(audio)
    with (
        replacing(path) as file,
        soundfile.SoundFile(
            file.fileno(),
            "w",
            samplerate=rate,
            channels=channels,
            format="FLAC",
            subtype=f"PCM_{bits}",
            closefd=False,
            compression_level=_FLAC_LEVEL,
        ) as flac,
    ):
        for block in _quantised(audio, bits):
            flac.write(block << 32 - bits)


def write_mp3(
    audio: NDArray[np.float32], path: Path, rate: int = SAMPLE_RATE, kbps: int = 320
) -> None:
    """Write (channels, samples) as MP3 of constant bit rate, by LAME.

    Raises ValueError for a wrong shape, samples that are not finite, or an odd bit rate.
    """
    if kbps not in MP3_KBPS:
        raise ValueError(f"kbps must be one of {MP3_KBPS}, not {kbps}")
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channel_count(audio))
    encoder.set_quality(_LAME_QUALITY)
    with replacing(path) as file:
        for block in _quantised(audio, 16):
            file.write(encoder.encode(block.astype("<i2").tobytes()))
        file.write(encoder.flush())


def channel_count(audio: NDArray[np.float32]) -> int:
    """1 or 2; raises ValueError for another shape than (1 or 2, samples)."""
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise ValueError(f"audio must be (1 or 2 channels, samples), not {audio.shape}")
    return int(audio.shape[0])


def _wav_header(audio: NDArray[np.float32], rate: int, bits: WavBits) -> bytes:
    channels, samples = channel_count(audio), audio.shape[1]
    tag, width = (_WAVE_FLOAT, 32) if bits == "32f" else (_WAVE_PCM, bits)
    frame_bytes = channels * width // 8
    size = samples * frame_bytes
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * frame_bytes, frame_bytes, width)
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt
    if tag == _WAVE_FLOAT:
        # Every coding but PCM states the length of its (empty) extension and its frames.
        chunks = b"fmt " + struct.pack("<I", len(fmt) + 2) + fmt + b"\0\0"
        chunks += b"fact" + struct.pack("<II", 4, samples)
    riff_size = 4 + len(chunks) + 8 + size + size % 2
    if riff_size >= 1 << 32:
        raise ValueError("a WAV file holds less than 4 GiB")
    head = b"RIFF" + struct.pack("<I", riff_size) + b"WAVE"
    return head + chunks + b"data" + struct.pack("<I", size)


def _wav_blocks(audio: NDArray[np.float32], bits: WavBits) -> Iterator[bytes]:
    if bits == "32f":
        for block in blocks_of(audio):
            yield block.astype("<f4").tobytes()
        return
    for integers in _quantised(audio, bits):
        if bits == 16:
            yield integers.astype("<i2").tobytes()
        else:
            # The three lower bytes of each little-endian int32.
            yield integers.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _quantised(audio: NDArray[np.float32], bits: FlacBits) -> Iterator[NDArray[np.int32]]:
    """Interleaved integers of so many bits: rounded at 24, dithered at 16, clipped at both."""
    full_scale = 1 << bits - 1
    noise = np.random.Generator(np.random.PCG64(_DITHER_SEED))
    for block in blocks_of(audio):
        scaled = block.astype(np.float64) * full_scale
        if bits == 16:
            scaled += noise.random(block.shape, np.float32)
            scaled -= noise.random(block.shape, np.float32)
        np.rint(scaled, out=scaled)
        yield np.clip(scaled, -full_scale, full_scale - 1).astype(np.int32)


def blocks_of(audio: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Blocks of (frames, channels); raises ValueError at one that is not finite."""
    for start in range(0, audio.shape[1], _BLOCK_FRAMES):
        block = np.ascontiguousarray(audio[:, start : start + _BLOCK_FRAMES].T)
        if not np.isfinite(block).all():
            raise ValueError("audio holds samples that are not finite")
        yield block
