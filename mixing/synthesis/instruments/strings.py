"""Bowed strings: sections of several players and soloists."""

from collections.abc import Sequence

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import Signal, hertz
from mixing.synthesis.sound.envelopes import adsr
from mixing.synthesis.sound.filters import highpass, lowpass, resonance
from mixing.synthesis.sound.oscillators import noise, tone, vibrato
from mixing.synthesis.sound.space import panned, room

Rng = np.random.Generator

# The wooden body: air, main wood and bridge-hill resonances of a violin family instrument.
BODY = ((280.0, 3.0, 4.0), (480.0, 3.0, 4.0), (1_100.0, 2.0, -3.0), (2_600.0, 1.2, 6.0))


def _bowed(note: Note, rng: Rng, attack_s: float, release_s: float, cents: float) -> Signal:
    short = note.text == "short"
    envelope = adsr(
        note.duration_s,
        attack_s=0.025 if short else attack_s,
        decay_s=0.15 if short else 1.0,
        sustain=0.3 if short else 0.85,
        release_s=0.12 if short else release_s,
    )
    frequency = hertz(note.pitch + rng.normal(0, cents) / 100)
    curve = vibrato(
        frequency,
        len(envelope),
        rate_hz=rng.uniform(4.8, 6.2),
        depth_cents=rng.uniform(8, 22),
        onset_s=0.4,
        phase=rng.random(),
    )
    return tone("saw", curve, len(envelope), rng.random()) * envelope


def _finish(canvas: Signal, rng: Rng, hall: float) -> Signal:
    for frequency, q, amount in BODY:
        canvas = resonance(canvas, frequency * rng.uniform(0.9, 1.1), q, amount)
    # The bow's hair: noise that follows how loud the string is.
    hair = highpass(noise(rng, canvas.shape[-1]), 2_500)
    loudness = lowpass(np.abs(canvas.mean(axis=0)), 12.0, order=1)
    canvas = lowpass(canvas, rng.uniform(5_000, 9_000), order=1) + 0.04 * hair * loudness
    size = rng.uniform(1.2, 2.0)
    space = room(canvas.mean(axis=0), rng, size=size, decay_s=rng.uniform(0.7, 1.4))
    if canvas.shape[0] == 1:
        space = space[:1]
    return np.asarray(canvas + np.float32(hall) * space, dtype=np.float32)


def string_section(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play every note by several players across the stage: ``(2, samples)``."""
    players, cents = int(rng.integers(3, 6)), rng.uniform(4, 9)
    attack_s, release_s = rng.uniform(0.08, 0.35), rng.uniform(0.2, 0.5)
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        # Violins sit left, basses right.
        seat = float(np.clip((60 - note.pitch) / 24, -0.7, 0.7))
        for _ in range(players):
            sound = panned(
                _bowed(note, rng, attack_s, release_s, cents),
                float(np.clip(seat + rng.normal(0, 0.2), -1, 1)),
            )
            late = abs(rng.normal(0, 0.012))
            add_at(canvas, note.start_s + late, sound, 0.2 + 0.5 * note.velocity)
    return _finish(canvas, rng, rng.uniform(0.15, 0.35))


def solo_strings(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play one violin, viola or cello: ``(1, samples)``."""
    attack_s = rng.uniform(0.05, 0.15)
    canvas = np.zeros((1, samples), dtype=np.float32)
    for note in notes:
        add_at(
            canvas, note.start_s, _bowed(note, rng, attack_s, 0.15, 3), 0.3 + 0.7 * note.velocity
        )
    return _finish(canvas, rng, 0.1)
