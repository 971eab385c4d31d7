"""Training: one encoder with a base head, then five heads fine-tuned from the base.

1. Base: encoder and head learn the mean of all styles' labels, and the encoder a role read-out
   beside it, so that embeddings keep what any taste may ask for.
2. Styles: the encoder is frozen; five copies of the base head each learn their style.

The loss counts errors in audible steps (``loss``). One seed fixes everything on one machine,
interrupted or not (``journal``).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mixing.audio.roles import ROLES
from mixing.networks.architecture import Encoder, Head, PooledTrunk
from mixing.networks.batches import TRAINING, Batch, Severity, spoil, whole_songs
from mixing.networks.corpus import Corpus
from mixing.networks.evaluation import Trial, embed, grouped_errors, trial
from mixing.networks.journal import Journal
from mixing.networks.loss import wish_loss
from mixing.networks.recipe import Recipe
from mixing.networks.session import Session
from mixing.networks.shapes import (
    ENCODER,
    HEAD,
    MEASURED,
    EncoderConfig,
    HeadConfig,
)
from mixing.networks.stages import Stage, Validation
from mixing.networks.styles import BALANCED, STYLES, HouseStyle
from mixing.networks.targets import mix_balance_db, wanted_lufs

Array = NDArray[np.float32]

_ROLE_WEIGHT: Final = 0.3
_VALIDATION_SEED: Final = 11


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
    validation: Corpus | None = None,
    journal: Journal | None = None,
    resume: bool = False,
    progress: bool = False,
) -> Trained:
    """Train encoder and heads on a corpus; deterministic for one seed, machine and thread count.

    Args:
        validation: songs that choose the best weights and end a stage early; None: the last
            weights are taken.
        journal: where checkpoints and the log go.
        resume: continue the journal's last checkpoint if there is one.

    Raises:
        TrainingChanged: the checkpoint is of another training.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    reference_db = reference_balance_db(corpus)
    hears, base = Encoder(encoder), Head(head)
    if isinstance(hears.trunk, PooledTrunk):
        hears.trunk.standardise_like(_sample(corpus, reference_db, rng))
    session = Session(
        corpus, recipe, styles, severity, reference_db, rng, encoder.trunk == "conv",
        journal or Journal(),
        _identity(corpus, validation, recipe, severity, styles, (encoder, head)),
    )  # fmt: skip
    if validation is not None:
        session.trial = _validation_trial(validation, session)
    state = session.journal.resume(session.identity) if resume else None
    _train_base(hears, base, session, state, progress)
    hears.eval().requires_grad_(False)
    heads = {style.slug: _copy(base) for style in styles}
    _train_styles(hears, base, heads, session, state, progress)
    return Trained(hears, base, heads, reference_db)


def reference_balance_db(corpus: Corpus) -> Array:
    """Mean band balance (5,) dB of the corpus mixed by the balanced style's levels."""
    rng = np.random.default_rng(0)
    draw = whole_songs(corpus, range(len(corpus.songs)))
    still = Severity(0.0, 0.0, 0.0, 0.0)
    facts = spoil(corpus, draw, (), rng, severity=still, reference_db=np.zeros(5, np.float32)).facts
    balance = mix_balance_db(wanted_lufs(BALANCED, facts), facts)
    return np.average(balance, axis=0, weights=corpus.chances).astype(np.float32)


def _train_base(
    encoder: Encoder, base: Head, session: Session, state: dict[str, Any] | None, progress: bool
) -> None:
    recipe, readout = session.recipe, nn.Linear(encoder.config.learned, len(ROLES))

    def loss(batch: Batch) -> Tensor:
        encoder.train()
        embedding, heard = _embed(encoder, batch)
        strips, shared = (
            torch.from_numpy(np.mean(labels, axis=0)) for labels in (batch.strips, batch.shared)
        )
        roles = torch.from_numpy(batch.roles)
        said = readout(embedding[..., len(MEASURED) :]).flatten(0, -2)
        role_loss = functional.cross_entropy(said, roles.flatten(), ignore_index=-1)
        return wish_loss(base.wishes(embedding), strips, shared, heard) + _ROLE_WEIGHT * role_loss

    def validate() -> Validation:
        assert session.trial is not None
        batch = session.trial.batch
        strips, shared = ((np.mean(labels, axis=0),) for labels in (batch.strips, batch.shared))
        mean = replace(session.trial, batch=replace(batch, strips=strips, shared=shared))
        return _validation([base], embed(encoder, mean), mean)

    stage = Stage(
        "base", recipe.base_steps, [encoder, base, readout], loss,
        None if session.trial is None else validate, recipe.base_rate, recipe.weight_decay,
    )  # fmt: skip
    modules = {"encoder": encoder, "base": base, "readout": readout}
    if state is not None and state["stage"] != stage.name:
        del modules["readout"]  # no longer needed, and no longer saved
    session.run(stage, modules, state, progress)


