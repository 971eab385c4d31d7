"""Weights as files: safetensors with metadata, checked before anybody trusts them.

The shipped files lie in ``weights/`` with ``model_card.json``, which holds their SHA-256 sums.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.genome import Genome, genome_of
from mixing.networks.shapes import ENCODER_VERSION
from mixing.networks.styles import STYLES, HouseStyle

State = dict[str, NDArray[np.float32]]

WEIGHTS: Final = Path(__file__).parent / "weights"
CARD: Final = "model_card.json"


@dataclass(frozen=True, slots=True)
class HouseMixer:
    """A mixer as it is shipped. ``metrics`` are the held-out errors of the model card."""

    slug: str
    label: str
    description: str
    weights: Path
    sha256: str
    encoder_version: str
    metrics: dict[str, float]


def house_mixers(folder: Path = WEIGHTS) -> tuple[HouseMixer, ...]:
    """The shipped mixers in the order of ``STYLES``, without reading their weights."""
    card = model_card(folder)
    return tuple(_house_mixer(style, folder, card) for style in STYLES)


def model_card(folder: Path = WEIGHTS) -> dict[str, Any]:
    """The card as data: files, training, metrics.

    Raises:
        ModelUnavailable: the card is missing. ModelInvalid: it is not a card.
    """
    try:
        card = json.loads((folder / CARD).read_text())
    except OSError as error:
        raise ModelUnavailable(f"The model card {CARD} is missing: train the mixers.") from error
    except ValueError as error:
        raise ModelInvalid(f"The model card {CARD} is not JSON.") from error
    if not isinstance(card, dict) or not isinstance(card.get("files"), dict):
        raise ModelInvalid(f"The model card {CARD} lists no files.")
    return card


def shipped(name: str, folder: Path = WEIGHTS) -> State:
    """The tensors of a shipped file ("encoder", "base", a style, "roles"), checked."""
    file = f"{name}.safetensors"
    listed = model_card(folder)["files"].get(file)
    if listed is None:
        raise ModelUnavailable(f"There is no shipped model named {name!r}.")
    return load(folder / file, sha256=listed["sha256"])[0]


def shipped_genome(name: str, folder: Path = WEIGHTS) -> Genome:
    """The genome of a shipped head ("base" or a style)."""
    return genome_of(shipped(name, folder))


def save(path: Path, state: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str]) -> str:
    """Write tensors with metadata and return the file's SHA-256; same content, same bytes."""
    arrays = {name: np.ascontiguousarray(value, np.float32) for name, value in state.items()}
    described = {"encoder_version": ENCODER_VERSION, **metadata}
    data = _in_order(serialise(arrays, metadata=described))
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def load(path: Path, *, sha256: str | None = None) -> tuple[State, dict[str, str]]:
    """Tensors and metadata of a file of this encoder version.

    Raises:
        ModelUnavailable: the file is missing. ModelInvalid: wrong checksum, not safetensors, or
            made for another encoder.
    """
    check(path, sha256)
    try:
        with safe_open(path, framework="numpy") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = dict(file.metadata() or {})
    except SafetensorError as error:
        raise ModelInvalid(f"{path.name} is not a safetensors file.") from error
    version = metadata.get("encoder_version")
    if version != ENCODER_VERSION:
        raise ModelInvalid(
            f"{path.name} was made for encoder {version}, this is encoder {ENCODER_VERSION}."
        )
    return state, metadata


def check(path: Path, sha256: str | None) -> None:
    """Refuse a file that is missing or, where a sum is given, differs from it."""
    if not path.is_file():
        raise ModelUnavailable(f"The model file {path.name} is missing.")
    if sha256 is not None and checksum(path) != sha256:
        raise ModelInvalid(f"The model file {path.name} is damaged: its checksum is wrong.")


def checksum(path: Path) -> str:
    """SHA-256 of a file as hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_order(data: bytes) -> bytes:
    """The same file with its JSON header sorted: the library writes metadata in random order."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:start]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[start:]


def _house_mixer(style: HouseStyle, folder: Path, card: dict[str, Any]) -> HouseMixer:
    file = f"{style.slug}.safetensors"
    listed = card["files"].get(file)
    if listed is None:
        raise ModelUnavailable(f"The model card lists no weights for the mixer {style.label}.")
    metrics = card.get("mixers", {}).get(style.slug, {})
    return HouseMixer(
        style.slug, style.label, style.description, folder / file, listed["sha256"],
        ENCODER_VERSION, metrics,
    )  # fmt: skip
