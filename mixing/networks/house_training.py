"""The house mixers from nothing to shipped files: songs, training, weights, model card."""

import json
import platform
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from mixing.audio import RENDERER_VERSION
from mixing.audio.spectrogram import FRONT_END_VERSION
from mixing.networks import checkpoints
from mixing.networks.architecture import state_of_module
from mixing.networks.batches import TRAINING, Severity
from mixing.networks.comparisons import compare_augmentations, compare_encoders
from mixing.networks.errors import ModelUnavailable
from mixing.networks.house_evaluation import evaluate, write
from mixing.networks.journal import Journal
from mixing.networks.material import Material
from mixing.networks.recipe import Recipe
from mixing.networks.role_training import train_roles
from mixing.networks.shapes import ENCODER, ENCODER_VERSION, HEAD
from mixing.networks.sources.songs import Part
from mixing.networks.training import Trained, train

Array = NDArray[np.float32]
Card = dict[str, Any]


COMPARISONS: Final = {"encoders": compare_encoders, "augmentations": compare_augmentations}


def train_house(
    material: Material,
    recipe: Recipe,
    output: Path,
    *,
    severity: Severity = TRAINING,
    journal: Journal | None = None,
    resume: bool = False,
    compare: Collection[str] = (),
) -> Card:
    """Train encoder, base head, five styles and the role model; write them and their card.

    Args:
        severity: spoiling and augmentation.
        journal: where checkpoints and the log go; ``resume`` continues from there.
        compare: also compare "encoders" or "augmentations"; otherwise the card keeps what earlier
            comparisons found.

    Raises:
        DataUnusable: there are no songs to train or to measure on.
        TrainingChanged: the checkpoint is of another training.
    """
    torch.set_num_threads(1)  # more threads add in another order: other weights
    progress, started = material.progress, time.monotonic()
    songs, unseen = material.songs(Part.TRAINING), material.songs(Part.HELD_OUT)
    validation = material.songs_if_any(Part.VALIDATION)
    gathered = time.monotonic()
    trained = train(
        songs, recipe, severity=severity, validation=validation, journal=journal, resume=resume,
        progress=progress,
    )  # fmt: skip
    roles = train_roles(songs, seed=recipe.seed, progress=progress)
    minutes = (time.monotonic() - gathered) / 60.0
    found = evaluate(trained, roles, songs, unseen, material)
    output.mkdir(parents=True, exist_ok=True)
    card: Card = {
        "encoder_version": ENCODER_VERSION,
        "front_end_version": FRONT_END_VERSION,
        "renderer_version": RENDERER_VERSION,
        "files": _write(trained, roles, recipe.seed, output),
        "training": {
            **asdict(recipe),
            "songs": len(songs.songs),
            "stems": len(songs.role),
            "held_out_songs": len(unseen.songs),
            "validation_songs": 0 if validation is None else len(validation.songs),
            "song_seconds": round(float(songs.seconds.mean()), 1),
            "data": material.as_card(),
            "severity": asdict(severity),
            "gathering_minutes": (gathered - started) / 60.0,
            "training_minutes": minutes,
            "encoder_parameters": sum(p.numel() for p in trained.encoder.parameters()),
            "head_parameters": HEAD.genome_size,
            "torch": torch.__version__,
            "machine": platform.machine(),
        },
        "reference_db": trained.reference_db.tolist(),
        **found,
        **_earlier_comparisons(output),
    }
    card = write(card, output)  # comparisons take longer than all the rest
    for name in compare:
        card[name] = COMPARISONS[name](songs, validation or unseen, recipe, progress)
        card = write(card, output)
    return card


def _write(
    trained: Trained, roles: checkpoints.State, seed: int, output: Path
) -> dict[str, dict[str, Any]]:
    """Write all weights; name, SHA-256 and size of each file."""
    heads = {"base": trained.base, **trained.heads}
    contents: dict[str, tuple[Mapping[str, Array], dict[str, str]]] = {
        "encoder": (
            state_of_module(trained.encoder),
            {"kind": "encoder", "config": json.dumps(asdict(ENCODER))},
        ),
        "roles": (roles, {"kind": "roles"}),
    }
    for name, head in heads.items():
        described = {"kind": "head", "style": name, "config": json.dumps(asdict(HEAD))}
        contents[name] = (state_of_module(head), described)
    files = {}
    for name, (state, metadata) in contents.items():
        path = output / f"{name}.safetensors"
        sum_ = checkpoints.save(path, state, {**metadata, "seed": str(seed)})
        files[path.name] = {"sha256": sum_, "bytes": path.stat().st_size}
    return files


def _earlier_comparisons(output: Path) -> Card:
    try:
        card = checkpoints.model_card(output)
    except ModelUnavailable:
        card = {}
    return {name: card.get(name) for name in COMPARISONS}
