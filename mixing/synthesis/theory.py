"""Keys, chords, progressions and voice leading: the grammar the parts are written in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

NAMES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MODES: Final = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}


@dataclass(frozen=True, slots=True)
class Chord:
    """Pitch classes from the root upwards in thirds, e.g. C major seventh = (0, 4, 7, 11)."""

    tones: tuple[int, ...]

    @property
    def root(self) -> int:
        """The pitch class the bass plays."""
        return self.tones[0]

    def nearest(self, pitch: float) -> int:
        """Return the chord tone closest to a MIDI pitch."""
        around = range(round(pitch) - 6, round(pitch) + 7)
        return min((p for p in around if p % 12 in self.tones), key=lambda p: (abs(p - pitch), p))


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (pitch class, 0 = C) and a mode of ``MODES``."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """Its name for people, such as "A minor"."""
        return f"{NAMES[self.tonic]} {self.mode}"

    @property
    def scale(self) -> tuple[int, ...]:
        """Its seven pitch classes from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in MODES[self.mode])

    def pitch(self, degree: int, base: int = 60) -> int:
        """Return the MIDI pitch of a scale degree; 0 is the tonic at or above ``base``."""
        octave, step = divmod(degree, 7)
        return base + (self.tonic - base) % 12 + 12 * octave + MODES[self.mode][step]

    def degree(self, pitch: float, base: int = 60) -> int:
        """Return the scale degree nearest to a pitch, counted as ``pitch`` counts them."""
        guess = round((pitch - self.pitch(0, base)) * 7 / 12)
        return min(range(guess - 2, guess + 3), key=lambda d: abs(self.pitch(d, base) - pitch))

    def chord(self, symbol: str) -> Chord:
        """Return a chord from a symbol: a degree 1 to 7, then "7", "9" (both stack thirds),
        "s" (suspended second) or "d" (dominant: a raised third, as the fifth step of minor)."""
        degree, extra = int(symbol[0]) - 1, symbol[1:]
        steps = {"": (0, 2, 4), "7": (0, 2, 4, 6), "9": (0, 2, 4, 6, 8), "s": (0, 1, 4)}
        tones = [self.pitch(degree + step) % 12 for step in steps.get(extra, (0, 2, 4, 6))]
        if extra == "d":
            tones[1] = (tones[0] + 4) % 12
        return Chord(tuple(tones))


def _candidates(chord: Chord, low: int, high: int, voices: int) -> list[tuple[int, ...]]:
    """Return every close voicing within a range, and each with its second voice an octave down."""
    found = []
    for bottom in range(low, high + 1):
        if bottom % 12 not in chord.tones:
            continue
        stack = [bottom]
        while len(stack) < voices:
            above = range(stack[-1] + 1, stack[-1] + 13)
            stack.append(next(p for p in above if p % 12 in chord.tones))
        found.append(tuple(stack))
        if voices >= 4:
            found.append(tuple(sorted([*stack[:-2], stack[-2] - 12, stack[-1]])))
    return [voicing for voicing in found if voicing[0] >= low and voicing[-1] <= high]


def _roughness(voicing: Sequence[int], chord: Chord) -> float:
    seconds = sum(1.5 for a, b in pairwise(voicing) if b - a < 2)
    missing = 3.0 * len(set(chord.tones[:4]) - {pitch % 12 for pitch in voicing})
    return seconds + missing


def voice_lead(
    chord: Chord, previous: Sequence[int] | None, *, low: int, high: int, voices: int
) -> tuple[int, ...]:
    """Return the voicing (MIDI, ascending) that moves least from the previous one.

    ``high - low`` must be at least two octaves, so that every chord fits somewhere.
    """
    centre = (low + high) / 2

    def cost(voicing: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        drift = abs(sum(voicing) / len(voicing) - centre) * 0.5
        if previous is None or len(previous) != len(voicing):
            motion = drift * 2
        else:
            motion = sum(abs(a - b) for a, b in zip(voicing, previous, strict=True))
        return motion + drift + _roughness(voicing, chord), voicing

    return min(_candidates(chord, low, high, voices), key=cost)
