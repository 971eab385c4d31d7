"""Bred heads as mixers: weights and ONNX file under MODELS_ROOT, a row that names their sums.

Files are written before the row, under names that carry their content's hash: a process that dies
in between leaves files that nobody reads, which `mixing.collecting` removes.
"""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from accounts.models import User
from mixing.models import Mixer, ModelVariant
from mixing.networks import checkpoints
from mixing.networks.genome import Genome, genome_of, state_of
from mixing.storage import model_path

PREFIX: Final = "bred"


@dataclass(frozen=True, slots=True)
class Birth:
    """What a new mixer's row says besides its weights."""

    name: str
    slug: str
    description: str = ""
    owner: User | None = None
    origin: Mixer.Origin = Mixer.Origin.EVOLVED
    status: Mixer.Status = Mixer.Status.CANDIDATE
    generation: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    # Written into the weights' file: where they came from.
    provenance: Mapping[str, str] = field(default_factory=dict)


def genome_of_mixer(mixer: Mixer) -> Genome:
    """The mixer's weights, checked by their sum. Raises ModelUnavailable or ModelInvalid."""
    state, _ = checkpoints.load(model_path(mixer.genome_file), sha256=mixer.genome_sha256)
    return genome_of(state)


def add_mixer(
    genome: Genome, template: Mixer, birth: Birth, parents: Iterable[Mixer] = ()
) -> Mixer:
    """A mixer with these weights; the same weights of the same birth are the same row.

    The template gives encoder, architecture and the graph that the weights go into. Raises
    ModelUnavailable (its file is missing) or ModelInvalid.
    """
    # Only workers and commands do this: onnx is slow to import and big.
    from mixing.networks.transplant import export_genome

    root = Path(settings.MODELS_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    weights, sha256 = _write_weights(genome, birth, root)
    known = Mixer.objects.filter(genome_sha256=sha256).first()
    if known is not None:
        return known
    head = root / f"{PREFIX}-{sha256[:24]}.onnx"
    head_sha256 = export_genome(genome, model_path(template.head_onnx_file), head)
    mixer, is_new = Mixer.objects.get_or_create(
        genome_sha256=sha256,
        defaults={
            "name": birth.name[:80],
            "slug": birth.slug[:60],
            "description": birth.description[:300],
            "owner": birth.owner,
            "origin": birth.origin,
            "status": birth.status,
            "generation": birth.generation,
            "metrics": dict(birth.metrics),
            "architecture": template.architecture,
            "encoder_version": template.encoder_version,
            "genome_file": weights.name,
            "head_onnx_file": head.name,
            "head_onnx_sha256": head_sha256,
            "encoder_onnx_file": template.encoder_onnx_file,
            "encoder_onnx_sha256": template.encoder_onnx_sha256,
        },
    )
    if is_new:
        mixer.parents.set(parents)
    return mixer


def remove_files(mixers: Iterable[Mixer]) -> None:
    """Remove the weights of bred mixers that are gone; the encoder is everybody's."""
    for mixer in mixers:
        variants = ModelVariant.objects.of(mixer.head_onnx_sha256).values_list("file", flat=True)
        for name in (mixer.genome_file, mixer.head_onnx_file, *variants):
            if name.startswith(f"{PREFIX}-{mixer.genome_sha256[:24]}"):
                model_path(name).unlink(missing_ok=True)


def _write_weights(genome: Genome, birth: Birth, root: Path) -> tuple[Path, str]:
    """The weights' file, whole or not at all; its content depends on weights and provenance."""
    owner = "" if birth.owner is None else str(birth.owner.pk)
    metadata: dict[str, Any] = {"origin": birth.origin.value, "owner": owner, **birth.provenance}
    part = root / f"{PREFIX}-{os.getpid()}-{time.monotonic_ns()}.part"
    sha256 = checkpoints.save(part, state_of(genome), metadata)
    path = root / f"{PREFIX}-{sha256[:24]}.safetensors"
    os.replace(part, path)
    return path, sha256
