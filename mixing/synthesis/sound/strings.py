"""Plucked strings: Karplus-Strong with the tuning of Jaffe and Smith.

D. Jaffe and J. O. Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm", Computer
Music Journal 7(2), 1983: a one-zero damping filter and a first-order all-pass in the loop, whose
delays are taken off the delay line so that the pitch is exact.
"""

from dataclasses import dataclass

import numpy as np

from mixing.audio.compiled import compiled
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames
from mixing.synthesis.sound.filters import lowpass
from mixing.synthesis.sound.oscillators import noise


@dataclass(frozen=True, slots=True)
class Pluck:
    """How a string sounds: ``ring_s`` is the 60 dB decay, ``damping`` 0 (bright) to 0.5 (dull),
    ``position`` where it is plucked (fraction of its length), ``brightness_hz`` the pick's edge."""

    ring_s: float
    damping: float
    position: float
    brightness_hz: float


@compiled
def _ring(
    burst: Signal, whole: int, allpass: float, damping: float, feedback: float, out: Signal
) -> None:
    line = np.zeros(whole, dtype=np.float64)
    read = 0
    previous, passed_in, passed_out = 0.0, 0.0, 0.0
    count = len(burst)
    for i in range(len(out)):
        value = line[read]
        if i < count:
            value += burst[i]
        out[i] = value
        damped = feedback * ((1.0 - damping) * value + damping * previous)
        previous = value
        tuned = allpass * (damped - passed_out) + passed_in
        passed_in, passed_out = damped, tuned
        line[read] = tuned
        read += 1
        if read == whole:
            read = 0


def _loop_delay_of_damping(damping: float, omega: float) -> float:
    """Return the phase delay in samples of the damping filter at the fundamental."""
    real = 1.0 - damping + damping * np.cos(omega)
    imaginary = -damping * np.sin(omega)
    return float(-np.arctan2(imaginary, real) / omega)


def _tuning(frequency_hz: float, damping: float) -> tuple[int, float]:
    """Return the delay line's length and the all-pass coefficient that tune the loop exactly."""
    omega = 2 * np.pi * frequency_hz / SAMPLE_RATE
    delay = SAMPLE_RATE / frequency_hz - _loop_delay_of_damping(damping, omega)
    whole = max(2, int(delay - 0.3))
    fraction = delay - whole
    # Jaffe and Smith, equation 16: the coefficient whose phase delay at omega is the fraction.
    coefficient = np.sin((1 - fraction) * omega / 2) / np.sin((1 + fraction) * omega / 2)
    return whole, float(coefficient)


def plucked(frequency_hz: float, seconds: float, pluck: Pluck, rng: np.random.Generator) -> Signal:
    """Return ``(samples,)`` of one string, peak near 1, still ringing at the end."""
    whole, allpass = _tuning(frequency_hz, pluck.damping)
    burst = noise(rng, whole)
    burst = lowpass(np.tile(burst, 2), pluck.brightness_hz, order=1)[whole:]
    burst = burst - np.roll(burst, max(1, round(pluck.position * whole)))
    burst -= burst.mean()
    burst /= np.max(np.abs(burst)) + 1e-9
    feedback = 10.0 ** (-3.0 / (frequency_hz * pluck.ring_s))
    out = np.empty(max(8, frames(seconds)), dtype=np.float32)
    _ring(burst, whole, allpass, pluck.damping, feedback, out)
    return out
