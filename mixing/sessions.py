"""Mixers loaded for work: one encoder and a handful of heads per process, checked by their sums.

What is opened may be a smaller variant of the registered network: `variants.to_load` says which.
"""

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeVar

from mixing import variants
from mixing.models import Mixer
from mixing.networks import checkpoints
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.genome import Genome, genome_of
from mixing.networks.inference import Embedder, HeadBatch, HeadSession
from mixing.storage import model_path

logger = logging.getLogger(__name__)

Network = TypeVar("Network", Embedder, HeadSession)

MOST_ENCODERS: Final = 2
MOST_HEADS: Final = 64


def embedder(mixer: Mixer) -> Embedder:
    """The mixer's encoder. Raises ModelUnavailable or ModelInvalid."""
    return _embedder(mixer.encoder_onnx_file, mixer.encoder_onnx_sha256)


def head(mixer: Mixer) -> HeadSession:
    """The mixer's head. Raises ModelUnavailable or ModelInvalid."""
    return _head(mixer.head_onnx_file, mixer.head_onnx_sha256)


def heads(mixers: Sequence[Mixer]) -> HeadBatch:
    """Several mixers' heads as one, from their weights. Raises ModelUnavailable or ModelInvalid."""
    return HeadBatch([_genome(mixer.genome_file, mixer.genome_sha256) for mixer in mixers])


def counts() -> dict[str, dict[str, int]]:
    """What this process holds open: hits, misses and how many of how many."""
    held = {"encoders": _embedder, "heads": _head, "weights": _genome}
    return {name: dict(cached.cache_info()._asdict()) for name, cached in held.items()}


@lru_cache(maxsize=MOST_ENCODERS)
def _embedder(name: str, sha256: str) -> Embedder:
    return _opened(Embedder, name, sha256)


@lru_cache(maxsize=MOST_HEADS)
def _head(name: str, sha256: str) -> HeadSession:
    return _opened(HeadSession, name, sha256)


@lru_cache(maxsize=MOST_HEADS)
def _genome(name: str, sha256: str) -> Genome:
    return genome_of(checkpoints.load(model_path(name), sha256=sha256)[0])


def _opened(open_it: Callable[..., Network], name: str, sha256: str) -> Network:
    """The variant chosen for this file; the file itself where the variant cannot be opened."""
    chosen, chosen_sha256 = variants.to_load(name, sha256)
    if chosen != name:
        try:
            return open_it(model_path(chosen), sha256=chosen_sha256)
        except (ModelInvalid, ModelUnavailable) as error:
            logger.error("%s is used instead of its variant: %s", name, error)
    return open_it(model_path(name), sha256=sha256)
