"""The training material: songs as spectrograms, heard once, kept in a cache and pooled."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mixing.audio.parameters import MAX_STRIPS
from mixing.audio.roles import ROLES
from mixing.audio.spectrogram import FRONT_END_VERSION
from mixing.networks.augmentation import time_masked
from mixing.networks.pooling import FRAME_RATE, Pooled, pool
from mixing.networks.sources.choosing import Chance
from mixing.networks.sources.songs import DataUnusable, Hearing, Song, Stem

Array = NDArray[np.float32]

_SILENCE_DB: Final = -80.0
_VIEW_SEED: Final = 20_181


@dataclass(frozen=True)
class Corpus:
    """Clean stems of many songs, end to end: row i of every array is stem i.

    songs: (songs, 2) first and last-but-one row of each song; chances: (songs,) how often each is
    drawn; crops: (stems, frames, 128) float16 middle parts of the spectrograms, for the
    convolutional trunk only; views: statistics of time-masked stems, (stems, views, ...).
    """

    songs: NDArray[np.intp]
    chances: NDArray[np.float64]
    role: NDArray[np.intp]
    width: Array
    seconds: Array
    pooled: Pooled
    crops: NDArray[np.float16]
    views: Pooled | None = None

    @classmethod
    def of(
        cls,
        songs: Iterable[Sequence[Stem]],
        chances: Sequence[float] | None = None,
        *,
        crop_frames: int = 192,
        views: int = 0,
    ) -> Self:
        """Silent stems are left out, songs with fewer than two stems too; of songs with more stems
        than the console has strips, the loudest stay. Songs are taken one at a time, and only
        statistics and crops of them are held.

        Raises:
            DataUnusable: no song is left.
        """
        rng = np.random.default_rng(_VIEW_SEED)
        kept: list[_Digest] = []
        counts, chance = [], []
        for number, song in enumerate(songs):
            stems = _sounding(song)
            if len(stems) < 2:
                continue
            kept += [_Digest.of(stem, crop_frames, views, rng) for stem in stems]
            counts.append(len(stems))
            chance.append(1.0 if chances is None else chances[number])
        if not kept:
            raise DataUnusable("No song has two stems that sound.")
        stops = np.cumsum(counts)
        return cls(
            np.stack([np.concatenate([[0], stops[:-1]]), stops], axis=1),
            np.array(chance) / np.sum(chance),
            np.array([ROLES.index(stem.role) for stem in kept]),
            np.array([stem.width for stem in kept], np.float32),
            np.array([stem.seconds for stem in kept], np.float32),
            stacked([stem.pooled for stem in kept]),
            np.stack([stem.crop for stem in kept]),
            stacked([stacked(stem.views) for stem in kept]) if views else None,
        )

    def digest(self) -> bytes:
        """A sum over what training and measuring read of it."""
        sum_ = hashlib.sha256()
        for array in (self.songs, self.chances, self.role, self.width, *vars(self.pooled).values()):
            sum_.update(np.ascontiguousarray(array).data)
        if self.views is not None:
            sum_.update(np.ascontiguousarray(self.views.levels).data)
        return sum_.digest()


@dataclass(frozen=True, slots=True)
class _Digest:
    """What stays of a stem when its spectrogram is let go."""

    role: str
    width: float
    seconds: float
    pooled: Pooled
    crop: NDArray[np.float16]
    views: list[Pooled]

    @classmethod
    def of(cls, stem: Stem, crop_frames: int, views: int, rng: np.random.Generator) -> Self:
        crop = _crop(stem.mel, crop_frames).astype(np.float16)
        masked = [pool(time_masked(stem.mel, rng)) for _ in range(views)]
        seconds = len(stem.mel) / FRAME_RATE
        return cls(stem.role, stem.width, seconds, pool(stem.mel), crop, masked)


def gather(
    chances: Sequence[Chance],
    *,
    cache: Path,
    views: int = 0,
    progress: bool = False,
    tell: Callable[[str], None] = lambda fault: None,
) -> Corpus:
    """These songs, decoded or composed where the cache folder does not hold them yet.

    Args:
        views: time-masked versions to make of every stem.
        tell: hears a sentence about each file that could not be used.

    Raises:
        DataUnusable: no song is left.
    """
    cache.mkdir(parents=True, exist_ok=True)
    bar = tqdm(chances, desc="songs", unit="song", disable=not progress)
    songs = (_told(_heard(chance.song, cache), chance.song, tell) for chance in bar)
    return Corpus.of(songs, [chance.chance for chance in chances], views=views)


def stacked(parts: Sequence[Pooled]) -> Pooled:
    """Statistics of several stems side by side, along a new first axis."""
    return Pooled(
        np.stack([part.levels for part in parts]),
        np.stack([part.movements for part in parts]),
        np.stack([part.scalars for part in parts]),
        np.stack([part.frame_levels for part in parts]),
    )


def _told(hearing: Hearing, song: Song, tell: Callable[[str], None]) -> tuple[Stem, ...]:
    for fault in hearing.faults:
        tell(fault)
    if len(hearing.stems) < 2:
        tell(f"{song.title}: left out. Fewer than two of its stems can be used.")
    return hearing.stems


def _heard(song: Song, cache: Path) -> Hearing:
    """The song, rounded to float16 like everything in a cache, so that a cache changes nothing."""
    if song.keep_as is None:
        hearing = song.hear()
        stems = (Stem(s.role, _rounded(s.mel), s.width) for s in hearing.stems)
        return Hearing(tuple(stems), hearing.faults)
    path = cache / f"{song.keep_as}-v{FRONT_END_VERSION}.npz"
    if not path.exists():
        _keep(song.hear(), path)
    return _kept(path)


def _keep(hearing: Hearing, path: Path) -> None:
    """Write a song's spectrograms end to end: stems of real songs differ in length."""
    part = path.with_suffix(".part.npz")
    lengths = [len(stem.mel) for stem in hearing.stems]
    mels = [stem.mel.astype(np.float16) for stem in hearing.stems]
    np.savez(
        part,
        mels=np.concatenate(mels) if mels else np.zeros((0, 0), np.float16),
        lengths=np.array(lengths, np.intp),
        widths=np.array([stem.width for stem in hearing.stems], np.float32),
        roles=np.array([stem.role for stem in hearing.stems], np.str_),
        faults=np.array(hearing.faults, np.str_),
    )
    part.rename(path)


