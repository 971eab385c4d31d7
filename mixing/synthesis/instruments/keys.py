"""Keyboards: grand and felt piano, electric piano, organ, clavinet, bells and mallets."""

from collections.abc import Callable, Sequence

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames, hertz
from mixing.synthesis.sound.envelopes import adsr, softened, struck
from mixing.synthesis.sound.filters import highpass, lowpass, resonance
from mixing.synthesis.sound.modes import struck_modes
from mixing.synthesis.sound.oscillators import noise, tone
from mixing.synthesis.sound.space import panned, room
from mixing.synthesis.sound.strings import Pluck, plucked

Rng = np.random.Generator
Sample = Callable[[float, float], Signal]


def _release(sound: Signal, held_s: float, release_s: float) -> Signal:
    stop = min(sound.shape[-1], frames(held_s + release_s))
    return softened(sound[..., :stop].copy(), attack_s=0.0008, release_s=release_s)


def _play_sampled(
    notes: Sequence[Note], samples: int, strike: Sample, release_s: float, spread: float
) -> Signal:
    """Play notes from a keyboard whose keys are struck once per pitch and loudness step."""
    canvas = np.zeros((2, samples), dtype=np.float32)
    struck_keys: dict[tuple[float, int], Signal] = {}
    for note in notes:
        loudness = min(3, int(note.velocity * 4))
        key = (note.pitch, loudness)
        if key not in struck_keys:
            struck_keys[key] = strike(note.pitch, (loudness + 0.5) / 4)
        sound = _release(struck_keys[key], note.duration_s, release_s)
        # Low keys stand left, high keys right, as the player hears them.
        place = float(np.clip((note.pitch - 62) / 30, -1, 1)) * spread
        add_at(canvas, note.start_s, panned(sound, place), 0.25 + 0.75 * note.velocity)
    return canvas


