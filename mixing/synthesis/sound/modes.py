"""Modal synthesis: struck bodies as sums of decaying sines (pianos, drums, cymbals, mallets)."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio.compiled import compiled
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal

LANES: Final = 8
"""Modes turned side by side, so that a sample costs a few vector instructions."""


@compiled
def _ring(
    cosines: NDArray[np.float32], sines: NDArray[np.float32],
    real: NDArray[np.float32], imaginary: NDArray[np.float32], out: Signal,
) -> None:  # fmt: skip
    lanes = np.zeros(LANES, dtype=np.float32)
    for i in range(len(out)):
        for k in range(LANES):
            lanes[k] = np.float32(0.0)
        for first in range(0, len(real), LANES):
            for k in range(LANES):
                m = first + k
                turned = real[m] * cosines[m] - imaginary[m] * sines[m]
                imaginary[m] = real[m] * sines[m] + imaginary[m] * cosines[m]
                real[m] = turned
                lanes[k] += imaginary[m]
        total = np.float32(0.0)
        for k in range(LANES):
            total += lanes[k]
        out[i] = total


def struck_modes(
    frequencies_hz: ArrayLike,
    decays_s: ArrayLike,
    amplitudes: ArrayLike,
    samples: int,
    phases: ArrayLike = 0.0,
) -> Signal:
    """Return ``(samples,)`` of sines that start together and each fade with their time constant.

    The four lists run over the modes; phases are in turns (0: every mode starts at zero, so there
    is no click). Modes above 20 kHz are left out.
    """
    hz, decay, amount, phase = np.broadcast_arrays(
        np.atleast_1d(np.asarray(frequencies_hz, dtype=np.float64)), decays_s, amplitudes, phases
    )
    audible = hz < 20_000.0
    hz, decay, amount, phase = hz[audible], decay[audible], amount[audible], phase[audible]
    spare = -len(hz) % LANES  # silent modes fill the last lanes
    hz, decay, amount, phase = (
        np.pad(v, (0, spare), constant_values=1.0) for v in (hz, decay, amount, phase)
    )
    amount[len(amount) - spare :] = 0.0
    omega = 2 * np.pi * hz / SAMPLE_RATE
    radius = np.exp(-1.0 / (decay * SAMPLE_RATE))
    angle = 2 * np.pi * phase
    out = np.empty(samples, dtype=np.float32)
    _ring(
        (radius * np.cos(omega)).astype(np.float32), (radius * np.sin(omega)).astype(np.float32),
        (amount * np.cos(angle)).astype(np.float32), (amount * np.sin(angle)).astype(np.float32),
        out,
    )  # fmt: skip
    return out
