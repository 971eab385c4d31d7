"""Effects by ``note.text``: risers, impacts, reversed cymbals, drones, crackle and wind."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames, hertz
from mixing.synthesis.sound.envelopes import adsr, softened, struck
from mixing.synthesis.sound.filters import BAND, bandpass, highpass, lowpass, swept
from mixing.synthesis.sound.modes import struck_modes
from mixing.synthesis.sound.oscillators import noise, tone
from mixing.synthesis.sound.space import panned, room

Rng = np.random.Generator


def _wide_noise(rng: Rng, samples: int) -> Signal:
    return rng.standard_normal((2, samples), dtype=np.float32)


def _riser(note: Note, rng: Rng) -> Signal:
    samples = frames(note.duration_s)
    climb = np.linspace(0.0, 1.0, samples) ** 1.5
    cutoff = 300.0 * (30.0**climb)
    noise = np.stack([swept(side, cutoff, q=2.0, mode=BAND) for side in _wide_noise(rng, samples)])
    whine = tone("saw", hertz(note.pitch) * 2 ** (2 * climb), samples) * np.float32(0.15)
    sound = (noise + whine) * climb.astype(np.float32)
    return softened(sound, attack_s=0.05, release_s=0.03)


def _impact(note: Note, rng: Rng) -> Signal:
    samples = frames(2.5)
    time = np.arange(samples) / SAMPLE_RATE
    boom = tone("sine", 38 + 60 * np.exp(-time / 0.12), samples) * struck(samples, 0.5)
    crash = lowpass(_wide_noise(rng, samples), 4_000) * struck(samples, 0.35)
    hall = room(crash.mean(axis=0), rng, size=2.5, decay_s=1.8)
    return softened(boom + np.float32(0.4) * crash + np.float32(0.3) * hall, release_s=0.4)


def _reverse(note: Note, rng: Rng) -> Signal:
    samples = frames(note.duration_s)
    modes = rng.uniform(900, 12_000, 40)
    metal = struck_modes(modes, note.duration_s * 0.3, 0.2, samples, rng.random(40))
    wash = highpass(_wide_noise(rng, samples), 2_000) * struck(samples, note.duration_s * 0.25)
    return softened((metal + np.float32(0.7) * wash)[:, ::-1].copy(), attack_s=0.1)


def _fall(note: Note, rng: Rng) -> Signal:
    samples = frames(note.duration_s)
    cutoff = 9_000.0 * (0.02 ** np.linspace(0.0, 1.0, samples))
    noise = np.stack([swept(side, cutoff, q=1.5, mode=BAND) for side in _wide_noise(rng, samples)])
    return softened(noise * struck(samples, note.duration_s * 0.4), release_s=0.1)


def _drone(note: Note, rng: Rng) -> Signal:
    envelope = adsr(note.duration_s, attack_s=1.0, decay_s=1.0, sustain=1.0, release_s=1.0)
    time = np.arange(len(envelope)) / SAMPLE_RATE
    sound = np.zeros((2, len(envelope)), dtype=np.float32)
    for ratio, side in ((1.0, -0.5), (1.003, 0.5), (1.498, 0.2), (0.5, 0.0)):
        sound += panned(tone("saw", hertz(note.pitch) * ratio, len(envelope), rng.random()), side)
    cutoff = 500 * np.exp2(np.sin(2 * np.pi * rng.uniform(0.08, 0.2) * time))
    return np.stack([swept(side, cutoff, q=1.2) for side in sound]) * envelope


def _crackle(note: Note, rng: Rng) -> Signal:
    samples = frames(note.duration_s)
    pops = rng.standard_normal(samples) * (rng.random(samples) < 25.0 / SAMPLE_RATE)
    # The needle's swing is limited: no pop stands far above the others.
    dust = np.tanh(bandpass(pops.astype(np.float32), 800, 6_000) * 12) * np.float32(0.25)
    hiss = highpass(noise(rng, samples), 1_500, order=1) * 0.012
    return softened(panned(dust + hiss, 0.0), attack_s=0.2, release_s=0.2)


def _wind(note: Note, rng: Rng) -> Signal:
    samples = frames(note.duration_s)
    time = np.arange(samples) / SAMPLE_RATE
    cutoff = 600 * np.exp2(0.8 * np.sin(2 * np.pi * 0.13 * time + rng.uniform(0, 6.28)))
    air = np.stack([swept(side, cutoff, q=1.5, mode=BAND) for side in _wide_noise(rng, samples)])
    return softened(air, attack_s=0.8, release_s=0.8)


RECIPES: Final[dict[str, Callable[[Note, Rng], Signal]]] = {
    "riser": _riser,
    "impact": _impact,
    "reverse": _reverse,
    "fall": _fall,
    "drone": _drone,
    "crackle": _crackle,
    "wind": _wind,
}
BALANCE: Final = {"impact": 0.9, "drone": 0.35, "wind": 0.5, "crackle": 0.5, "riser": 0.6}


def play_effects(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play the gestures named in ``note.text``: ``(2, samples)``."""
    canvas = np.zeros((2, samples), dtype=np.float32)
    for note in notes:
        sound = RECIPES[note.text](note, rng)
        add_at(canvas, note.start_s, sound, BALANCE.get(note.text, 0.7) * note.velocity)
    return canvas
