"""A bred genome as an ONNX head without torch: its numbers replace those of an exported head."""

import os
from pathlib import Path

import onnx
from onnx import numpy_helper

from mixing.networks.checkpoints import checksum
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.genome import Genome, state_of


def export_genome(genome: Genome, template: Path, destination: Path) -> str:
    """Write the head with this genome, made from any exported head; returns its SHA-256.

    Raises:
        ModelUnavailable: no template. ModelInvalid: genome or template do not fit.
    """
    if not template.is_file():
        raise ModelUnavailable(f"The model file {template.name} is missing.")
    state = state_of(genome)
    model = onnx.load(str(template))
    held = {tensor.name: tensor for tensor in model.graph.initializer}
    missing = [name for name in state if name not in held]
    if missing:
        raise ModelInvalid(f"{template.name} is not an exported head: it lacks {missing[0]}.")
    for name, value in state.items():
        held[name].CopyFrom(numpy_helper.from_array(value, name))
    part = destination.with_suffix(".part")
    onnx.save(model, str(part))
    os.replace(part, destination)
    return checksum(destination)
