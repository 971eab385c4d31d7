"""What earned its place: ways to hear and ways to vary training songs, compared on unseen songs.

Each is trained briefly on the balanced style and measured; the model card shows the results.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from mixing.networks import evaluation
from mixing.networks.augmentation import MASKED_BANDS
from mixing.networks.batches import TRAINING, Severity
from mixing.networks.corpus import Corpus
from mixing.networks.house_evaluation import BY_EAR
from mixing.networks.recipe import Recipe
from mixing.networks.shapes import ENCODER
from mixing.networks.styles import BALANCED
from mixing.networks.training import Trained, train

Card = dict[str, Any]

VIEWS: Final = 3
"""Time-masked versions of every stem that the comparison of augmentations wants."""
STRANGE: Final = Severity(colour_db=5.0, hide_role=1.0)
"""Stems coloured twice as strongly as in training: instruments that nobody has heard before."""

AUGMENTATIONS: Final[Mapping[str, Severity]] = {
    "as trained": TRAINING,
    "without colour": replace(TRAINING, colour_db=0.0),
    "without gain": replace(TRAINING, gain_db=0.0),
    "without stem dropout": replace(TRAINING, drop_stems=False),
    "without blurred movement": replace(TRAINING, noise=0.0),
    "with frequency masks": replace(TRAINING, mask_bands=MASKED_BANDS),
    "with time masks": replace(TRAINING, mask_time=True),
}

_SEEDS: Final = (0, 1)
_TEST_SEED: Final = 7
_SHOWN: Final = ("gain_db", "eq_db")
_CONV_SONGS: Final = 8
_SHARE: Final = 10
"""A comparison takes this fraction of the base's steps."""


def compare_encoders(songs: Corpus, unseen: Corpus, recipe: Recipe, progress: bool) -> Card:
    """Pooled against convolutional hearing, in equally many steps.

    A step of convolutions hears fewer songs and still costs many times more: the card shows cost
    beside error.
    """
    recipes = {"pooled": _few(recipe), "conv": _few(recipe, songs_per_batch=_CONV_SONGS)}
    result: Card = {}
    for trunk, chosen in recipes.items():
        started = time.process_time()
        config = replace(ENCODER, trunk=trunk)
        trained = train(songs, chosen, encoder=config, styles=(BALANCED,), progress=progress)
        seconds = time.process_time() - started
        found = _errors(trained, unseen, BY_EAR, conv=trunk == "conv")
        result[trunk] = {
            "parameters": sum(p.numel() for p in trained.encoder.parameters()),
            "steps": chosen.base_steps,
            "songs_per_batch": chosen.songs_per_batch,
            "cpu_seconds": seconds,
            "gain_db": found["gain_db"],
            "eq_db": found["eq_db"],
        }
    return result


def compare_augmentations(songs: Corpus, unseen: Corpus, recipe: Recipe, progress: bool) -> Card:
    """Training with each augmentation turned off or on, means over seeds.

    ``songs`` should hold ``VIEWS`` time-masked views; ``unseen`` should not be the songs that
    mixers are finally measured on, for this chooses how they are trained.
    """
    result: Card = {"steps": _few(recipe).base_steps, "seeds": len(_SEEDS), "variants": {}}
    for name, severity in AUGMENTATIONS.items():
        rows = []
        for seed in _SEEDS:
            chosen = _few(recipe, seed=seed)
            trained = train(songs, chosen, styles=(BALANCED,), severity=severity, progress=progress)
            plain, strange = (_errors(trained, unseen, test) for test in (BY_EAR, STRANGE))
            rows.append([found[group] for found in (plain, strange) for group in _SHOWN])
        columns = (*_SHOWN, *(f"strange_{group}" for group in _SHOWN))
        means = np.mean(rows, axis=0).tolist()
        result["variants"][name] = dict(zip(columns, means, strict=True))
    return result


def _few(recipe: Recipe, **changes: Any) -> Recipe:
    steps = max(1, recipe.base_steps // _SHARE)
    return replace(recipe, base_steps=steps, style_steps=0, **changes)


def _errors(
    trained: Trained, unseen: Corpus, severity: Severity, *, conv: bool = False
) -> evaluation.Errors:
    test = evaluation.trial(
        unseen, (BALANCED,), trained.reference_db, seed=_TEST_SEED, severity=severity, conv=conv
    )
    return evaluation.network_errors(trained.base, evaluation.embed(trained.encoder, test), test, 0)
