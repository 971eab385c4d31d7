"""Files of older releases are read, those of later ones are refused by name."""

from pathlib import Path

import onnx
import pytest

from mixing.networks.errors import ModelInvalid, ModelTooNew
from mixing.networks.export import ExportedMixer, export_house_mixers
from mixing.networks.formats import EXPORT_VERSION, Format, properties, read_format
from mixing.networks.inference import Embedder, HeadSession
from mixing.networks.shapes import ENCODER_VERSION

from .conftest import flat, noise_mel


def with_properties(source: Path, destination: Path, told: dict[str, str]) -> Path:
    model = onnx.load(str(source))
    onnx.helper.set_model_props(model, told)
    onnx.save(model, str(destination))
    return destination


def test_what_each_version_says() -> None:
    assert read_format({}, "x") == Format(1, "fp32", "1")
    assert read_format({"encoder_version": "1"}, "x") == Format(2, "fp32", "1")
    assert read_format(properties("int8", "abc"), "x") == Format(3, "int8", ENCODER_VERSION, "abc")


@pytest.mark.parametrize("text", ["", "three", "-1", "0", "9" * 40, "²"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ModelInvalid, match="for its version"):
        read_format({"export_version": text}, "x")


def test_files_of_all_versions_choose_the_same_settings(
    exported: list[ExportedMixer], embedder: Embedder, tmp_path: Path
) -> None:
    heard = embedder.embed([noise_mel(seed=s) for s in range(3)], [-20.0, -25.0, -22.0])
    newest = exported[0].head_onnx
    expected = flat(HeadSession(newest).settings(heard))
    for version, told in enumerate(({}, {"encoder_version": ENCODER_VERSION}), 1):
        old = with_properties(newest, tmp_path / f"v{version}.onnx", told)
        assert (flat(HeadSession(old).settings(heard)) == expected).all()


def test_a_later_release_is_refused_by_a_code_of_its_own(
    exported: list[ExportedMixer], tmp_path: Path
) -> None:
    told = {**properties(), "export_version": str(EXPORT_VERSION + 1)}
    for source in (exported[0].head_onnx, exported[0].encoder_onnx):
        newer = with_properties(source, tmp_path / "newer.onnx", told)
        with pytest.raises(ModelTooNew, match="reads versions up to 3") as refusal:
            (HeadSession if source is exported[0].head_onnx else Embedder)(newer)
        assert refusal.value.code == "model_too_new"


def test_another_encoder_is_refused(exported: list[ExportedMixer], tmp_path: Path) -> None:
    told = {**properties(), "encoder_version": "2"}
    other = with_properties(exported[0].head_onnx, tmp_path / "other.onnx", told)
    with pytest.raises(ModelInvalid, match="made for encoder '2'"):
        HeadSession(other)


def test_what_an_older_release_exported_is_kept(
    exported: list[ExportedMixer], tmp_path: Path
) -> None:
    """Embeddings and populations are known by the file's sum, which must not change."""
    for mixer in exported:
        for path in (mixer.head_onnx, mixer.encoder_onnx):
            old = tmp_path / path.name.replace("-v3", "-v2")
            with_properties(path, old, {"encoder_version": ENCODER_VERSION})
    names = {path.name for path in tmp_path.iterdir()}
    again = export_house_mixers(tmp_path)
    assert {mixer.head_onnx.name for mixer in again} < names
    assert {path.name for path in tmp_path.iterdir()} == names
