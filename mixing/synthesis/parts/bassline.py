"""Bass lines: each follows the chords in its own rhythm."""

import numpy as np

from mixing.synthesis.arrangement import Plan, Span
from mixing.synthesis.genres import Seat
from mixing.synthesis.score import Note

Rng = np.random.Generator


def _root(span: Span, seat: Seat, near: int | None = None) -> int:
    """Return the chord's root in the lower part of the range, near the last one if given."""
    lowest = seat.low + (span.chord.root - seat.low) % 12
    choices = [pitch for pitch in (lowest, lowest + 12) if pitch <= seat.high]
    return lowest if near is None else min(choices, key=lambda pitch: abs(pitch - near))


def _fifth(root: int, span: Span, seat: Seat) -> int:
    fifth = root + (span.chord.tones[2] - span.chord.root) % 12
    return fifth if fifth <= seat.high else fifth - 12


def _note(
    plan: Plan, rng: Rng, beat: float, beats: float, pitch: int, velocity: float, text: str = ""
) -> Note:
    start = plan.clock.played(beat, rng)
    stop = plan.clock.time(beat + beats)
    loose = float(np.clip(velocity * rng.normal(1.0, 0.06), 0.1, 1.0))
    return Note(start, max(0.05, stop - start), float(pitch), loose, text)


def _spans(plan: Plan, seat: Seat) -> list[tuple[Span, float]]:
    return [(s, sec.energy) for sec in plan.playing(seat) for s in plan.spans_of(sec)]


def eighths(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write driving eighth notes on the root with a step into the next chord."""
    notes: list[Note] = []
    spans = _spans(plan, seat)
    for index, (span, energy) in enumerate(spans):
        root = _root(span, seat)
        following = _root(spans[index + 1][0], seat) if index + 1 < len(spans) else root
        step = 0.5 if energy > 0.45 else 1.0
        beats = np.arange(0, span.beats, step)
        for position in beats:
            pitch = root
            if position == beats[-1] and following != root and rng.random() < 0.6:
                pitch = plan.key.pitch(plan.key.degree(following) + (1 if root > following else -1))
            velocity = 0.85 if position % 1 == 0 else 0.65
            length = step * rng.uniform(0.82, 0.95)
            notes.append(_note(plan, rng, span.start_beat + position, length, pitch, velocity))
    return notes


def syncopated(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write a riff of roots, fifths, octaves and mutes, the same in every bar of a section."""
    notes: list[Note] = []
    for section in plan.playing(seat):
        riff_rng = np.random.default_rng([7, int(rng.integers(2**31))])
        onsets = [0.0] + [
            float(b) for b in np.arange(0.5, plan.clock.beats_per_bar, 0.25)
            if riff_rng.random() < (0.38 if b % 0.5 == 0 else 0.12) * (0.6 + section.energy)
        ]  # fmt: skip
        kinds = riff_rng.choice(["root", "root", "fifth", "octave", "mute"], len(onsets))
        for span in plan.spans_of(section):
            root = _root(span, seat)
            tones = {"root": root, "fifth": _fifth(root, span, seat), "mute": root}
            tones["octave"] = root + 12 if root + 12 <= seat.high else root
            inside = [(b, k) for b, k in zip(onsets, kinds, strict=True) if b < span.beats]
            ends = [b for b, _ in inside[1:]] + [span.beats]
            for (beat, kind), end in zip(inside, ends, strict=True):
                kind = "root" if beat == 0 else str(kind)
                length = 0.15 if kind == "mute" else min(1.5, (end - beat) * 0.9)
                velocity = 0.9 if beat == 0 else 0.7
                text = "mute" if kind == "mute" else ""
                beat += span.start_beat
                notes.append(_note(plan, rng, beat, length, tones[kind], velocity, text))
    return notes


def walking(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write quarter notes that walk from chord to chord, arriving by a step."""
    notes: list[Note] = []
    pitch: int | None = None
    spans = _spans(plan, seat)
    for index, (span, _) in enumerate(spans):
        root = _root(span, seat, pitch)
        goal = _root(spans[(index + 1) % len(spans)][0], seat, root)
        count = max(1, int(span.beats))
        line = [root]
        for position in range(1, count):
            target = root + (goal - root) * position / count + rng.normal(0, 3)
            line.append(int(np.clip(span.chord.nearest(target), seat.low, seat.high)))
        if count > 1:
            degree = plan.key.degree(goal) + (1 if line[-2 if count > 1 else 0] > goal else -1)
            line[-1] = plan.key.pitch(degree)
        for position, pitch in enumerate(line):
            velocity = 0.8 if position % 2 == 0 else 0.7
            notes.append(_note(plan, rng, span.start_beat + position, 0.92, pitch, velocity))
    return notes


def fifths(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write root and fifth in turn, half notes (one of each in a waltz bar)."""
    notes: list[Note] = []
    for span, _ in _spans(plan, seat):
        root = _root(span, seat)
        for position, pitch in ((0.0, root), (2.0, _fifth(root, span, seat))):
            if position < span.beats:
                length = min(2.0, span.beats - position) * 0.85
                notes.append(_note(plan, rng, span.start_beat + position, length, pitch, 0.75))
    return notes


def octaves(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write the dance floor's bass: root on the beat or its octave off it, in eighths."""
    notes: list[Note] = []
    offbeat_only = rng.random() < 0.4
    for span, _ in _spans(plan, seat):
        root = _root(span, seat)
        for position in np.arange(0, span.beats, 0.5):
            off = position % 1 != 0
            if offbeat_only and not off:
                continue
            pitch = root + 12 if off and not offbeat_only and root + 12 <= seat.high else root
            notes.append(_note(plan, rng, span.start_beat + position, 0.4, pitch, 0.8))
    return notes


def long_notes(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write one long note under every chord."""
    return [
        _note(plan, rng, span.start_beat, span.beats * 0.97, _root(span, seat), 0.75)
        for span, _ in _spans(plan, seat)
    ]


def sub(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Write an 808 that doubles the kick drum and slides into the next chord at times."""
    notes: list[Note] = []
    for section in plan.playing(seat):
        steps = [s for piece, s, _ in plan.grooves[section.name].strokes() if piece == "kick"]
        onsets = sorted({0.0, *(step / 4 for step in steps)})
        for span in plan.spans_of(section):
            inside = [beat for beat in onsets if beat < span.beats]
            for beat, end in zip(inside, [*inside[1:], span.beats], strict=True):
                text = "slide" if beat and rng.random() < 0.2 else ""
                start, length = span.start_beat + beat, (end - beat) * 0.95
                notes.append(_note(plan, rng, start, length, _root(span, seat), 0.85, text))
    return notes
