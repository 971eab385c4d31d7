"""A song's stems as mixers hear them and the console mixes them. Needs files, no database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE, decoding, spectrogram
from mixing.audio.console import Rendered, render, render_section
from mixing.audio.masking import Covered, masking
from mixing.audio.parameters import Settings
from mixing.networks import features
from mixing.networks.inference import Embedder

Audio = NDArray[np.float32]
Progress = Callable[[float], None]

# The console runs in for at most 6 s, and its limiter looks ahead for less than half a second.
BEFORE_S: Final = 6.5
AFTER_S: Final = 0.5


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
        return embedder.embed_pooled(
            [features.load_pooled(track.mel) for track in self.tracks],
            [track.lufs for track in self.tracks],
            roles=[track.role for track in self.tracks],
            widths=[track.stereo_width for track in self.tracks],
        )

    def masking(self, settings: Settings, *, preview: bool) -> tuple[Covered, ...]:
        """Which stem is covered by which with these settings, in the section or the whole song."""
        start, stop = (at // spectrogram.HOP for at in self.section)
        looked_at = slice(start, stop + 1) if preview else slice(None)
        mels = [spectrogram.load(track.mel, looked_at) for track in self.tracks]
        return masking(mels, [track.channels for track in self.tracks], settings)

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

    @property
    def surroundings(self) -> tuple[int, int]:
        """The section with as much around it as the console may want to hear, (start, stop)."""
        start, stop = self.section
        before, after = round(BEFORE_S * SAMPLE_RATE), round(AFTER_S * SAMPLE_RATE)
        return max(0, start - before), min(self.frames, stop + after)


def mix_preview(
    multitrack: Multitrack,
    settings: Settings,
    *,
    read: Reader = read_track,
    loading: Progress,
    mixing: Progress,
) -> Rendered:
    """The song's section as it sounds within the song.

    What is read does not depend on the settings, so that a reader can keep it for the next mixer.
    """
    first, last = multitrack.surroundings
    start, stop = multitrack.section
    stems = multitrack.load(first, last, read=read, progress=loading)
    return render_section(
        stems,
        settings,
        start=start - first,
        stop=stop - first,
        position=first,
        progress=mixing,
    )


def mix_song(
    multitrack: Multitrack,
    settings: Settings,
    *,
    read: Reader = read_track,
    loading: Progress,
    mixing: Progress,
) -> Rendered:
    """The whole song."""
    stems = multitrack.load(0, multitrack.frames, read=read, progress=loading)
    return render(stems, settings, progress=mixing)


def _padded(audio: Audio, frames: int) -> Audio:
    missing = frames - audio.shape[1]
    return np.pad(audio, ((0, 0), (0, missing))) if missing else audio
