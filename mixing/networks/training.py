"""Training: one encoder with a base head, then five heads fine-tuned from the base.

1. Base: encoder and head learn the mean of all styles' labels, and the encoder a role read-out
   beside it, so that embeddings keep what any taste may ask for.
2. Styles: the encoder is frozen; five copies of the base head each learn their style.

The loss counts errors in audible steps (``distance``). One seed fixes everything on one machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from mixing.audio.roles import ROLES
from mixing.networks.architecture import Encoder, Head, PooledTrunk
from mixing.networks.batches import TRAINING, Batch, Severity, random_songs, spoil, whole_songs
from mixing.networks.corpus import Corpus
from mixing.networks.distance import step_positions
from mixing.networks.shapes import (
    ENCODER,
    GLOBAL_PARAMETERS,
    HEAD,
    MEASURED,
    STRIP_COLUMN,
    STRIP_PARAMETERS,
    EncoderConfig,
    HeadConfig,
)
from mixing.networks.styles import BALANCED, STYLES, HouseStyle
from mixing.networks.targets import mix_balance_db, wanted_lufs

Array = NDArray[np.float32]

STRIP_STEPS: Final = step_positions(STRIP_PARAMETERS)
STRIP_STEPS[STRIP_COLUMN["pan"]] *= 2.0  # the label is the spread: 0.1 of it pans by 0.1
GLOBAL_STEPS: Final = step_positions(GLOBAL_PARAMETERS)

_FADER_WEIGHT: Final = 2.0
_SHARED_WEIGHT: Final = 0.3
_ROLE_WEIGHT: Final = 0.3
_HUBER_STEPS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast to train."""

    seed: int = 0
    songs_per_batch: int = 32
    base_steps: int = 4000
    style_steps: int = 1200
    base_rate: float = 4e-3
    style_rate: float = 2e-3
    weight_decay: float = 1e-2


@dataclass(frozen=True)
class Trained:
    """Everything a training gives: the frozen encoder, the base head, one head per style."""

    encoder: Encoder
    base: Head
    heads: dict[str, Head]
    reference_db: Array


def train(
    corpus: Corpus,
    recipe: Recipe,
    *,
    encoder: EncoderConfig = ENCODER,
    head: HeadConfig = HEAD,
    styles: Sequence[HouseStyle] = STYLES,
    severity: Severity = TRAINING,
    progress: bool = False,
) -> Trained:
    """Train encoder and heads on a corpus; deterministic for one seed, machine and thread count."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    reference_db = reference_balance_db(corpus)
    hears, base = Encoder(encoder), Head(head)
    if isinstance(hears.trunk, PooledTrunk):
        hears.trunk.standardise_like(_sample(corpus, reference_db, rng))
    base_draws = _drawer(
        corpus, recipe, reference_db, rng, styles, encoder.trunk == "conv", severity
    )
    _train_base(hears, base, base_draws, recipe, progress)
    hears.eval().requires_grad_(False)
    heads = {style.slug: _copy(base) for style in styles}
    _train_styles(hears, list(heads.values()), base_draws, recipe, progress)
    return Trained(hears, base, heads, reference_db)


def reference_balance_db(corpus: Corpus) -> Array:
    """Mean band balance (5,) dB of the corpus mixed by the balanced style's levels."""
    rng = np.random.default_rng(0)
    draw = whole_songs(corpus, range(len(corpus.songs)))
    still = Severity(0.0, 0.0, 0.0, 0.0)
    facts = spoil(corpus, draw, (), rng, severity=still, reference_db=np.zeros(5, np.float32)).facts
    return np.asarray(mix_balance_db(wanted_lufs(BALANCED, facts), facts).mean(axis=0))


def wish_loss(
    wishes: tuple[Tensor, Tensor], strips: Tensor, shared: Tensor, heard: Tensor
) -> Tensor:
    """Huber loss in audible steps; ``heard`` (songs, stems) masks padding."""
    strip_error = (wishes[0] - strips) / torch.from_numpy(STRIP_STEPS)
    shared_error = (wishes[1] - shared) / torch.from_numpy(GLOBAL_STEPS)
    weight = torch.ones(len(STRIP_STEPS))
    weight[STRIP_COLUMN["fader_db"]] = _FADER_WEIGHT
    per_stem = (_huber(strip_error) * weight).mean(dim=-1)
    return (per_stem * heard).sum() / heard.sum() + _SHARED_WEIGHT * _huber(shared_error).mean()


