"""What training minimises: errors of consoles in audible steps (``distance``)."""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from mixing.networks.distance import step_positions
from mixing.networks.shapes import GLOBAL_PARAMETERS, STRIP_COLUMN, STRIP_PARAMETERS

STRIP_STEPS: Final = step_positions(STRIP_PARAMETERS)
STRIP_STEPS[STRIP_COLUMN["pan"]] *= 2.0  # the label is the spread: 0.1 of it pans by 0.1
GLOBAL_STEPS: Final = step_positions(GLOBAL_PARAMETERS)

_FADER_WEIGHT: Final = 2.0
_SHARED_WEIGHT: Final = 0.3
_HUBER_STEPS: Final = 3.0


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
