"""Drums and hand percussion: grooves with accents, ghost notes, fills and crashes."""

from dataclasses import replace
from typing import Final

import numpy as np

from mixing.synthesis.arrangement import Plan, Section
from mixing.synthesis.genres import Seat
from mixing.synthesis.grooves import FILLS, HAND_PATTERNS, STEPS_PER_BEAT, Groove
from mixing.synthesis.score import Note

Rng = np.random.Generator

HELD_S: Final = 0.1
TIMEKEEPERS: Final = frozenset({"hat", "ride", "open", "pedal"})


def _stroke(plan: Plan, rng: Rng, beat: float, piece: str, velocity: float) -> Note:
    loose = float(np.clip(velocity * rng.normal(1.0, 0.07), 0.05, 1.0))
    return Note(plan.clock.played(beat, rng), HELD_S, 60.0, loose, piece)


def _bar(
    plan: Plan, rng: Rng, groove: Groove, first_beat: float, energy: float, until: float
) -> list[Note]:
    notes = []
    for piece, step, velocity in groove.strokes():
        beat = step / STEPS_PER_BEAT
        if beat >= until:
            continue
        # A drummer leaves ghosts and extra kicks out here and there, most in quiet sections.
        optional = velocity < 0.5 or (piece == "kick" and step % STEPS_PER_BEAT)
        if optional and rng.random() > 0.55 + 0.45 * energy:
            continue
        if piece == "hat" and energy > 0.8 and step % 8 == 6 and rng.random() < 0.3:
            piece = "open"
        notes.append(_stroke(plan, rng, first_beat + beat, piece, velocity * (0.7 + 0.3 * energy)))
    return notes


def _fill(plan: Plan, rng: Rng, bar_end: float, strength: float) -> list[Note]:
    fill = FILLS[int(rng.integers(len(FILLS)))]
    return [
        _stroke(plan, rng, bar_end - 2.0 + step / STEPS_PER_BEAT, piece, velocity * strength)
        for piece, step, velocity in fill.strokes()
    ]


def _section(plan: Plan, section: Section, rng: Rng, last: bool) -> list[Note]:
    beats = plan.clock.beats_per_bar
    groove = plan.grooves[section.name]
    if section.energy < 0.42:
        # Quiet sections keep time only.
        kept = {p: line for p, line in groove.lines.items() if p in TIMEKEEPERS or p == "kick"}
        groove = replace(groove, lines=kept or groove.lines)
    notes = []
    if section.energy > 0.55:
        notes.append(
            _stroke(plan, rng, section.start_bar * beats, "crash", 0.6 + 0.35 * section.energy)
        )
    for bar in range(section.bars):
        first = (section.start_bar + bar) * beats
        ends = bar == section.bars - 1
        small = bar % 4 == 3 and rng.random() < 0.3
        filled = section.bars > 1 and not last and (ends or small) and section.energy > 0.4
        notes += _bar(plan, rng, groove, first, section.energy, beats - 2 if filled else beats)
        if filled:
            notes += _fill(plan, rng, first + beats, 0.9 if ends else 0.7)
    return notes


def drums(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write the drum kit: the section's groove, fills into the next, crashes on the first beat."""
    notes: list[Note] = []
    for section in plan.playing(seat):
        notes += _section(plan, section, rng, section is plan.sections[-1])
    return notes


def hand_percussion(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write one or two hand patterns that run through the sections with enough energy."""
    count = 1 + int(rng.random() < 0.5)
    patterns = [HAND_PATTERNS[i] for i in rng.permutation(len(HAND_PATTERNS))[:count]]
    beats = plan.clock.beats_per_bar
    notes = []
    for section in plan.playing(seat):
        for bar in range(section.start_bar, section.stop_bar):
            for pattern in patterns:
                notes += [
                    _stroke(plan, rng, bar * beats + step / STEPS_PER_BEAT, piece, velocity)
                    for piece, step, velocity in pattern.strokes()
                    if step < beats * STEPS_PER_BEAT
                ]
    return notes


def timpani(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write strokes on the first beat of bars, and a roll into every new section."""
    beats = plan.clock.beats_per_bar
    notes = []
    for section in plan.playing(seat):
        for bar in range(section.start_bar, section.stop_bar, 2):
            notes.append(_stroke(plan, rng, bar * beats, "timpani", 0.8))
            if rng.random() < 0.3:
                notes.append(_stroke(plan, rng, bar * beats + 2, "timpani", 0.5))
        roll = section.stop_bar * beats - 1.0 + np.arange(8) / 8
        notes += [
            _stroke(plan, rng, float(beat), "timpani", 0.25 + 0.07 * i)
            for i, beat in enumerate(roll)
        ]
    return notes
