"""Smaller numbers for the same network: fp16 and int8 variants of an exported ONNX file.

fp16: weights are stored as float16 and widened when a session loads them. ONNX Runtime's CPU has
no float16 arithmetic worth the name (it would cast before and after every node), so computing stays
in float32: half the size at the same speed, and only the weights' rounding to answer for.

int8: ONNX Runtime's dynamic quantisation. The weights of every matrix product get 8 bits and a
scale per output channel, its inputs 8 bits and a scale from what they are in the song at hand; the
products are summed in int32. Measured beside static quantisation (scales fixed beforehand on
calibration songs, QDQ and QOperator) on these networks, it was both closer and faster.

Everything else (standardisation, norms, the head's three rules) stays float32 in both.
"""

import os
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mixing.networks.checkpoints import check, checksum
from mixing.networks.errors import ModelInvalid
from mixing.networks.formats import Precision, properties, read_format

_PRODUCTS: Final = ("Gemm", "MatMul")
_HALF: Final = ".fp16"
_PREPARED: Final = {"onnx.quant.pre_process": "onnxruntime.quant"}
"""Tells the quantiser that there is nothing left to fold or fuse; otherwise it warns."""


def make_variant(source: Path, precision: Precision, *, sha256: str | None = None) -> Path:
    """Write the fp32 file's variant beside it, as ``variant_path`` names it; returns that path.

    Raises:
        ModelUnavailable: no source. ModelInvalid: its sum is wrong, or it is no fp32 network.
        ModelTooNew: a later release wrote it.
    """
    check(source, sha256)
    if precision == "fp32":
        return source
    model = onnx.load(str(source))
    told = {prop.key: prop.value for prop in model.metadata_props}
    if read_format(told, source.name).precision != "fp32":
        raise ModelInvalid(f"{source.name} is a variant itself.")
    path = variant_path(source, precision)
    part = path.with_suffix(f".{os.getpid()}.part")
    model = _halved(model) if precision == "fp16" else _with_bytes(model, part)
    onnx.helper.set_model_props(model, properties(precision, checksum(source)))
    onnx.checker.check_model(model)
    onnx.save(model, str(part))
    os.replace(part, path)
    return path


def variant_path(source: Path, precision: Precision) -> Path:
    """Where a variant of this file lies; fp32 is the file itself."""
    return source if precision == "fp32" else source.with_stem(f"{source.stem}-{precision}")


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights as float16, each with a Cast that sessions fold away as they load."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or not tensor.dims:
            continue  # bare numbers are limits of the rules, not weights
        with np.errstate(over="ignore"):  # told in the next line
            weights = numpy_helper.to_array(tensor).astype(np.float16)
        if not np.isfinite(weights).all():
            raise ModelInvalid(f"{tensor.name} holds numbers that float16 cannot say.")
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(weights, name + _HALF))
        casts.append(helper.make_node("Cast", [name + _HALF], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)
    return model


def _with_bytes(model: onnx.ModelProto, part: Path) -> onnx.ModelProto:
    # Slow to import, and only the making of int8 files needs it.
    from onnxruntime.quantization import QuantType, quantize_dynamic

    onnx.helper.set_model_props(model, _PREPARED)
    try:
        quantize_dynamic(
            model,
            str(part),
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=list(_PRODUCTS),
        )
        return onnx.load(str(part))
    finally:
        part.unlink(missing_ok=True)
