"""The built-in source: songs composed by ``mixing.synthesis``, as many as wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from mixing.audio.spectrogram import log_mel
from mixing.networks.placement import stereo_width
from mixing.networks.sources.songs import DataUnusable, Hearing, Listing, Part, Song, Stem
from mixing.synthesis.song import SynthSong, compose

FIRST_SEED: Final = {Part.TRAINING: 0, Part.VALIDATION: 500_000, Part.HELD_OUT: 1_000_000}
"""Seeds count up from here in each part, so that no song is in two."""


@dataclass(frozen=True)
class Synthesiser:
    """So many songs of each part, all of one length in seconds."""

    songs: int = 600
    validation: int = 32
    held_out: int = 64
    seconds: float = 10.0
    make: Callable[..., SynthSong] = compose
    name: str = "synth"

    def listing(self) -> Listing:
        counts = {
            Part.TRAINING: self.songs, Part.VALIDATION: self.validation,
            Part.HELD_OUT: self.held_out,
        }  # fmt: skip
        if max(counts.values()) < 1:
            raise DataUnusable("The synthesiser was asked for no songs.")
        return Listing(
            tuple(
                self._song(FIRST_SEED[part] + number, part)
                for part, count in counts.items()
                for number in range(count)
            )
        )

    def _song(self, seed: int, part: Part) -> Song:
        hear = partial(_compose, self.make, seed, self.seconds)
        return Song(f"synth {seed}", part, hear, f"song-{seed}-{self.seconds:g}s")


def _compose(make: Callable[..., SynthSong], seed: int, seconds: float) -> Hearing:
    song = make(seed=seed, seconds=seconds)
    stems = (Stem(s.role, log_mel(s.audio), stereo_width(s.audio)) for s in song.stems)
    return Hearing(tuple(stems))
