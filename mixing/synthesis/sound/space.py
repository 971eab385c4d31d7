"""Where a sound stands: panning, width and the small room of a recording.

The room is a feedback delay network of four lines mixed by a Hadamard matrix (J.-M. Jot and
A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991).
"""

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames


def panned(mono: Signal, position: float) -> Signal:
    """Return ``(2, samples)`` of a mono signal at -1 (left) to 1 (right), constant power."""
    angle = (position + 1.0) * np.pi / 4
    return np.stack([mono * np.float32(np.cos(angle)), mono * np.float32(np.sin(angle))])


def delayed(audio: Signal, seconds: float) -> Signal:
    """Return ``(..., samples)`` moved later by ``seconds``, the same length."""
    shift = frames(seconds)
    out = np.zeros_like(audio)
    if shift < audio.shape[-1]:
        out[..., shift:] = audio[..., : audio.shape[-1] - shift]
    return out


@compiled
def _network(
    mono: Signal, lengths: NDArray[np.int64], feedback: NDArray[np.float64], damping: float,
    out: Signal,
) -> None:  # fmt: skip
    lines = np.zeros((4, lengths.max()), dtype=np.float64)
    at = np.zeros(4, dtype=np.int64)
    dull = np.zeros(4, dtype=np.float64)
    for i in range(len(mono)):
        for k in range(4):
            heard = lines[k, at[k]]
            dull[k] += (1.0 - damping) * (heard * feedback[k] - dull[k])
        a, b, c, d = dull[0], dull[1], dull[2], dull[3]
        out[0, i] = a + c
        out[1, i] = b - d
        value = mono[i]
        lines[0, at[0]] = value + 0.5 * (a + b + c + d)
        lines[1, at[1]] = value + 0.5 * (a - b + c - d)
        lines[2, at[2]] = value + 0.5 * (a + b - c - d)
        lines[3, at[3]] = value + 0.5 * (a - b - c + d)
        for k in range(4):
            at[k] += 1
            if at[k] == lengths[k]:
                at[k] = 0


def room(mono: Signal, rng: np.random.Generator, *, size: float, decay_s: float) -> Signal:
    """Return the ``(2, samples)`` reflections of a room, without the direct sound.

    ``size`` 0.2 (booth) to 3 (hall) scales the delay lines, ``decay_s`` is the 60 dB time.
    """
    base_ms = np.array([11.3, 14.9, 18.7, 23.1]) * size * rng.uniform(0.9, 1.1, 4)
    lengths = np.maximum(8, (base_ms * SAMPLE_RATE / 1000)).astype(np.int64)
    feedback = 10.0 ** (-3.0 * lengths / (decay_s * SAMPLE_RATE))
    out = np.empty((2, len(mono)), dtype=np.float32)
    _network(np.ascontiguousarray(mono), lengths, feedback, 0.35, out)
    return out * np.float32(0.5)
