"""Time: the clock of a song, drum grooves, fills and the looseness of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

STEPS_PER_BEAT: Final = 4
"""A groove is written in sixteenth notes."""

VELOCITIES: Final = {"X": 1.0, "x": 0.78, "o": 0.55, "g": 0.24}


@dataclass(frozen=True, slots=True)
class Clock:
    """Where beats fall. ``swing`` 0 (straight) to 0.33 (triplets) delays every second half beat,
    or every second sixteenth if ``swing_sixteenths``; ``looseness_s`` is the players' spread."""

    tempo_bpm: float
    beats_per_bar: int = 4
    swing: float = 0.0
    swing_sixteenths: bool = False
    looseness_s: float = 0.006
    offset_s: float = 0.1

    @property
    def beat_s(self) -> float:
        """Seconds of a beat."""
        return 60.0 / self.tempo_bpm

    @property
    def bar_s(self) -> float:
        """Seconds of a bar."""
        return self.beat_s * self.beats_per_bar

    def time(self, beat: float) -> float:
        """Return the moment in seconds of a beat counted from the song's first, swing applied."""
        unit = 0.5 if self.swing_sixteenths else 1.0
        whole, part = divmod(beat, unit)
        part /= unit
        late = self.swing * unit * (part / 0.5 if part <= 0.5 else (1.0 - part) / 0.5)
        return self.offset_s + (whole * unit + part * unit + late) * self.beat_s

    def played(self, beat: float, rng: np.random.Generator) -> float:
        """Return ``time`` as a person plays it: never more than three spreads off, never below 0."""
        spread = float(
            np.clip(rng.normal(0.0, self.looseness_s), *(np.array([-3, 3]) * self.looseness_s))
        )
        return max(0.0, self.time(beat) + spread)


@dataclass(frozen=True, slots=True)
class Groove:
    """One bar of drums: piece -> a character per sixteenth (``X x o g`` loud to ghost, ``.`` rest)."""

    lines: Mapping[str, str]

    def strokes(self) -> list[tuple[str, int, float]]:
        """Return ``(piece, step, velocity)`` in the order of the lines."""
        return [
            (piece, step, VELOCITIES[mark])
            for piece, line in self.lines.items()
            for step, mark in enumerate(line)
            if mark != "."
        ]


GROOVES: Final = {
    "rock": (
        Groove({"kick": "X.......X.x.....", "snare": "....X..g.g..X...", "hat": "x.o.x.o.x.o.x.o."}),
        Groove({"kick": "X..x....X.x.....", "snare": "....X..g....X..g", "hat": "X.o.x.o.X.o.x.o."}),
        Groove({"kick": "X.x...x...x.....", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."}),
    ),
    "pop": (
        Groove({"kick": "X.......X.......", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."}),
        Groove({"kick": "X..x..x.X.......", "clap": "....X.......X...", "hat": "o.x.o.x.o.x.o.xo"}),
        Groove({"kick": "X.....x.X.x.....", "snare": "....X..g....X...", "hat": "xgogxgogxgogxgog"}),
    ),
    "electronic": (
        Groove({"kick": "X...X...X...X...", "clap": "....x.......x...", "open": "..x...x...x...x."}),
        Groove({"kick": "X...X...X...X..o", "clap": "....X.......X...", "hat": "ogxgogxgogxgogxg"}),
        Groove({"kick": "X.....X...X.....", "snare": "....X.......X..o", "hat": "x.xxx.xxx.xxx.xx"}),
    ),
    "hip-hop": (
        Groove({"kick": "X......x..X.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.xx"}),
        Groove({"kick": "X..x......X..x..", "clap": "....X.......X...", "hat": "xxx.x.xxx.xxx.oo"}),
        Groove({"kick": "X.........xx....", "snare": "....X..g.g..X..g", "hat": "x.o.x.o.x.o.x.o."}),
    ),
    "jazz": (
        Groove({"ride": "X...x.o.X...x.o.", "pedal": "....x.......x...", "kick": "g...g...g...g..."}),
        Groove({"ride": "X...x.o.X...x.o.", "pedal": "....x.......x...", "snare": "..g....o......g."}),
    ),
    "soul": (
        Groove({"kick": "X.x.......x..x..", "snare": "....X..g.g..X..g", "hat": "x.x.x.x.x.x.x.x."}),
        Groove({"kick": "X..x..x...x.....", "snare": "....X..g.g.gX...", "hat": "xgxgxgxgxgxgxgxg"}),
    ),
    "folk": (
        Groove({"kick": "x.......x.......", "rim": "....x.......x...", "hat": "o...o...o...o..."}),
        Groove({"kick": "X...o...X...o...", "snare": "..g.o.g...g.o.g."}),
    ),
    "ambient": (
        Groove({"kick": "x...............", "ride": "o.......o......."}),
        Groove({"tom3": "x.......o.......", "crash": "g...............", "kick": "x.........o....."}),
    ),
    "waltz": (
        Groove({"kick": "X...........", "snare": "....o...o...", "hat": "..o...o...o."}),
        Groove({"kick": "X.......g...", "rim": "....x...x..."}),
    ),
}  # fmt: skip

# The last two beats of a section (eight sixteenths): piece and velocity by step.
FILLS: Final = (
    Groove({"snare": "x.xxXxXX", "kick": "X...x..."}),
    Groove({"snare": "xx......", "tom1": "..xx....", "tom2": "....xx..", "tom3": "......XX"}),
    Groove({"tom1": "x.x.....", "tom3": "...x.xX.", "kick": "X.....x."}),
    Groove({"snare": "g.o.x.X.", "kick": "x...x..."}),
    Groove({"snare": "....XxXX", "kick": "X.x....."}),
)

# Patterns of hand percussion, one bar each.
HAND_PATTERNS: Final = (
    Groove({"shaker": "xgogxgogxgogxgog"}),
    Groove({"tambourine": "....X.......X..."}),
    Groove({"tambourine": "x.o.X.o.x.o.X.o."}),
    Groove({"conga": "x..o..xx..o.x.x.", "conga_slap": "....x.......x..."}),
    Groove({"bongo": "xgoxxgoxxgoxxgox", "shaker": "..x...x...x...x."}),
    Groove({"cowbell": "x...x...x...x...", "claves": "X..x..x...x.x..."}),
    Groove({"triangle": "x...o...x...o...", "shaker": "x.o.x.o.x.o.x.o."}),
)
