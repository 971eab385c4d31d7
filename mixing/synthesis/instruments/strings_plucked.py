"""Plucked instruments: steel and nylon guitars, electric ones with amplifiers, harp and banjo."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import Signal, hertz
from mixing.synthesis.sound.envelopes import softened
from mixing.synthesis.sound.filters import highpass, lowpass, resonance, tilt
from mixing.synthesis.sound.space import delayed, room
from mixing.synthesis.sound.strings import Pluck, plucked

Rng = np.random.Generator

BIAS: Final = np.float32(0.3)
"""The grid voltage of the second valve: how lopsided it distorts."""

Body = Sequence[tuple[float, float, float]]

# Air and top-plate resonances: frequency in Hz, Q, gain in dB.
STEEL_BODY: Body = ((105, 4.0, 5.0), (205, 4.0, 4.0), (420, 3.0, 2.0), (5_200, 1.0, 3.0))
NYLON_BODY: Body = ((98, 4.0, 6.0), (190, 3.5, 4.0), (370, 3.0, 2.0))
HARP_BODY: Body = ((160, 2.0, 2.0), (300, 2.0, 2.0))
BANJO_BODY: Body = ((420, 3.0, 7.0), (900, 2.0, 4.0), (2_600, 1.5, 3.0))


def _plucks(
    notes: Sequence[Note], samples: int, rng: Rng, pluck: Pluck, release_s: float = 0.12
) -> Signal:
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        muted = note.text == "mute"
        # High strings ring shorter than low ones.
        ring_s = 0.18 if muted else pluck.ring_s * (110.0 / hertz(note.pitch)) ** 0.45
        edge = Pluck(
            ring_s,
            min(0.5, pluck.damping + (0.15 if muted else 0.0)),
            pluck.position * rng.uniform(0.85, 1.15),
            pluck.brightness_hz * (0.5 + note.velocity),
        )
        seconds = min(note.duration_s, ring_s) + release_s
        sound = softened(plucked(hertz(note.pitch), seconds, edge, rng), release_s=release_s)
        add_at(canvas, note.start_s, sound, 0.3 + 0.7 * note.velocity)
    return canvas


def _body(audio: Signal, body: Body, rng: Rng) -> Signal:
    for frequency, q, amount in body:
        audio = resonance(audio, frequency * rng.uniform(0.92, 1.08), q, amount)
    return audio


def _doubled(first: Signal, second: Signal, width: float) -> Signal:
    """Return two takes side by side: the only honest way to make a guitar wide."""
    near, far = np.float32(0.5 + width / 2), np.float32(0.5 - width / 2)
    return np.stack([near * first + far * second, far * first + near * second])


def acoustic_guitar(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a steel-string guitar, one microphone or a doubled pair: ``(1 or 2, samples)``."""
    pluck = Pluck(
        rng.uniform(3.5, 6.0),
        rng.uniform(0.05, 0.2),
        rng.uniform(0.12, 0.2),
        rng.uniform(900, 2_200),
    )
    takes = 2 if rng.random() < 0.4 else 1
    sound = [
        highpass(_body(_plucks(notes, samples, rng, pluck), STEEL_BODY, rng), 75)
        for _ in range(takes)
    ]
    return _doubled(sound[0], sound[1], 0.8) if takes == 2 else sound[0][np.newaxis]


def nylon_guitar(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a classical guitar: ``(1, samples)``."""
    pluck = Pluck(rng.uniform(2.5, 4.0), rng.uniform(0.3, 0.42), rng.uniform(0.15, 0.3), 600.0)
    return highpass(_body(_plucks(notes, samples, rng, pluck), NYLON_BODY, rng), 70)[np.newaxis]


def harp(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a harp, whose strings ring on after the finger: ``(2, samples)``."""
    pluck = Pluck(rng.uniform(5.0, 8.0), rng.uniform(0.25, 0.4), rng.uniform(0.35, 0.5), 700.0)
    sound = _body(_plucks(notes, samples, rng, pluck, release_s=0.8), HARP_BODY, rng)
    hall = room(sound, rng, size=1.5, decay_s=rng.uniform(0.6, 1.2))
    return sound[np.newaxis] + np.float32(0.15) * hall


def banjo(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a banjo: bright, short, nasal: ``(1, samples)``."""
    pluck = Pluck(rng.uniform(1.0, 1.6), rng.uniform(0.05, 0.15), rng.uniform(0.08, 0.14), 2_500.0)
    return highpass(_body(_plucks(notes, samples, rng, pluck), BANJO_BODY, rng), 120)[np.newaxis]


def _cabinet(audio: Signal, rng: Rng) -> Signal:
    """Return a guitar loudspeaker's sound: nothing low, a presence bump, nothing above 5 kHz."""
    audio = resonance(highpass(audio, 85), rng.uniform(95, 130), 1.5, 4.0)
    audio = resonance(audio, rng.uniform(2_200, 3_200), 1.2, rng.uniform(3, 7))
    return lowpass(audio, rng.uniform(4_000, 5_500), order=4)


def clean_guitar(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a clean electric guitar, alone or with a delayed double: ``(1 or 2, samples)``."""
    pluck = Pluck(
        rng.uniform(4.0, 7.0),
        rng.uniform(0.08, 0.25),
        rng.uniform(0.1, 0.25),
        rng.uniform(700, 1_800),
    )
    drive = rng.uniform(0.5, 1.6)
    sound = np.tanh(_plucks(notes, samples, rng, pluck) * np.float32(drive))
    sound = tilt(_cabinet(sound, rng), 1_500, rng.uniform(0, 5))
    if rng.random() < 0.4:
        return _doubled(sound, delayed(sound, rng.uniform(0.009, 0.018)), rng.uniform(0.5, 0.9))
    return sound[np.newaxis]


def distorted_guitar(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a driven guitar, double tracked left and right or single: ``(1 or 2, samples)``."""
    pluck = Pluck(rng.uniform(8.0, 14.0), rng.uniform(0.1, 0.25), rng.uniform(0.08, 0.15), 1_200.0)
    drive = np.float32(rng.uniform(6.0, 25.0))
    takes = 2 if rng.random() < 0.5 else 1
    sound = []
    for _ in range(takes):
        string = highpass(_plucks(notes, samples, rng, pluck, release_s=0.06), 120, order=1)
        # Two stages with a bias between them give the even harmonics of valves.
        stage = np.tanh(string * drive)
        stage = np.tanh(np.float32(1.5) * stage + BIAS) - np.tanh(BIAS)
        stage = highpass(stage, 60, order=1)
        sound.append(tilt(_cabinet(stage, rng), 700, rng.uniform(-9, -5)))
    return _doubled(sound[0], sound[1], 0.9) if takes == 2 else sound[0][np.newaxis]