def piano(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a grand, upright or felt piano: ``(2, samples)``.

    Stiff strings (partials sharpened by the inharmonicity of Fletcher and Rossing, "The Physics of
    Musical Instruments", section 12.3), a two-stage decay from the pair of strings per note, and
    a hammer whose hardness follows velocity.
    """
    hardness, detune = rng.uniform(0.3, 1.0), rng.uniform(0.2, 1.2)
    stiffness = 10 ** rng.uniform(-3.9, -3.3)
    knock = lowpass(noise(rng, frames(0.05)), 900)
    knock *= struck(len(knock), 0.01)

    def strike(pitch: float, velocity: float) -> Signal:
        base = hertz(pitch)
        count = int(np.clip(9_000 / base, 4, 26))
        n = np.arange(1, count + 1)
        partials = n * base * np.sqrt(1 + stiffness * (pitch / 60) ** 4 * n**2)
        corner = base + 500 + 4_500 * hardness * velocity
        level = np.abs(np.sin(np.pi * n / 8.3)) / n**0.95 / (1 + (partials / corner) ** 2)
        decay = 2.2 * (261.6 / base) ** 0.55 / (1 + 0.12 * n)
        phases = rng.random(2 * count)
        sound = struck_modes(
            np.concatenate([partials, partials * 2 ** (detune / 1200)]),
            np.concatenate([decay * 0.35, decay * 1.6]),
            np.concatenate([level * 0.7, level * 0.35]),
            frames(min(5.0, 4 * decay[0])),
            np.round(phases * 2) / 2,
        )
        add_at(sound, 0.0, knock, 0.15 * velocity)
        return sound

    sound = _play_sampled(notes, samples, strike, 0.12, rng.uniform(0.2, 0.7))
    sound = resonance(sound, rng.uniform(150, 300), 1.0, rng.uniform(0, 3))
    return sound if rng.random() < 0.8 else sound.mean(axis=0, keepdims=True)


def electric_piano(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a tine piano with tremolo between the loudspeakers: ``(2, samples)``."""
    bell, bark = rng.uniform(0.15, 0.45), rng.uniform(0.8, 2.2)
    rate_hz, depth = rng.uniform(3.5, 6.5), rng.uniform(0.0, 0.5)

    def strike(pitch: float, velocity: float) -> Signal:
        count, base = frames(4.0), hertz(pitch)
        time = np.arange(count, dtype=np.float32) / SAMPLE_RATE
        index = bark * velocity * np.exp(-time / 0.7)
        carrier = np.sin(2 * np.pi * base * time + index * np.sin(2 * np.pi * base * time))
        tine = struck_modes([base * 7.1, base * 14.3], [0.25, 0.08], [bell, bell * 0.4], count)
        sound = carrier * np.exp(-time / (1.8 * (261.6 / base) ** 0.3)) + tine * velocity
        return np.asarray(sound, dtype=np.float32)

    sound = _play_sampled(notes, samples, strike, 0.1, 0.15)
    swing = depth * np.sin(2 * np.pi * rate_hz * np.arange(samples) / SAMPLE_RATE)
    return lowpass((sound * np.stack([1 + swing, 1 - swing])).astype(np.float32), 7_000)


def organ(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a tone-wheel organ through a rotating loudspeaker: ``(2, samples)``."""
    ratios = np.array([0.5, 1.5, 1, 2, 3, 4, 5, 6, 8])
    drawbars = rng.uniform(0, 1, 9) * np.array([1, 0.6, 1, 0.9, 0.5, 0.5, 0.25, 0.3, 0.35])
    rate_hz = float(rng.choice([0.8, 6.6]))
    time = np.arange(samples) / SAMPLE_RATE
    turning = 2 * np.pi * rate_hz * time + rng.uniform(0, 6.28)
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        shape = adsr(note.duration_s, attack_s=0.006, decay_s=1.0, sustain=1.0, release_s=0.03)
        partials = hertz(note.pitch) * ratios
        sound = sum(
            (
                np.float32(level) * tone("sine", float(partial), len(shape), rng.random())
                for partial, level in zip(partials, drawbars, strict=True)
                if partial < 16_000
            ),
            start=np.zeros(len(shape), dtype=np.float32),
        )
        click = highpass(noise(rng, frames(0.004)), 2_000)
        add_at(sound, 0.0, softened(click, release_s=0.003), 0.1)
        add_at(canvas, note.start_s, sound * shape, 0.6 + 0.2 * note.velocity)
    driven = np.tanh(canvas * np.float32(rng.uniform(0.15, 0.6)))
    high = highpass(driven, 800, order=1)
    left = driven + high * (0.5 * np.sin(turning))
    right = driven + high * (0.5 * np.sin(turning + 2.2))
    return np.stack([left, right]).astype(np.float32)


def clavinet(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a clavinet, hammered strings that are damped at once: ``(1, samples)``."""
    pluck = Pluck(rng.uniform(2.0, 4.0), rng.uniform(0.0, 0.15), 0.09, rng.uniform(1_500, 3_500))
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        sound = plucked(hertz(note.pitch), note.duration_s + 0.03, pluck, rng)
        add_at(canvas, note.start_s, softened(sound, release_s=0.03), 0.3 + 0.7 * note.velocity)
    return highpass(np.tanh(canvas * np.float32(1.5)), 110)[np.newaxis]


def mallets(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play a vibraphone, marimba or glockenspiel, bars tuned 1 : 4 : 9: ``(2, samples)``."""
    bars = ((1.6, 0.3, 0), (0.22, 0.45, 0), (1.1, 0.9, 12))
    ring_s, hardness, octave = bars[int(rng.integers(len(bars)))]
    ring_s *= rng.uniform(0.8, 1.25)

    def strike(pitch: float, velocity: float) -> Signal:
        base = hertz(pitch + octave)
        level = np.array([1.0, 0.35 * hardness, 0.15 * hardness**2]) * [1, velocity, velocity**2]
        decay = ring_s * np.array([1.0, 0.35, 0.12]) * (261.6 / base) ** 0.4
        return struck_modes(base * np.array([1, 3.93, 9.2]), decay, level, frames(4 * decay[0]))

    sound = _play_sampled(notes, samples, strike, 0.3, 0.5)
    return sound + np.float32(0.08) * room(sound.mean(axis=0), rng, size=1.0, decay_s=0.5)


def accordion(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play an accordion, two reeds a few cents apart: ``(2, samples)``."""
    beating_cents = rng.uniform(6, 16)
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        shape = adsr(note.duration_s, attack_s=0.04, decay_s=0.5, sustain=0.85, release_s=0.07)
        for side, cents in ((-0.3, 0.0), (0.3, beating_cents)):
            frequency = hertz(note.pitch + cents / 100)
            reed = tone("reed", frequency, len(shape), rng.random()) * shape
            add_at(canvas, note.start_s, panned(reed, side), 0.4 + 0.5 * note.velocity)
    return lowpass(resonance(canvas, 1_400, 1.0, 4.0), 7_000)
