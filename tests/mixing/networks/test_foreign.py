"""Mixers from elsewhere: weights are read, everything that could do harm is refused."""

import hashlib
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mixing.networks import checkpoints
from mixing.networks.errors import ModelInvalid
from mixing.networks.export import ExportedMixer
from mixing.networks.foreign import (
    MAX_BYTES,
    ForeignHead,
    ModelTooLarge,
    ModelTypeRefused,
    read_head,
)
from mixing.networks.genome import state_of
from mixing.networks.shapes import HEAD

Save = Callable[[bytes], Path]
Read = Callable[..., ForeignHead]
WARM = checkpoints.shipped_genome("warm")


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(data: bytes) -> Path:
        path = tmp_path / "mixer.safetensors"
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def read(exported: list[ExportedMixer], save: Save) -> Read:
    def read_bytes(data: bytes, **told: str) -> ForeignHead:
        return read_head(save(data), template=exported[0].head_onnx, **told)

    return read_bytes


@pytest.fixture
def model(exported: list[ExportedMixer]) -> onnx.ModelProto:
    """An exported head to be spoiled; not the one that is the template."""
    return onnx.load(str(exported[1].head_onnx))


@pytest.fixture
def weights(tmp_path: Path) -> bytes:
    path = tmp_path / "own.safetensors"
    checkpoints.save(path, state_of(WARM), {})
    return path.read_bytes()


def header_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def file_of(header: object, body: bytes) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + body


# ---- What is welcome -----------------------------------------------------------------------------


def test_own_weights_come_back(read: Read, weights: bytes) -> None:
    sha256 = hashlib.sha256(weights).hexdigest()
    head = read(weights, sha256=f" {sha256.upper()} ")
    np.testing.assert_array_equal(head.genome, WARM)
    assert (head.kind, head.sha256) == ("safetensors", sha256)


def test_an_exported_head_comes_back(read: Read, exported: list[ExportedMixer]) -> None:
    head = read(exported[1].head_onnx.read_bytes())
    assert head.kind == "onnx"
    np.testing.assert_array_equal(head.genome, checkpoints.shipped_genome(exported[1].house.slug))


def test_half_and_double_precision_are_read(read: Read, weights: bytes) -> None:
    header, _ = header_of(weights)
    for code, dtype in (("F16", np.float16), ("F64", np.float64)):
        new: dict[str, Any] = {"__metadata__": header["__metadata__"]}
        body = b""
        for name, value in state_of(WARM).items():
            raw = value.astype(dtype).tobytes()
            spot = [len(body), len(body) + len(raw)]
            new[name] = {"dtype": code, "shape": list(value.shape), "data_offsets": spot}
            body += raw
        np.testing.assert_allclose(read(file_of(new, body)).genome, WARM, atol=2e-3)


# ---- M1: pickles ---------------------------------------------------------------------------------


def test_m1_pickles_and_archives_are_refused_unread(read: Read, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    archive = tmp_path / "model.pt"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data.pkl", pickle.dumps(Trap()))
    traps = [pickle.dumps(Trap(), protocol=p) for p in range(6)]
    for data in (*traps, archive.read_bytes(), b"", b"\x93NUMPY", b"hello"):
        with pytest.raises(ModelTypeRefused):
            read(data)
    assert not (tmp_path / "sprung").exists()


# ---- M2: safetensors that lie --------------------------------------------------------------------


def _first(header: dict[str, Any]) -> dict[str, Any]:
    return next(entry for name, entry in header.items() if name != "__metadata__")


def _shift(header: dict[str, Any], by: int) -> None:
    entry = _first(header)
    entry["data_offsets"] = [offset + by for offset in entry["data_offsets"]]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: _shift(header, 4),
        lambda header: _shift(header, -4),
        lambda header: _first(header).update(data_offsets=[0, 2**62]),
        lambda header: _first(header).update(data_offsets=[8, 0]),
        lambda header: _first(header).update(data_offsets=[0.0, 4.0]),
        lambda header: _first(header).update(data_offsets=[True, 4]),
        lambda header: _first(header).update(data_offsets="all"),
        lambda header: _first(header).update(dtype="I32"),
        lambda header: _first(header).update(dtype=["F32"]),
        lambda header: _first(header).update(dtype="F16"),
        lambda header: _first(header).update(shape=[1]),
        lambda header: _first(header).update(shape={"x": 1}),
        lambda header: header.update(extra=_first(header)),
        lambda header: header.pop("strip_hidden.bias"),
        lambda header: header.update({"strip_hidden.bias": 7}),
        lambda header: header.pop("__metadata__"),
        lambda header: header.update(__metadata__="4"),
        lambda header: header["__metadata__"].update(encoder_version="999"),
    ],
)
def test_m2_a_header_that_lies_is_refused(
    read: Read, weights: bytes, spoil: Callable[[dict[str, Any]], object]
) -> None:
    header, body = header_of(weights)
    spoil(header)
    with pytest.raises(ModelInvalid):
        read(file_of(header, body))


def test_m2_names_that_come_twice_are_refused(read: Read, weights: bytes) -> None:
    header, body = header_of(weights)
    raw = json.dumps(header).encode()
    name = b'"strip_hidden.bias"'
    assert raw.count(name) == 1
    again = raw[:-1] + b", " + name + b': {"dtype": "F32", "shape": [24], "data_offsets": [0, 96]}}'
    with pytest.raises(ModelInvalid, match="twice"):
        read(file_of(again, body))


