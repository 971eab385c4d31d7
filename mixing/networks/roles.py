"""The role of a stem from its sound: a linear model on pooled statistics.

It speaks when a file's name says nothing; people can always correct it. It was trained on
synthesised stems only, so its confidence is worth less on real ones.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.roles import ROLES
from mixing.networks.checkpoints import State, shipped
from mixing.networks.errors import ModelInvalid
from mixing.networks.pooling import POOLED_SIZE, pool

Array = NDArray[np.float32]

_SHAPES: Final = {
    "weight": (len(ROLES), POOLED_SIZE),
    "bias": (len(ROLES),),
    "mean": (POOLED_SIZE,),
    "scale": (POOLED_SIZE,),
}


def classify_role(mel: NDArray[np.floating]) -> tuple[str, float]:
    """Likeliest role of a log-mel spectrogram (frames, 128) and its probability 0..1.

    Silence is ("other", 0.0).
    """
    stem = pool(mel)
    if not stem.scalars.any():
        return "other", 0.0
    probabilities = role_probabilities(stem.features())
    best = int(np.argmax(probabilities))
    return ROLES[best], float(probabilities[best])


def likeliest_roles(features: Array) -> list[str]:
    """Likeliest role of each row of ``Pooled.features`` (stems, POOLED_SIZE)."""
    return [ROLES[best] for best in np.argmax(role_probabilities(features), axis=-1)]


def role_probabilities(features: Array, state: State | None = None) -> Array:
    """(..., 12) over ROLES for pooled features (..., POOLED_SIZE); shipped weights by default."""
    state = _shipped() if state is None else state
    known = np.clip((features - state["mean"]) * state["scale"], -6.0, 6.0)
    scores = known @ state["weight"].T + state["bias"]
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


@cache
def _shipped() -> State:
    state = shipped("roles")
    if {name: value.shape for name, value in state.items()} != _SHAPES:
        raise ModelInvalid("The role model's tensors have other shapes than this version needs.")
    return state
