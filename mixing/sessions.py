"""Mixers loaded for work: one encoder and a handful of heads per process, checked by their sums."""

from functools import lru_cache

from mixing.models import Mixer
from mixing.networks.inference import Embedder, HeadSession
from mixing.storage import model_path


def embedder(mixer: Mixer) -> Embedder:
    """The mixer's encoder. Raises ModelUnavailable or ModelInvalid."""
    return _embedder(mixer.encoder_onnx_file, mixer.encoder_onnx_sha256)


def head(mixer: Mixer) -> HeadSession:
    """The mixer's head. Raises ModelUnavailable or ModelInvalid."""
    return _head(mixer.head_onnx_file, mixer.head_onnx_sha256)


@lru_cache(maxsize=2)
def _embedder(name: str, sha256: str) -> Embedder:
    return Embedder(model_path(name), sha256=sha256)


@lru_cache(maxsize=64)
def _head(name: str, sha256: str) -> HeadSession:
    return HeadSession(model_path(name), sha256=sha256)
