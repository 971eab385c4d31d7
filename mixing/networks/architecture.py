"""The networks in torch: the shared encoder and the head that evolves.

The encoder hears every stem alone (trunk), then in company (blocks that mix in the mean over the
stems that sound). The head is a small multilayer perceptron per stem with the mean embedding as
context, and another for the shared parameters. Both treat the stems as a set: permuting stems
permutes the output, and any number from 1 to 32 works.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mixing.audio.roles import ROLES
from mixing.audio.spectrogram import BANDS
from mixing.networks.shapes import (
    ENCODER_VERSION,
    EXCESS_TO_THRESHOLD,
    FADER_TOP,
    FEATURE_SIZE,
    GLOBAL_PARAMETERS,
    LEVEL_GAIN,
    MEASURED,
    SHARED_THRESHOLD,
    STRIP_COLUMN,
    STRIP_PARAMETERS,
    EncoderConfig,
    HeadConfig,
)

__all__ = ["ENCODER_VERSION", "ConvTrunk", "Encoder", "EncoderConfig", "Head", "HeadConfig"]

CONV_EXTRAS: Final = len(ROLES) + 1
"""Role and width, which no spectrogram shows, join a convolutional trunk after its pooling."""


def mean_over_present(rows: Tensor, present: Tensor) -> Tensor:
    """Mean (..., 1, n) of rows (..., stems, n) where present (..., stems, 1) is 1."""
    total = (rows * present).sum(dim=-2, keepdim=True)
    return total / present.sum(dim=-2, keepdim=True).clamp(min=1.0)


class PooledTrunk(nn.Module):
    """Standardised pooled features (..., stems, FEATURE_SIZE) to (..., stems, hidden)."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURE_SIZE))
        self.register_buffer("scale", torch.ones(FEATURE_SIZE))
        self.layers = nn.Sequential(
            nn.Linear(FEATURE_SIZE, config.hidden), nn.SiLU(), nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.hidden), nn.SiLU(),
        )  # fmt: skip

    def standardise_like(self, features: NDArray[np.float32]) -> None:
        """Take mean and spread per feature from (rows, FEATURE_SIZE)."""
        self.mean.copy_(torch.from_numpy(features.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(1.0 / np.maximum(features.std(axis=0), 0.1)))

    def forward(self, features: Tensor) -> Tensor:
        heard: Tensor = self.layers(((features - self.mean) * self.scale).clamp(-6.0, 6.0))
        return heard


class ConvTrunk(nn.Module):
    """Depthwise-separable convolutions over a level-free log-mel spectrogram.

    Input (..., stems, 128 * frames + CONV_EXTRAS): spectrogram (bands by frames, flattened), then
    role and width. Mean and maximum over time go on. The rival of ``PooledTrunk``.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        sizes = (1, 16, 32, 64, 96)
        stages = [
            self._stage(i, o, stride)
            for (i, o), stride in zip(pairwise(sizes), (1, 2, 2, 2), strict=True)
        ]
        self.stages = nn.Sequential(*stages)
        bands = BANDS // 16
        self.output = nn.Sequential(
            nn.Linear(2 * sizes[-1] * bands + CONV_EXTRAS, config.hidden), nn.SiLU(),
            nn.Dropout(config.dropout), nn.Linear(config.hidden, config.hidden), nn.SiLU(),
        )  # fmt: skip

    @staticmethod
    def _stage(channels: int, wider: int, time_stride: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(channels, channels, 5, (2, time_stride), padding=2, groups=channels),
            nn.Conv2d(channels, wider, 1), nn.BatchNorm2d(wider), nn.SiLU(),
        )  # fmt: skip

    def forward(self, stems: Tensor) -> Tensor:
        lead = stems.shape[:-1]
        spectrum, extras = stems[..., :-CONV_EXTRAS], stems[..., -CONV_EXTRAS:]
        maps = self.stages(spectrum.reshape(-1, 1, BANDS, spectrum.shape[-1] // BANDS))
        pooled = torch.cat([maps.mean(dim=-1), maps.amax(dim=-1)], dim=1).flatten(1)
        heard: Tensor = self.output(torch.cat([pooled.reshape(*lead, -1), extras], dim=-1))
        return heard


class CompanyBlock(nn.Module):
    """A residual step that shows every stem the mean of all stems that sound, and their number."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.join = nn.Linear(2 * hidden + 1, hidden)
        self.output = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, heard: Tensor, present: Tensor) -> Tensor:
        own = self.norm(heard)
        company = mean_over_present(own, present).expand_as(own)
        count = present.sum(dim=-2, keepdim=True).clamp(min=1.0).log2().expand_as(present)
        joined = functional.silu(self.join(torch.cat([own, company, count - 3.0], dim=-1)))
        step: Tensor = self.output(self.dropout(joined))
        return heard + step


