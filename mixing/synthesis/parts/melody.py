"""Tunes: a rhythm motif that comes back, contours that arch, chord tones where it matters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mixing.synthesis.arrangement import ENERGY, SUNG, Plan, Section
from mixing.synthesis.genres import Seat
from mixing.synthesis.parts.accompaniment import sustain
from mixing.synthesis.score import Note

Rng = np.random.Generator

VOWELS: Final = ("a", "e", "i", "o", "u", "ae", "uh")
CONSONANTS: Final = ("", "l", "m", "n", "d", "t", "s", "sh", "h", "w", "k", "b", "f", "r")

Rhythm = list[tuple[float, float]]
"""Onset and length in beats within a phrase."""


def _rhythm(rng: Rng, beats: float, density: float) -> Rhythm:
    """Return the rhythm of a phrase that leaves its last beat or so for breath."""
    end = beats - float(rng.choice([0.5, 1.0, 1.5]))
    start = float(rng.choice([0.0, 0.0, 0.5, 1.0]))
    onsets = [start]
    for beat in np.arange(start + 0.5, end - 0.4, 0.5):
        chance = density if beat % 1 == 0 else density * 0.6
        if rng.random() < chance:
            onsets.append(float(beat))
    return [(a, b - a) for a, b in zip(onsets, [*onsets[1:], end], strict=True)]


def _phrase(
    plan: Plan, rng: Rng, rhythm: Rhythm, first_beat: float, low: int, high: int, arch: float
) -> list[Note]:
    """Return pitches for a rhythm: steps of the scale pulled along an arch between low and high."""
    key, notes = plan.key, []
    total = rhythm[-1][0] + rhythm[-1][1]
    degree = key.degree(low + (high - low) * rng.uniform(0.3, 0.5))
    for index, (onset, beats) in enumerate(rhythm):
        beat = first_beat + onset
        wish = low + (high - low) * (0.4 + arch * np.sin(np.pi * onset / total))
        pull = float(np.clip((wish - key.pitch(degree)) / 6, -1, 1))
        degree += int(np.clip(round(rng.normal(pull, 1.1)), -3, 3))
        pitch = key.pitch(degree)
        chord = plan.chord_at(beat)
        if onset % 2 == 0 or beats >= 1.0 or index == len(rhythm) - 1:
            pitch = chord.nearest(pitch)
        pitch = pitch - 12 if pitch > high else pitch + 12 if pitch < low else pitch
        degree = key.degree(pitch)
        velocity = 0.72 + (0.12 if onset % 1 == 0 else 0.0) + rng.uniform(-0.08, 0.08)
        notes.append(Note(beat, beats, float(pitch), float(velocity)))
    return notes


def _section_tune(
    plan: Plan, section: Section, rng: Rng, low: int, high: int, density: float
) -> list[Note]:
    """Return a section's tune in beats: two-bar phrases on two rhythms in the order A A B A."""
    bars = 2 if section.bars >= 2 else 1
    beats = bars * plan.clock.beats_per_bar
    rhythms = [_rhythm(rng, beats, density), _rhythm(rng, beats, density)]
    contours = [int(seed) for seed in rng.integers(2**31, size=2)]
    notes: list[Note] = []
    for index, bar in enumerate(range(section.start_bar, section.stop_bar - bars + 1, bars)):
        kind = 1 if index % 4 == 2 else 0
        # The same steps over other chords: the phrase is recognised, its notes fit the harmony.
        again = np.random.default_rng(contours[kind])
        first = bar * plan.clock.beats_per_bar
        phrase = _phrase(plan, again, rhythms[kind], first, low, high, 0.5 - 0.2 * kind)
        if index % 4 == 3:
            home = plan.key.chord("1").nearest(phrase[-1].pitch)
            phrase[-1] = replace(phrase[-1], pitch=float(home))
        notes += phrase
    return notes


