"""Basses: plucked electric and upright strings, and synthesised ones."""

from collections.abc import Sequence

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames, hertz
from mixing.synthesis.sound.envelopes import adsr, softened, struck
from mixing.synthesis.sound.filters import bandpass, lowpass, resonance, swept, tilt
from mixing.synthesis.sound.oscillators import noise, tone
from mixing.synthesis.sound.strings import Pluck, plucked

Rng = np.random.Generator


def _string_bass(
    notes: Sequence[Note], samples: int, rng: Rng, pluck: Pluck, drive: float
) -> Signal:
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        # A harder stroke is brighter; a mute stops the string with the hand.
        edge = Pluck(
            0.25 if note.text == "mute" else pluck.ring_s,
            pluck.damping,
            pluck.position,
            pluck.brightness_hz * (0.6 + 0.8 * note.velocity),
        )
        held = max(0.05, note.duration_s)
        sound = plucked(hertz(note.pitch), held + 0.08, edge, rng)
        add_at(canvas, note.start_s, softened(sound, release_s=0.08), 0.5 + 0.5 * note.velocity)
    return np.asarray(np.tanh(canvas * drive) / np.tanh(drive), dtype=np.float32)


def electric_bass(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a fingered or picked electric bass: ``(1, samples)``."""
    picked = rng.random() < 0.4
    pluck = Pluck(
        rng.uniform(4.0, 9.0),
        rng.uniform(0.15, 0.35),
        rng.uniform(0.1, 0.25),
        rng.uniform(400, 900) if picked else rng.uniform(150, 320),
    )
    sound = _string_bass(notes, samples, rng, pluck, rng.uniform(0.6, 2.0))
    sound = tilt(
        resonance(sound, rng.uniform(80, 120), 1.0, rng.uniform(1, 4)), 220, rng.uniform(-14, -8)
    )
    return lowpass(sound, rng.uniform(2_500, 5_500))[np.newaxis]


def upright_bass(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a double bass with fingers, its body and the thump of the pluck: ``(1, samples)``."""
    pluck = Pluck(rng.uniform(1.6, 3.0), rng.uniform(0.4, 0.5), rng.uniform(0.2, 0.35), 260.0)
    sound = _string_bass(notes, samples, rng, pluck, 0.4)
    thump = bandpass(noise(rng, frames(0.06)), 80, 400)
    thump *= struck(len(thump), 0.015)
    for note in notes:
        add_at(sound, note.start_s, thump, 0.5 * note.velocity)
    sound = tilt(sound, 250, rng.uniform(-10, -6))
    for frequency, q, amount in ((98.0, 3.0, 4.0), (210.0, 3.0, 3.0), (620.0, 2.0, 2.0)):
        sound = resonance(sound, frequency * rng.uniform(0.93, 1.07), q, amount)
    return lowpass(sound, rng.uniform(1_800, 3_500))[np.newaxis]


def synth_bass(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a filtered two-oscillator bass whose filter closes on every note: ``(1, samples)``."""
    shape = str(rng.choice(["saw", "square", "pulse"]))
    detune_cents, sub = rng.uniform(0, 9), rng.uniform(0.2, 0.7)
    opening, resting = rng.uniform(4, 16), rng.uniform(1.5, 4.0)
    fall_s, q = rng.uniform(0.06, 0.3), rng.uniform(0.7, 2.5)
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        shape_of_note = adsr(
            note.duration_s, attack_s=0.004, decay_s=0.3, sustain=0.75, release_s=0.04
        )
        count, frequency = len(shape_of_note), hertz(note.pitch)
        beating = 2 ** (detune_cents / 2400)
        sound = tone(shape, frequency * beating, count, rng.random())
        sound += tone(shape, frequency / beating, count, rng.random())
        decay = np.exp(-np.arange(count) / (fall_s * SAMPLE_RATE))
        cutoff = frequency * (resting + opening * note.velocity * decay)
        sound = swept(sound * np.float32(0.4), cutoff, q=q)
        sound += np.float32(sub) * tone("sine", frequency, count)
        add_at(canvas, note.start_s, sound * shape_of_note, 0.5 + 0.5 * note.velocity)
    return np.asarray(np.tanh(canvas), dtype=np.float32)[np.newaxis]


def sub_bass(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a long 808: a sine with a falling attack, soft clipped, gliding on "slide" notes."""
    drive, knock = rng.uniform(0.8, 2.5), rng.uniform(0.3, 1.2)
    decay_s = rng.uniform(0.6, 1.6)
    canvas = np.zeros(samples, dtype=np.float32)
    before = None
    for note in notes:
        shape = adsr(note.duration_s, attack_s=0.003, decay_s=decay_s, sustain=0.1, release_s=0.06)
        time = np.arange(len(shape)) / SAMPLE_RATE
        target = hertz(note.pitch)
        frequency = target * (1 + knock * np.exp(-time / 0.018))
        if note.text == "slide" and before is not None:
            frequency *= (hertz(before) / target) ** np.exp(-time / 0.05)
        sound = np.tanh(drive * tone("sine", frequency, len(shape))) * shape
        add_at(canvas, note.start_s, sound, 0.5 + 0.5 * note.velocity)
        before = note.pitch
    return canvas[np.newaxis]