def test_m2_lengths_that_lie_are_refused(read: Read, weights: bytes) -> None:
    header, body = header_of(weights)
    deep = b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    for data in (
        struct.pack("<Q", 2**63) + weights[8:],
        struct.pack("<Q", 100_000) + b"{" + b" " * 120_000,
        file_of(b"{nonsense", body),
        file_of(b"{}", b""),
        file_of(deep, body),
        file_of(header, body + b"more"),
        file_of(header, body[:-4]),
    ):
        with pytest.raises(ModelInvalid):
            read(data)
    with pytest.raises(ModelTooLarge):
        read(weights + bytes(MAX_BYTES))


# ---- M3, M4: ONNX that reaches out ---------------------------------------------------------------


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "weights.bin"])
def test_m3_weights_in_another_file_are_refused(
    read: Read, model: onnx.ModelProto, location: str
) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("length", "-1"), ("__class__", "x")):
        tensor.external_data.add(key=key, value=value)
    with pytest.raises(ModelInvalid, match="another file"):
        read(model.SerializeToString())


def _loop(graph: onnx.GraphProto) -> None:
    body = helper.make_graph([], "body", [], [])
    graph.node[0].CopyFrom(helper.make_node("Loop", ["", ""], ["x"], body=body))


def _huge(graph: onnx.GraphProto) -> None:
    tensor = next(t for t in graph.initializer if t.name not in HEAD.tensor_shapes())
    tensor.ClearField("dims")
    tensor.dims.extend([10**6, 10**6])


def _attribute(graph: onnx.GraphProto) -> None:
    node = next(node for node in graph.node if node.op_type == "Gemm")
    node.attribute.append(helper.make_attribute("beta", 0.5))


@pytest.mark.parametrize(
    "spoil",
    [
        _loop,
        _huge,
        _attribute,
        lambda graph: graph.node.add(op_type="Identity"),
        lambda graph: graph.node.extend(onnx.NodeProto() for _ in range(200_000)),
        lambda graph: setattr(graph.node[0], "domain", "evil"),
        lambda graph: graph.node[0].input.append("x"),
        lambda graph: graph.initializer.add(name="more"),
        lambda graph: setattr(graph.initializer[-1], "name", graph.initializer[0].name),
        lambda graph: graph.sparse_initializer.add(),
    ],
)
def test_m4_another_graph_is_refused(
    read: Read, model: onnx.ModelProto, spoil: Callable[[onnx.GraphProto], object]
) -> None:
    spoil(model.graph)
    with pytest.raises(ModelInvalid):
        read(model.SerializeToString())


def test_m4_operators_and_functions_of_its_own_are_refused(
    read: Read, model: onnx.ModelProto
) -> None:
    custom = onnx.ModelProto()
    custom.CopyFrom(model)
    custom.opset_import.add(domain="com.example", version=1)
    with pytest.raises(ModelInvalid, match="not ONNX's own"):
        read(custom.SerializeToString())
    model.functions.add(name="f")
    with pytest.raises(ModelInvalid, match="functions"):
        read(model.SerializeToString())


def test_noise_is_refused_and_nothing_else(read: Read, model: onnx.ModelProto) -> None:
    rng = np.random.default_rng(0)
    whole = model.SerializeToString()
    for _ in range(60):
        data = bytearray(whole[: int(rng.integers(3, len(whole)))])
        for spot in rng.integers(2, len(data), size=4):
            data[spot] = int(rng.integers(256))
        try:
            read(bytes(data))
        except ModelInvalid:
            continue


# ---- M5, M6: wrong numbers -----------------------------------------------------------------------


def test_m5_numbers_that_are_none_are_refused(
    read: Read, weights: bytes, model: onnx.ModelProto
) -> None:
    header, body = header_of(weights)
    for bad in (np.nan, np.inf):
        raw = np.array([bad], "<f4").tobytes() + body[4:]
        with pytest.raises(ModelInvalid, match="not finite"):
            read(file_of(header, raw))
    tensor = model.graph.initializer[0]
    tensor.raw_data = np.full(len(tensor.raw_data) // 4, np.nan, "<f4").tobytes()
    with pytest.raises(ModelInvalid, match="not finite"):
        read(model.SerializeToString())


def test_m5_an_onnx_file_of_another_shape_type_or_encoder_is_refused(
    read: Read, model: onnx.ModelProto, exported: list[ExportedMixer]
) -> None:
    with pytest.raises(ModelInvalid):
        read(exported[0].encoder_onnx.read_bytes()[: MAX_BYTES - 1])
    for field, value in (("data_type", TensorProto.DOUBLE), ("raw_data", b"1234")):
        spoilt = onnx.ModelProto()
        spoilt.CopyFrom(model)
        setattr(spoilt.graph.initializer[0], field, value)
        with pytest.raises(ModelInvalid):
            read(spoilt.SerializeToString())
    onnx.helper.set_model_props(model, {"encoder_version": "999"})
    with pytest.raises(ModelInvalid, match="999"):
        read(model.SerializeToString())


def test_m6_other_bytes_than_announced_are_refused(read: Read, weights: bytes) -> None:
    with pytest.raises(ModelInvalid, match="SHA-256"):
        read(weights, sha256="0" * 64)
