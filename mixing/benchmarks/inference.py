"""Networks at work: ONNX Runtime against torch, a song's decisions against the naive way.

One song through the shared encoder and the heads of all house mixers, each on one thread. The naive
way is what one writes first: for every mixer, read the spectrograms, pool them, and run both
networks in torch. Ours reads the statistics that lie beside the spectrograms, hears the song once,
and lets all heads decide in one run.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from mixing.audio import SAMPLE_RATE, spectrogram
from mixing.audio.loudness import integrated_lufs
from mixing.audio.parameters import Settings
from mixing.audio.spectrogram import log_mel
from mixing.benchmarks.material import Audio, multitrack
from mixing.benchmarks.measuring import Figures, Progress, Timing, conditions, median
from mixing.benchmarks.torch_thread import one_torch_thread
from mixing.networks import features as stored
from mixing.networks.architecture import Encoder, Head, load_state
from mixing.networks.checkpoints import shipped, shipped_genome
from mixing.networks.export import ExportedMixer, export_house_mixers
from mixing.networks.inference import (
    Embedder,
    HeadBatch,
    HeadSession,
    hear,
    open_session,
    session_device,
    settings_of,
)
from mixing.networks.pooling import pool
from mixing.networks.shapes import ENCODER, HEAD

Answers = list[Audio]
"""Per mixer its positions: strips (stems, 16), then shared (14,)."""

BUDGET_MS: Final = 50.0
"""Encoder and heads for a song of eight stems, once its features exist."""
_CALLS: Final = 50
"""The networks need well under a millisecond: so many calls make one run."""


def measure(stems: int, seconds: float, runs: int, models: Path, progress: Progress) -> Figures:
    """Time all on the same inputs. ``models`` keeps the exported networks.

    Raises:
        ModelUnavailable, ModelInvalid: shipped weights are missing or damaged.
    """
    before = conditions()
    progress("Exporting the networks where that is not done …")
    mixers = export_house_mixers(models)
    mels, lufs = _heard(stems, seconds)
    features, measured = hear([pool(mel) for mel in mels], lufs)
    own, peer = OnnxNetworks(mixers), TorchNetworks(mixers)
    with one_torch_thread(), tempfile.TemporaryDirectory() as folder:
        apart = _largest_difference(own(features, measured), peer(features, measured))
        progress("Asking ONNX Runtime …")
        own_time = _timed(lambda: own(features, measured), runs)
        progress("Asking torch …")
        peer_time = _timed(lambda: peer(features, measured), runs)
        progress("From stored features to settings …")
        song = StoredSong(Path(folder), mels, lufs)
        decisions = _decisions(song, mixers, peer, runs)
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
        "peer": {"name": "torch", "version": torch.__version__, "networks": _ms(peer_time)},
        "ratio": round(peer_time.seconds / own_time.seconds, 2),
        "ratio_cpu": round(peer_time.cpu_seconds / own_time.cpu_seconds, 2),
        "largest_difference": apart,
        **decisions,
    }


class StoredSong:
    """A song's features on disk, as the analysis leaves them."""

    def __init__(self, folder: Path, mels: Sequence[Audio], lufs: Sequence[float]) -> None:
        self.lufs = lufs
        self.files = [folder / f"{number}.mel" for number in range(len(mels))]
        for path, mel in zip(self.files, mels, strict=True):
            stored.save(path, mel)

    def inputs(self) -> tuple[Audio, Audio]:
        """What the encoder takes, from the statistics."""
        return hear([stored.load_pooled(path) for path in self.files], self.lufs)

    def inputs_anew(self) -> tuple[Audio, Audio]:
        """The same from whole spectrograms."""
        return hear([pool(spectrogram.load(path)) for path in self.files], self.lufs)


def _decisions(
    song: StoredSong, mixers: Sequence[ExportedMixer], peer: "TorchNetworks", runs: int
) -> Figures:
    """All mixers' settings for a song whose features are stored: our way, and the naive one."""
    embedder = Embedder(mixers[0].encoder_onnx)
    heads = [HeadSession(mixer.head_onnx) for mixer in mixers]
    batch = HeadBatch([shipped_genome(mixer.house.slug) for mixer in mixers])

    def whole() -> list[Settings]:
        return batch.settings(embedder.embed_heard(*song.inputs()))

    def naive() -> list[Settings]:
        return [settings_of(*peer.one(number, *song.inputs_anew())) for number in range(len(heads))]

    heard = embedder.embed_heard(*song.inputs())
    one_by_one = _timed(lambda: [head.positions(heard) for head in heads], runs)
    together = _timed(lambda: batch.positions(heard), runs)
    own_time, naive_time = _timed(whole, runs), _warm(naive, runs)
    return {
        "stored_features_to_settings": _ms(own_time),
        "within_budget": bool(1000 * own_time.seconds < BUDGET_MS),
        "budget_ms": BUDGET_MS,
        "naive": _ms(naive_time),
        "ratio_naive": round(naive_time.seconds / own_time.seconds, 1),
        "ratio_naive_cpu": round(naive_time.cpu_seconds / own_time.cpu_seconds, 1),
        "heads": {"one_by_one": _ms(one_by_one), "in_one_run": _ms(together)},
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

    def one(self, number: int, features: Audio, measured: Audio) -> tuple[Audio, Audio]:
        """The positions of one mixer alone."""
        embedding = self._encoder(torch.from_numpy(features), torch.from_numpy(measured))
        strips, shared = self._heads[number](embedding)
        return strips.numpy(), shared.numpy()


def _heard(stems: int, seconds: float) -> tuple[list[Audio], list[float]]:
    """Spectrograms and loudness of the benchmark's song."""
    song = multitrack(stems, seconds)
    mels = [log_mel(stem) for stem in song]
    return mels, [integrated_lufs(stem, SAMPLE_RATE) for stem in song]


def _warm(work: Callable[[], object], runs: int) -> Timing:
    work()
    return median(work, runs)


def _timed(work: Callable[[], object], runs: int) -> Timing:
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
