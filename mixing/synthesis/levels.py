"""Levels and colours of a raw stem: how loud it was recorded and what the microphone did to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from mixing.audio.decibels import amplitude
from mixing.audio.loudness import integrated_lufs
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames
from mixing.synthesis.sound.envelopes import softened
from mixing.synthesis.sound.filters import highpass, lowpass, resonance, tilt
from mixing.synthesis.sound.space import room

Rng = np.random.Generator

# Where each role sits in a plain, even mix: integrated loudness of its stem.
ROLE_LUFS: Final = {
    "drums": -22.0, "bass": -24.0, "vocal": -21.0, "backing_vocal": -27.0, "guitar": -26.0,
    "keys": -26.5, "synth": -27.5, "strings": -28.0, "brass": -27.0, "percussion": -31.0,
    "effects": -32.0, "other": -27.0,
}  # fmt: skip

PEAK_CEILING: Final = amplitude(-1.5)


def levelled(audio: Signal, target_lufs: float) -> Signal:
    """Return ``audio`` at a loudness, or as near as its peaks allow; silence stays."""
    loudness = integrated_lufs(audio, SAMPLE_RATE)
    if loudness == -np.inf:
        return audio
    factor = min(amplitude(target_lufs - loudness), PEAK_CEILING / float(np.max(np.abs(audio))))
    return np.asarray(audio * np.float32(factor), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Colour:
    """What the recording did: bells as (Hz, Q, dB), a treble tilt in dB, a room and its amount,
    and how far the player drifts from the microphone and back (dB, slow)."""

    bells: Sequence[tuple[float, float, float]] = ()
    tilt_db: float = 0.0
    room_amount: float = 0.0
    room_s: float = 0.3
    drift_db: float = 0.0


def draw_colour(rng: Rng) -> Colour:
    """Return the mild colouring of a decent recording."""
    bells = tuple(
        (float(np.exp(rng.uniform(np.log(90), np.log(7_000)))), float(rng.uniform(0.7, 2.0)),
         float(rng.normal(0.0, 1.6)))
        for _ in range(2)
    )  # fmt: skip
    amount = float(rng.uniform(0.03, 0.22)) if rng.random() < 0.5 else 0.0
    return Colour(
        bells,
        tilt_db=float(rng.normal(0.0, 1.2)),
        room_amount=amount,
        room_s=float(rng.uniform(0.15, 0.6)),
        drift_db=float(rng.uniform(0.0, 1.5)),
    )


def _drift(samples: int, depth_db: float, rng: Rng) -> Signal:
    """Return a gain per sample that wanders by about ``depth_db``, a new wish every two seconds."""
    count = max(4, samples // frames(2.0) + 4)
    wishes = depth_db * np.clip(rng.standard_normal(count), -1.5, 1.5)
    at = np.arange(0, samples + frames(0.01), frames(0.01))
    curve = 10.0 ** (PchipInterpolator(np.arange(count) * frames(2.0), wishes)(at) / 20.0)
    return np.asarray(np.interp(np.arange(samples), at, curve), dtype=np.float32)


def coloured(audio: Signal, colour: Colour, rng: Rng) -> Signal:
    """Return ``(channels, samples)`` as recorded: coloured, free of DC, its very ends faded."""
    for frequency, q, amount in colour.bells:
        audio = resonance(audio, frequency, q, amount)
    if colour.tilt_db:
        audio = tilt(audio, 1_000.0, colour.tilt_db)
    if colour.drift_db:
        audio = audio * _drift(audio.shape[-1], colour.drift_db, rng)
    if colour.room_amount:
        space = room(audio.mean(axis=0), rng, size=0.7, decay_s=colour.room_s)
        audio = audio + np.float32(colour.room_amount) * space[: audio.shape[0]]
    return softened(highpass(lowpass(audio, 19_000.0), 24.0), attack_s=0.004, release_s=0.02)
