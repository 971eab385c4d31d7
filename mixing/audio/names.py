"""Names that people gave their files, made fit to be shown and offered for download.

Such a name is only ever shown: on disk files carry generated names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

MAX_CHARACTERS: Final = 200
_MAX_BYTES: Final = 240  # with a suffix of ours still below the 255 that file systems allow
_NAMELESS: Final = "untitled"

# Not allowed in file names on Windows; the quote would also end a quoted header parameter.
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\/]')
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def display_name(raw: str) -> str:
    """The last part of a path as a harmless name of 1 to 200 characters.

    Control, direction and other invisible characters go, white space becomes single spaces, what
    Windows forbids becomes "_", device names get a "_" in front, and the extension survives
    shortening. Letters of every script stay.
    """
    last = re.split(r"[/\\]", raw[-4 * MAX_CHARACTERS :].rstrip("/\\"))[-1]
    return _shorten(_clean(last) or _NAMELESS)


def display_path(parts: Sequence[str]) -> str:
    """A path inside a folder as one harmless name: "Drums - Kick.wav"."""
    return _shorten(" - ".join(filter(None, map(_clean, parts))) or _NAMELESS)


def _clean(text: str) -> str:
    visible = "".join(_visible(character) for character in unicodedata.normalize("NFC", text))
    tidy = " ".join(_FORBIDDEN.sub("_", visible).split()).strip(". ")
    return f"_{tidy}" if _DEVICES.match(tidy) else tidy


def _visible(character: str) -> str:
    """The character, a space for a separator, nothing for one without a look of its own."""
    category = unicodedata.category(character)
    if category.startswith("Z") or character in "\t\n\r":
        return " "
    return "" if category.startswith("C") else character


def _shorten(name: str) -> str:
    found = _EXTENSION.search(name)
    extension = found.group() if found else ""
    body = name[: len(name) - len(extension)][: MAX_CHARACTERS - len(extension)]
    room = _MAX_BYTES - len(extension)
    body = body.encode()[:room].decode(errors="ignore")
    return body.rstrip(". ") + extension