class Encoder(nn.Module):
    """Stems to embeddings: (..., stems, FEATURE_SIZE), (..., stems, 4) -> (..., stems, 4 + 32)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        trunks = {"pooled": PooledTrunk, "conv": ConvTrunk}
        self.trunk = trunks[config.trunk](config)
        self.blocks = nn.ModuleList(
            CompanyBlock(config.hidden, config.dropout) for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(config.hidden)
        self.output = nn.Linear(config.hidden, config.learned)

    def forward(self, features: Tensor, measured: Tensor) -> Tensor:
        present = measured[..., 1:2]
        heard = self.trunk(features)
        for block in self.blocks:
            heard = block(heard, present)
        learned = self.output(self.norm(heard)) * present
        return torch.cat([measured, learned], dim=-1)


class Head(nn.Module):
    """Embeddings (..., stems, 36) to positions on the console: strips and shared parameters.

    Three rules are fixed and hold for every genome. Level: turning a stem up by x dB turns its
    fader down and its threshold up by x dB, so mixes do not depend on recording levels. Place: pan
    is the measured side times the predicted spread, so like parts part symmetrically. Headroom:
    when a fader would pass +10 dB all faders move down together, and the bus threshold with them.
    """

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.strip_hidden = nn.Linear(2 * config.learned + 1, config.hidden)
        self.strip_output = nn.Linear(config.hidden, len(STRIP_PARAMETERS))
        self.shared_hidden = nn.Linear(config.learned, config.shared_hidden)
        self.shared_output = nn.Linear(config.shared_hidden, len(GLOBAL_PARAMETERS))

    def wishes(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Unbounded positions before the three rules: (..., stems, 16), (..., 14)."""
        measured, learned = embedding[..., : len(MEASURED)], embedding[..., len(MEASURED) :]
        context = mean_over_present(learned, measured[..., 1:2])
        seen = torch.cat([learned, measured[..., 3:4], context.expand_as(learned)], dim=-1)
        strips = self.strip_output(functional.silu(self.strip_hidden(seen)))
        shared = self.shared_output(functional.silu(self.shared_hidden(context)))
        return strips, shared.squeeze(-2)

    def forward(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Positions in 0..1: strips (..., stems, 16), shared (..., 14), learned ones only."""
        strips, shared = self.wishes(embedding)
        level, present, side = (embedding[..., i] for i in range(3))
        columns = list(strips.unbind(dim=-1))
        fader, threshold, pan = (
            STRIP_COLUMN[name] for name in ("fader_db", "comp_threshold_db", "pan")
        )
        columns[threshold] = columns[threshold] + level * LEVEL_GAIN["comp_threshold_db"]
        columns[pan] = 0.5 + 0.5 * side * columns[pan].clamp(0.0, 1.0)
        wished = columns[fader] - level * LEVEL_GAIN["fader_db"]
        loudest = (wished * present + (present - 1.0)).amax(dim=-1, keepdim=True)
        excess = (loudest - FADER_TOP).clamp(min=0.0)
        columns[fader] = wished - excess
        lowered = functional.pad(
            excess * EXCESS_TO_THRESHOLD,
            (SHARED_THRESHOLD, shared.shape[-1] - SHARED_THRESHOLD - 1),
        )
        return torch.stack(columns, dim=-1).clamp(0.0, 1.0), (shared - lowered).clamp(0.0, 1.0)


def state_of_module(module: nn.Module) -> dict[str, NDArray[np.float32]]:
    """A module's weights as arrays by name."""
    return {name: value.detach().numpy().copy() for name, value in module.state_dict().items()}


def load_state(module: nn.Module, state: Mapping[str, NDArray[np.float32]]) -> None:
    """Copy arrays into a module; names and shapes must match exactly."""
    module.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
