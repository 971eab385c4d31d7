"""Effects that mark the form: risers into loud sections, impacts on them, air underneath."""

import numpy as np

from mixing.synthesis.arrangement import Plan
from mixing.synthesis.genres import Seat
from mixing.synthesis.score import Note

Rng = np.random.Generator


def gestures(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Place a riser or a reversed cymbal before each section and an impact or a fall on it."""
    notes: list[Note] = []
    tonic = float(48 + plan.key.tonic)
    for section in plan.sections:
        start = plan.clock.time(section.start_bar * plan.clock.beats_per_bar)
        lead = min(start, plan.clock.bar_s * float(rng.choice([1, 2])))
        if lead > 0.5:
            kind = str(rng.choice(["riser", "reverse"]))
            notes.append(Note(start - lead, lead, tonic, 0.8, kind))
        kind = "impact" if section.energy > 0.7 else str(rng.choice(["fall", "impact", "wind"]))
        notes.append(Note(start, plan.clock.bar_s, tonic, 0.5 + 0.4 * section.energy, kind))
    return notes


def atmosphere(plan: Plan, seat: Seat, rng: Rng) -> list[Note]:
    """Lay a drone, wind or the crackle of a record under the whole song."""
    kinds = [str(kind) for kind in rng.permutation(["drone", "wind", "crackle"])]
    stop = plan.clock.time(plan.sections[-1].stop_bar * plan.clock.beats_per_bar)
    notes = [Note(0.0, stop, float(36 + plan.key.tonic), 0.8, kinds[0])]
    if rng.random() < 0.4:
        notes.append(Note(0.0, stop, float(36 + plan.key.tonic), 0.4, kinds[1]))
    return notes
