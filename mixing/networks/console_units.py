"""Differences between consoles in the units that people read: dB, octaves, shares; by groups."""

from collections.abc import Mapping, Sequence
from math import log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.parameters import Parameter
from mixing.networks.shapes import (
    GLOBAL_NAMES,
    GLOBAL_PARAMETERS,
    STRIP_COLUMN,
    STRIP_PARAMETERS,
    span,
)

Array = NDArray[np.float32]

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


def units(parameters: Sequence[Parameter]) -> Array:
    """Console units (octaves for logarithmic parameters) per position, (parameters,)."""
    return np.array(
        [log2(p.maximum / p.minimum) if p.curve == "log" else span(p) for p in parameters],
        np.float32,
    )


def by_group(strips: Array, shared: Array) -> dict[str, Array]:
    """Differences of learned positions as console units, each group's in one flat array.

    Args:
        strips: (..., 16) differences of positions.
        shared: (..., 14) likewise.
    """
    strip_units, shared_units = strips * units(STRIP_PARAMETERS), shared * units(GLOBAL_PARAMETERS)
    groups = {
        group: strip_units[..., [STRIP_COLUMN[name] for name in names]].ravel()
        for group, names in STRIP_GROUPS.items()
    }
    return groups | {
        group: shared_units[..., [GLOBAL_NAMES.index(name) for name in names]].ravel()
        for group, names in SHARED_GROUPS.items()
    }
