"""Variants: smaller files, the same consoles within what is measured; the choice between them."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from mixing.networks import fidelity, quantisation
from mixing.networks.checkpoints import checksum, shipped_genome
from mixing.networks.console_units import by_group
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.export import ExportedMixer
from mixing.networks.fidelity import WORST_STEPS, Candidate, best
from mixing.networks.formats import PRECISIONS, read_format
from mixing.networks.inference import Embedder, HeadBatch, HeadSession
from mixing.networks.probe import PROBE, SEEDS, _heard, probe_songs
from mixing.networks.shapes import FEATURE_SIZE, GLOBAL_PARAMETERS, STRIP_PARAMETERS
from mixing.networks.transplant import export_genome

from .conftest import flat, noise_mel


@pytest.fixture(scope="module")
def files(exported: list[ExportedMixer]) -> dict[str, tuple[Path, Path]]:
    """Per precision the encoder's and the first head's file."""
    mixer = exported[0]
    return {
        precision: (
            quantisation.make_variant(mixer.encoder_onnx, precision),
            quantisation.make_variant(mixer.head_onnx, precision),
        )
        for precision in PRECISIONS
    }


def test_variants_are_smaller_and_say_what_they_are(
    files: dict[str, tuple[Path, Path]], exported: list[ExportedMixer]
) -> None:
    whole = files["fp32"][0].stat().st_size
    assert files["fp32"] == (exported[0].encoder_onnx, exported[0].head_onnx)
    assert files["fp16"][0].stat().st_size < 0.51 * whole
    assert files["int8"][0].stat().st_size < 0.28 * whole
    for precision in ("fp16", "int8"):
        for path, source in zip(files[precision], files["fp32"], strict=True):
            props = {p.key: p.value for p in onnx.load(str(path)).metadata_props}
            found = read_format(props, path.name)
            assert (found.precision, found.made_from) == (precision, checksum(source))
            assert path.name == f"{source.stem}-{precision}.onnx"


def test_weights_have_the_numbers_their_name_says(files: dict[str, tuple[Path, Path]]) -> None:
    half, eight = (onnx.load(str(files[p][0])).graph for p in ("fp16", "int8"))
    kinds = {t.name: t.data_type for t in half.initializer}
    assert kinds["trunk.layers.0.weight.fp16"] == TensorProto.FLOAT16
    assert "trunk.layers.0.weight" not in kinds
    assert {n.op_type for n in eight.node} >= {"DynamicQuantizeLinear", "MatMulInteger"}
    assert not {"Gemm", "MatMul"} & {n.op_type for n in eight.node}
    assert sum(t.data_type == TensorProto.INT8 and len(t.dims) == 2 for t in eight.initializer) == 7


def test_the_halves_weights_are_the_rounded_weights(files: dict[str, tuple[Path, Path]]) -> None:
    whole, half = (onnx.load(str(files[p][1])).graph.initializer for p in ("fp32", "fp16"))
    exact = {t.name: numpy_helper.to_array(t) for t in whole}
    found = {t.name: numpy_helper.to_array(t) for t in half}
    for name in ("strip_hidden.weight", "shared_output.bias"):
        np.testing.assert_array_equal(found[f"{name}.fp16"], exact[name].astype(np.float16))


def test_errors_are_small_and_in_order(files: dict[str, tuple[Path, Path]]) -> None:
    exact, head = Embedder(files["fp32"][0]), HeadSession(files["fp32"][1])
    encoders = {p: fidelity.encoder_fidelity(Embedder(files[p][0]), exact) for p in PRECISIONS}
    heads = {p: fidelity.head_fidelity(HeadSession(files[p][1]), head, exact) for p in PRECISIONS}
    for found in (encoders, heads):
        assert found["fp32"].worst_steps == 0.0
        assert 0.0 < found["fp16"].worst_steps < 0.05 < found["int8"].worst_steps < 1.0
        assert found["int8"].mean_steps < 0.1
        told = found["int8"].to_json()["console_units"]
        assert set(told) == set(by_group(np.zeros((1, 16)), np.zeros(14)))
        assert all(figures["mean"] <= figures["worst"] for figures in told.values())
        # One decibel of the fader is one step: the two ways of counting must agree.
        assert told["gain_db"]["worst"] <= found["int8"].worst_steps + 1e-4


def test_a_known_difference_is_counted_in_steps_and_units() -> None:
    strips, shared = np.full((2, 16), 0.5), np.full(14, 0.5)
    moved = strips.copy()
    names = [parameter.name for parameter in STRIP_PARAMETERS]
    fader = STRIP_PARAMETERS[names.index("fader_db")]
    moved[1, names.index("fader_db")] += 3.0 / (fader.maximum - fader.minimum)
    found = fidelity.compared([((moved, shared), (strips, shared))])
    assert found.worst_steps == pytest.approx(3.0)
    assert found.mean_steps == pytest.approx(3.0 / (2 * 16 + len(GLOBAL_PARAMETERS)))
    assert found.groups["gain_db"] == pytest.approx((1.5, 3.0))
    assert found.groups["eq_db"] == (0.0, 0.0)


def candidates(**changed: tuple[float, float]) -> list[Candidate]:
    figures = {"fp32": (100.0, 0.0), "fp16": (100.0, 0.01), "int8": (60.0, 0.2)} | changed
    return [Candidate(p, *figures[p]) for p in PRECISIONS]


def test_the_fastest_that_is_close_enough_is_loaded() -> None:
    assert best(candidates()) == "int8"
    assert best(candidates(int8=(60.0, WORST_STEPS + 0.001))) == "fp32"
    assert best(candidates(int8=(91.0, 0.2))) == "fp32"  # not clearly faster
    assert best(candidates(fp16=(50.0, 0.01))) == "fp16"
    assert best(candidates(fp16=(60.0, 0.01))) == "fp16"  # of equals the more exact one
    assert best([]) == "fp32"
    assert best(candidates()[1:]) == "fp32"  # nothing to compare with


def test_what_is_no_exact_network_is_refused(
    files: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    with pytest.raises(ModelInvalid, match="variant itself"):
        quantisation.make_variant(files["fp16"][1], "int8")
    with pytest.raises(ModelUnavailable):
        quantisation.make_variant(tmp_path / "none.onnx", "fp16")
    with pytest.raises(ModelInvalid, match="checksum"):
        quantisation.make_variant(files["fp32"][1], "fp16", sha256="0" * 64)
    large = tmp_path / "large.onnx"
    export_genome(np.full_like(shipped_genome("base"), 1e6), files["fp32"][1], large)
    with pytest.raises(ModelInvalid, match="float16 cannot say"):
        quantisation.make_variant(large, "fp16")
    assert [path.name for path in tmp_path.iterdir()] == ["large.onnx"]


def test_stems_are_a_set_for_variants_too(files: dict[str, tuple[Path, Path]]) -> None:
    """Scales that depend on the song must not depend on the order of its stems."""
    song = probe_songs()[0]
    order = np.random.default_rng(1).permutation(len(song.features))
    for precision in ("fp16", "int8"):
        embedder, head = Embedder(files[precision][0]), HeadSession(files[precision][1])
        strips, shared = head.positions(embedder.embed_heard(song.features, song.measured))
        turned, same = head.positions(
            embedder.embed_heard(song.features[order], song.measured[order])
        )
        np.testing.assert_allclose(turned, strips[order], atol=2e-3)
        np.testing.assert_allclose(same, shared, atol=2e-3)


def test_a_batch_of_heads_chooses_what_each_alone_does(
    heads: dict[str, HeadSession], embedder: Embedder
) -> None:
    heard = embedder.embed([noise_mel(seed=s) for s in range(5)], [-20.0, -25.0, -22.0, -18.0, -90])
    together = HeadBatch([shipped_genome(slug) for slug in heads]).settings(heard)
    for one, head in zip(together, heads.values(), strict=True):
        np.testing.assert_allclose(flat(one), flat(head.settings(heard)), atol=1e-5)


def test_probe_songs_fit_the_encoder_and_are_of_all_sizes() -> None:
    songs = probe_songs()
    assert len(songs) == len(SEEDS) + 2
    assert {len(song.features) for song in songs} >= {1, 8, 18}
    assert all(song.features.shape[1] == FEATURE_SIZE for song in songs)


def test_probe_songs_of_another_front_end_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    wrong = tmp_path / "probe.safetensors"
    held = {"features": np.zeros((2, 3), np.float16), "measured": np.zeros((2, 4), np.float32)}
    save_file({**held, "songs": np.array([[0, 2]])}, wrong)
    with pytest.raises(ModelInvalid, match="another front end"):
        probe_songs(wrong)
    with pytest.raises(ModelUnavailable):
        probe_songs(tmp_path / "none")


@pytest.mark.slow
def test_the_file_of_probe_songs_is_what_the_seeds_give() -> None:
    made = _heard(0, SEEDS[0])
    kept = probe_songs(PROBE)[0]
    np.testing.assert_allclose(kept.features, made.features, atol=2e-3)
    np.testing.assert_allclose(kept.measured, made.measured, atol=1e-6)
