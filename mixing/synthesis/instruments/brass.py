"""Winds: trumpets and trombones that brighten as they get louder, saxophone and flute."""

from collections.abc import Sequence

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, hertz
from mixing.synthesis.sound.envelopes import adsr
from mixing.synthesis.sound.filters import bandpass, lowpass, resonance, swept
from mixing.synthesis.sound.oscillators import noise, tone, vibrato
from mixing.synthesis.sound.space import panned, room

Rng = np.random.Generator


def _blown(note: Note, rng: Rng, brightness: float, cents: float) -> Signal:
    short = note.text == "short"
    envelope = adsr(
        note.duration_s,
        attack_s=rng.uniform(0.02, 0.035) if short else rng.uniform(0.04, 0.08),
        decay_s=0.12 if short else 0.25,
        sustain=0.7,
        release_s=0.06 if short else 0.1,
    )
    time = np.arange(len(envelope)) / SAMPLE_RATE
    frequency = hertz(note.pitch + rng.normal(0, cents) / 100)
    curve = vibrato(
        frequency, len(envelope), rate_hz=rng.uniform(4.8, 5.8), depth_cents=14, onset_s=0.6
    )
    # The lips slide up to the note.
    curve *= 2.0 ** (-0.5 * np.exp(-time / 0.018) / 12)
    sound = tone("saw", curve, len(envelope), rng.random())
    # Risset: a brass tone's spectrum widens with its intensity.
    cutoff = frequency * (0.8 + brightness * (0.3 + note.velocity) * envelope**1.5)
    return swept(sound, cutoff, q=0.8) * envelope


def brass_section(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play stabs and swells by several players: ``(2, samples)``."""
    brightness, players = rng.uniform(4, 9), int(rng.integers(2, 4))
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        for player in range(players):
            sound = panned(_blown(note, rng, brightness, 5), (player - (players - 1) / 2) * 0.4)
            late = abs(rng.normal(0, 0.008))
            add_at(canvas, note.start_s + late, sound, 0.3 + 0.7 * note.velocity)
    canvas = resonance(canvas, rng.uniform(1_000, 1_500), 1.2, rng.uniform(2, 5))
    return canvas + np.float32(0.12) * room(canvas.mean(axis=0), rng, size=1.2, decay_s=0.7)


def solo_brass(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play one trumpet or, darker, a horn: ``(1, samples)``."""
    brightness = rng.uniform(3, 8)
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        add_at(canvas, note.start_s, _blown(note, rng, brightness, 3), 0.3 + 0.7 * note.velocity)
    return resonance(canvas, rng.uniform(900, 1_500), 1.0, 4.0)[np.newaxis]


def saxophone(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play an alto saxophone with breath in the tone: ``(1, samples)``."""
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        envelope = adsr(note.duration_s, attack_s=0.04, decay_s=0.3, sustain=0.75, release_s=0.08)
        count, frequency = len(envelope), hertz(note.pitch)
        curve = vibrato(frequency, count, rate_hz=5.2, depth_cents=rng.uniform(10, 24), onset_s=0.5)
        reed = tone("reed", curve, count, rng.random())
        breath = bandpass(noise(rng, count), 900, 4_500)
        sound = (reed + np.float32(0.06) * breath) * envelope
        sound = swept(sound, 600 + frequency * (2 + 6 * note.velocity * envelope), q=0.8)
        add_at(canvas, note.start_s, sound, 0.3 + 0.7 * note.velocity)
    for frequency, q, amount in ((550.0, 2.0, 3.0), (1_350.0, 2.0, 5.0), (2_900.0, 2.0, 3.0)):
        canvas = resonance(canvas, frequency * rng.uniform(0.93, 1.07), q, amount)
    return canvas[np.newaxis]


def flute(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a flute or a whistle: few harmonics, much air: ``(1, samples)``."""
    air = rng.uniform(0.08, 0.25)
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        envelope = adsr(note.duration_s, attack_s=0.05, decay_s=0.3, sustain=0.85, release_s=0.09)
        count, frequency = len(envelope), hertz(note.pitch)
        curve = vibrato(frequency, count, rate_hz=5.0, depth_cents=rng.uniform(6, 16), onset_s=0.4)
        tones = tone("sine", curve, count) + 0.35 * tone("sine", curve * 2, count)
        tones += 0.12 * tone("sine", curve * 3, count)
        sound = tones + air * 3 * bandpass(noise(rng, count), frequency * 0.8, frequency * 2.5)
        add_at(canvas, note.start_s, sound * envelope, 0.3 + 0.6 * note.velocity)
    return lowpass(canvas, 9_000, order=1)[np.newaxis]
