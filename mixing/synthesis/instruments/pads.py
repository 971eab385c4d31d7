"""Synthesisers: wide pads, plucked sequences and leads (the role "synth")."""

from collections.abc import Sequence

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, hertz
from mixing.synthesis.sound.envelopes import adsr
from mixing.synthesis.sound.filters import swept
from mixing.synthesis.sound.oscillators import tone, vibrato
from mixing.synthesis.sound.space import panned, room

Rng = np.random.Generator


def _swarm(shape: str, frequency: float, count: int, rng: Rng, voices: int, cents: float) -> Signal:
    """Return ``(2, count)`` of detuned oscillators spread from left to right."""
    out = np.zeros((2, count), dtype=np.float32)
    for detune in np.linspace(-1.0, 1.0, voices):
        pitch = frequency * 2 ** (cents * (detune + rng.normal(0, 0.1)) / 1200)
        out += panned(tone(shape, pitch, count, rng.random()), detune * 0.8)
    return out / np.float32(np.sqrt(voices))


def pad(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play slow chords through one slowly moving filter: ``(2, samples)``."""
    shape = str(rng.choice(["saw", "pulse", "hollow", "triangle"]))
    attack_s, release_s = rng.uniform(0.15, 0.8), rng.uniform(0.3, 1.2)
    cents, voices = rng.uniform(5, 18), int(rng.integers(2, 5))
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        envelope = adsr(
            note.duration_s, attack_s=attack_s, decay_s=2.0, sustain=0.8, release_s=release_s
        )
        sound = _swarm(shape, hertz(note.pitch), len(envelope), rng, voices, cents)
        add_at(canvas, note.start_s, sound * envelope, 0.3 + 0.5 * note.velocity)
    time = np.arange(samples) / SAMPLE_RATE
    octaves = rng.uniform(0.3, 1.0) * np.sin(2 * np.pi * rng.uniform(0.05, 0.3) * time)
    cutoff = rng.uniform(900, 4_000) * np.exp2(octaves)
    return np.stack([swept(side, cutoff, q=rng.uniform(0.6, 1.2)) for side in canvas])


def glass_pad(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play frequency-modulated chords that shimmer like glass: ``(2, samples)``."""
    ratio = float(rng.choice([2.0, 3.0, 3.5, 5.0]))
    depth, rate_hz = rng.uniform(0.4, 1.6), rng.uniform(0.1, 0.5)
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        envelope = adsr(note.duration_s, attack_s=0.35, decay_s=2.0, sustain=0.7, release_s=1.0)
        time = np.arange(len(envelope), dtype=np.float32) / SAMPLE_RATE
        base, start = hertz(note.pitch), rng.uniform(0, 6.28)
        index = depth * (0.6 + 0.4 * np.sin(2 * np.pi * rate_hz * time + start))
        for side, shift in ((-0.7, 0.0), (0.7, 1.3)):
            carrier = np.sin(
                2 * np.pi * base * time + index * np.sin(2 * np.pi * base * ratio * time + shift)
            )
            sound = panned(carrier.astype(np.float32) * envelope, side)
            add_at(canvas, note.start_s, sound, 0.3 + 0.5 * note.velocity)
    return canvas


def pluck_synth(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play short filtered notes for sequences and stabs, with a little echo: ``(2, samples)``."""
    shape = str(rng.choice(["saw", "square", "pulse", "triangle"]))
    decay_s, q, cents = rng.uniform(0.08, 0.35), rng.uniform(0.7, 3.0), rng.uniform(3, 14)
    opening = rng.uniform(5, 20)
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        envelope = adsr(
            note.duration_s, attack_s=0.003, decay_s=decay_s, sustain=0.12, release_s=0.12
        )
        frequency, count = hertz(note.pitch), len(envelope)
        cutoff = frequency * (1.2 + opening * note.velocity * envelope)
        for side in (-1, 1):
            pitch = frequency * 2 ** (side * cents / 1200)
            sound = swept(tone(shape, pitch, count, rng.random()), cutoff, q=q) * envelope
            add_at(canvas, note.start_s, panned(sound, 0.5 * side), 0.3 + 0.7 * note.velocity)
    return canvas + np.float32(0.1) * room(canvas.mean(axis=0), rng, size=1.0, decay_s=0.4)


def lead_synth(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a gliding solo voice: ``(1 or 2, samples)``."""
    shape = str(rng.choice(["saw", "square", "pulse"]))
    glide_s, q = rng.uniform(0.01, 0.06), rng.uniform(0.8, 2.0)
    rate_hz, depth, brightness = rng.uniform(4.5, 6.5), rng.uniform(8, 35), rng.uniform(3, 9)
    wide = rng.random() < 0.5
    canvas = np.zeros((2, samples), dtype=np.float32)
    before: Note | None = None
    for note in notes:
        envelope = adsr(note.duration_s, attack_s=0.008, decay_s=0.4, sustain=0.7, release_s=0.08)
        target = hertz(note.pitch)
        curve = vibrato(target, len(envelope), rate_hz=rate_hz, depth_cents=depth, onset_s=0.35)
        if before and note.start_s - before.start_s - before.duration_s < 0.15:
            time = np.arange(len(envelope)) / SAMPLE_RATE
            curve *= (hertz(before.pitch) / target) ** np.exp(-time / glide_s)
        cutoff = target * (1.5 + brightness * envelope * note.velocity)
        for side in (-1, 1):
            sound = tone(shape, curve * 2 ** (side * 5 / 1200), len(envelope), rng.random())
            sound = swept(sound, cutoff, q=q) * envelope
            add_at(canvas, note.start_s, panned(sound, 0.4 * side), 0.4 + 0.6 * note.velocity)
        before = note
    return canvas if wide else canvas.mean(axis=0, keepdims=True)
