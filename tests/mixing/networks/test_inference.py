"""The shipped mixers at work through ONNX Runtime, as workers use them."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from mixing.audio.parameters import Settings
from mixing.networks import inference
from mixing.networks.checkpoints import WEIGHTS
from mixing.networks.distance import console_distance
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.export import ExportedMixer
from mixing.networks.house_evaluation import load_trained
from mixing.networks.inference import Embedder, HeadSession, hear, settings_for
from mixing.networks.pooling import pool

from .conftest import flat, noise_mel

Heads = dict[str, HeadSession]
Mels = list[np.ndarray]

AGREEMENT = 2e-5
"""Largest difference of torch and ONNX in normalised units (0.0012 dB on a fader)."""


def lufs_of(mels: Mels) -> list[float]:
    return [-20.0 - 2.0 * i for i in range(len(mels))]


def test_torch_and_onnx_agree(embedder: Embedder, heads: Heads, mels: Mels) -> None:
    trained, _ = load_trained(WEIGHTS)
    features, measured = hear([pool(mel) for mel in mels], lufs_of(mels))
    with torch.no_grad():
        wanted = trained.encoder(torch.from_numpy(features), torch.from_numpy(measured))
    embedding = embedder.embed(mels, lufs_of(mels))
    assert np.abs(embedding - wanted.numpy()).max() < 1e-4  # embeddings are not normalised
    for slug, session in heads.items():
        with torch.no_grad():
            strips, shared = trained.heads[slug](wanted)
        settings = inference.settings_of(strips.numpy(), shared.numpy())
        assert np.abs(flat(session.settings(embedding)) - flat(settings)).max() < AGREEMENT


def test_the_five_sound_different(embedder: Embedder, heads: Heads, mels: Mels) -> None:
    consoles = settings_for(embedder, list(heads.values()), mels, lufs_of(mels))
    for first, second in combinations(consoles, 2):
        assert console_distance(first, second) > 0.4


@pytest.mark.parametrize("count", [1, 32])
def test_one_stem_and_thirty_two(embedder: Embedder, heads: Heads, count: int) -> None:
    mels = [noise_mel(seed=seed, frames=40) for seed in range(count)]
    settings = heads["balanced"].settings(embedder.embed(mels, [-25.0] * count))
    assert len(settings.strips) == count
    assert Settings.from_json(settings.to_json()) == settings


def test_permuting_stems_permutes_strips(embedder: Embedder, heads: Heads, mels: Mels) -> None:
    order = np.random.default_rng(0).permutation(len(mels))
    lufs = lufs_of(mels)
    plain = heads["bright"].settings(embedder.embed(mels, lufs))
    moved = heads["bright"].settings(
        embedder.embed([mels[i] for i in order], [lufs[i] for i in order])
    )
    strips, shared = plain.normalised()
    np.testing.assert_allclose(moved.normalised()[0], strips[order], atol=AGREEMENT)
    np.testing.assert_allclose(moved.normalised()[1], shared, atol=AGREEMENT)


def test_recording_levels_do_not_matter(embedder: Embedder, heads: Heads, mels: Mels) -> None:
    quieter = [mel - 9.0 for mel in mels[:1]] + mels[1:]
    lufs = lufs_of(mels)
    plain = heads["warm"].settings(embedder.embed(mels, lufs))
    turned = heads["warm"].settings(embedder.embed(quieter, [lufs[0] - 9.0, *lufs[1:]]))
    change = turned.strips[0]["fader_db"] - plain.strips[0]["fader_db"]
    assert change == pytest.approx(9.0, abs=0.05)
    same = [turned.strips[i]["fader_db"] for i in range(1, len(mels))]
    np.testing.assert_allclose(same, [s["fader_db"] for s in plain.strips[1:]], atol=0.05)


@pytest.mark.parametrize("silence", [float("-inf"), float("nan"), -80.0])
def test_a_silent_stem_disturbs_nobody(
    embedder: Embedder, heads: Heads, mels: Mels, silence: float
) -> None:
    lufs = lufs_of(mels)
    quiet = np.full((60, 128), -100.0, np.float32)
    plain = heads["punchy"].settings(embedder.embed(mels, lufs)).normalised()
    more = heads["punchy"].settings(embedder.embed([*mels, quiet], [*lufs, silence])).normalised()
    np.testing.assert_allclose(more[0][:-1], plain[0], atol=AGREEMENT)
    np.testing.assert_allclose(more[1], plain[1], atol=AGREEMENT)


def test_only_silence_gives_settings_too(embedder: Embedder, heads: Heads) -> None:
    mels = [np.full((60, 128), -100.0, np.float32)] * 2
    assert len(heads["warm"].settings(embedder.embed(mels, [-np.inf] * 2)).strips) == 2


def test_a_told_role_is_believed(embedder: Embedder, heads: Heads) -> None:
    mels = [noise_mel(seed=seed) for seed in range(3)]
    pans, sends = {}, {}
    for role in ("bass", "strings"):
        told = ["vocal", "drums", role]
        strip = heads["balanced"].settings(embedder.embed(mels, [-22.0] * 3, roles=told)).strips[2]
        pans[role], sends[role] = abs(strip["pan"]), strip["reverb_send_db"]
    assert pans["bass"] < 0.02 < pans["strings"]
    assert sends["bass"] < sends["strings"] - 6.0


def test_two_guitars_go_to_two_sides(embedder: Embedder, heads: Heads) -> None:
    mels = [noise_mel(seed=1), noise_mel(seed=2)]
    settings = heads["balanced"].settings(embedder.embed(mels, [-22.0] * 2, roles=["guitar"] * 2))
    left, right = sorted(strip["pan"] for strip in settings.strips)
    assert left < -0.1
    assert right > 0.1


def test_the_same_song_gives_the_same_settings(
    embedder: Embedder, heads: Heads, mels: Mels
) -> None:
    first, again = (settings_for(embedder, [heads["warm"]], mels, lufs_of(mels)) for _ in "ab")
    assert first == again


def test_too_many_stems_or_too_few_figures_are_refused(embedder: Embedder) -> None:
    mel = noise_mel(frames=8)
    with pytest.raises(ValueError, match="1 to 32"):
        embedder.embed([mel] * 33, [-20.0] * 33)
    with pytest.raises(ValueError, match="one loudness"):
        embedder.embed([mel] * 2, [-20.0])


def test_missing_damaged_and_foreign_files(tmp_path: Path, exported: list[ExportedMixer]) -> None:
    with pytest.raises(ModelUnavailable, match="missing"):
        Embedder(tmp_path / "none.onnx")
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a model")
    with pytest.raises(ModelInvalid, match="cannot load"):
        HeadSession(bad)
    with pytest.raises(ModelInvalid, match="checksum"):
        Embedder(exported[0].encoder_onnx, sha256="0" * 64)
    with pytest.raises(ModelInvalid, match="takes"):
        HeadSession(exported[0].encoder_onnx)


def test_a_gpu_that_is_not_there_means_cpu(
    monkeypatch: pytest.MonkeyPatch, exported: list[ExportedMixer]
) -> None:
    monkeypatch.setenv("MIXARENA_DEVICE", "cuda")
    found = Embedder(exported[0].encoder_onnx)
    providers = inference.open_session(exported[0].encoder_onnx).get_providers()
    assert found.device == ("cuda" if "CUDAExecutionProvider" in providers else "cpu")


def test_inference_needs_no_torch() -> None:
    code = "import sys, mixing.networks.inference; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
