"""Small real songs for the tests of breeding, composed and heard once per session."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from evolution.descriptors import SongSound
from evolution.genome import Basis
from mixing.audio import SAMPLE_RATE
from mixing.audio.loudness import integrated_lufs
from mixing.audio.parameters import Settings
from mixing.audio.spectrogram import log_mel
from mixing.networks.architecture import Encoder, EncoderConfig, load_state
from mixing.networks.checkpoints import shipped, shipped_genome
from mixing.networks.inference import hear, settings_of
from mixing.networks.placement import stereo_width
from mixing.networks.pooling import pool
from mixing.networks.population import positions
from mixing.networks.styles import STYLES
from mixing.synthesis.song import compose

SECONDS = 2.0
FIRST_SEED = 3_000_000


@dataclass(frozen=True)
class Recorded:
    """A song with its audio, (channels, samples) per stem."""

    audio: Sequence[np.ndarray]
    sound: SongSound


@cache
def recorded(seed: int, seconds: float = SECONDS) -> Recorded:
    """The song of a seed counted from ``FIRST_SEED``, as the platform would analyse it."""
    stems = compose(seed=FIRST_SEED + seed, seconds=seconds).stems
    audio = [stem.audio for stem in stems]
    roles = [stem.role for stem in stems]
    mels = [log_mel(stem) for stem in audio]
    lufs = [integrated_lufs(stem, SAMPLE_RATE) for stem in audio]
    widths = [stereo_width(stem) for stem in audio]
    heard = hear([pool(mel) for mel in mels], lufs, roles=roles, widths=widths)
    with torch.no_grad():
        embeddings = _encoder()(*map(torch.from_numpy, heard)).numpy()
    return Recorded(audio, SongSound.from_stems(mels, lufs, roles, widths, embeddings))


@cache
def probe_songs() -> tuple[SongSound, ...]:
    """What a basis listens to."""
    return tuple(recorded(seed).sound for seed in (*range(11), 14))  # nobody sings in 14


@cache
def unseen_songs() -> tuple[SongSound, ...]:
    """Songs that no basis has listened to."""
    return tuple(recorded(seed).sound for seed in (11, 12, 13, 15))


@cache
def house() -> np.ndarray:
    """(5, P) the shipped mixers, balanced first."""
    return np.stack([shipped_genome(style.slug) for style in STYLES])


@cache
def basis() -> Basis:
    """Function space around the balanced mixer."""
    return Basis.build(house()[0], probe_songs())


def consoles(genomes: np.ndarray, sound: SongSound) -> tuple[np.ndarray, np.ndarray]:
    """Positions that heads choose for a song."""
    return positions(np.asarray(genomes, np.float32), sound.embeddings)


def settings(strips: np.ndarray, shared: np.ndarray) -> list[Settings]:
    """Positions (m, stems, 16) and (m, 14) as settings that can be rendered."""
    return [settings_of(*each) for each in zip(strips, shared, strict=True)]


@cache
def _encoder() -> Encoder:
    encoder = Encoder(EncoderConfig())
    load_state(encoder, shipped("encoder"))
    return encoder.eval()
