"""Sizes and layouts that the networks, the genome and the console table share.

An *embedding* is one row per stem: four measured numbers (``MEASURED``) that the head couples to
the console by fixed rules, then the numbers the encoder learned. See ``architecture.Head``.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.parameters import GLOBALS, SECTIONS, STRIP, Parameter, learned_indices
from mixing.audio.roles import ROLES
from mixing.networks.pooling import POOLED_SIZE

ENCODER_VERSION: Final = "1"
"""Changes whenever embeddings change meaning: heads of another version do not fit."""

STRIP_LEARNED: Final = learned_indices(STRIP)
GLOBAL_LEARNED: Final = learned_indices(GLOBALS)
STRIP_PARAMETERS: Final[tuple[Parameter, ...]] = tuple(STRIP[i] for i in STRIP_LEARNED)
GLOBAL_PARAMETERS: Final[tuple[Parameter, ...]] = tuple(GLOBALS[i] for i in GLOBAL_LEARNED)
STRIP_COLUMN: Final = {p.name: i for i, p in enumerate(STRIP_PARAMETERS)}
"""Column of each learned strip parameter in a head's output (its names are unique)."""

GLOBAL_NAMES: Final = tuple(
    f"{section}.{p.name}"
    for section in ("reverb", "delay", "master")
    for p in SECTIONS[section]
    if p.learned
)
"""Names of the learned global parameters, in the order of a head's output."""

MEASURED: Final = ("level", "present", "side", "width")
"""level: (LUFS - ANCHOR_LUFS) / LEVEL_SPAN_DB; present: 0 for a silent stem, else 1;
side: placement -1..1; width: stereo width of the stem 0..1."""

ANCHOR_LUFS: Final = -23.0
LEVEL_SPAN_DB: Final = 60.0
QUIETEST_LUFS: Final = -70.0
"""BS.1770's absolute gate: at or below it a stem counts as silent."""

FADER_HEADROOM_DB: Final = 10.0
"""Highest fader a mixer asks for; louder wishes lower all faders together instead."""

FEATURE_SIZE: Final = POOLED_SIZE + len(ROLES) + 1
"""Pooled statistics, one-hot role (all zero: unknown), stereo width."""


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """The shared, frozen part. ``trunk`` names how a stem is first heard: "pooled" or "conv"."""

    trunk: str = "pooled"
    hidden: int = 160
    blocks: int = 2
    learned: int = 32
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """The evolving part; all mixers share one so that their weights can be averaged."""

    learned: int = 32
    hidden: int = 24
    shared_hidden: int = 12

    @property
    def embedding_size(self) -> int:
        return len(MEASURED) + self.learned

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight, in the order of the genome."""
        heard = 2 * self.learned + 1
        return {
            "strip_hidden.weight": (self.hidden, heard),
            "strip_hidden.bias": (self.hidden,),
            "strip_output.weight": (len(STRIP_PARAMETERS), self.hidden),
            "strip_output.bias": (len(STRIP_PARAMETERS),),
            "shared_hidden.weight": (self.shared_hidden, self.learned),
            "shared_hidden.bias": (self.shared_hidden,),
            "shared_output.weight": (len(GLOBAL_PARAMETERS), self.shared_hidden),
            "shared_output.bias": (len(GLOBAL_PARAMETERS),),
        }

    @property
    def genome_size(self) -> int:
        return sum(math.prod(shape) for shape in self.tensor_shapes().values())


ENCODER: Final = EncoderConfig()
HEAD: Final = HeadConfig()
"""The shapes that are shipped."""


def span(parameter: Parameter) -> float:
    """Units from the bottom to the top of a linear parameter."""
    return parameter.maximum - parameter.minimum


LEVEL_GAIN: Final = {
    name: LEVEL_SPAN_DB / span(STRIP_PARAMETERS[STRIP_COLUMN[name]])
    for name in ("fader_db", "comp_threshold_db")
}
"""Positions that one unit of the level channel is worth, for the two knobs that follow level."""
SHARED_THRESHOLD: Final = GLOBAL_NAMES.index("master.comp_threshold_db")
FADER_TOP: Final = STRIP_PARAMETERS[STRIP_COLUMN["fader_db"]].normalise(FADER_HEADROOM_DB)
EXCESS_TO_THRESHOLD: Final = span(STRIP_PARAMETERS[STRIP_COLUMN["fader_db"]]) / span(
    GLOBAL_PARAMETERS[SHARED_THRESHOLD]
)
"""How far the bus threshold moves, in positions, when all faders move by one position."""


def level_channel(lufs: NDArray[np.float32]) -> NDArray[np.float32]:
    """LUFS (...,) to the embedding's level channel; silence sits at the anchor."""
    present = is_present(lufs)
    heard = np.where(present, lufs, ANCHOR_LUFS)
    return np.asarray((heard - ANCHOR_LUFS) / LEVEL_SPAN_DB, dtype=np.float32)


def is_present(lufs: NDArray[np.float32]) -> NDArray[np.bool_]:
    """True where a stem can be heard; a loudness that is not finite counts as silence."""
    return np.asarray(np.isfinite(lufs) & (lufs > QUIETEST_LUFS))
