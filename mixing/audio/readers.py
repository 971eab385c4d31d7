"""Samples of an open audio file, block by block, as float32.

Runs in the decoder's child process only. Plain PCM is read by numpy; FLAC, Ogg and MP3 go through
libsndfile, on the descriptor that is already open (hence unbuffered files: nobody reads ahead).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from mixing.audio.errors import AudioRejected
from mixing.audio.headers import Header, PcmLayout

BLOCK_FRAMES: Final = 1 << 16

_SNDFILE_FORMATS: Final = {
    "flac": {("FLAC", "PCM_S8"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")},
    "ogg": {("OGG", "VORBIS"), ("OGG", "OPUS")},
    "mp3": {("MP3", "MPEG_LAYER_III"), ("MPEG", "MPEG_LAYER_III")},
}
_NO_COUNT: Final = 1 << 62  # libsndfile's way to say that it does not know


def open_reader(file: FileIO, header: Header) -> PcmReader | SndfileReader:
    """A reader for the file that `header` describes.

    Raises AudioRejected `decode_failed` when libsndfile cannot open it or finds something else.
    """
    if header.pcm is not None:
        return PcmReader(file, header, header.pcm)
    return SndfileReader(file, header)


class PcmReader:
    """Uncompressed samples, straight from the bytes."""

    def __init__(self, file: FileIO, header: Header, layout: PcmLayout) -> None:
        self.header = header
        self._file = file
        self._layout = layout

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All frames as (frames, channels) blocks in order; may be called again to start over."""
        frame_bytes = self.header.channels * self._layout.bits // 8
        left = self.header.frames or 0
        self._file.seek(self._layout.offset)
        while left > 0:
            data = self._file.read(min(left, BLOCK_FRAMES) * frame_bytes)
            frames = len(data) // frame_bytes
            if frames == 0:
                return
            samples = _to_float(data[: frames * frame_bytes], self._layout)
            yield samples.reshape(frames, self.header.channels)
            left -= frames


class SndfileReader:
    """Samples that libsndfile decodes."""

    def __init__(self, file: FileIO, header: Header) -> None:
        self._file = file
        self._sound = self._open()
        found = (self._sound.format, self._sound.subtype)
        agrees = self._sound.channels == header.channels
        if found not in _SNDFILE_FORMATS[header.container] or not agrees:
            raise AudioRejected("decode_failed", "The file is not what its header says it is.")
        counted = self._sound.frames
        # Of an MP3 without a Xing tag it is guessed from the file's size, cover pictures included.
        is_known = header.container != "mp3" and counted < _NO_COUNT
        self.header = Header(
            container=header.container,
            sample_rate=self._sound.samplerate,
            channels=header.channels,
            frames=counted if is_known else header.frames,
        )

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All frames as (frames, channels) blocks in order; may be called again to start over."""
        self._sound.close()
        self._sound = self._open()
        while True:
            try:
                block = self._sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise _undecodable() from error
            if len(block) == 0:
                return
            yield block

    def _open(self) -> soundfile.SoundFile:
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        try:
            return soundfile.SoundFile(self._file.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            raise _undecodable() from error


def _undecodable() -> AudioRejected:
    return AudioRejected("decode_failed", "The file is damaged and could not be decoded.")


def _to_float(data: bytes, layout: PcmLayout) -> NDArray[np.float32]:
    """Coded samples as float32, full scale at 1.0."""
    if layout.kind == "f":
        # A float64 beyond float32 becomes infinite here, which the caller refuses.
        with np.errstate(over="ignore"):
            return np.frombuffer(data, f"{layout.order}f{layout.bits // 8}").astype(np.float32)
    if layout.kind == "u":
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0
    if layout.bits == 24:
        integers = _widen_24_bits(data, layout.order)
        return integers.astype(np.float32) * np.float32(2.0**-31)
    raw = np.frombuffer(data, f"{layout.order}i{layout.bits // 8}")
    return raw.astype(np.float32) * np.float32(2.0 ** (1 - layout.bits))


def _widen_24_bits(data: bytes, order: str) -> NDArray[np.int32]:
    """24-bit integers in the upper bytes of int32."""
    packed = np.frombuffer(data, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(packed), 4), np.uint8)
    wide[:, slice(1, 4) if order == "<" else slice(0, 3)] = packed
    return wide.view(f"{order}i4").reshape(-1)
