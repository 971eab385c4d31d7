"""Function space: moves of a head's weights counted in what people hear.

A random change of 2,562 weights mostly breaks a mixer. This basis knows, for one base head and a
few probe songs, how each weight moves the descriptors and the console, and from it the changes of
weights that move one descriptor by one audible step on every song while the rest of the console
moves least: a natural-gradient pseudo-inverse of the descriptors' Jacobian. With J (D, P) the mean
Jacobian over the songs and M (P, P) the disturbance, the column of unit steps is

    directions = M^-1 J' (J M^-1 J')^-1

M adds up the squared movement of every knob (in audible steps), the squared difference of single
songs' descriptors from the mean, and a little of the weights themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from evolution.descriptors import COUNT, DESCRIPTOR_VERSION, SongSound, describe, describe_genomes
from mixing.networks.distance import step_positions
from mixing.networks.errors import ModelInvalid
from mixing.networks.genome import Genome
from mixing.networks.population import positions
from mixing.networks.shapes import GLOBAL_PARAMETERS, HEAD, STRIP_PARAMETERS

Array = NDArray[np.float32]
Floats = NDArray[np.float64]

_NUDGE: Final = np.float32(0.01)
_BATCH: Final = 366
_STEADY: Final = 1.0
"""How much a song that moves unlike the mean counts beside the movement of the console."""
_WEIGHTS: Final = 1.0
_TIED: Final = 0.01
"""Ridge on J M^-1 J', as a share of its mean diagonal: descriptors that can hardly be moved apart
are not forced apart."""
LEAST_CONSISTENCY: Final = 0.5

_STRIP_STEPS: Final = step_positions(STRIP_PARAMETERS)
_SHARED_STEPS: Final = step_positions(GLOBAL_PARAMETERS)


@dataclass(frozen=True)
class Basis:
    """Directions in weight space that move descriptors, for one base head.

    Attributes:
        base: (P,) the head around which it holds.
        directions: (D, P) change of weights per step of each descriptor; zero rows where
            ``usable`` is False.
        consistency: (D,) 1 - (spread of the movement over the songs / its mean), at least 0.
        usable: (D,) directions that act alike on all probe songs.
        songs: the probe songs.
    """

    base: Genome
    directions: Array
    consistency: Floats
    usable: NDArray[np.bool_]
    songs: tuple[SongSound, ...]

    @classmethod
    def build(cls, base: Genome, songs: Sequence[SongSound]) -> Self:
        """Seconds of work; ``songs`` should differ (16 or more)."""
        if not songs:
            raise ModelInvalid("Function space needs songs to listen to.")
        jacobians = [_jacobian(base, song) for song in songs]
        heard = np.stack([descriptors for descriptors, _ in jacobians]).astype(np.float64)
        # Vocals say nothing where nobody sings: those songs are left out, not counted as still.
        speaks: NDArray[np.bool_] = np.any(heard != 0.0, axis=2)
        songs_per = np.maximum(speaks.sum(axis=0), 1)
        mean = heard.sum(axis=0) / songs_per[:, None]
        metric = np.eye(HEAD.genome_size) * _WEIGHTS
        for (_, knobs), own, spoken in zip(jacobians, heard, speaks, strict=True):
            metric += _gram(knobs) / len(songs)
            metric += _STEADY * _gram((own - mean)[spoken]) / len(songs)
        natural = scipy.linalg.solve(metric, mean.T, assume_a="pos")  # (P, D)
        reach = mean @ natural
        ridge = np.eye(COUNT) * _TIED * np.trace(reach) / COUNT
        directions = np.asarray(natural @ np.linalg.inv(reach + ridge)).T
        effect = np.einsum("sdp,dp->sd", heard, directions)
        consistency = _consistency(effect, speaks, songs_per)
        usable = consistency >= LEAST_CONSISTENCY
        kept = np.where(usable[:, None], directions, 0.0).astype(np.float32)
        return cls(base, kept, consistency, usable, tuple(songs))

    def move(self, genome: Genome, delta: Floats) -> Genome:
        """The genome with its mean descriptors moved by about ``delta`` (D,) steps."""
        change = np.asarray(delta, np.float64) @ self.directions.astype(np.float64)
        return np.asarray(genome + change, np.float32)

    def coordinates(self, genome: Genome) -> Floats:
        """(D,) mean descriptors over the probe songs, in steps from the base's."""
        rows = describe_genomes(np.stack([genome, self.base]), self.songs).mean(axis=1)
        return np.asarray(rows[0] - rows[1], np.float64)

    def distance(self, a: Genome, b: Genome) -> float:
        """How differently two heads set the console: see ``distances``."""
        return float(self.distances(np.stack([a, b]))[0, 1])

    def distances(self, genomes: NDArray[np.floating], songs: int = 4) -> Floats:
        """(heads, heads) root mean square differences of their knobs in audible steps, strips
        and shared ones weighing alike, over the first few probe songs."""
        total = np.zeros((len(genomes), len(genomes)))
        for song in self.songs[:songs]:
            knobs = _knobs(np.asarray(genomes, np.float32), song).astype(np.float64)
            total += np.square(knobs[:, None] - knobs[None]).sum(axis=2)
        return np.asarray(np.sqrt(total / len(self.songs[:songs])))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays for an .npz file."""
        arrays: dict[str, NDArray[Any]] = {
            "version": np.array(DESCRIPTOR_VERSION),
            "base": self.base,
            "directions": self.directions,
            "consistency": self.consistency,
            "usable": self.usable,
        }
        for index, song in enumerate(self.songs):
            arrays |= {f"song{index}.{name}": v for name, v in song.to_arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The basis that ``to_arrays`` gave.

        Raises:
            ModelInvalid: it was built for other descriptors.
        """
        if int(arrays["version"]) != DESCRIPTOR_VERSION:
            raise ModelInvalid("This function space was built for other descriptors.")
        songs: list[dict[str, NDArray[Any]]] = []
        while any(name.startswith(f"song{len(songs)}.") for name in arrays):
            prefix = f"song{len(songs)}."
            songs.append(
                {n.removeprefix(prefix): arrays[n] for n in arrays if n.startswith(prefix)}
            )
        return cls(
            arrays["base"],
            arrays["directions"],
            arrays["consistency"],
            arrays["usable"],
            tuple(SongSound.from_arrays(song) for song in songs),
        )


