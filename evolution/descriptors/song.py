"""What is kept of a song to predict the sound of any mix of it: a few kilobytes per song."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from evolution.descriptors.bands import BANDS, loudness_weights, membership
from mixing.audio.roles import ROLES, VOCAL_ROLES
from mixing.networks.pooling import power_of, power_sum_db
from mixing.networks.shapes import HEAD, is_present

Array = NDArray[np.float32]

MOMENTS: Final = 8
"""How many levels stand for all moments of a stem in the compressor estimate."""
GROUPS: Final = ("vocal", "drums", "bass")
_GROUP_ROLES: Final = (VOCAL_ROLES, frozenset({"drums", "percussion"}), frozenset({"bass"}))
_SILENCE_DB: Final = -100.0
_ACTIVE_RANGE_DB: Final = 40.0
_BLOCK_FRAMES: Final = 17  # 0.4 s, the block of BS.1770
_GATE_LU: Final = 10.0


@dataclass(frozen=True)
class SongSound:
    """A song's stems as the descriptors know them.

    Attributes:
        embeddings: (stems, 36) as the mixers hear them.
        bands_db: (stems, BANDS) mean power of the whole stem, both channels added up, dB.
        moments_db: (stems, MOMENTS) levels of its sounding moments, quiet to loud, as the
            compressor's detector finds them in the recording, dB re full scale.
        lufs: (stems,) integrated loudness; -inf for silence.
        roles: one of ``ROLES`` per stem.
        widths: (stems,) stereo width 0..1; 0 is taken for mono.
    """

    embeddings: Array
    bands_db: Array
    moments_db: Array
    lufs: Array
    roles: tuple[str, ...]
    widths: Array

    def __post_init__(self) -> None:
        stems = len(self.roles)
        expected = {
            "embeddings": (stems, HEAD.embedding_size),
            "bands_db": (stems, BANDS),
            "moments_db": (stems, MOMENTS),
            "lufs": (stems,),
            "widths": (stems,),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {shape}, not {getattr(self, name).shape}.")
        unknown = set(self.roles) - set(ROLES)
        if not stems or unknown:
            raise ValueError(f"A song needs stems of known roles; unknown: {sorted(unknown)}.")

    @classmethod
    def from_stems(
        cls,
        mels: Sequence[NDArray[np.floating]],
        lufs: Sequence[float],
        roles: Sequence[str],
        widths: Sequence[float],
        embeddings: NDArray[np.floating],
    ) -> Self:
        """From what the analysis of the stems left behind.

        Args:
            mels: per stem its log-mel spectrogram (frames, 128) in dB.
            lufs, roles, widths: per stem.
            embeddings: (stems, 36).
        """
        loudness = np.array([-np.inf if x is None else x for x in lufs], np.float32)
        width = np.asarray(widths, np.float32)
        heard = [_Heard.of(mel) for mel in mels]
        present = is_present(loudness)
        # The spectrogram hears both channels folded to one; the loudness knows their sum.
        unfolded = loudness - np.array([h.lufs for h in heard], np.float32)
        side = 10.0 * np.log10(1.0 + width**2)
        bands = [
            h.bands_db + gain if there else np.full(BANDS, _SILENCE_DB)
            for h, gain, there in zip(heard, unfolded, present, strict=True)
        ]
        moments = [h.moments_db + wide for h, wide in zip(heard, side, strict=True)]
        return cls(
            np.asarray(embeddings, np.float32),
            np.asarray(bands, np.float32),
            np.asarray(moments, np.float32),
            loudness,
            tuple(roles),
            width,
        )

    @cached_property
    def powers(self) -> Array:
        """(stems, BANDS) mean power, 0 for silence."""
        return np.where(self.present[:, None], power_of(self.bands_db), 0.0).astype(np.float32)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """(stems,): which can be heard at all."""
        return is_present(self.lufs)

    @cached_property
    def groups(self) -> Array:
        """(stems, 3): 1 where a sounding stem belongs to vocals, drums, bass."""
        member = [[role in roles for roles in _GROUP_ROLES] for role in self.roles]
        return np.asarray(np.array(member) & self.present[:, None], np.float32)

    @cached_property
    def stands_out(self) -> NDArray[np.bool_]:
        """(3,): whether a group plays, and something else plays beside it."""
        count = self.groups.sum(axis=0)
        return np.asarray((count > 0) & (count < self.present.sum()))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays for a file or a cache."""
        return {
            "embeddings": self.embeddings,
            "bands_db": self.bands_db,
            "moments_db": self.moments_db,
            "lufs": self.lufs,
            "roles": np.array([ROLES.index(role) for role in self.roles]),
            "widths": self.widths,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The song that ``to_arrays`` gave."""
        values = dict(arrays)
        roles = tuple(ROLES[index] for index in values.pop("roles"))
        return cls(roles=roles, **{name: np.asarray(v, np.float32) for name, v in values.items()})


@dataclass(frozen=True)
class _Heard:
    """One spectrogram: mean levels (BANDS,), moments (MOMENTS,), and its loudness if mono."""

    bands_db: Array
    moments_db: Array
    lufs: float

    @classmethod
    def of(cls, mel: NDArray[np.floating]) -> Self:
        power = power_of(np.asarray(mel, np.float32)) @ membership()
        frames_db = power_sum_db(10.0 * np.log10(power))
        active = frames_db > frames_db.max() - _ACTIVE_RANGE_DB
        shares = (np.arange(MOMENTS) + 0.5) / MOMENTS
        mean = power.mean(axis=0)
        return cls(
            np.asarray(10.0 * np.log10(mean), np.float32),
            np.asarray(np.quantile(frames_db[active], shares), np.float32),
            _gated_lufs(power @ loudness_weights()),
        )


def _gated_lufs(weighted: NDArray[np.floating]) -> float:
    """Integrated loudness (BS.1770) from the K-weighted power of frames (frames,)."""
    edges = np.arange(0, len(weighted), _BLOCK_FRAMES)
    counts = np.diff(np.append(edges, len(weighted)))
    blocks = np.add.reduceat(weighted, edges) / counts
    loud = blocks[blocks > blocks.max() * 1e-6]
    gated = loud[loud > loud.mean() * 10 ** (-_GATE_LU / 10)]
    return float(-0.691 + 10.0 * np.log10(gated.mean()))
