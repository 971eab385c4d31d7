"""Mixes in words: a dozen audible qualities, predicted for thousands of mixes or measured on one.

``describe`` answers what mixers *would* do to a song from console positions alone, fast enough to
breed with; ``heard`` answers what one rendered mix is. Both count in the same steps.
"""

from evolution.descriptors.prediction import describe, describe_genomes, describe_powers, heard
from evolution.descriptors.song import SongSound
from evolution.descriptors.table import COLUMN, COUNT, DESCRIPTOR_VERSION, DESCRIPTORS, Descriptor

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
