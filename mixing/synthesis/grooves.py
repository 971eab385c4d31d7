"""Drum grooves, fills and patterns of hand percussion, one bar each, written as drummers do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STEPS_PER_BEAT: Final = 4
"""A groove is written in sixteenth notes."""

VELOCITIES: Final = {"X": 1.0, "x": 0.78, "o": 0.55, "g": 0.24}


@dataclass(frozen=True, slots=True)
class Groove:
    """One bar of drums: piece -> a mark per sixteenth, ``X x o g`` loud to ghost, ``.`` rest."""

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
        Groove(
            {
                "kick": "X.......X.x.....",
                "snare": "....X..g.g..X...",
                "hat": "x.o.x.o.x.o.x.o.",
            }
        ),
        Groove(
            {
                "kick": "X..x....X.x.....",
                "snare": "....X..g....X..g",
                "hat": "X.o.x.o.X.o.x.o.",
            }
        ),
        Groove(
            {
                "kick": "X.x...x...x.....",
                "snare": "....X.......X...",
                "ride": "X.x.X.x.X.x.X.x.",
            }
        ),
    ),
    "pop": (
        Groove(
            {
                "kick": "X.......X.......",
                "snare": "....X.......X...",
                "hat": "x.x.x.x.x.x.x.x.",
            }
        ),
        Groove(
            {
                "kick": "X..x..x.X.......",
                "clap": "....X.......X...",
                "hat": "o.x.o.x.o.x.o.xo",
            }
        ),
        Groove(
            {
                "kick": "X.....x.X.x.....",
                "snare": "....X..g....X...",
                "hat": "xgogxgogxgogxgog",
            }
        ),
    ),
    "electronic": (
        Groove(
            {
                "kick": "X...X...X...X...",
                "clap": "....x.......x...",
                "open": "..x...x...x...x.",
            }
        ),
        Groove(
            {
                "kick": "X...X...X...X..o",
                "clap": "....X.......X...",
                "hat": "ogxgogxgogxgogxg",
            }
        ),
        Groove(
            {
                "kick": "X.....X...X.....",
                "snare": "....X.......X..o",
                "hat": "x.xxx.xxx.xxx.xx",
            }
        ),
    ),
    "hip-hop": (
        Groove(
            {
                "kick": "X......x..X.....",
                "snare": "....X.......X...",
                "hat": "x.x.x.x.x.x.x.xx",
            }
        ),
        Groove(
            {
                "kick": "X..x......X..x..",
                "clap": "....X.......X...",
                "hat": "xxx.x.xxx.xxx.oo",
            }
        ),
        Groove(
            {
                "kick": "X.........xx....",
                "snare": "....X..g.g..X..g",
                "hat": "x.o.x.o.x.o.x.o.",
            }
        ),
    ),
    "jazz": (
        Groove(
            {
                "ride": "X...x.o.X...x.o.",
                "pedal": "....x.......x...",
                "kick": "g...g...g...g...",
            }
        ),
        Groove(
            {
                "ride": "X...x.o.X...x.o.",
                "pedal": "....x.......x...",
                "snare": "..g....o......g.",
            }
        ),
    ),
    "soul": (
        Groove(
            {
                "kick": "X.x.......x..x..",
                "snare": "....X..g.g..X..g",
                "hat": "x.x.x.x.x.x.x.x.",
            }
        ),
        Groove(
            {
                "kick": "X..x..x...x.....",
                "snare": "....X..g.g.gX...",
                "hat": "xgxgxgxgxgxgxgxg",
            }
        ),
    ),
    "folk": (
        Groove(
            {
                "kick": "x.......x.......",
                "rim": "....x.......x...",
                "hat": "o...o...o...o...",
            }
        ),
        Groove(
            {
                "kick": "X...o...X...o...",
                "snare": "..g.o.g...g.o.g.",
            }
        ),
    ),
    "ambient": (
        Groove(
            {
                "kick": "x...............",
                "ride": "o.......o.......",
            }
        ),
        Groove(
            {
                "tom3": "x.......o.......",
                "crash": "g...............",
                "kick": "x.........o.....",
            }
        ),
    ),
    "waltz": (
        Groove(
            {
                "kick": "X...........",
                "snare": "....o...o...",
                "hat": "..o...o...o.",
            }
        ),
        Groove(
            {
                "kick": "X.......g...",
                "rim": "....x...x...",
            }
        ),
    ),
}

# The last two beats of a section (eight sixteenths): piece and velocity by step.
FILLS: Final = (
    Groove(
        {
            "snare": "x.xxXxXX",
            "kick": "X...x...",
        }
    ),
    Groove(
        {
            "snare": "xx......",
            "tom1": "..xx....",
            "tom2": "....xx..",
            "tom3": "......XX",
        }
    ),
    Groove(
        {
            "tom1": "x.x.....",
            "tom3": "...x.xX.",
            "kick": "X.....x.",
        }
    ),
    Groove(
        {
            "snare": "g.o.x.X.",
            "kick": "x...x...",
        }
    ),
    Groove(
        {
            "snare": "....XxXX",
            "kick": "X.x.....",
        }
    ),
)

# Patterns of hand percussion, one bar each.
HAND_PATTERNS: Final = (
    Groove(
        {
            "shaker": "xgogxgogxgogxgog",
        }
    ),
    Groove(
        {
            "tambourine": "....X.......X...",
        }
    ),
    Groove(
        {
            "tambourine": "x.o.X.o.x.o.X.o.",
        }
    ),
    Groove(
        {
            "conga": "x..o..xx..o.x.x.",
            "conga_slap": "....x.......x...",
        }
    ),
    Groove(
        {
            "bongo": "xgoxxgoxxgoxxgox",
            "shaker": "..x...x...x...x.",
        }
    ),
    Groove(
        {
            "cowbell": "x...x...x...x...",
            "claves": "X..x..x...x.x...",
        }
    ),
    Groove(
        {
            "triangle": "x...o...x...o...",
            "shaker": "x.o.x.o.x.o.x.o.",
        }
    ),
)
