"""Training of the small role model in ``roles``: softmax regression on spoiled stems."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from tqdm import tqdm

from mixing.audio.roles import ROLES
from mixing.networks.batches import Severity, spoil, whole_songs
from mixing.networks.corpus import Corpus
from mixing.networks.pooling import POOLED_SIZE
from mixing.networks.roles import role_probabilities

State = dict[str, NDArray[np.float32]]

_DRAWS: Final = 4
_BLURRED: Final = Severity(0.0, 1.0, colour_db=5.0, noise=0.4)
"""Strong colours: real instruments sound less alike than synthesised ones."""
_AS_IT_IS: Final = Severity(0.0, 0.6, colour_db=0.0)
_RATE: Final = 3e-3
_DECAY: Final = 0.3


def train_roles(corpus: Corpus, *, seed: int, steps: int = 1500, progress: bool = False) -> State:
    """Weight (12, POOLED_SIZE), bias (12,), mean and scale (POOLED_SIZE,) of the classifier.

    Rare roles weigh as much as common ones.
    """
    torch.manual_seed(seed)
    features, roles = labelled(corpus, seed, _BLURRED)
    mean, scale = features.mean(axis=0), 1.0 / np.maximum(features.std(axis=0), 0.1)
    rows = torch.from_numpy(((features - mean) * scale).clip(-6.0, 6.0).astype(np.float32))
    answers = torch.from_numpy(roles)
    counts = torch.bincount(answers, minlength=len(ROLES)).clamp(min=1)
    model = torch.nn.Linear(POOLED_SIZE, len(ROLES))
    optimiser = torch.optim.AdamW(model.parameters(), _RATE, weight_decay=_DECAY)
    shuffle = torch.Generator().manual_seed(seed)
    for _ in tqdm(range(steps), desc="roles", disable=not progress):
        chosen = torch.randint(len(rows), (512,), generator=shuffle)
        loss = functional.cross_entropy(model(rows[chosen]), answers[chosen], weight=1.0 / counts)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return {
        "weight": model.weight.detach().numpy(),
        "bias": model.bias.detach().numpy(),
        "mean": mean.astype(np.float32),
        "scale": scale.astype(np.float32),
    }


def role_accuracy(state: State, corpus: Corpus, *, seed: int) -> dict[str, float]:
    """Share of stems whose role is heard right: of all, as "mean_of_roles", and per role."""
    features, roles = labelled(corpus, seed, _AS_IT_IS)
    right = role_probabilities(features, state).argmax(axis=-1) == roles
    per_role = {
        name: float(right[roles == index].mean())
        for index, name in enumerate(ROLES)
        if (roles == index).any()
    }
    whole = {"all": float(right.mean()), "mean_of_roles": float(np.mean(list(per_role.values())))}
    return whole | per_role


def labelled(
    corpus: Corpus, seed: int, severity: Severity
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Pooled features of every stem, spoiled four times, and role indices."""
    draw = whole_songs(corpus, list(range(len(corpus.songs))) * _DRAWS)
    batch = spoil(
        corpus, draw, (), np.random.default_rng(seed), severity=severity,
        reference_db=np.zeros(5, np.float32),
    )  # fmt: skip
    heard = draw.present
    return batch.features[heard][:, :POOLED_SIZE], batch.roles[heard].astype(np.int64)
