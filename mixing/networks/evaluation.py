"""Held-out error of trained mixers in console units, and how far apart their consoles are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from mixing.audio.parameters import Settings
from mixing.networks.architecture import Encoder, Head
from mixing.networks.batches import Batch, Severity, spoil, whole_songs
from mixing.networks.console_units import by_group
from mixing.networks.corpus import Corpus
from mixing.networks.distance import console_distance
from mixing.networks.inference import settings_of
from mixing.networks.shapes import STRIP_COLUMN
from mixing.networks.styles import HouseStyle

Array = NDArray[np.float32]
Errors = dict[str, float]

DRAWS: Final = 4


@dataclass(frozen=True)
class Trial:
    """Songs spoiled once, for all contestants alike; song: (songs,) which song of the corpus."""

    batch: Batch
    heard: NDArray[np.bool_]
    song: NDArray[np.intp]


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
    songs = np.tile(np.arange(len(corpus.songs)), DRAWS)
    draw = whole_songs(corpus, songs.tolist())
    rng = np.random.default_rng(seed)
    batch = spoil(
        corpus, draw, styles, rng, severity=severity, reference_db=reference_db, conv=conv
    )
    return Trial(batch, draw.present, songs)


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


def grouped_errors(strips: Array, shared: Array, test: Trial, style: int) -> Errors:
    """Mean absolute errors in console units of wishes, which broadcast over the trial."""
    strip_error = np.abs(strips - test.batch.strips[style])[test.heard]
    strip_error[:, STRIP_COLUMN["pan"]] /= 2.0  # the wish is the spread, not a position
    shared_error = np.abs(shared - test.batch.shared[style])
    groups = by_group(strip_error, shared_error)
    return {group: float(errors.mean()) for group, errors in groups.items()}


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
