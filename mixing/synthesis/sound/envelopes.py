"""Shapes of loudness over time; all start and end at zero, so nothing clicks."""

import numpy as np

from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames


def ramp_up(seconds: float) -> Signal:
    """Return a raised-cosine rise from 0 to 1."""
    count = max(1, frames(seconds))
    rise: Signal = (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)).astype(np.float32)
    return rise


def adsr(
    held_s: float, *, attack_s: float, decay_s: float, sustain: float, release_s: float
) -> Signal:
    """Return attack, exponential decay to ``sustain`` and release of a note.

    The result is ``held_s + release_s`` long; ``decay_s`` is the time constant. A note shorter than
    its attack is released from wherever it got to.
    """
    held, released = max(2, frames(held_s)), max(2, frames(release_s))
    rise = ramp_up(attack_s)
    body = np.ones(held, dtype=np.float32)
    if sustain < 1.0:
        later = np.arange(max(0, held - len(rise)), dtype=np.float32) / SAMPLE_RATE
        body[len(rise) :] = sustain + (1.0 - sustain) * np.exp(-later / decay_s)
    overlap = min(held, len(rise))
    body[:overlap] *= rise[:overlap]
    return np.concatenate([body, body[-1] * ramp_up(release_s)[::-1][:released]])


def struck(samples: int, decay_s: float, *, attack_s: float = 0.001) -> Signal:
    """Return an exponential decay (time constant ``decay_s``) after a short rise, its end faded."""
    time = np.arange(samples, dtype=np.float32) / SAMPLE_RATE
    shape: Signal = np.exp(-time / np.float32(decay_s))
    return softened(shape, attack_s=attack_s, release_s=0.005)


def softened(signal: Signal, *, attack_s: float = 0.001, release_s: float = 0.005) -> Signal:
    """Return ``(..., samples)`` with its first and last moments faded, in place."""
    rise, fall = ramp_up(attack_s), ramp_up(release_s)[::-1]
    first, last = min(len(rise), signal.shape[-1]), min(len(fall), signal.shape[-1])
    if first and last:
        signal[..., :first] *= rise[:first]
        signal[..., -last:] *= fall[-last:]
    return signal