def _consistency(effect: Floats, speaks: NDArray[np.bool_], songs_per: NDArray[Any]) -> Floats:
    """(D,) from the effects (songs, D) of each direction on its own descriptor."""
    mean = effect.sum(axis=0) / songs_per
    spread = np.sqrt((np.square(effect - mean) * speaks).sum(axis=0) / songs_per)
    return np.asarray(np.clip(1.0 - spread / np.maximum(mean, 1e-9), 0.0, 1.0))


def _jacobian(base: Genome, song: SongSound) -> tuple[Array, Array]:
    """Change of descriptors (D, P) and knobs (knobs, P) per unit of each weight, by central
    differences."""
    descriptors, knobs = [], []
    for nudged in _nudges(base):
        set_to = positions(nudged, song.embeddings)
        descriptors.append(_slopes(describe(*set_to, song)))
        knobs.append(_slopes(_in_steps(*set_to)))
    return np.concatenate(descriptors).T, np.concatenate(knobs).T


def _nudges(base: Genome) -> Iterator[Array]:
    """Batches of (2 x weights, P): each weight up, then each weight down."""
    for start in range(0, len(base), _BATCH):
        count = min(_BATCH, len(base) - start)
        both = np.repeat(base[None], 2 * count, axis=0)
        rows = np.arange(count)
        both[rows, start + rows] += _NUDGE
        both[count + rows, start + rows] -= _NUDGE
        yield both


def _slopes(values: Array) -> Array:
    half = len(values) // 2
    return (values[:half] - values[half:]) / (2 * _NUDGE)


def _knobs(genomes: Array, song: SongSound) -> Array:
    return _in_steps(*positions(genomes, song.embeddings))


def _in_steps(strips: Array, shared: Array) -> Array:
    """(m, knobs): squares of differences add up to the square of a root mean square in steps,
    half from the strips and half from the shared knobs."""
    own = (strips / _STRIP_STEPS).reshape(len(strips), -1)
    common = shared / _SHARED_STEPS
    return np.concatenate(
        [own / np.sqrt(2.0 * own.shape[1]), common / np.sqrt(2.0 * common.shape[1])], axis=1
    ).astype(np.float32)


def _gram(rows: NDArray[np.floating]) -> Floats:
    wide = np.asarray(rows, np.float64)
    return np.asarray(wide.T @ wide)
