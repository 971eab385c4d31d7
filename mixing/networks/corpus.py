"""The training material: synthesised songs as spectrograms, made once and kept in a cache."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mixing.audio.roles import ROLES
from mixing.audio.spectrogram import FRONT_END_VERSION, log_mel
from mixing.networks.placement import stereo_width
from mixing.networks.pooling import Pooled, pool
from mixing.synthesis.song import SynthSong, compose

HELD_OUT_SEED: Final = 1_000_000
"""Songs from this seed on are never trained on."""

Array = NDArray[np.float32]
Stem = tuple[str, Array, float]
"""Role, log-mel (frames, 128), stereo width."""


@dataclass(frozen=True)
class Corpus:
    """Clean stems of many songs, end to end: row i of every array is stem i.

    songs: (songs, 2) first and last-but-one row of each song; crops: (stems, frames, 128) float16
    middle parts of the spectrograms, for the convolutional trunk only.
    """

    songs: NDArray[np.intp]
    role: NDArray[np.intp]
    width: Array
    pooled: Pooled
    crops: NDArray[np.float16]

    @classmethod
    def of(cls, songs: Sequence[Sequence[Stem]], *, crop_frames: int = 192) -> Self:
        """Silent stems are left out; songs with fewer than two stems too."""
        kept = [[stem for stem in song if stem[1].max() > -80.0] for song in songs]
        kept = [song for song in kept if len(song) >= 2]
        stops = np.cumsum([len(song) for song in kept])
        stems = [stem for song in kept for stem in song]
        pooled = [pool(mel) for _, mel, _ in stems]
        return cls(
            np.stack([np.concatenate([[0], stops[:-1]]), stops], axis=1),
            np.array([ROLES.index(role) for role, _, _ in stems]),
            np.array([width for _, _, width in stems], np.float32),
            Pooled(
                np.stack([p.levels for p in pooled]),
                np.stack([p.movements for p in pooled]),
                np.stack([p.scalars for p in pooled]),
                np.stack([p.frame_levels for p in pooled]),
            ),
            np.stack([_crop(mel, crop_frames) for _, mel, _ in stems]).astype(np.float16),
        )


def gather(
    seeds: Iterable[int],
    *,
    seconds: float,
    cache: Path,
    progress: bool = False,
    make: Callable[..., SynthSong] = compose,
) -> Corpus:
    """The songs of these seeds, composed where the cache folder does not hold them yet."""
    seeds = list(seeds)
    cache.mkdir(parents=True, exist_ok=True)
    bar = tqdm(seeds, desc="songs", unit="song", disable=not progress)
    return Corpus.of([_song(seed, seconds, cache, make) for seed in bar])


def _song(seed: int, seconds: float, cache: Path, make: Callable[..., SynthSong]) -> list[Stem]:
    path = cache / f"song-{seed}-{seconds:g}s-v{FRONT_END_VERSION}.npz"
    if not path.exists():
        song = make(seed=seed, seconds=seconds)
        part = path.with_suffix(".part.npz")
        np.savez(
            part,
            mels=np.stack([log_mel(stem.audio) for stem in song.stems]).astype(np.float16),
            widths=np.array([stereo_width(stem.audio) for stem in song.stems], np.float32),
            roles=np.array([stem.role for stem in song.stems]),
        )
        part.rename(path)
    with np.load(path) as held:
        rows = zip(held["roles"].tolist(), held["mels"], held["widths"].tolist(), strict=True)
        return [(role, mel.astype(np.float32), width) for role, mel, width in rows]


def _crop(mel: Array, frames: int) -> Array:
    """The loudest window of this many frames, padded with silence when there are fewer."""
    if len(mel) < frames:
        return np.pad(mel, ((0, frames - len(mel)), (0, 0)), constant_values=-100.0)
    power = np.power(10.0, mel / 10.0).sum(axis=1)
    total = np.concatenate([[0.0], np.cumsum(power)])
    start = int(np.argmax(total[frames:] - total[:-frames]))
    return mel[start : start + frames]
