"""The networks in ONNX Runtime against the same networks in torch, each on one thread.

One song through the shared encoder and the heads of all house mixers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from mixing.audio import SAMPLE_RATE
from mixing.audio.loudness import integrated_lufs
from mixing.audio.spectrogram import log_mel
from mixing.benchmarks.material import Audio, multitrack
from mixing.benchmarks.measuring import Figures, Progress, Timing, conditions, median
from mixing.benchmarks.torch_thread import one_torch_thread
from mixing.networks.architecture import Encoder, Head, load_state
from mixing.networks.checkpoints import shipped
from mixing.networks.export import ExportedMixer, export_house_mixers
from mixing.networks.inference import (
    Embedder,
    HeadSession,
    hear,
    open_session,
    session_device,
    settings_for,
)
from mixing.networks.pooling import pool
from mixing.networks.shapes import ENCODER, HEAD

Answers = list[Audio]
"""Per mixer its positions: strips (stems, 16), then shared (14,)."""

_CALLS: Final = 50
"""The networks need well under a millisecond: so many calls make one run."""


def measure(stems: int, seconds: float, runs: int, models: Path, progress: Progress) -> Figures:
    """Time both on the same inputs. ``models`` keeps the exported networks.

    Raises:
        ModelUnavailable, ModelInvalid: shipped weights are missing or damaged.
    """
    before = conditions()
    progress("Exporting the networks where that is not done …")
    mixers = export_house_mixers(models)
    mels, lufs = _heard(stems, seconds)
    features, measured = hear([pool(mel) for mel in mels], lufs)
    own, peer = OnnxNetworks(mixers), TorchNetworks(mixers)
    embedder = Embedder(mixers[0].encoder_onnx)
    heads = [HeadSession(mixer.head_onnx) for mixer in mixers]
    with one_torch_thread():
        apart = _largest_difference(own(features, measured), peer(features, measured))
        progress("Asking ONNX Runtime …")
        own_time = _timed(lambda: own(features, measured), runs)
        progress("Asking torch …")
        peer_time = _timed(lambda: peer(features, measured), runs)
        progress("From spectrograms to settings …")
        settings_for(embedder, heads, mels, lufs)
        whole = median(lambda: settings_for(embedder, heads, mels, lufs), runs)
    return {
        "benchmark": "inference",
        "stems": stems,
        "seconds": seconds,
        "runs": runs,
        **before,
        "threads": 1,
        "device": own.device,
        "mixers": len(mixers),
        "networks": _ms(own_time),
        "spectrograms_to_settings": _ms(whole),
        "peer": {"name": "torch", "version": torch.__version__, "networks": _ms(peer_time)},
        "ratio": round(peer_time.seconds / own_time.seconds, 2),
        "ratio_cpu": round(peer_time.cpu_seconds / own_time.cpu_seconds, 2),
        "largest_difference": apart,
    }


class OnnxNetworks:
    """Encoder and heads as sessions."""

    def __init__(self, mixers: Sequence[ExportedMixer]) -> None:
        self._encoder = open_session(mixers[0].encoder_onnx)
        self._heads: list[Any] = [open_session(mixer.head_onnx) for mixer in mixers]

    @property
    def device(self) -> str:
        return session_device(self._encoder)

    def __call__(self, features: Audio, measured: Audio) -> Answers:
        feeds = {"features": features, "measured": measured}
        embedding = self._encoder.run(None, feeds)[0]
        return [part for head in self._heads for part in head.run(None, {"embedding": embedding})]


class TorchNetworks:
    """The same weights in torch."""

    def __init__(self, mixers: Sequence[ExportedMixer]) -> None:
        self._encoder = Encoder(ENCODER).eval()
        load_state(self._encoder, shipped("encoder"))
        self._heads = [Head(HEAD).eval() for _ in mixers]
        for head, mixer in zip(self._heads, mixers, strict=True):
            load_state(head, shipped(mixer.house.slug))

    def __call__(self, features: Audio, measured: Audio) -> Answers:
        embedding = self._encoder(torch.from_numpy(features), torch.from_numpy(measured))
        return [part.numpy() for head in self._heads for part in head(embedding)]


def _heard(stems: int, seconds: float) -> tuple[list[Any], list[float]]:
    """Spectrograms as they are stored, and loudness, of the benchmark's song."""
    song = multitrack(stems, seconds)
    mels = [log_mel(stem).astype(np.float16) for stem in song]
    return mels, [integrated_lufs(stem, SAMPLE_RATE) for stem in song]


def _timed(work: Any, runs: int) -> Timing:
    def many() -> None:
        for _ in range(_CALLS):
            work()

    many()
    together = median(many, runs)
    return Timing(together.seconds / _CALLS, together.cpu_seconds / _CALLS)


def _largest_difference(own: Answers, peer: Answers) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(own, peer, strict=True))


def _ms(timing: Timing) -> Figures:
    """Milliseconds a song."""
    return {
        "ms": round(1000 * timing.seconds, 4),
        "cpu_ms": round(1000 * timing.cpu_seconds, 4),
    }
