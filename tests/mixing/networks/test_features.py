"""Features as files: statistics beside the spectrogram, pooled anew where they are missing."""

from pathlib import Path

import numpy as np
import pytest

from mixing.audio import spectrogram
from mixing.networks import features
from mixing.networks.inference import Embedder
from mixing.networks.pooling import Pooled, pool

from .conftest import noise_mel


def same(first: Pooled, second: Pooled) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in features._ARRAYS
    )


def test_statistics_are_those_of_the_stored_spectrogram(tmp_path: Path) -> None:
    mel = noise_mel()
    features.save(tmp_path / "stem.mel", mel)
    stored = spectrogram.load(tmp_path / "stem.mel")
    np.testing.assert_array_equal(stored, mel.astype(np.float16))
    assert same(features.load_pooled(tmp_path / "stem.mel"), pool(stored))


def test_files_without_statistics_are_pooled_anew(tmp_path: Path) -> None:
    mel = noise_mel(seed=1)
    np.save(tmp_path / "stem.npy", mel.astype(np.float16))
    spectrogram.save(tmp_path / "bare.mel", mel)
    for name in ("stem.npy", "bare.mel"):
        assert same(features.load_pooled(tmp_path / name), pool(mel.astype(np.float16)))


def test_hearing_a_song_reads_no_spectrogram(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mels = [noise_mel(seed=seed) for seed in range(3)]
    for number, mel in enumerate(mels):
        features.save(tmp_path / f"{number}.mel", mel)
    monkeypatch.setattr(spectrogram, "load", None)
    pooled = [features.load_pooled(tmp_path / f"{number}.mel") for number in range(3)]
    levels = [-20.0, -24.0, -22.0]
    np.testing.assert_allclose(
        embedder.embed_pooled(pooled, levels),
        embedder.embed([mel.astype(np.float16) for mel in mels], levels),
        atol=1e-6,
    )


def test_what_is_no_spectrogram_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stem.mel").write_bytes(b"not a spectrogram")
    with pytest.raises(ValueError, match=r"stem\.mel"):
        features.load_pooled(tmp_path / "stem.mel")