def _huber(error: Tensor) -> Tensor:
    return functional.huber_loss(
        error, torch.zeros_like(error), reduction="none", delta=_HUBER_STEPS
    )


def _train_base(
    encoder: Encoder, base: Head, draw: Callable[[], Batch], recipe: Recipe, progress: bool
) -> None:
    readout = nn.Linear(encoder.config.learned, len(ROLES))
    weights = [*encoder.parameters(), *base.parameters(), *readout.parameters()]
    optimiser = torch.optim.AdamW(weights, recipe.base_rate, weight_decay=recipe.weight_decay)
    schedule = _schedule(optimiser, recipe.base_rate, recipe.base_steps)
    encoder.train()
    for _ in (bar := tqdm(range(recipe.base_steps), desc="base", disable=not progress)):
        batch = draw()
        embedding, heard = _embed(encoder, batch)
        strips, shared = (
            torch.from_numpy(np.mean(labels, axis=0)) for labels in (batch.strips, batch.shared)
        )
        roles = torch.from_numpy(batch.roles)
        said = readout(embedding[..., len(MEASURED) :]).flatten(0, -2)
        role_loss = functional.cross_entropy(said, roles.flatten(), ignore_index=-1)
        loss = wish_loss(base.wishes(embedding), strips, shared, heard) + _ROLE_WEIGHT * role_loss
        _step(optimiser, schedule, loss, weights)
        bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)


def _train_styles(
    encoder: Encoder, heads: list[Head], draw: Callable[[], Batch], recipe: Recipe, progress: bool
) -> None:
    weights = [weight for head in heads for weight in head.parameters()]
    optimiser = torch.optim.AdamW(weights, recipe.style_rate, weight_decay=0.0)
    schedule = _schedule(optimiser, recipe.style_rate, recipe.style_steps)
    for _ in (bar := tqdm(range(recipe.style_steps), desc="styles", disable=not progress)):
        batch = draw()
        with torch.no_grad():
            embedding, heard = _embed(encoder, batch)
        labels = zip(
            map(torch.from_numpy, batch.strips), map(torch.from_numpy, batch.shared), strict=True
        )
        losses = [
            wish_loss(head.wishes(embedding), strips, shared, heard)
            for head, (strips, shared) in zip(heads, labels, strict=True)
        ]
        loss = torch.stack(losses).sum()
        _step(optimiser, schedule, loss, weights)
        bar.set_postfix(loss=f"{loss.item() / len(heads):.3f}", refresh=False)


def _embed(encoder: Encoder, batch: Batch) -> tuple[Tensor, Tensor]:
    """Embeddings and the mask of stems that sound."""
    measured = torch.from_numpy(batch.measured)
    embedding: Tensor = encoder(torch.from_numpy(batch.features), measured)
    return embedding, measured[..., 1]


def _step(
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    loss: Tensor,
    weights: list[nn.Parameter],
) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(weights, 1.0)
    optimiser.step()
    schedule.step()


def _schedule(
    optimiser: torch.optim.Optimizer, rate: float, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Up for a tenth of the steps, then down to nothing along a cosine."""
    return torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rate, total_steps=steps + 1, pct_start=0.1
    )


def _drawer(
    corpus: Corpus,
    recipe: Recipe,
    reference_db: Array,
    rng: np.random.Generator,
    styles: Sequence[HouseStyle],
    conv: bool,
    severity: Severity,
) -> Callable[[], Batch]:
    def draw() -> Batch:
        songs = random_songs(corpus, recipe.songs_per_batch, rng)
        return spoil(
            corpus, songs, styles, rng, severity=severity, reference_db=reference_db, conv=conv
        )

    return draw


def _sample(corpus: Corpus, reference_db: Array, rng: np.random.Generator) -> Array:
    """Feature rows of every stem once, spoiled: what standardisation is taken from."""
    draw = whole_songs(corpus, range(len(corpus.songs)))
    batch = spoil(corpus, draw, (), rng, reference_db=reference_db)
    return batch.features[draw.present]


def _copy(head: Head) -> Head:
    copy = Head(head.config)
    copy.load_state_dict(head.state_dict())
    return copy
