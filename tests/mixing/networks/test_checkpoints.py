"""Weights as files, and every way in which they can be wrong."""

from pathlib import Path

import numpy as np
import pytest

from mixing.networks import checkpoints
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.shapes import HEAD
from mixing.networks.styles import STYLES

STATE = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}


def test_there_and_back_with_the_same_bytes(tmp_path: Path) -> None:
    first = checkpoints.save(tmp_path / "a.safetensors", STATE, {"kind": "head"})
    again = checkpoints.save(tmp_path / "b.safetensors", STATE, {"kind": "head"})
    assert first == again == checkpoints.checksum(tmp_path / "a.safetensors")
    state, metadata = checkpoints.load(tmp_path / "a.safetensors", sha256=first)
    np.testing.assert_array_equal(state["a"], STATE["a"])
    assert metadata["kind"] == "head"


def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"gone\.safetensors is missing"):
        checkpoints.load(tmp_path / "gone.safetensors")
    with pytest.raises(ModelUnavailable, match="train the mixers"):
        checkpoints.house_mixers(tmp_path)
    with pytest.raises(ModelUnavailable, match="no shipped model"):
        checkpoints.shipped("jazz")


def test_a_damaged_file_is_invalid(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    right = checkpoints.save(path, STATE, {})
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelInvalid, match="checksum"):
        checkpoints.load(path, sha256=right)
    path.write_bytes(b"nonsense")
    with pytest.raises(ModelInvalid, match="not a safetensors"):
        checkpoints.load(path)


def test_another_encoders_weights_are_invalid(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    checkpoints.save(path, STATE, {"encoder_version": "0"})
    with pytest.raises(ModelInvalid, match="encoder 0"):
        checkpoints.load(path)


def test_a_card_that_is_none_is_invalid(tmp_path: Path) -> None:
    (tmp_path / "model_card.json").write_text("[]")
    with pytest.raises(ModelInvalid, match="lists no files"):
        checkpoints.model_card(tmp_path)
    (tmp_path / "model_card.json").write_text("{")
    with pytest.raises(ModelInvalid, match="not JSON"):
        checkpoints.model_card(tmp_path)


def test_shipped_weights_are_whole_small_and_described() -> None:
    card = checkpoints.model_card()
    for name, file in card["files"].items():
        path = checkpoints.WEIGHTS / name
        _, metadata = checkpoints.load(path, sha256=file["sha256"])
        assert path.stat().st_size == file["bytes"] < 2_000_000
        assert {"encoder_version", "kind", "seed"} <= set(metadata)
    for style in STYLES:
        assert checkpoints.shipped_genome(style.slug).shape == (HEAD.genome_size,)
    assert [m.slug for m in checkpoints.house_mixers()] == [style.slug for style in STYLES]
