"""Drum kits: every piece is struck by physical recipe once per song, then played with velocity.

Pieces: kick, snare, rim, clap, hat, open, pedal, ride, bell, crash, tom1, tom2, tom3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames
from mixing.synthesis.sound.envelopes import softened, struck
from mixing.synthesis.sound.filters import bandpass, highpass, lowpass, tilt
from mixing.synthesis.sound.modes import struck_modes
from mixing.synthesis.sound.oscillators import noise, tone
from mixing.synthesis.sound.space import panned, room

Rng = np.random.Generator

KICK: Final = frozenset({"kick"})
SNARE: Final = frozenset({"snare", "rim", "clap"})
OVERHEADS: Final = frozenset(
    {"hat", "open", "pedal", "ride", "bell", "crash", "tom1", "tom2", "tom3"}
)
EVERYTHING: Final = KICK | SNARE | OVERHEADS

# Where the drummer's audience hears each piece, -1 left to 1 right.
PLACES: Final = {
    "hat": 0.35, "open": 0.35, "pedal": 0.35, "ride": -0.45, "bell": -0.45, "crash": -0.55,
    "tom1": 0.3, "tom2": -0.05, "tom3": -0.4, "clap": 0.1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kit:
    """The tuning of a kit; ``machine`` kits are drier, purer and exactly repeated."""

    kick_hz: tuple[float, float]
    kick_decay_s: tuple[float, float]
    kick_click: float
    snare_hz: tuple[float, float]
    snare_decay_s: tuple[float, float]
    snare_wires: float
    cymbal_tone: float
    room: float
    machine: bool = False
    brushes: bool = False


KITS: Final = {
    "rock": Kit((50, 62), (0.16, 0.26), 0.7, (175, 215), (0.11, 0.17), 1.0, 0.55, 0.45),
    "tight": Kit((54, 66), (0.10, 0.16), 0.6, (190, 240), (0.07, 0.11), 0.8, 0.5, 0.15),
    "jazz": Kit(
        (62, 78), (0.14, 0.22), 0.25, (185, 230), (0.09, 0.14), 0.7, 0.7, 0.35, False, True
    ),
    "808": Kit((42, 52), (0.35, 0.6), 0.25, (170, 200), (0.09, 0.14), 0.7, 0.9, 0.05, True),
    "909": Kit((48, 58), (0.16, 0.26), 0.8, (180, 220), (0.08, 0.13), 0.9, 0.7, 0.1, True),
    "orchestral": Kit((44, 56), (0.4, 0.7), 0.15, (165, 200), (0.12, 0.2), 0.9, 0.4, 0.8),
}


def _swept_sine(start_hz: float, end_hz: float, fall_s: float, seconds: float) -> Signal:
    time = np.arange(frames(seconds)) / SAMPLE_RATE
    frequency = end_hz + (start_hz - end_hz) * np.exp(-time / fall_s)
    return tone("sine", frequency, len(time))


def _kick(kit: Kit, rng: Rng) -> Signal:
    low, decay = rng.uniform(*kit.kick_hz), rng.uniform(*kit.kick_decay_s)
    body = _swept_sine(low * rng.uniform(3.0, 5.0), low, rng.uniform(0.012, 0.03), decay * 6)
    body *= struck(len(body), decay)
    click = bandpass(noise(rng, frames(0.02)), 1_800, 6_500) * struck(frames(0.02), 0.004)
    add_at(body, 0.0, click, kit.kick_click * rng.uniform(0.8, 1.8))
    return softened(np.tanh(body * rng.uniform(1.0, 2.2)), attack_s=0.0005)


def _snare(kit: Kit, rng: Rng) -> Signal:
    pitch, decay = rng.uniform(*kit.snare_hz), rng.uniform(*kit.snare_decay_s)
    samples = frames(decay * 6)
    shell = struck_modes(
        pitch * np.array([1.0, 1.59, 2.14, 2.65]), decay * np.array([0.7, 0.5, 0.35, 0.3]),
        [0.8, 0.45, 0.25, 0.18], samples,
    )  # fmt: skip
    wires = highpass(noise(rng, samples), rng.uniform(900, 1_800))
    wires = lowpass(wires, rng.uniform(8_000, 13_000), order=1) * struck(samples, decay * 1.1)
    crack = bandpass(noise(rng, frames(0.03)), 2_000, 6_000) * struck(frames(0.03), 0.006)
    sound = shell + wires * np.float32(0.5 * kit.snare_wires)
    if kit.brushes:
        sound = shell * np.float32(0.4) + lowpass(wires, 7_000) * np.float32(0.6)
    else:
        add_at(sound, 0.0, crack, 0.9)
    return softened(np.tanh(1.3 * sound), attack_s=0.0005)


def _rim(kit: Kit, rng: Rng) -> Signal:
    pitch = rng.uniform(1_500, 1_900)
    return struck_modes(
        [pitch, pitch * 0.31, pitch * 1.73], [0.012, 0.02, 0.008], [0.6, 0.5, 0.3], frames(0.12)
    )


def _clap(kit: Kit, rng: Rng) -> Signal:
    samples = frames(0.35)
    shape = np.zeros(samples, dtype=np.float32)
    for start in np.array([0.0, 0.011, 0.021, 0.03]) + np.append(0, rng.normal(0, 0.001, 3)):
        add_at(shape, start, struck(frames(0.06), 0.006))
    add_at(shape, 0.03, struck(frames(0.3), rng.uniform(0.05, 0.1)), 0.7)
    return softened(bandpass(noise(rng, frames(0.35)), 800, rng.uniform(2_500, 4_500)) * shape)


def _metal(rng: Rng, kit: Kit, seconds: float, modes: int, low_hz: float) -> Signal:
    """Return the clang of a cymbal: dense inharmonic modes, brighter ones fading sooner."""
    frequencies = low_hz * np.exp(rng.uniform(0.0, np.log(14_000 / low_hz), modes))
    decays = seconds * rng.uniform(0.4, 1.0, modes) * (low_hz / frequencies) ** 0.35
    amplitudes = rng.uniform(0.3, 1.0, modes) / np.sqrt(modes)
    return struck_modes(frequencies, decays, amplitudes, frames(seconds * 3.5), rng.random(modes))


def _cymbal(
    kit: Kit, rng: Rng, *, seconds: float, low_hz: float, cut_hz: float, ping: float
) -> Signal:
    clang = _metal(rng, kit, seconds, 48, low_hz)
    wash = noise(rng, len(clang)) * struck(len(clang), seconds * 0.7)
    sound = clang * np.float32(kit.cymbal_tone) + wash * np.float32(0.35)
    sound = highpass(sound, cut_hz)
    if ping:
        stick = highpass(noise(rng, frames(0.02)), 4_000) * struck(frames(0.02), 0.004)
        add_at(sound, 0.0, stick, ping)
    return softened(sound, attack_s=0.0008, release_s=seconds * 0.5)


def _tom(kit: Kit, rng: Rng, *, pitch_hz: float) -> Signal:
    body = _swept_sine(pitch_hz * 1.5, pitch_hz, 0.05, 0.8) * struck(frames(0.8), 0.16)
    skin = struck_modes(pitch_hz * np.array([1.6, 2.2, 2.9]), 0.07, [0.3, 0.2, 0.12], frames(0.8))
    stick = lowpass(noise(rng, frames(0.03)), 3_500) * struck(frames(0.03), 0.006)
    add_at(body, 0.0, stick, 0.25)
    return softened(body + skin)


Recipe = Callable[[Kit, Rng], Signal]

RECIPES: Final[dict[str, Recipe]] = {
    "kick": _kick,
    "snare": _snare,
    "rim": _rim,
    "clap": _clap,
    "hat": partial(_cymbal, seconds=0.04, low_hz=3_200, cut_hz=6_500, ping=0.5),
    "pedal": partial(_cymbal, seconds=0.03, low_hz=3_000, cut_hz=5_500, ping=0.1),
    "open": partial(_cymbal, seconds=0.28, low_hz=3_000, cut_hz=5_500, ping=0.3),
    "ride": partial(_cymbal, seconds=0.7, low_hz=1_400, cut_hz=2_500, ping=1.0),
    "bell": partial(_cymbal, seconds=0.5, low_hz=900, cut_hz=700, ping=0.6),
    "crash": partial(_cymbal, seconds=0.8, low_hz=600, cut_hz=1_200, ping=0.4),
    "tom1": partial(_tom, pitch_hz=165.0),
    "tom2": partial(_tom, pitch_hz=125.0),
    "tom3": partial(_tom, pitch_hz=88.0),
}

# How loud a full stroke of each piece is beside the others.
BALANCE: Final = {
    "kick": 0.9, "snare": 1.0, "rim": 0.55, "clap": 0.95, "hat": 0.62, "pedal": 0.4, "open": 0.6,
    "ride": 0.5, "bell": 0.5, "crash": 0.75, "tom1": 0.75, "tom2": 0.8, "tom3": 0.85,
}  # fmt: skip


def _strokes(piece: str, kit: Kit, rng: Rng) -> list[tuple[Signal, Signal]]:
    """Return takes of a piece as ``(soft, hard)``: soft strokes are duller, not just quieter."""
    takes = []
    for _ in range(1 if kit.machine else 2):
        hard = RECIPES[piece](kit, rng)
        hard = hard / (np.max(np.abs(hard)) + np.float32(1e-9)) * np.float32(BALANCE[piece])
        takes.append((tilt(hard, 2_500.0, -8.0), hard))
    return takes


def play_kit(
    notes: Sequence[Note],
    samples: int,
    rng: Rng,
    *,
    kit: str,
    pieces: frozenset[str] = EVERYTHING,
    stereo: bool = True,
) -> Signal:
    """Return ``(1 or 2, samples)`` of those ``pieces`` of one kit that a microphone hears."""
    tuning = KITS[kit]
    # Every piece is tuned before any is chosen: kick, snare and overheads are of one drum kit.
    seeds = dict(zip(RECIPES, rng.integers(0, 2**63, len(RECIPES)), strict=True))
    canvas = np.zeros((2 if stereo else 1, samples), dtype=np.float32)
    for piece in sorted(pieces & {note.text for note in notes}):
        takes = _strokes(piece, tuning, np.random.default_rng(seeds[piece]))
        track = np.zeros(samples, dtype=np.float32)
        for note in (note for note in notes if note.text == piece):
            soft, hard = takes[int(rng.integers(len(takes)))]
            blend = np.float32(note.velocity)
            add_at(track, note.start_s, soft + (hard - soft) * blend, note.velocity**1.4)
        canvas += panned(track, PLACES.get(piece, 0.0)) if stereo else track
    if tuning.room > 0.0:
        reflections = room(
            canvas.mean(axis=0), rng, size=rng.uniform(0.5, 1.0), decay_s=rng.uniform(0.15, 0.4)
        )
        canvas += np.float32(tuning.room * 0.4) * (reflections if stereo else reflections[:1])
    return canvas
