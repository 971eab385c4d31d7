"""The house mixers from nothing to shipped files: songs, training, weights, model card."""

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from mixing.audio.console import RENDERER_VERSION
from mixing.audio.spectrogram import FRONT_END_VERSION
from mixing.networks import checkpoints, evaluation
from mixing.networks.architecture import state_of_module
from mixing.networks.batches import TRAINING, Severity
from mixing.networks.corpus import Corpus
from mixing.networks.errors import ModelUnavailable
from mixing.networks.house_evaluation import BY_EAR, evaluate, house_trial, write
from mixing.networks.journal import Journal
from mixing.networks.material import Material
from mixing.networks.recipe import Recipe
from mixing.networks.role_training import train_roles
from mixing.networks.shapes import ENCODER, ENCODER_VERSION, HEAD
from mixing.networks.sources.songs import Part
from mixing.networks.styles import BALANCED
from mixing.networks.training import Trained, train

Array = NDArray[np.float32]
Card = dict[str, Any]

_CONV_SONGS: Final = 8
_COMPARED: Final = 10
"""The comparison of encoders takes this fraction of the steps."""


def train_house(
    material: Material,
    recipe: Recipe,
    output: Path,
    *,
    severity: Severity = TRAINING,
    journal: Journal | None = None,
    resume: bool = False,
    compare: bool = False,
) -> Card:
    """Train encoder, base head, five styles and the role model; write them and their card.

    Args:
        severity: spoiling and augmentation.
        journal: where checkpoints and the log go; ``resume`` continues from there.
        compare: also train the convolutional encoder; otherwise the card keeps what an earlier
            comparison found.

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
        "encoders": _earlier_comparison(output),
    }
    card = write(card, output)  # the comparison takes longer than all the rest
    if compare:
        card["encoders"] = compare_encoders(songs, unseen, recipe, progress)
        card = write(card, output)
    return card


def compare_encoders(songs: Corpus, unseen: Corpus, recipe: Recipe, progress: bool) -> Card:
    """Pooled against convolutional hearing on the balanced style, in equally many steps.

    A step of convolutions hears fewer songs and still costs many times more: the card shows cost
    beside error.
    """
    few = replace(recipe, base_steps=max(1, recipe.base_steps // _COMPARED), style_steps=0)
    recipes = {"pooled": few, "conv": replace(few, songs_per_batch=_CONV_SONGS)}
    result: Card = {}
    for trunk, chosen in recipes.items():
        started = time.process_time()
        config = replace(ENCODER, trunk=trunk)
        trained = train(songs, chosen, encoder=config, styles=(BALANCED,), progress=progress)
        seconds = time.process_time() - started
        test = house_trial(unseen, trained, BY_EAR, conv=trunk == "conv")
        found = evaluation.network_errors(
            trained.base, evaluation.embed(trained.encoder, test), test, 0
        )
        result[trunk] = {
            "parameters": sum(p.numel() for p in trained.encoder.parameters()),
            "steps": chosen.base_steps,
            "songs_per_batch": chosen.songs_per_batch,
            "cpu_seconds": seconds,
            "gain_db": found["gain_db"],
            "eq_db": found["eq_db"],
        }
    return result


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


def _earlier_comparison(output: Path) -> Card | None:
    try:
        return checkpoints.model_card(output).get("encoders")
    except ModelUnavailable:
        return None
