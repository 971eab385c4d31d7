"""A song's stems as mixers hear them and the console mixes them. Needs files, no database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE, decoding, spectrogram
from mixing.audio.console import Rendered, lead_in_s, render_section
from mixing.audio.parameters import Settings
from mixing.networks.inference import Embedder

Audio = NDArray[np.float32]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Track:
    """One stem: its stored files, and what was measured on it."""

    audio: Path
    mel: Path
    channels: int
    frames: int
    scale_db: float
    lufs: float
    stereo_width: float
    role: str | None  # None where only the ear can tell


Reader = Callable[[Track, int, int], Audio]


def read_track(track: Track, start: int, stop: int) -> Audio:
    """Samples `start` to `stop` of the track, (channels, samples); fewer where it ends."""
    return decoding.load(track.audio, scale_db=track.scale_db, start=start, stop=stop)


@dataclass(frozen=True, slots=True)
class Multitrack:
    """The tracks of a song; shorter ones count as padded with silence to the longest."""

    tracks: tuple[Track, ...]
    section: tuple[int, int]
    """The most interesting stretch, (start, stop) in samples."""

    @property
    def frames(self) -> int:
        return max(track.frames for track in self.tracks)

    @property
    def decoded_bytes(self) -> int:
        """Memory that all tracks take as float32."""
        return sum(4 * track.channels for track in self.tracks) * self.frames

    def hear(self, embedder: Embedder) -> Audio:
        """Embeddings (stems, D) of the whole song."""
        return embedder.embed(
            [spectrogram.load(track.mel) for track in self.tracks],
            [track.lufs for track in self.tracks],
            roles=[track.role for track in self.tracks],
            widths=[track.stereo_width for track in self.tracks],
        )

    def load(
        self, start: int, stop: int, *, read: Reader = read_track, progress: Progress | None = None
    ) -> list[Audio]:
        """Samples `start` to `stop` of every track, all of that length."""
        stems = []
        for number, track in enumerate(self.tracks, 1):
            stems.append(_padded(read(track, start, stop), stop - start))
            if progress is not None:
                progress(number / len(self.tracks))
        return stems

    def lead_in(self, settings: Settings) -> int:
        """Samples before the section that the console must hear first."""
        return min(self.section[0], ceil(lead_in_s(settings) * SAMPLE_RATE))


def mix_section(
    stems: Sequence[Audio], settings: Settings, lead_in: int, progress: Progress
) -> Rendered:
    """Stems that begin with `lead_in` samples for the console to run in; those are left out."""
    stop = stems[0].shape[1]
    return render_section(stems, settings, start=lead_in, stop=stop, progress=progress)


def _padded(audio: Audio, frames: int) -> Audio:
    missing = frames - audio.shape[1]
    return np.pad(audio, ((0, 0), (0, missing))) if missing else audio
