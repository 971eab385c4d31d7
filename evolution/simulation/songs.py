"""Songs for simulations: composed by the synthesiser, recorded badly, heard by the real encoder.

Only spectrograms are kept, since no simulated listener hears samples. A recording differs from the
clean song by a random equaliser and gain per stem, which on a log-mel spectrogram is arithmetic.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from evolution.descriptors import SongSound
from mixing.audio.roles import ROLES
from mixing.audio.spectrogram import BANDS, FRONT_END_VERSION, band_centres_hz, log_mel
from mixing.networks.architecture import Encoder, EncoderConfig, load_state
from mixing.networks.checkpoints import shipped
from mixing.networks.equaliser import GAINS, eq_curve_db, loudness_db
from mixing.networks.inference import hear
from mixing.networks.placement import stereo_width
from mixing.networks.pooling import pool
from mixing.synthesis import SYNTHESISER_VERSION
from mixing.synthesis.levels import ROLE_LUFS
from mixing.synthesis.song import compose

Array = NDArray[np.float32]

FIRST_SEED: Final = 2_000_000
"""Seeds from here on are neither trained on nor used to evaluate the mixers."""

SECONDS: Final = 10.0
_GAIN_DB: Final = 8.0
_EQ_DB: Final = 5.0
_SKETCH_FRAMES: Final = 96
_LOUDNESS_OFFSET_DB: Final = -0.691
"""BS.1770: LUFS of a K-weighted mean square, here of one channel."""


@dataclass(frozen=True)
class SimulatedSong:
    """One song as recorded.

    sound: what learners may know. energy: (stems, 128) dB mean band levels; frame_levels:
    (stems, 20) quantiles of the level over time, dB re the mean; scalars: (stems, 4) as
    ``pooling.SCALARS``.
    """

    name: str
    sound: SongSound
    energy: Array
    frame_levels: Array
    scalars: Array

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(self.sound.roles)


@dataclass(frozen=True)
class _Stem:
    role: str
    mel: Array
    width: float


def composed(
    count: int, *, cache: Path, say: Callable[[str], None] | None = None
) -> list[SimulatedSong]:
    """The first ``count`` songs of the synthesiser from ``FIRST_SEED`` on, kept in a folder."""
    cache.mkdir(parents=True, exist_ok=True)
    songs = []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        path = cache / f"song-{seed}-v{SYNTHESISER_VERSION}.{FRONT_END_VERSION}.npz"
        if not path.exists():
            if say is not None:
                say(f"composing song {seed - FIRST_SEED + 1} of {count}")
            _compose(seed, path)
        with np.load(path) as held:
            rows = zip(held["roles"].tolist(), held["mels"], held["widths"].tolist(), strict=True)
            stems = [_Stem(role, mel.astype(np.float32), width) for role, mel, width in rows]
        songs.append(_recorded(f"song {seed}", stems, np.random.default_rng(seed)))
    return songs


def sketched(count: int, *, seed: int = 0) -> list[SimulatedSong]:
    """Stand-ins that need no synthesiser: noise in the spectral shape and rhythm of each role."""
    return [_sketch(f"sketch {i}", np.random.default_rng((seed, i))) for i in range(count)]


def _compose(seed: int, path: Path) -> None:
    song = compose(seed=seed, seconds=SECONDS)
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        mels=np.stack([log_mel(stem.audio) for stem in song.stems]).astype(np.float16),
        widths=np.array([stereo_width(stem.audio) for stem in song.stems], np.float32),
        roles=np.array([stem.role for stem in song.stems]),
    )
    part.rename(path)


def _recorded(name: str, stems: Iterable[_Stem], rng: np.random.Generator) -> SimulatedSong:
    """The stems behind a random equaliser and gain each, as a microphone and a preamp leave them;
    stems without any sound are left out."""
    kept = [stem for stem in stems if stem.mel.max() > -80.0]
    gains = rng.uniform(-_EQ_DB, _EQ_DB, (len(kept), len(GAINS))).astype(np.float32)
    curves = eq_curve_db(gains) + rng.uniform(-_GAIN_DB, _GAIN_DB, (len(kept), 1))
    mels = [
        np.maximum(s.mel + c, -100.0).astype(np.float32) for s, c in zip(kept, curves, strict=True)
    ]
    pooled = [pool(mel) for mel in mels]
    energy = np.stack([p.levels[0] for p in pooled])
    lufs = loudness_db(energy) + _LOUDNESS_OFFSET_DB
    roles = tuple(stem.role for stem in kept)
    widths = np.array([stem.width for stem in kept], np.float32)
    features, measured = hear(pooled, lufs.tolist(), roles=roles, widths=widths.tolist())
    with torch.no_grad():
        embeddings = _encoder()(torch.from_numpy(features), torch.from_numpy(measured)).numpy()
    sound = SongSound.from_stems(mels, lufs.tolist(), roles, widths.tolist(), embeddings)
    frame_levels = np.stack([p.frame_levels for p in pooled])
    return SimulatedSong(name, sound, energy, frame_levels, np.stack([p.scalars for p in pooled]))


@cache
def _encoder() -> Encoder:
    encoder = Encoder(EncoderConfig())
    load_state(encoder, shipped("encoder"))
    return encoder.eval()


_SHAPES: Final = {
    # Octaves re 1 kHz of the centre, width in octaves, hits per second.
    "drums": (0.5, 3.0, 4.0), "bass": (-3.3, 1.0, 2.0), "vocal": (-0.3, 1.6, 1.5),
    "backing_vocal": (0.0, 1.6, 1.0), "guitar": (-0.8, 1.6, 2.5), "keys": (-1.0, 1.8, 2.0),
    "synth": (0.2, 1.9, 1.0), "strings": (-0.4, 1.7, 0.5), "brass": (-0.4, 1.5, 1.0),
    "percussion": (2.2, 1.3, 6.0),
}  # fmt: skip


def _sketch(name: str, rng: np.random.Generator) -> SimulatedSong:
    others = [role for role in _SHAPES if role not in ("drums", "bass", "vocal")]
    drawn = rng.choice(others, int(rng.integers(2, 6)), replace=False).tolist()
    roles = [role for role in ROLES if role in {"drums", "bass", "vocal", *drawn}]
    return _recorded(name, [_sketched_stem(role, rng) for role in roles], rng)


def _sketched_stem(role: str, rng: np.random.Generator) -> _Stem:
    centre, width, rate = _SHAPES[role]
    octaves = np.log2(band_centres_hz() / 1000.0) - centre - rng.normal(0.0, 0.3)
    shape = -6.0 * np.square(octaves / width)
    beats = np.arange(_SKETCH_FRAMES) / 43.0 * rate * rng.uniform(0.7, 1.4)
    envelope = -rng.uniform(8.0, 20.0) * (beats % 1.0)
    mel = shape + envelope[:, None] + rng.normal(0.0, 2.0, (_SKETCH_FRAMES, BANDS))
    power = np.power(10.0, mel / 10.0).mean(axis=0)
    heard = float(loudness_db((10.0 * np.log10(power)).astype(np.float32)))
    mel += ROLE_LUFS[role] + float(rng.normal(0.0, 1.0)) - heard
    return _Stem(role, np.maximum(mel, -100.0).astype(np.float32), float(rng.uniform(0.0, 0.6)))