def _kept(path: Path) -> Hearing:
    with np.load(path) as held:
        mels = np.split(held["mels"].astype(np.float32), np.cumsum(held["lengths"])[:-1])
        rows = zip(held["roles"].tolist(), mels, held["widths"].tolist(), strict=False)
        return Hearing(tuple(Stem(*row) for row in rows), tuple(held["faults"].tolist()))


def _rounded(mel: Array) -> Array:
    return mel.astype(np.float16).astype(np.float32)


def _sounding(song: Sequence[Stem]) -> list[Stem]:
    heard = [stem for stem in song if stem.mel.max() > _SILENCE_DB]
    if len(heard) <= MAX_STRIPS:
        return heard
    power = [float(np.power(10.0, stem.mel / 10.0).mean()) for stem in heard]
    loudest = sorted(np.argsort(power)[-MAX_STRIPS:].tolist())
    return [heard[index] for index in loudest]


def _crop(mel: Array, frames: int) -> Array:
    """The loudest window of this many frames, padded with silence when there are fewer."""
    if len(mel) < frames:
        return np.pad(mel, ((0, frames - len(mel)), (0, 0)), constant_values=-100.0)
    power = np.power(10.0, mel / 10.0).sum(axis=1)
    total = np.concatenate([[0.0], np.cumsum(power)])
    start = int(np.argmax(total[frames:] - total[:-frames]))
    return mel[start : start + frames]
