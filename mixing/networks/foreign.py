"""Mixers from elsewhere: a stranger's file is read for a head's weights and never run.

Only safetensors and ONNX are read. Of an ONNX file the graph must be the one our own heads have,
node by node; then its numbers are taken and put into our own graph (``transplant``), so no foreign
operator, loop or path to another file ever reaches a session. Pickles, and so .pt and .joblib files
and zip archives, execute code when they are loaded and are refused unread (CVE-2025-32434 and
CVE-2026-24747 show why "weights only" loading is no answer).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.networks.errors import ModelInvalid
from mixing.networks.formats import read_format
from mixing.networks.genome import Genome, genome_of
from mixing.networks.shapes import ENCODER_VERSION, HEAD

MAX_BYTES: Final = 1024 * 1024
"""A head has about 11 kB, its ONNX file about 20 kB."""
MAX_HEADER_BYTES: Final = 64 * 1024
_DTYPES: Final[Mapping[str, str]] = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}
_LARGEST_CONSTANT: Final = 64
VERSION_KEY: Final = "encoder_version"
_STANDARD_DOMAINS: Final = ("", "ai.onnx")


class ModelTypeRefused(ModelInvalid):
    """Neither safetensors nor ONNX."""

    code = "unsupported_model_type"


class ModelTooLarge(ModelInvalid):
    code = "model_too_large"


@dataclass(frozen=True, slots=True)
class ForeignHead:
    """What was found in a file: weights, the file's kind and its SHA-256."""

    genome: Genome
    kind: str
    sha256: str


def read_head(path: Path, *, template: Path, sha256: str = "") -> ForeignHead:
    """The weights of a head in a file that nobody vouches for.

    Args:
        path: the file as it was uploaded.
        template: an exported head of ours; a foreign ONNX graph has to equal its graph.
        sha256: what the sender says the file's sum is; empty when nothing was said.

    Raises:
        ModelTypeRefused, ModelTooLarge.
        ModelInvalid: damaged, another sum, other names or shapes, numbers that are not finite,
            another graph, made for another encoder.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ModelTooLarge(f"A mixer's file has at most {MAX_BYTES // 1024} KiB.")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if sha256 and sha256.strip().lower() != found:
        raise ModelInvalid("The file is not the one that was announced: its SHA-256 differs.")
    if _is_safetensors(data):
        return ForeignHead(genome_of(_tensors(data)), "safetensors", found)
    if _executes_code(data) or not _looks_like_onnx(data):
        raise ModelTypeRefused("Mixers come as safetensors or ONNX files, nothing else.")
    return ForeignHead(genome_of(_initializers(data, template)), "onnx", found)


def _executes_code(data: bytes) -> bool:
    """Pickles (protocol 2 and later) and zip archives, in which torch keeps pickles."""
    return data[:2] == b"PK" or (data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05")


def _is_safetensors(data: bytes) -> bool:
    """Eight bytes of length, then a JSON object."""
    return data[8:9] == b"{"


def _looks_like_onnx(data: bytes) -> bool:
    """A ModelProto begins with its IR version: field 1, a small number."""
    return len(data) > 2 and data[0] == 0x08 and data[1] < 64


# ---- safetensors ---------------------------------------------------------------------------------


def _tensors(data: bytes) -> dict[str, NDArray[np.float32]]:
    """All tensors of the file. Read by hand: the library keeps the last of two equal names."""
    length = int.from_bytes(data[:8], "little")
    if length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ModelInvalid("The safetensors header is longer than a mixer's can be.")
    header = _header(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    version = metadata.get(VERSION_KEY) if isinstance(metadata, dict) else None
    if version != ENCODER_VERSION:
        raise _of_another_encoder(version)
    if set(header) != set(HEAD.tensor_shapes()):
        raise ModelInvalid(f"A mixer has the tensors {', '.join(HEAD.tensor_shapes())}.")
    body = data[8 + length :]
    end, tensors = 0, {}
    for name, entry in sorted(header.items(), key=lambda item: _offsets(*item)):
        start, stop = _offsets(name, entry)
        if start != end or stop > len(body):
            raise ModelInvalid("The tensors of the file overlap, leave gaps or lie outside it.")
        tensors[name] = _tensor(name, entry, body[start:stop])
        end = stop
    if end != len(body):
        raise ModelInvalid("The file goes on after its last tensor.")
    return tensors


def _header(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelInvalid):
            raise
        raise ModelInvalid("The safetensors header is not JSON.") from error
    if not isinstance(header, dict):
        raise ModelInvalid("The safetensors header is not an object.")
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ModelInvalid("The safetensors header names something twice.")
    return found


def _offsets(name: str, entry: object) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if (
        not isinstance(offsets, list)
        or len(offsets) != 2
        or not all(type(offset) is int and offset >= 0 for offset in offsets)
        or offsets[0] > offsets[1]
    ):
        raise ModelInvalid(f"The header does not say where {_short(name)} lies.")
    return offsets[0], offsets[1]


def _tensor(name: str, entry: dict[str, Any], raw: bytes) -> NDArray[np.float32]:
    dtype, shape = entry.get("dtype"), entry.get("shape")
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ModelInvalid(f"{name} has the type {_short(dtype)}; weights are floats.")
    expected = HEAD.tensor_shapes()[name]
    if shape != list(expected):
        raise ModelInvalid(f"{name} has the shape {_short(shape)}, a head needs {expected}.")
    kind = np.dtype(_DTYPES[dtype])
    if len(raw) != kind.itemsize * prod(expected):
        raise ModelInvalid(f"{name} has not as many numbers as its shape says.")
    return np.frombuffer(raw, kind).astype(np.float32).reshape(expected)


# ---- ONNX ----------------------------------------------------------------------------------------


def _initializers(data: bytes, template: Path) -> dict[str, NDArray[np.float32]]:
    """The head's tensors out of a graph that equals our own."""
    import onnx  # slow to import, and safetensors do not need it
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper

    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError) as error:
        raise ModelInvalid("The file is not an ONNX model.") from error
    _check_graph(model, onnx.load(str(template), load_external_data=False))
    shapes = HEAD.tensor_shapes()
    tensors = {}
    for tensor in model.graph.initializer:
        if tensor.name not in shapes:
            continue
        if tensor.data_type != onnx.TensorProto.FLOAT:
            raise ModelInvalid(f"{tensor.name} does not hold 32-bit floats.")
        if tuple(tensor.dims) != shapes[tensor.name]:
            raise ModelInvalid(f"{tensor.name} has not the shape that a head needs.")
        try:
            tensors[tensor.name] = numpy_helper.to_array(tensor).astype(np.float32)
        except ValueError as error:
            raise ModelInvalid(f"{tensor.name} is cut short.") from error
    return tensors


