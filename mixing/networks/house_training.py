"""The house mixers from nothing to shipped files: songs, training, weights, model card."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from mixing.audio.console import RENDERER_VERSION
from mixing.audio.spectrogram import FRONT_END_VERSION
from mixing.networks import checkpoints, evaluation
from mixing.networks.architecture import Encoder, Head, load_state, state_of_module
from mixing.networks.batches import FULL, Severity
from mixing.networks.corpus import HELD_OUT_SEED, Corpus, gather
from mixing.networks.errors import ModelUnavailable
from mixing.networks.listening import listen
from mixing.networks.model_card import as_markdown
from mixing.networks.role_training import role_accuracy, train_roles
from mixing.networks.shapes import ENCODER, ENCODER_VERSION, HEAD
from mixing.networks.styles import BALANCED, STYLES
from mixing.networks.training import Recipe, Trained, train

Array = NDArray[np.float32]
Card = dict[str, Any]

BY_EAR: Final = Severity(colour_db=0.0, hide_role=1.0)
TOLD: Final = Severity(colour_db=0.0, hide_role=0.0)
FULLY_SPOILED: Final = replace(FULL, hide_role=1.0)
_TEST_SEED: Final = 7
_CONV_SONGS: Final = 8
_COMPARED: Final = 10
"""The comparison of encoders takes this fraction of the steps."""


@dataclass(frozen=True, slots=True)
class Material:
    """How many songs of which length, from which cache folder."""

    cache: Path
    songs: int = 600
    held_out: int = 64
    listened: int = 12
    seconds: float = 10.0

    def training(self, progress: bool) -> Corpus:
        return gather(range(self.songs), seconds=self.seconds, cache=self.cache, progress=progress)

    def unseen(self, progress: bool) -> Corpus:
        seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + self.held_out)
        return gather(seeds, seconds=self.seconds, cache=self.cache, progress=progress)


def train_house(
    material: Material, recipe: Recipe, output: Path, *, compare: bool, progress: bool
) -> Card:
    """Train encoder, base head, five styles and the role model; write them and their card.

    ``compare`` also trains the convolutional encoder; otherwise the card keeps what an earlier
    comparison found.
    """
    torch.set_num_threads(1)  # more threads add in another order: other weights
    started = time.monotonic()
    songs, unseen = material.training(progress), material.unseen(progress)
    gathered = time.monotonic()
    trained = train(songs, recipe, progress=progress)
    roles = train_roles(songs, seed=recipe.seed, progress=progress)
    minutes = (time.monotonic() - gathered) / 60.0
    found = evaluate(trained, roles, songs, unseen, material, progress=progress)
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
            "song_seconds": material.seconds,
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
    card = _write_card(card, output)  # the comparison takes longer than all the rest
    if compare:
        card["encoders"] = compare_encoders(songs, unseen, recipe, progress)
        card = _write_card(card, output)
    return card


def evaluate_house(material: Material, weights: Path, *, progress: bool) -> Card:
    """Held-out errors of the weights in a folder, computed anew."""
    torch.set_num_threads(1)
    trained, roles = load_trained(weights)
    songs, unseen = material.training(progress), material.unseen(progress)
    found: Card = _rounded(evaluate(trained, roles, songs, unseen, material, progress=progress))
    return found


def load_trained(weights: Path) -> tuple[Trained, checkpoints.State]:
    """Networks with the weights of a folder, and the role model's tensors."""
    card = checkpoints.model_card(weights)
    encoder = Encoder(ENCODER)
    load_state(encoder, checkpoints.shipped("encoder", weights))
    encoder.eval()

    def head(name: str) -> Head:
        module = Head(HEAD)
        load_state(module, checkpoints.shipped(name, weights))
        return module

    heads = {style.slug: head(style.slug) for style in STYLES}
    reference_db = np.array(card["reference_db"], np.float32)
    roles = checkpoints.shipped("roles", weights)
    return Trained(encoder, head("base"), heads, reference_db), roles


def evaluate(
    trained: Trained,
    roles: checkpoints.State,
    songs: Corpus,
    unseen: Corpus,
    material: Material,
    *,
    progress: bool,
) -> Card:
    """Everything the card says about quality: errors, rivals, distances, mixes, roles."""
    seen = _trial(songs, trained, BY_EAR, seed=0)
    trials = {
        "by_ear": _trial(unseen, trained, BY_EAR),
        "roles_told": _trial(unseen, trained, TOLD),
        "fully_spoiled": _trial(unseen, trained, FULLY_SPOILED),
    }
    embeddings = {name: evaluation.embed(trained.encoder, test) for name, test in trials.items()}
    errors = {
        style.slug: {
            name: evaluation.network_errors(
                trained.heads[style.slug], embeddings[name], trials[name], index
            )
            for name in trials
        }
        for index, style in enumerate(STYLES)
    }
    rivals = {
        style.slug: evaluation.rival_errors(seen, trials["by_ear"], index)
        for index, style in enumerate(STYLES)
    }
    seeds = range(HELD_OUT_SEED, HELD_OUT_SEED + material.listened)
    mixes = listen(
        trained.encoder, trained.heads, STYLES, trained.reference_db, seeds=seeds,
        progress=progress,
    )  # fmt: skip
    return {
        "mixers": {slug: errors[slug]["by_ear"] | mixes.errors[slug] for slug in errors},
        "errors": errors,
        "rivals": rivals,
        "distances": evaluation.style_distances(
            trained.heads, embeddings["roles_told"], trials["roles_told"]
        ),
        "mix_distances_db": mixes.distances,
        "roles": role_accuracy(roles, unseen, seed=_TEST_SEED),
    }


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
        test = _trial(unseen, trained, BY_EAR, conv=trunk == "conv")
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


def _trial(
    corpus: Corpus,
    trained: Trained,
    severity: Severity,
    *,
    seed: int = _TEST_SEED,
    conv: bool = False,
) -> evaluation.Trial:
    return evaluation.trial(
        corpus, STYLES, trained.reference_db, seed=seed, severity=severity, conv=conv
    )


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


def _write_card(card: Card, output: Path) -> Card:
    card = _rounded(card)
    (output / checkpoints.CARD).write_text(json.dumps(card, indent=1) + "\n")
    (output / "MODEL_CARD.md").write_text(as_markdown(card))
    return card


def _rounded(value: Any) -> Any:
    """Floats to four digits after the point, everywhere inside."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_rounded(item) for item in value]
    return value
