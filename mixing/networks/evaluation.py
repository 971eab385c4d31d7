"""Held-out error of trained mixers in console units, against simple rivals.

Rivals: the mean predictor (one fixed console), the mean predictor that may ride levels (it knows
each stem's loudness), and ridge regression on the same pooled statistics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from mixing.audio.parameters import Parameter, Settings
from mixing.networks.architecture import Encoder, Head
from mixing.networks.batches import Batch, Severity, spoil, whole_songs
from mixing.networks.corpus import Corpus
from mixing.networks.distance import console_distance
from mixing.networks.inference import settings_of
from mixing.networks.shapes import (
    GLOBAL_NAMES,
    GLOBAL_PARAMETERS,
    LEVEL_GAIN,
    STRIP_COLUMN,
    STRIP_PARAMETERS,
    span,
)
from mixing.networks.styles import HouseStyle

Array = NDArray[np.float32]
Errors = dict[str, float]

STRIP_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "gain_db": ("fader_db",),
    "eq_db": tuple(p.name for p in STRIP_PARAMETERS if p.name.endswith("_gain_db")),
    "highpass_octaves": ("highpass_hz",),
    "threshold_db": ("comp_threshold_db",),
    "ratio_octaves": ("comp_ratio",),
    "times_octaves": ("comp_attack_ms", "comp_release_ms"),
    "makeup_db": ("comp_makeup_db",),
    "spread": ("pan",),
    "width": ("width",),
    "sends_db": ("reverb_send_db", "delay_send_db"),
}
"""What is reported together; the unit is in the name. Octaves are factors of two."""

SHARED_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "master_eq_db": tuple(name for name in GLOBAL_NAMES if name.endswith("_gain_db")),
    "bus_threshold_db": ("master.comp_threshold_db",),
    "bus_release_octaves": ("master.comp_release_ms",),
    "decay_octaves": ("reverb.decay_s",),
}

DRAWS: Final = 4
_RIDGE: Final = 30.0


@dataclass(frozen=True)
class Trial:
    """Held-out songs spoiled once, for all contestants alike."""

    batch: Batch
    heard: NDArray[np.bool_]


def trial(
    corpus: Corpus,
    styles: Sequence[HouseStyle],
    reference_db: Array,
    *,
    seed: int,
    severity: Severity,
    conv: bool = False,
) -> Trial:
    """Every song of a corpus, spoiled ``DRAWS`` times by the seed."""
    draw = whole_songs(corpus, list(range(len(corpus.songs))) * DRAWS)
    rng = np.random.default_rng(seed)
    batch = spoil(
        corpus, draw, styles, rng, severity=severity, reference_db=reference_db, conv=conv
    )
    return Trial(batch, draw.present)


def embed(encoder: Encoder, test: Trial) -> torch.Tensor:
    """Embeddings (songs, stems, 36) of a trial, song by song batch to bound memory."""
    features, measured = (torch.from_numpy(a) for a in (test.batch.features, test.batch.measured))
    encoder.eval()
    with torch.no_grad():
        starts = range(0, len(features), 32)
        return torch.cat([encoder(features[i : i + 32], measured[i : i + 32]) for i in starts])


def network_errors(head: Head, embedding: torch.Tensor, test: Trial, style: int) -> Errors:
    """Mean absolute error per group of one head against one style's labels."""
    with torch.no_grad():
        strips, shared = (wish.numpy() for wish in head.wishes(embedding))
    return grouped_errors(strips, shared, test, style)


def rival_errors(train: Trial, test: Trial, style: int) -> dict[str, Errors]:
    """The rivals' errors on the same trial."""
    strips, shared = train.batch.strips[style][train.heard], train.batch.shared[style]
    mean_shared = shared.mean(axis=0)
    rows = _ridge(train.batch.features[train.heard], strips, test.batch.features)
    return {
        "mean": grouped_errors(
            _fixed(_mean_fixed(train, style), test, -1.0), mean_shared, test, style
        ),
        "mean_riding_levels": grouped_errors(strips.mean(axis=0), mean_shared, test, style),
        "ridge": grouped_errors(rows, mean_shared, test, style),
    }


def grouped_errors(strips: Array, shared: Array, test: Trial, style: int) -> Errors:
    """Mean absolute errors in console units of wishes, which broadcast over the trial."""
    strip_error = np.abs(strips - test.batch.strips[style])[test.heard] * _units(STRIP_PARAMETERS)
    strip_error[:, STRIP_COLUMN["pan"]] /= 2.0  # the wish is the spread, not a position
    shared_error = np.abs(shared - test.batch.shared[style]) * _units(GLOBAL_PARAMETERS)
    errors = {
        group: float(strip_error[:, [STRIP_COLUMN[n] for n in names]].mean())
        for group, names in STRIP_GROUPS.items()
    }
    return errors | {
        group: float(shared_error[:, [GLOBAL_NAMES.index(n) for n in names]].mean())
        for group, names in SHARED_GROUPS.items()
    }


def style_distances(
    heads: Mapping[str, Head], embedding: torch.Tensor, test: Trial
) -> dict[str, float]:
    """Mean console distance in audible steps between each pair of heads over a trial's songs."""
    settings = {slug: _settings(head, embedding, test) for slug, head in heads.items()}
    return {
        f"{first}-{second}": float(
            np.mean(list(map(console_distance, settings[first], settings[second])))
        )
        for first, second in combinations(settings, 2)
    }


def _settings(head: Head, embedding: torch.Tensor, test: Trial) -> list[Settings]:
    with torch.no_grad():
        strips, shared = (answer.numpy() for answer in head(embedding))
    rows = zip(strips, shared, test.heard, strict=True)
    return [settings_of(song[heard], whole) for song, whole, heard in rows]


def _units(parameters: Sequence[Parameter]) -> Array:
    """Console units (octaves for logarithmic parameters) per position."""
    return np.array(
        [log2(p.maximum / p.minimum) if p.curve == "log" else span(p) for p in parameters],
        np.float32,
    )


def _mean_fixed(train: Trial, style: int) -> Array:
    """The mean console (16,) as set, with the level rule put back into its two knobs."""
    return np.asarray(_fixed(train.batch.strips[style], train)[train.heard].mean(axis=0))


def _fixed(wishes: Array, test: Trial, sign: float = 1.0) -> Array:
    """Wishes (songs, stems, 16) to the knobs' positions, or back with ``sign`` -1."""
    level = sign * test.batch.measured[..., 0]
    knobs = np.array(np.broadcast_to(wishes, (*level.shape, len(STRIP_PARAMETERS))))
    knobs[..., STRIP_COLUMN["fader_db"]] -= level * LEVEL_GAIN["fader_db"]
    knobs[..., STRIP_COLUMN["comp_threshold_db"]] += level * LEVEL_GAIN["comp_threshold_db"]
    return knobs


def _ridge(inputs: Array, targets: Array, unseen: Array) -> Array:
    """Ridge regression on standardised inputs (rows, features), answers for (..., features)."""
    mean, scale = inputs.mean(axis=0), 1.0 / np.maximum(inputs.std(axis=0), 0.1)
    known = ((inputs - mean) * scale).astype(np.float64)
    gram = known.T @ known + _RIDGE * np.eye(known.shape[1])
    weights = np.linalg.solve(gram, known.T @ (targets - targets.mean(axis=0)))
    return np.asarray(((unseen - mean) * scale) @ weights + targets.mean(axis=0), dtype=np.float32)
