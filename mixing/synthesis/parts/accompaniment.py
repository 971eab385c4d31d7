"""Chords: held, strummed, stabbed, broken into arpeggios; voices move as little as they can."""

from collections.abc import Iterator

import numpy as np

from mixing.synthesis.arrangement import Plan, Section, Span
from mixing.synthesis.genres import Seat
from mixing.synthesis.score import Note
from mixing.synthesis.theory import voice_lead

Rng = np.random.Generator


def _voiced(plan: Plan, seat: Seat, voices: int) -> Iterator[tuple[Section, Span, tuple[int, ...]]]:
    """Yield every chord a seat plays with its voicing, led smoothly from the one before."""
    previous: tuple[int, ...] | None = None
    high = max(seat.high, seat.low + 26)
    for section in plan.playing(seat):
        for span in plan.spans_of(section):
            previous = voice_lead(span.chord, previous, low=seat.low, high=high, voices=voices)
            yield section, span, previous


def _note(
    plan: Plan, rng: Rng, beat: float, beats: float, pitch: float, velocity: float, text: str = ""
) -> Note:
    start = plan.clock.played(beat, rng)
    stop = plan.clock.time(beat + beats)
    loose = float(np.clip(velocity * rng.normal(1.0, 0.08), 0.05, 1.0))
    return Note(start, max(0.04, stop - start), float(pitch), loose, text)