def _train_styles(
    encoder: Encoder,
    base: Head,
    heads: Mapping[str, Head],
    session: Session,
    state: dict[str, Any] | None,
    progress: bool,
) -> None:
    recipe, trial = session.recipe, session.trial
    # The encoder no longer changes, so neither do the embeddings that validate.
    embedding = None if trial is None else embed(encoder, trial)

    def loss(batch: Batch) -> Tensor:
        with torch.no_grad():
            heard, present = _embed(encoder, batch)
        labels = zip(
            map(torch.from_numpy, batch.strips), map(torch.from_numpy, batch.shared), strict=True
        )
        losses = [
            wish_loss(head.wishes(heard), strips, shared, present)
            for head, (strips, shared) in zip(heads.values(), labels, strict=True)
        ]
        return torch.stack(losses).sum()

    def validate() -> Validation:
        assert trial is not None
        assert embedding is not None
        return _validation(list(heads.values()), embedding, trial)

    stage = Stage(
        "styles", recipe.style_steps, list(heads.values()), loss,
        None if trial is None else validate, recipe.style_rate, 0.0,
    )  # fmt: skip
    in_this_stage = state if state is not None and state["stage"] == stage.name else None
    session.run(stage, {"encoder": encoder, "base": base, **heads}, in_this_stage, progress)


@torch.no_grad()
def _validation(heads: Sequence[Head], embedding: Tensor, test: Trial) -> Validation:
    """Means over heads, each against its labels of the trial."""
    heard = torch.from_numpy(test.heard.astype(np.float32))
    losses, errors = [], []
    for index, head in enumerate(heads):
        wishes = head.wishes(embedding)
        strips, shared = (
            torch.from_numpy(labels[index]) for labels in (test.batch.strips, test.batch.shared)
        )
        losses.append(wish_loss(wishes, strips, shared, heard).item())
        errors.append(grouped_errors(wishes[0].numpy(), wishes[1].numpy(), test, index))
    gain, eq = (
        float(np.mean([found[group] for found in errors])) for group in ("gain_db", "eq_db")
    )
    return Validation(float(np.mean(losses)), gain, eq)


def _validation_trial(songs: Corpus, session: Session) -> Trial:
    """Songs spoiled as in training, without what only makes training harder."""
    plain = replace(session.severity, miscast=0.0, noise=0.0, mask_bands=0, mask_time=False)
    return trial(
        songs, session.styles, session.reference_db, seed=_VALIDATION_SEED, severity=plain,
        conv=session.conv,
    )  # fmt: skip


def _embed(encoder: Encoder, batch: Batch) -> tuple[Tensor, Tensor]:
    """Embeddings and the mask of stems that sound."""
    measured = torch.from_numpy(batch.measured)
    embedding: Tensor = encoder(torch.from_numpy(batch.features), measured)
    return embedding, measured[..., 1]


def _sample(corpus: Corpus, reference_db: Array, rng: np.random.Generator) -> Array:
    """Feature rows of every stem once, spoiled: what standardisation is taken from."""
    draw = whole_songs(corpus, range(len(corpus.songs)))
    batch = spoil(corpus, draw, (), rng, reference_db=reference_db)
    return batch.features[draw.present]


def _copy(head: Head) -> Head:
    copy = Head(head.config)
    copy.load_state_dict(head.state_dict())
    return copy


def _identity(
    corpus: Corpus,
    validation: Corpus | None,
    recipe: Recipe,
    severity: Severity,
    styles: Sequence[HouseStyle],
    shapes: tuple[EncoderConfig, HeadConfig],
) -> str:
    """One name for everything that a training's weights follow from."""
    tastes = [asdict(style) for style in styles]
    settings = [asdict(recipe), asdict(severity), asdict(shapes[0]), asdict(shapes[1]), *tastes]
    sum_ = hashlib.sha256(json.dumps([settings, torch.__version__]).encode())
    for songs in (corpus, validation):
        sum_.update(b"none" if songs is None else songs.digest())
    return sum_.hexdigest()
