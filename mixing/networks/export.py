"""From torch to ONNX: the encoder and heads with any number of stems, float32, one file each.

Needs torch, so it runs at set-up or in a worker, never in the web process. A head bred later
needs no torch: ``transplant`` puts its genome into a file made here.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import nn

from mixing.networks.architecture import Encoder, EncoderConfig, Head, HeadConfig, load_state
from mixing.networks.checkpoints import (
    WEIGHTS,
    HouseMixer,
    State,
    checksum,
    house_mixers,
    load,
    model_card,
)
from mixing.networks.errors import ModelInvalid
from mixing.networks.formats import READABLE_VERSIONS, properties
from mixing.networks.genome import genome_of
from mixing.networks.shapes import ENCODER, FEATURE_SIZE, HEAD, MEASURED
from mixing.networks.transplant import export_genome


@dataclass(frozen=True, slots=True)
class ExportedMixer:
    """A house mixer ready for inference. Encoder file and sum are the same for all."""

    house: HouseMixer
    head_onnx: Path
    head_sha256: str
    encoder_onnx: Path
    encoder_sha256: str


def export_house_mixers(destination: Path, *, weights: Path = WEIGHTS) -> list[ExportedMixer]:
    """Write the shipped encoder and heads as ONNX files; those already there are kept.

    File names carry the checksum of the weights they came from, so new weights make new files. A
    file that an older release made of the same weights is kept too where it can still be read:
    mixers, embeddings and populations are known by its sum.

    Raises:
        ModelUnavailable, ModelInvalid: shipped weights are missing or damaged.
    """
    destination.mkdir(parents=True, exist_ok=True)
    encoder_sum = model_card(weights)["files"]["encoder.safetensors"]["sha256"]
    encoder = _path(destination, "encoder", encoder_sum)
    if not encoder.exists():
        export_encoder(load(weights / "encoder.safetensors", sha256=encoder_sum)[0], encoder)
    exported: list[ExportedMixer] = []
    for house in house_mixers(weights):
        head = _path(destination, house.slug, house.sha256)
        if not head.exists():
            state = load(house.weights, sha256=house.sha256)[0]
            if exported:  # the graph is the same for all heads: only the first is traced
                export_genome(genome_of(state), exported[0].head_onnx, head)
            else:
                export_head(state, head)
        exported.append(ExportedMixer(house, head, checksum(head), encoder, checksum(encoder)))
    return exported


def export_encoder(state: State, path: Path, config: EncoderConfig = ENCODER) -> None:
    """Encoder weights to an ONNX file: features and measured (stems, ...) to embedding."""
    stems = 3  # any number above one: the axis is dynamic
    inputs = (torch.zeros(stems, FEATURE_SIZE), torch.ones(stems, len(MEASURED)))
    _export(_filled(Encoder(config), state), inputs, ("features", "measured"), ("embedding",), path)


def export_head(state: State, path: Path, config: HeadConfig = HEAD) -> None:
    """Head weights to an ONNX file: embedding (stems, 36) to strips (stems, 16), shared (14,)."""
    inputs = (torch.ones(3, config.embedding_size),)
    _export(_filled(Head(config), state), inputs, ("embedding",), ("strips", "shared"), path)


def _filled(module: nn.Module, state: State) -> nn.Module:
    try:
        load_state(module, state)
    except RuntimeError as error:
        raise ModelInvalid("These weights do not fit the network of this version.") from error
    return module.eval()


def _export(
    module: nn.Module,
    inputs: tuple[torch.Tensor, ...],
    names: Sequence[str],
    outputs: Sequence[str],
    path: Path,
) -> None:
    stems = torch.export.Dim("stems", min=1, max=64)
    part = path.with_suffix(".part")
    with _quiet():
        torch.onnx.export(
            module, inputs, str(part), dynamo=True, external_data=False, verbose=False,
            input_names=list(names), output_names=list(outputs),
            dynamic_shapes=tuple({0: stems} for _ in inputs),
        )  # fmt: skip
    model = _without_notes(onnx.load(str(part)))
    onnx.helper.set_model_props(model, properties())
    onnx.checker.check_model(model)
    onnx.save(model, str(part))
    os.replace(part, path)


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop the exporter's notes: source lines and paths of the machine it ran on."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.ClearField("value_info")
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter talks about torchvision and its own versions; nobody here can act on that."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _path(folder: Path, name: str, weights_sha256: str) -> Path:
    """The newest readable file of these weights, else where it will be written."""
    paths = [
        folder / f"{name}-{weights_sha256[:16]}-v{version}.onnx" for version in READABLE_VERSIONS
    ]
    return next((path for path in paths if path.exists()), paths[0])
