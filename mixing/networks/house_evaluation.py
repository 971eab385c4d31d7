"""How good the house mixers are on songs they never heard, beside simple rivals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from mixing.networks import checkpoints, evaluation
from mixing.networks.architecture import Encoder, Head, load_state
from mixing.networks.baselines import rival_errors
from mixing.networks.batches import FULL, Severity
from mixing.networks.corpus import Corpus
from mixing.networks.listening import listen
from mixing.networks.material import Material
from mixing.networks.model_card import as_markdown
from mixing.networks.role_training import role_accuracy
from mixing.networks.shapes import ENCODER, HEAD
from mixing.networks.sources.songs import Part
from mixing.networks.sources.synthesiser import FIRST_SEED
from mixing.networks.styles import STYLES
from mixing.networks.training import Trained

Card = dict[str, Any]

BY_EAR: Final = Severity(colour_db=0.0, hide_role=1.0)
TOLD: Final = Severity(colour_db=0.0, hide_role=0.0)
FULLY_SPOILED: Final = replace(FULL, hide_role=1.0)
_TEST_SEED: Final = 7


def evaluate_house(material: Material, weights: Path, *, write_card: bool = False) -> Card:
    """Held-out errors of the weights in a folder, computed anew.

    ``write_card`` puts the figures into the folder's model card; no weight changes.

    Raises:
        DataUnusable: there is nothing to learn the rivals from or to measure on.
        ModelInvalid, ModelUnavailable: the folder holds no trained mixers.
    """
    torch.set_num_threads(1)
    trained, roles = load_trained(weights)
    songs, unseen = material.songs(Part.TRAINING), material.songs(Part.HELD_OUT)
    found: Card = rounded(evaluate(trained, roles, songs, unseen, material))
    if write_card:
        write(checkpoints.model_card(weights) | found, weights)
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
) -> Card:
    """Everything the card says about quality: errors, rivals, distances, mixes, roles."""
    trials = {
        "by_ear": house_trial(unseen, trained, BY_EAR),
        "roles_told": house_trial(unseen, trained, TOLD),
        "fully_spoiled": house_trial(unseen, trained, FULLY_SPOILED),
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
    seen = house_trial(songs, trained, BY_EAR, seed=0)
    rivals = rival_errors(seen, trials["by_ear"], [style.slug for style in STYLES])
    first = FIRST_SEED[Part.HELD_OUT]
    mixes = listen(
        trained.encoder, trained.heads, STYLES, trained.reference_db,
        seeds=range(first, first + material.listened), progress=material.progress,
    )  # fmt: skip
    return {
        "measured_on": {
            "songs": len(unseen.songs),
            "rivals_songs": len(songs.songs),
            "data": material.as_card(),
        },
        "mixers": {slug: errors[slug]["by_ear"] | mixes.errors[slug] for slug in errors},
        "errors": errors,
        "rivals": rivals,
        "distances": evaluation.style_distances(
            trained.heads, embeddings["roles_told"], trials["roles_told"]
        ),
        "mix_distances_db": mixes.distances,
        "roles": role_accuracy(roles, unseen, seed=_TEST_SEED),
    }


def house_trial(
    corpus: Corpus,
    trained: Trained,
    severity: Severity,
    *,
    seed: int = _TEST_SEED,
    conv: bool = False,
) -> evaluation.Trial:
    """A trial against the labels of all house styles."""
    return evaluation.trial(
        corpus, STYLES, trained.reference_db, seed=seed, severity=severity, conv=conv
    )


def write(card: Card, folder: Path) -> Card:
    """Write the card as data and as text; returns it as written."""
    card = rounded(card)
    (folder / checkpoints.CARD).write_text(json.dumps(card, indent=1) + "\n")
    (folder / "MODEL_CARD.md").write_text(as_markdown(card))
    return card


def rounded(value: Any) -> Any:
    """Floats to four digits after the point, everywhere inside."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [rounded(item) for item in value]
    return value
