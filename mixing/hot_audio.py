"""Readers of whole songs: one that remembers, and one for songs larger than memory.

Reading 24-bit FLAC costs about as much as mixing it, and five mixers mix the same stems in a row.
"""

import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from mixing.audio.decibels import amplitude
from mixing.multitrack import Reader, Track, read_track

BUDGET_BYTES: Final = 600 * 1024 * 1024
_BLOCK_FRAMES: Final = 1 << 16

Audio = NDArray[np.float32]


class HotAudio:
    """A reader that keeps what it read, the least recently used leaving first."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._spans: OrderedDict[tuple[Path, int, int], Audio] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        return sum(audio.nbytes for audio in self._spans.values())

    def __call__(self, track: Track, start: int, stop: int) -> Audio:
        """As `read_track`; the array is shared, and therefore read-only."""
        key = (track.audio, start, stop)
        if key not in self._spans:
            audio = read_track(track, start, stop)
            audio.flags.writeable = False
            self._spans[key] = audio
        self._spans.move_to_end(key)
        audio = self._spans[key]
        while self.held_bytes > self._budget:
            self._spans.popitem(last=False)
        return audio


def paged_reader(scratch: Path) -> Reader:
    """A reader whose arrays lie in nameless files under `scratch`: the system pages them."""

    def read(track: Track, start: int, stop: int) -> Audio:
        with tempfile.TemporaryFile(dir=scratch) as file:
            shape = (track.channels, stop - start)
            audio: Audio = np.memmap(file, dtype=np.float32, mode="w+", shape=shape)
        at = 0
        for block in _blocks(track, start, stop):
            audio[:, at : at + block.shape[1]] = block
            at += block.shape[1]
        return audio

    return read


def _blocks(track: Track, start: int, stop: int) -> Iterator[Audio]:
    gain = np.float32(amplitude(track.scale_db))
    with soundfile.SoundFile(str(track.audio)) as file:
        file.seek(start)
        wanted = min(stop, file.frames) - start
        while wanted > 0:
            block = file.read(min(_BLOCK_FRAMES, wanted), dtype="float32", always_2d=True)
            wanted -= len(block)
            yield block.T * gain