def _check_graph(model: Any, ours: Any) -> None:
    """The same graph as an exported head: same nodes in the same order, nothing besides."""
    from onnx import TensorProto

    graph = model.graph
    # Counted before anything is copied: a megabyte can hold half a million empty nodes.
    if len(graph.node) != len(ours.graph.node):
        raise ModelInvalid("The model's graph is not the one that mixers have here.")
    if len(graph.initializer) != len(ours.graph.initializer):
        raise ModelInvalid("The model holds more or fewer tensors than a mixer.")
    told = {prop.key: prop.value for prop in model.metadata_props}
    if told.get(VERSION_KEY) != ENCODER_VERSION:
        raise _of_another_encoder(told.get(VERSION_KEY))
    read_format(told, "The model")
    if any(opset.domain not in _STANDARD_DOMAINS for opset in model.opset_import):
        raise ModelInvalid("The model uses operators that are not ONNX's own.")
    if model.functions or model.training_info:
        raise ModelInvalid("The model brings functions of its own.")
    for tensor in graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise ModelInvalid("The model keeps weights in another file.")
    if graph.sparse_initializer or _nodes(graph) != _nodes(ours.graph):
        raise ModelInvalid("The model's graph is not the one that mixers have here.")
    if sorted(t.name for t in graph.initializer) != sorted(t.name for t in ours.graph.initializer):
        raise ModelInvalid("The model's tensors have other names than a mixer's.")
    shapes = HEAD.tensor_shapes()
    try:
        same = _constants(graph, shapes) == _constants(ours.graph, shapes)
    except (KeyError, TypeError, ValueError):  # a type or length that is none
        same = False
    if not same:
        raise ModelInvalid("The model's graph has other constants than mixers have here.")


def _nodes(graph: Any) -> list[bytes]:
    """Each node with its operator, attributes, inputs and outputs."""
    nodes = []
    for node in graph.node:
        bare = type(node)()
        bare.CopyFrom(node)
        bare.ClearField("name")
        bare.ClearField("doc_string")
        bare.ClearField("metadata_props")
        nodes.append(bare.SerializeToString(deterministic=True))
    return nodes


def _constants(graph: Any, weights: Mapping[str, object]) -> dict[str, bytes]:
    """Initializers that are no weights: the rules that hold for every head."""
    from onnx import numpy_helper

    return {
        tensor.name: numpy_helper.to_array(tensor).tobytes()
        for tensor in graph.initializer
        if tensor.name not in weights and prod(tensor.dims) <= _LARGEST_CONSTANT
    }


def _of_another_encoder(version: object) -> ModelInvalid:
    made_for = "an unknown encoder" if version is None else f"encoder {_short(version)}"
    return ModelInvalid(f"This mixer was made for {made_for}; here it is {ENCODER_VERSION}.")


def _short(value: object) -> str:
    return repr(value)[:60]
