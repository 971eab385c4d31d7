"""The settings of a training."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast to train.

    Every ``check_every`` steps unseen songs are asked and a checkpoint is written; ``patience``
    such looks without a better one end a stage (0: none do).
    """

    seed: int = 0
    songs_per_batch: int = 32
    base_steps: int = 4000
    style_steps: int = 1200
    base_rate: float = 4e-3
    style_rate: float = 2e-3
    weight_decay: float = 1e-2
    check_every: int = 100
    patience: int = 10
