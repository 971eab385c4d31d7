"""Mixes in words: a dozen audible qualities, predicted for thousands of mixes or measured on one.

``describe`` answers what mixers *would* do to a song from console positions alone, fast enough to
breed with; ``heard`` answers what one rendered mix is. Both count in the same steps.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from evolution.descriptors.table import COLUMN, COUNT, DESCRIPTOR_VERSION, DESCRIPTORS, Descriptor

if TYPE_CHECKING:
    from evolution.descriptors.prediction import describe, describe_genomes, describe_powers, heard
    from evolution.descriptors.song import SongSound

__all__ = [
    "COLUMN",
    "COUNT",
    "DESCRIPTORS",
    "DESCRIPTOR_VERSION",
    "Descriptor",
    "SongSound",
    "describe",
    "describe_genomes",
    "describe_powers",
    "heard",
]

_LATER: Final = {
    "SongSound": "song",
    "describe": "prediction",
    "describe_genomes": "prediction",
    "describe_powers": "prediction",
    "heard": "prediction",
}


def __getattr__(name: str) -> Any:
    """Numerics with compiled code, loaded by who asks for them: pages need only the table."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
