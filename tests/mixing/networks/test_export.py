"""ONNX files: made once, kept by checksum, free of traces; genomes go in without torch."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from mixing.networks.checkpoints import WEIGHTS, shipped, shipped_genome
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.export import ExportedMixer, export_head, export_house_mixers
from mixing.networks.inference import Embedder, HeadSession
from mixing.networks.population import positions
from mixing.networks.shapes import STRIP_LEARNED
from mixing.networks.transplant import export_genome

from .conftest import noise_mel


def test_a_second_export_writes_nothing(exported: list[ExportedMixer]) -> None:
    folder = exported[0].head_onnx.parent
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert export_house_mixers(folder) == exported
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert {mixer.head_onnx for mixer in exported} | {exported[0].encoder_onnx} < set(before)


def test_files_are_single_and_carry_no_paths(exported: list[ExportedMixer]) -> None:
    for mixer in exported:
        assert mixer.head_onnx.stat().st_size < 40_000
        for path in (mixer.head_onnx, mixer.encoder_onnx):
            assert not any(t.external_data for t in onnx.load(str(path)).graph.initializer)
            assert str(Path(__file__).parents[3]).encode() not in path.read_bytes()


def test_a_transplanted_genome_is_the_mixer_it_came_from(
    exported: list[ExportedMixer], embedder: Embedder, tmp_path: Path
) -> None:
    embedding = embedder.embed([noise_mel(seed=s) for s in range(4)], [-20.0, -25.0, -22.0, -30.0])
    traced = tmp_path / "warm-traced.onnx"
    export_head(shipped("warm"), traced)
    template = exported[0].head_onnx
    export_genome(shipped_genome("warm"), template, tmp_path / "warm.onnx")
    by_torch, by_hand = (
        HeadSession(path).settings(embedding).normalised()[0]
        for path in (traced, tmp_path / "warm.onnx")
    )
    np.testing.assert_array_equal(by_torch, by_hand)
    strips, _ = positions(shipped_genome("warm")[None], embedding)
    np.testing.assert_allclose(by_hand[:, STRIP_LEARNED], strips[0], atol=1e-5)


def test_what_does_not_fit_is_refused(exported: list[ExportedMixer], tmp_path: Path) -> None:
    genome = shipped_genome("base")
    with pytest.raises(ModelUnavailable):
        export_genome(genome, tmp_path / "none.onnx", tmp_path / "out.onnx")
    with pytest.raises(ModelInvalid, match="not an exported head"):
        export_genome(genome, exported[0].encoder_onnx, tmp_path / "out.onnx")
    with pytest.raises(ModelInvalid, match="do not fit"):
        export_head(shipped("encoder"), tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_missing_weights_are_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        export_house_mixers(tmp_path / "onnx", weights=tmp_path)
    assert WEIGHTS.is_dir()
