"""How far a variant of a network is off, how long it takes, and which one is worth loading.

Differences are counted in console units by group, and in clearly audible steps (``distance``) so
that one threshold holds for all knobs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.networks.checkpoints import shipped_genome
from mixing.networks.console_units import by_group
from mixing.networks.distance import step_positions
from mixing.networks.formats import PRECISIONS, Precision
from mixing.networks.inference import Embedder, HeadSession
from mixing.networks.population import positions
from mixing.networks.probe import ProbeSong, probe_songs
from mixing.networks.shapes import GLOBAL_PARAMETERS, STRIP_PARAMETERS
from mixing.networks.styles import STYLES

Array = NDArray[np.float32]
Answer = tuple[Array, Array]
"""Learned positions: strips (..., stems, 16) and shared (..., 14)."""

WORST_STEPS: Final = 0.25
"""Most that any knob of any probe song may be off, in clearly audible steps: a quarter of what a
decibel is to a fader."""
WORTH_IT: Final = 0.9
"""A variant is loaded instead of the exact network when it takes at most this share of its time."""

_CALLS: Final = 50
_ROUNDS: Final = 7

_STRIP_STEPS: Final = step_positions(STRIP_PARAMETERS)
_GLOBAL_STEPS: Final = step_positions(GLOBAL_PARAMETERS)


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Absolute differences from the exact network over the probe songs.

    ``groups``: console units, (mean, worst) by parameter group.
    """

    mean_steps: float
    worst_steps: float
    groups: Mapping[str, tuple[float, float]]

    def to_json(self) -> dict[str, Any]:
        return {
            "mean_steps": round(self.mean_steps, 5),
            "worst_steps": round(self.worst_steps, 5),
            "console_units": {
                name: {"mean": round(mean, 5), "worst": round(worst, 5)}
                for name, (mean, worst) in self.groups.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant as it was measured when it was made."""

    precision: Precision
    microseconds: float
    worst_steps: float


def best(candidates: Sequence[Candidate]) -> Precision:
    """The fastest whose error is below ``WORST_STEPS``, if it is clearly faster than fp32.

    Among variants of this size times differ by less than they vary, and then the exact one is it.
    """
    exact = next((c for c in candidates if c.precision == "fp32"), None)
    close = [c for c in candidates if c.precision != "fp32" and c.worst_steps <= WORST_STEPS]
    if exact is None or not close:
        return "fp32"
    fastest = min(close, key=lambda c: (c.microseconds, PRECISIONS.index(c.precision)))
    return fastest.precision if fastest.microseconds <= WORTH_IT * exact.microseconds else "fp32"


def head_fidelity(variant: HeadSession, exact: HeadSession, embedder: Embedder) -> Fidelity:
    """Of one head's variant, on the embeddings of the probe songs."""
    heard = [embedder.embed_heard(song.features, song.measured) for song in probe_songs()]
    return compared((variant.positions(e), exact.positions(e)) for e in heard)


def encoder_fidelity(variant: Embedder, exact: Embedder) -> Fidelity:
    """Of an encoder's variant, by what the house heads make of it."""
    genomes = np.stack([shipped_genome(style.slug) for style in STYLES])

    def consoles(embedder: Embedder, song: ProbeSong) -> Answer:
        return positions(genomes, embedder.embed_heard(song.features, song.measured))

    return compared((consoles(variant, song), consoles(exact, song)) for song in probe_songs())


def compared(pairs: Any) -> Fidelity:
    """Of answers (variant's, exact one's) to the same songs."""
    steps: list[Array] = []
    groups: dict[str, list[Array]] = {}
    for (strips, shared), (exact_strips, exact_shared) in pairs:
        apart = np.abs(strips - exact_strips), np.abs(shared - exact_shared)
        steps += [(apart[0] / _STRIP_STEPS).ravel(), (apart[1] / _GLOBAL_STEPS).ravel()]
        for name, errors in by_group(*apart).items():
            groups.setdefault(name, []).append(errors)
    every = np.concatenate(steps)
    joined = {name: np.concatenate(errors) for name, errors in groups.items()}
    return Fidelity(
        float(every.mean()),
        float(every.max()),
        {name: (float(errors.mean()), float(errors.max())) for name, errors in joined.items()},
    )


def encoder_microseconds(embedder: Embedder) -> float:
    """CPU time of the encoder for a song of about eight stems."""
    song = _usual_song()
    return cpu_microseconds(lambda: embedder.embed_heard(song.features, song.measured))


def head_microseconds(head: HeadSession, embedder: Embedder) -> float:
    """CPU time of a head for a song of about eight stems."""
    song = _usual_song()
    heard = embedder.embed_heard(song.features, song.measured)
    return cpu_microseconds(lambda: head.positions(heard))


def cpu_microseconds(work: Callable[[], object]) -> float:
    """CPU time of one call in this thread: the least of some rounds, so that load adds little."""
    rounds = []
    for _ in range(_ROUNDS):
        started = time.thread_time()
        for _ in range(_CALLS):
            work()
        rounds.append((time.thread_time() - started) / _CALLS)
    return 1e6 * min(rounds)


def _usual_song() -> ProbeSong:
    return min(probe_songs(), key=lambda song: abs(len(song.features) - 8))
