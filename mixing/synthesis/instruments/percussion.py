"""Hand percussion: shaker, tambourine, conga, bongo, cowbell, claves, triangle, timpani."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import Signal, frames
from mixing.synthesis.sound.envelopes import ramp_up, softened, struck
from mixing.synthesis.sound.filters import bandpass, highpass, lowpass
from mixing.synthesis.sound.modes import struck_modes
from mixing.synthesis.sound.oscillators import noise
from mixing.synthesis.sound.space import panned, room

Rng = np.random.Generator


def _shaker(rng: Rng) -> Signal:
    grains = noise(rng, frames(0.12)) * (rng.random(frames(0.12)) < 0.25)
    swell = np.concatenate([ramp_up(0.03), struck(frames(0.12), 0.025)])[: frames(0.12)]
    return np.asarray(bandpass(grains, 4_500, 11_000) * swell, dtype=np.float32)


def _tambourine(rng: Rng) -> Signal:
    frequencies, decays = rng.uniform(5_500, 13_000, 16), rng.uniform(0.03, 0.12, 16)
    jingles = struck_modes(frequencies, decays, 0.12, frames(0.4), rng.random(16))
    rattle = highpass(noise(rng, frames(0.4)), 6_000) * struck(frames(0.4), 0.03)
    return softened(jingles + np.float32(0.4) * rattle)


def _skin(rng: Rng, pitch_hz: float, ring_s: float, slap: float) -> Signal:
    ratios = np.array([1.0, 1.59, 2.14, 2.3, 2.65])  # modes of a circular membrane
    body = struck_modes(
        pitch_hz * ratios, ring_s / np.arange(1, 6), [1, 0.4, 0.3, 0.2, 0.2], frames(ring_s * 5)
    )
    add_at(body, 0.0, lowpass(noise(rng, frames(0.03)), 5_000) * struck(frames(0.03), 0.005), slap)
    return softened(body)


def _cowbell(rng: Rng) -> Signal:
    return struck_modes(
        [562, 845, 1_370, 2_100], [0.12, 0.15, 0.05, 0.04], [0.6, 0.7, 0.3, 0.2], frames(0.5)
    )


def _claves(rng: Rng) -> Signal:
    pitch = rng.uniform(2_200, 2_700)
    return struck_modes([pitch, pitch * 1.9], [0.025, 0.01], [1.0, 0.2], frames(0.15))


def _triangle(rng: Rng) -> Signal:
    ratios = np.array([1.0, 1.47, 2.09, 2.63, 3.1, 4.4])
    return struck_modes(rng.uniform(2_000, 2_600) * ratios, 0.7 / ratios, 0.4, frames(1.8))


def _timpani(rng: Rng) -> Signal:
    return _skin(rng, rng.uniform(70, 110), 0.7, 0.2)


RECIPES: Final[dict[str, Callable[[Rng], Signal]]] = {
    "shaker": _shaker,
    "tambourine": _tambourine,
    "conga": lambda rng: _skin(rng, rng.uniform(170, 220), 0.11, 0.3),
    "conga_slap": lambda rng: _skin(rng, rng.uniform(300, 360), 0.04, 1.0),
    "bongo": lambda rng: _skin(rng, rng.uniform(330, 420), 0.06, 0.5),
    "cowbell": _cowbell,
    "claves": _claves,
    "triangle": _triangle,
    "timpani": _timpani,
}

BALANCE: Final = {"triangle": 0.4, "tambourine": 0.6, "shaker": 0.5, "claves": 0.6, "cowbell": 0.5}


def play_percussion(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Play the pieces named in ``note.text`` around the listener: ``(2, samples)``."""
    canvas = np.zeros((2, samples), dtype=np.float32)
    for piece in sorted({note.text for note in notes}):
        place = rng.uniform(-0.7, 0.7)
        takes = []
        for _ in range(3):
            take = RECIPES[piece](rng)
            takes.append(take / (np.max(np.abs(take)) + np.float32(1e-9)))
        track = np.zeros(samples, dtype=np.float32)
        for note in (note for note in notes if note.text == piece):
            level = BALANCE.get(piece, 1.0) * note.velocity**1.3
            add_at(track, note.start_s, takes[int(rng.integers(3))], level)
        canvas += panned(track, place)
    return canvas + np.float32(0.12) * room(canvas.mean(axis=0), rng, size=0.8, decay_s=0.35)