def _worded(notes: Sequence[Note], section: Section, plan: Plan, rng: Rng) -> list[Note]:
    """Give every note a syllable; a chorus repeats its words every four bars, a verse does not."""
    cycle = 4.0 * plan.clock.beats_per_bar if section.name == "chorus" else np.inf
    words: dict[float, str] = {}
    worded = []
    for note in notes:
        place = note.start_s % cycle
        if place not in words:
            words[place] = str(rng.choice(CONSONANTS)) + str(rng.choice(VOWELS))
        worded.append(replace(note, text=words[place]))
    return worded


def write_tune(plan: Plan, seed: int, low: int, high: int) -> tuple[Note, ...]:
    """Return the sung tune of the whole song, times in beats; equal sections get equal tunes.

    Verses lie low and move, choruses lie high and hold.
    """
    notes: list[Note] = []
    middle = (low + high) // 2
    for section in plan.sections:
        if section.name not in SUNG:
            continue
        # The same seed for each section of a name: people remember a chorus because it returns.
        rng = np.random.default_rng([seed, *section.name.encode()])
        loud = ENERGY[section.name] > 0.7
        floor, ceiling = (middle - 3, high) if loud else (low + 2, middle + 5)
        tune = _section_tune(plan, section, rng, floor, ceiling, 0.5 if loud else 0.72)
        lift = 0.1 if loud else 0.0
        worded = _worded(tune, section, plan, rng)
        notes += [replace(n, velocity=float(min(1.0, n.velocity + lift))) for n in worded]
    return tuple(notes)


def perform(plan: Plan, notes: Sequence[Note], rng: Rng, legato: float = 0.96) -> list[Note]:
    """Return notes given in beats as they are played: in seconds, loosely."""
    played = []
    for note in notes:
        start = plan.clock.played(note.start_s, rng)
        stop = plan.clock.time(note.start_s + note.duration_s * legato)
        played.append(replace(note, start_s=start, duration_s=max(0.06, stop - start)))
    return played


def _within(plan: Plan, seat: Seat, notes: Sequence[Note]) -> list[Note]:
    sections = plan.playing(seat)
    return [note for note in notes if plan.section_at(note.start_s) in sections]


def lead(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Sing the tune, in the octave that suits the seat."""
    tune = _within(plan, seat, plan.tune)
    if not tune:
        tune = list(write_tune(plan, int(rng.integers(2**31)), seat.low, seat.high))
    mean = float(np.mean([note.pitch for note in tune])) if tune else 60.0
    shift = 12 * round(((seat.low + seat.high) / 2 - mean) / 12)
    moved = [replace(note, pitch=note.pitch + shift) for note in tune]
    return perform(plan, moved, rng)


def harmony(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Sing two chord tones above and below the tune, on its words."""
    notes: list[Note] = []
    for note in _within(plan, seat, plan.tune):
        chord = plan.chord_at(note.start_s)
        above, below = chord.nearest(note.pitch + 4), chord.nearest(note.pitch - 5)
        for pitch in sorted({above, below} - {round(note.pitch)}):
            if seat.low - 5 <= pitch <= seat.high + 5:
                notes.append(replace(note, pitch=float(pitch), velocity=note.velocity * 0.85))
    return perform(plan, notes, rng) or oohs(plan, seat, rng)


def oohs(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Sing the chords on long vowels."""
    vowel = str(rng.choice(["u", "a", "o"]))
    centre = (seat.low + seat.high) // 2
    narrow = replace(seat, low=centre - 14, high=centre + 12)
    return [replace(note, text=vowel, velocity=0.6) for note in sustain(plan, narrow, rng)]


def counter_melody(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Play a second tune in the gaps of the sung one (freely where nobody sings)."""
    notes: list[Note] = []
    centre = (seat.low + seat.high) // 2
    for section in plan.playing(seat):
        tune = _section_tune(plan, section, rng, centre - 7, centre + 8, 0.6)
        notes += tune
    busy = [(n.start_s, n.start_s + n.duration_s) for n in plan.tune]
    free = [n for n in notes if not any(a - 0.1 < n.start_s < b - 0.6 for a, b in busy)]
    kept = free if len(free) >= 4 else notes
    return perform(plan, kept, rng, legato=float(rng.uniform(0.75, 0.98)))
