"""Mixers at work: spectrograms to embeddings to console settings, by ONNX Runtime and NumPy.

``MIXARENA_DEVICE=cuda`` asks for a GPU; what a session really got decides, since ONNX Runtime
falls back to the CPU on its own.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mixing.audio.parameters import GLOBALS, MAX_STRIPS, STRIP, Settings
from mixing.audio.roles import ROLES
from mixing.networks.checkpoints import check
from mixing.networks.errors import ModelInvalid
from mixing.networks.formats import read_format
from mixing.networks.genome import Genome
from mixing.networks.placement import sides
from mixing.networks.pooling import Pooled, centroid_octaves, pool
from mixing.networks.population import positions
from mixing.networks.roles import likeliest_roles
from mixing.networks.shapes import (
    FEATURE_SIZE,
    GLOBAL_LEARNED,
    GLOBAL_PARAMETERS,
    HEAD,
    MEASURED,
    STRIP_LEARNED,
    STRIP_PARAMETERS,
    is_present,
    level_channel,
)

Array = NDArray[np.float32]

EMBEDDING_SIZE: Final = HEAD.embedding_size


class Embedder:
    """The shared encoder as a session; safe to use from several threads."""

    def __init__(self, encoder_onnx: Path, *, sha256: str | None = None) -> None:
        """Raises ModelUnavailable (no file) or ModelInvalid (wrong checksum or shapes)."""
        self._session = open_session(encoder_onnx, sha256)
        _expect(self._session, encoder_onnx, {"features": FEATURE_SIZE, "measured": len(MEASURED)})

    @property
    def device(self) -> str:
        """ "cuda" or "cpu", as obtained."""
        return session_device(self._session)

    def embed(
        self,
        mels: Sequence[NDArray[np.floating]],
        lufs: Sequence[float],
        *,
        roles: Sequence[str | None] | None = None,
        widths: Sequence[float] | None = None,
    ) -> Array:
        """Embeddings (stems, 36) of a song's stems.

        Args:
            mels: per stem the log-mel spectrogram (frames, 128) in dB.
            lufs: integrated loudness per stem; -inf or below -70 means silent.
            roles: where known (a name that says it, a person's choice); None means unknown.
            widths: stereo width per stem 0..1 (``placement.stereo_width``), mono when not given.
        """
        pooled = [pool(mel) for mel in mels]
        return self.embed_pooled(pooled, lufs, roles=roles, widths=widths)

    def embed_pooled(
        self,
        stems: Sequence[Pooled],
        lufs: Sequence[float],
        *,
        roles: Sequence[str | None] | None = None,
        widths: Sequence[float] | None = None,
    ) -> Array:
        """As ``embed``, from statistics of the spectrograms (``features.load_pooled``)."""
        return self.embed_heard(*hear(stems, lufs, roles=roles, widths=widths))

    def embed_heard(self, features: Array, measured: Array) -> Array:
        """Embeddings (stems, 36) of what ``hear`` gave."""
        feeds = {"features": features, "measured": measured}
        embedding: Array = self._session.run(None, feeds)[0]
        return embedding


class HeadSession:
    """One mixer's head as a session; safe to use from several threads."""

    def __init__(self, head_onnx: Path, *, sha256: str | None = None) -> None:
        """Raises ModelUnavailable (no file) or ModelInvalid (wrong checksum or shapes)."""
        self._session = open_session(head_onnx, sha256)
        _expect(self._session, head_onnx, {"embedding": EMBEDDING_SIZE})

    def settings(self, embeddings: Array) -> Settings:
        """The console settings this mixer chooses for embeddings (stems, 36)."""
        return settings_of(*self.positions(embeddings))

    def positions(self, embeddings: Array) -> tuple[Array, Array]:
        """Learned positions in 0..1 for embeddings (stems, 36): (stems, 16) and (14,)."""
        strips, shared = self._session.run(None, {"embedding": embeddings})
        return strips, shared


class HeadBatch:
    """Several mixers' heads in one run: one stacked product instead of a session for each."""

    def __init__(self, genomes: Sequence[Genome]) -> None:
        """Raises ModelInvalid when a genome is of another size."""
        self._genomes = np.stack(genomes)

    def settings(self, embeddings: Array) -> list[Settings]:
        """The console settings that each chooses for embeddings (stems, 36)."""
        return [settings_of(*answer) for answer in zip(*self.positions(embeddings), strict=True)]

    def positions(self, embeddings: Array) -> tuple[Array, Array]:
        """Learned positions in 0..1: strips (heads, stems, 16) and shared (heads, 14)."""
        return positions(self._genomes, embeddings)


def settings_for(
    embedder: Embedder,
    heads: Sequence[HeadSession],
    mels: Sequence[NDArray[np.floating]],
    lufs: Sequence[float],
    *,
    roles: Sequence[str | None] | None = None,
    widths: Sequence[float] | None = None,
) -> list[Settings]:
    """One song through several mixers: the stems are heard once. Arguments as ``embed``."""
    embeddings = embedder.embed(mels, lufs, roles=roles, widths=widths)
    return [head.settings(embeddings) for head in heads]


def hear(
    stems: Sequence[Pooled],
    lufs: Sequence[float],
    *,
    roles: Sequence[str | None] | None = None,
    widths: Sequence[float] | None = None,
) -> tuple[Array, Array]:
    """The encoder's inputs: features (stems, FEATURE_SIZE) and measured (stems, 4)."""
    count = len(stems)
    if not 1 <= count <= MAX_STRIPS:
        raise ValueError(f"A mixer hears 1 to {MAX_STRIPS} stems, not {count}.")
    told = list(roles) if roles is not None else [None] * count
    width = np.zeros(count) if widths is None else np.clip(np.asarray(widths), 0.0, 1.0)
    if not len(lufs) == len(told) == len(width) == count:
        raise ValueError("Every stem needs one loudness, role and width.")
    sound = np.stack([stem.features() for stem in stems])
    present = is_present(np.asarray(lufs, np.float32))
    energy = np.stack([stem.levels[0] for stem in stems])
    side = sides(_known_roles(told, sound), centroid_octaves(energy), present)
    one_hot = np.array([[role == name for name in ROLES] for role in told], np.float32)
    features = np.concatenate([sound, one_hot, width[:, None]], axis=1)
    level = level_channel(np.asarray(lufs, np.float32))
    measured = np.stack([level, present, side, width], axis=1)
    mask = present[:, None]
    return (features * mask).astype(np.float32), (measured * mask).astype(np.float32)


def _known_roles(told: Sequence[str | None], sound: Array) -> list[str]:
    """The roles as told, guessed by ear where they are not."""
    if None in told:
        guesses = likeliest_roles(sound)
        return [guess if role is None else role for role, guess in zip(told, guesses, strict=True)]
    return [role for role in told if role is not None]


def settings_of(strips: Array, shared: Array) -> Settings:
    """Learned positions (stems, 16) and (14,) as whole settings; the rest keep their default."""
    if not (np.isfinite(strips).all() and np.isfinite(shared).all()):
        raise ModelInvalid("The mixer answered with numbers that are not finite.")
    if strips.shape[1:] != (len(STRIP_PARAMETERS),) or shared.shape != (len(GLOBAL_PARAMETERS),):
        raise ModelInvalid(f"A mixer's answer has shapes {strips.shape} and {shared.shape}.")
    all_strips = np.tile([p.normalise(p.default) for p in STRIP], (len(strips), 1))
    all_shared = np.array([p.normalise(p.default) for p in GLOBALS])
    all_strips[:, STRIP_LEARNED] = strips
    all_shared[GLOBAL_LEARNED] = shared
    return Settings.from_normalised(all_strips, all_shared)


def open_session(path: Path, sha256: str | None = None) -> Any:
    """An ONNX Runtime session with one thread, on the device asked for where it can be had.

    Raises ModelUnavailable (no file), ModelInvalid (wrong checksum, no network, another encoder)
    or ModelTooNew (of a later release).
    """
    check(path, sha256)
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=_providers())
    except Exception as error:  # ONNX Runtime raises types of its own, one per failure
        raise ModelInvalid(f"ONNX Runtime cannot load {path.name}.") from error
    read_format(session.get_modelmeta().custom_metadata_map, path.name)
    return session


def session_device(session: Any) -> str:
    """ "cuda" when the session really got a GPU, else "cpu"."""
    return "cuda" if "CUDAExecutionProvider" in session.get_providers() else "cpu"


def _providers() -> list[str]:
    wants_gpu = os.environ.get("MIXARENA_DEVICE", "cpu").lower().startswith("cuda")
    has_gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    gpu = ["CUDAExecutionProvider"] if wants_gpu and has_gpu else []
    return [*gpu, "CPUExecutionProvider"]


def _expect(session: Any, path: Path, widths: dict[str, int]) -> None:
    found = {node.name: node.shape[-1] for node in session.get_inputs()}
    if found != widths:
        raise ModelInvalid(f"{path.name} takes {found}, this version needs {widths}.")
