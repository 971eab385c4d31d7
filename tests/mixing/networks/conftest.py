"""A very small corpus, and the shipped mixers exported once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mixing.audio.parameters import Settings
from mixing.networks.corpus import Corpus, gather
from mixing.networks.export import ExportedMixer, export_house_mixers
from mixing.networks.inference import Embedder, HeadSession
from mixing.networks.pooling import BANDS
from mixing.networks.sources.choosing import Chance
from mixing.networks.sources.songs import Part
from mixing.networks.sources.synthesiser import Synthesiser

Mels = list[np.ndarray]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return synthesised(Part.TRAINING, 5, tmp_path_factory.mktemp("songs"))


@pytest.fixture(scope="session")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return synthesised(Part.HELD_OUT, 3, tmp_path_factory.mktemp("unseen"))


def synthesised(part: Part, count: int, cache: Path) -> Corpus:
    """So many songs of 4 s."""
    songs = [s for s in Synthesiser(count, count, count, 4.0).listing().songs if s.part == part]
    return gather([Chance(song, 1.0 / count) for song in songs], cache=cache)


@pytest.fixture(scope="session")
def exported(models_root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[ExportedMixer]:
    """What `install_house_mixers` exported, in a folder of its own."""
    folder = tmp_path_factory.mktemp("onnx")
    for file in models_root.glob("*.onnx"):
        shutil.copy2(file, folder)
    return export_house_mixers(folder)


@pytest.fixture(scope="session")
def embedder(exported: list[ExportedMixer]) -> Embedder:
    return Embedder(exported[0].encoder_onnx, sha256=exported[0].encoder_sha256)


@pytest.fixture(scope="session")
def heads(exported: list[ExportedMixer]) -> dict[str, HeadSession]:
    return {m.house.slug: HeadSession(m.head_onnx, sha256=m.head_sha256) for m in exported}


@pytest.fixture(scope="session")
def mels(unseen: Corpus) -> Mels:
    """The first unseen song's stems as spectrograms (192, 128)."""
    first, stop = unseen.songs[0]
    return [crop.astype(np.float32) for crop in unseen.crops[first:stop]]


def noise_mel(level_db: float = -50.0, *, seed: int = 0, frames: int = 120) -> np.ndarray:
    """A lively spectrogram that is no song: bands around a level."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(8.0, -12.0, BANDS)
    return (level_db + slope + rng.normal(0.0, 5.0, (frames, BANDS))).astype(np.float32)


def flat(settings: Settings) -> np.ndarray:
    """All positions of settings as one vector."""
    return np.concatenate([part.ravel() for part in settings.normalised()])
