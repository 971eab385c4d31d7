"""What an ONNX file says of itself, and which files this release can read.

| version | what its files say |
|---|---|
| 1 | nothing: they are for encoder 1 |
| 2 | the encoder they fit |
| 3 | the encoder, their own version, their precision and the file they were made from |

The names and shapes of inputs and outputs are the same in all of them, so older files are read as
they are; a newer one is refused, because nobody here can know what it means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mixing.networks.errors import ModelInvalid, ModelTooNew
from mixing.networks.shapes import ENCODER_VERSION

EXPORT_VERSION: Final = 3
"""Of files written now; part of their names."""
READABLE_VERSIONS: Final = (3, 2, 1)
"""Newest first."""

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: Final[tuple[Precision, ...]] = ("fp32", "fp16", "int8")
"""From exact to small."""

_SILENT_ENCODER: Final = "1"
_ENCODER: Final = "encoder_version"
_VERSION: Final = "export_version"
_PRECISION: Final = "precision"
_MADE_FROM: Final = "made_from"


@dataclass(frozen=True, slots=True)
class Format:
    """A file's version, precision, encoder, and the SHA-256 of the fp32 file it stands for."""

    version: int
    precision: str
    encoder_version: str
    made_from: str = ""


def properties(precision: Precision = "fp32", made_from: str = "") -> dict[str, str]:
    """What is written into a new file's metadata."""
    told = {
        _ENCODER: ENCODER_VERSION,
        _VERSION: str(EXPORT_VERSION),
        _PRECISION: precision,
    }
    return told | ({_MADE_FROM: made_from} if made_from else {})


def read_format(told: Mapping[str, str], name: str) -> Format:
    """A file's metadata, whichever version wrote it.

    Raises:
        ModelTooNew: written by a later release. ModelInvalid: made for another encoder, or its
            version is no number.
    """
    version = _version(told, name)
    encoder = told.get(_ENCODER, _SILENT_ENCODER)
    if encoder != ENCODER_VERSION:
        raise ModelInvalid(
            f"{name} was made for encoder {encoder[:20]!r}, this is encoder {ENCODER_VERSION}."
        )
    return Format(version, told.get(_PRECISION, "fp32"), encoder, told.get(_MADE_FROM, ""))


def _version(told: Mapping[str, str], name: str) -> int:
    text = told.get(_VERSION)
    if text is None:
        return 2 if _ENCODER in told else 1
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise ModelInvalid(f"{name} says {text[:20]!r} for its version.")
    if int(text) > EXPORT_VERSION:
        raise ModelTooNew(
            f"{name} is of version {text}; this release reads versions up to {EXPORT_VERSION}."
        )
    return int(text)