def sustain(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write held chords; a voice that stays on its pitch is not struck again."""
    notes: list[Note] = []
    held: dict[int, int] = {}
    for section, span, voicing in _voiced(plan, seat, 4):
        level = 0.45 + 0.35 * section.energy
        for pitch in voicing:
            new = _note(plan, rng, span.start_beat, span.beats, pitch, level)
            last = notes[held[pitch]] if pitch in held else None
            if (
                last
                and abs(last.start_s + last.duration_s - plan.clock.time(span.start_beat)) < 0.05
            ):
                whole = new.start_s + new.duration_s - last.start_s
                notes[held[pitch]] = Note(last.start_s, whole, last.pitch, last.velocity)
            else:
                held[pitch] = len(notes)
                notes.append(new)
    return notes


STRUMS = (
    "D...D.U...U.D.U.", "D...D...D.U.D.U.", "D.D.D.U.D.D.D.U.", "D.......D.U.D...",
    "D...D.UU..U.D.U.",
)  # fmt: skip


def strum(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write strummed chords: down strokes from the low string, up strokes lighter from the high."""
    pattern = STRUMS[int(rng.integers(len(STRUMS)))]
    notes: list[Note] = []
    for section, span, voicing in _voiced(plan, seat, 5):
        strokes = [(i / 4, mark) for i, mark in enumerate(pattern) if mark != "."]
        inside = [(beat, mark) for beat, mark in strokes if beat < span.beats]
        ends = [beat for beat, _ in inside[1:]] + [span.beats]
        for (beat, mark), end in zip(inside, ends, strict=True):
            strings = voicing if mark == "D" else tuple(reversed(voicing[2:]))
            level = (0.75 if mark == "D" else 0.5) * (0.7 + 0.3 * section.energy)
            level *= 1.15 if beat % 2 == 1 else 1.0
            sweep_s = rng.uniform(0.006, 0.014)
            base = _note(plan, rng, span.start_beat + beat, end - beat, 0, level)
            for index, pitch in enumerate(strings):
                start = base.start_s + index * sweep_s
                velocity = float(np.clip(base.velocity * rng.normal(1, 0.08), 0.05, 1))
                notes.append(Note(start, base.duration_s, float(pitch), velocity))
    return notes


def power_chords(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write root, fifth and octave: palm-muted eighths in verses, ringing in choruses."""
    notes: list[Note] = []
    accents = rng.random(8) < 0.3
    for section in plan.playing(seat):
        for span in plan.spans_of(section):
            root = seat.low + (span.chord.root - seat.low) % 12
            fifth = (span.chord.tones[2] - span.chord.root) % 12
            if section.energy > 0.75:
                strokes = [(0.0, 1.5, ""), (1.5, 0.5, ""), (2.0, span.beats - 2.0, "")]
            else:
                eighth = range(int(span.beats * 2))
                strokes = [(i / 2, 0.5, "" if accents[i % 8] else "mute") for i in eighth]
            for beat, length, text in strokes:
                if beat < span.beats and length > 0:
                    for step in (0, fifth, 12):
                        at = span.start_beat + beat
                        notes.append(_note(plan, rng, at, length * 0.96, root + step, 0.8, text))
    return notes


def stabs(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write short chords off the beat, in a rhythm that stays the same."""
    onsets = [b for b in np.arange(0.5, 4, 0.5) if rng.random() < (0.6 if b % 1 else 0.3)] or [1.5]
    length = rng.uniform(0.15, 0.4)
    return [
        _note(plan, rng, span.start_beat + beat, length, pitch, 0.7)
        for _, span, voicing in _voiced(plan, seat, 3)
        for beat in onsets
        if beat < span.beats
        for pitch in voicing
    ]


def comp(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write a pianist's chords: on the beat and pushed ahead of it, denser with energy."""
    notes: list[Note] = []
    rhythms = ([0.0, 1.5, 2.5], [0.0, 2.0], [0.0, 1.0, 2.0, 3.0], [0.0, 1.5, 3.0], [0.5, 1.5, 3.5])
    for section, span, voicing in _voiced(plan, seat, 4):
        choice = rhythms[int(rng.integers(len(rhythms)))] if section.energy > 0.4 else [0.0]
        inside = [beat for beat in choice if beat < span.beats] or [0.0]
        for beat, end in zip(inside, [*inside[1:], span.beats], strict=True):
            level = (0.5 + 0.3 * section.energy) * (1.0 if beat == 0 else 0.85)
            length = (end - beat) * rng.uniform(0.6, 0.98)
            for index, pitch in enumerate(voicing):
                top = 1.1 if index == len(voicing) - 1 else 0.95
                at = span.start_beat + beat
                notes.append(_note(plan, rng, at, length, pitch, min(1.0, level * top)))
    return notes


def arpeggio(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write broken chords in eighths (sixteenths in slow songs) that ring into each other."""
    step = 0.25 if plan.clock.tempo_bpm < 76 else 0.5
    orders = ((0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 2, 3, 2, 1), (0, 2, 3, 2), (0, 3, 2, 1))
    order = orders[int(rng.integers(len(orders)))]
    notes: list[Note] = []
    for section, span, voicing in _voiced(plan, seat, 4):
        for index, beat in enumerate(np.arange(0, span.beats, step)):
            level = (0.7 if index % len(order) == 0 else 0.52) * (0.75 + 0.25 * section.energy)
            pitch = voicing[order[index % len(order)]]
            at = span.start_beat + float(beat)
            ring = min(span.beats - float(beat), step * 3)
            notes.append(_note(plan, rng, at, ring, pitch, level))
    return notes


def sequence(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write a machine's sixteenths: one pattern of chord steps and rests, bar after bar."""
    length = int(rng.choice([8, 12, 16]))
    pattern = [int(rng.integers(-1, 5)) for _ in range(length)]
    accents = rng.uniform(0.5, 1.0, length)
    notes: list[Note] = []
    for _, span, voicing in _voiced(plan, seat, 4):
        for index, beat in enumerate(np.arange(0, span.beats, 0.25)):
            choice = pattern[index % length]
            if choice >= 0:
                pitch = voicing[choice] if choice < 4 else voicing[0] + 12
                at = span.start_beat + float(beat)
                notes.append(_note(plan, rng, at, 0.2, pitch, float(accents[index % length])))
    return notes


def sixteenths(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write a rolling single-note pattern with accents: banjo rolls, clavinet funk."""
    accents = rng.uniform(0.35, 0.95, 16)
    rests = rng.random(16) < 0.35
    steps = rng.integers(0, 3, 16)
    return [
        _note(plan, rng, span.start_beat + beat, 0.22, voicing[int(steps[index])], accents[index])
        for _, span, voicing in _voiced(plan, seat, 3)
        for index, beat in enumerate(float(b) for b in np.arange(0, span.beats, 0.25))
        if not rests[index]
    ]


def short_notes(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write repeated short eighths on the chord, as spiccato strings play them."""
    return [
        _note(plan, rng, span.start_beat + beat, 0.3, pitch, 0.55 + 0.3 * (beat % 2 == 0), "short")
        for _, span, voicing in _voiced(plan, seat, 3)
        for beat in (float(b) for b in np.arange(0, span.beats, 0.5))
        for pitch in voicing
    ]


def hits(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write a horn section: short hits in a fixed rhythm, a swell at the end of four bars."""
    shapes = ([0.0, 1.5], [1.5, 2.0], [0.0, 0.5, 2.5], [2.5, 3.0, 3.5])
    shape = shapes[int(rng.integers(len(shapes)))]
    notes: list[Note] = []
    for index, (_, span, voicing) in enumerate(_voiced(plan, seat, 3)):
        swell = index % 4 == 3
        for beat in [0.0] if swell else [b for b in shape if b < span.beats]:
            length = span.beats * 0.9 if swell else 0.35
            for pitch in voicing:
                text = "" if swell else "short"
                at = span.start_beat + beat
                notes.append(_note(plan, rng, at, length, pitch, 0.65 if swell else 0.85, text))
    return notes
