"""The plan of a song: form, energy, harmony over time and the tune everybody knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from mixing.synthesis.genres import GENRES, Genre, Seat
from mixing.synthesis.grooves import GROOVES, Groove
from mixing.synthesis.rhythm import Clock
from mixing.synthesis.score import Note
from mixing.synthesis.theory import Chord, Key

Rng = np.random.Generator

ENERGY: Final = {
    "intro": 0.35, "verse": 0.5, "lift": 0.62, "chorus": 0.9, "bridge": 0.45, "solo": 0.8,
    "outro": 0.4, "end": 0.7,
}  # fmt: skip
SUNG: Final = frozenset({"verse", "lift", "chorus", "bridge"})


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form: its first bar, its length in bars, how intense it is (0 to 1)."""

    name: str
    start_bar: int
    bars: int
    energy: float

    @property
    def stop_bar(self) -> int:
        """The first bar after it."""
        return self.start_bar + self.bars


@dataclass(frozen=True, slots=True)
class Span:
    """A chord from one beat of the song to another."""

    chord: Chord
    start_beat: float
    beats: float


@dataclass(frozen=True)
class Plan:
    """Everything the players agree on before they play."""

    genre: str
    key: Key
    clock: Clock
    sections: tuple[Section, ...]
    spans: tuple[Span, ...]
    grooves: dict[str, Groove]
    tune: tuple[Note, ...] = field(default=())
    """The sung melody; ``start_s`` and ``duration_s`` are in beats until it is performed."""

    def section_at(self, beat: float) -> Section:
        """Return the section a beat lies in (the last one for any later beat)."""
        bar = beat / self.clock.beats_per_bar + 1e-6
        return next((s for s in self.sections if bar < s.stop_bar), self.sections[-1])

    def chord_at(self, beat: float) -> Chord:
        """Return the chord that sounds on a beat."""
        for span in reversed(self.spans):
            if beat >= span.start_beat - 1e-6:
                return span.chord
        return self.spans[0].chord

    @property
    def last_beat(self) -> float | None:
        """The beat of the last chord, which is struck once and rings; None for an excerpt."""
        last = self.sections[-1]
        return float(last.start_bar * self.clock.beats_per_bar) if last.name == "end" else None

    def playing(self, seat: Seat) -> list[Section]:
        """Return the sections a player takes part in; who never would plays the loudest one."""
        chosen = [s for s in self.sections if s.energy >= seat.enters]
        if seat.part in ("melody", "harmony"):
            chosen = [s for s in chosen if s.name in SUNG]
        return chosen or [max(self.sections, key=lambda s: s.energy)]

    def spans_of(self, section: Section) -> list[Span]:
        """Return the chords of one section."""
        first = section.start_bar * self.clock.beats_per_bar
        stop = section.stop_bar * self.clock.beats_per_bar
        return [s for s in self.spans if first - 1e-6 <= s.start_beat < stop - 1e-6]


def lay_out(form: Sequence[tuple[str, int]], rng: Rng) -> tuple[Section, ...]:
    """Return sections from ``(name, bars)``; later repeats are a little more intense."""
    sections, bar = [], 0
    seen: dict[str, int] = {}
    for name, bars in form:
        repeats = seen[name] = seen.get(name, -1) + 1
        energy = ENERGY[name] + 0.05 * min(2, repeats) + rng.uniform(-0.04, 0.04)
        sections.append(Section(name, bar, bars, float(np.clip(energy, 0.1, 1.0))))
        bar += bars
    return tuple(sections)


def harmonise(
    sections: Sequence[Section], key: Key, progressions: dict[str, str], beats_per_bar: int
) -> tuple[Span, ...]:
    """Return every chord of the song; each section name has its own progression."""
    spans: list[Span] = []
    for section in sections:
        bars = progressions[section.name].split()
        for bar in range(section.bars):
            symbols = bars[bar % len(bars)].split("-")
            beats = beats_per_bar / len(symbols)
            for index, symbol in enumerate(symbols):
                start = (section.start_bar + bar) * beats_per_bar + index * beats
                spans.append(Span(key.chord(symbol), start, beats))
    return tuple(spans)


def _short_form(bars: int, rng: Rng) -> list[tuple[str, int]]:
    """Return the form of an excerpt: it may open quietly and nearly always reaches a chorus."""
    if bars < 4:
        return [(str(rng.choice(["verse", "chorus"])), bars)]
    first = str(rng.choice(["intro", "verse", "verse", "lift", "bridge"]))
    second = "chorus" if rng.random() < 0.8 else "verse"
    split = int(rng.integers(1, bars // 2 + 1))
    return [(first, split), (second, bars - split)]


def _long_form(bars: int) -> list[tuple[str, int]]:
    """Return a whole song's form of exactly ``bars`` bars."""
    cycle = [("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8), ("bridge", 4)]
    form: list[tuple[str, int]] = []
    index = 0
    while bars > 0:
        name, length = cycle[index % len(cycle)] if index < 6 else cycle[1 + (index - 1) % 5]
        form.append((name, min(length, bars)))
        bars -= length
        index += 1
    return form


def draw_plan(rng: Rng, genre: Genre, seconds: float) -> Plan:
    """Return a random song of a genre that fills at least ``seconds``."""
    tempo = round(float(rng.uniform(*genre.tempo_bpm)), 1)
    triple = rng.random() < genre.triple_time
    clock = Clock(
        tempo_bpm=tempo,
        beats_per_bar=3 if triple else 4,
        swing=float(rng.uniform(*genre.swing)) if rng.random() < 0.7 else 0.0,
        swing_sixteenths=genre.swing_sixteenths,
        looseness_s=float(rng.uniform(*genre.looseness_s)),
        offset_s=float(rng.uniform(0.03, 0.25)),
    )
    key = Key(int(rng.integers(12)), str(rng.choice(genre.modes)))
    bars = max(1, int(np.ceil(seconds / clock.bar_s)))
    sections = lay_out(_short_form(bars, rng) if bars < 16 else _long_form(bars), rng)
    choice = GROOVES["waltz"] if triple else GROOVES[str(rng.choice(genre.grooves))]
    names = sorted({section.name for section in sections})
    return Plan(
        genre=genre.name,
        key=key,
        clock=clock,
        sections=sections,
        spans=harmonise(
            sections,
            key,
            {name: str(rng.choice(genre.progressions)) for name in names},
            clock.beats_per_bar,
        ),
        grooves={name: choice[int(rng.integers(len(choice)))] for name in names},
    )


def draw_seats(rng: Rng, genre: Genre, count: int) -> list[Seat]:
    """Return who plays beside the drums: bass, harmony, colours, in one song of four a stranger."""
    harmony = [genre.harmony[i] for i in rng.permutation(len(genre.harmony))]
    colours = [genre.colours[i] for i in rng.permutation(len(genre.colours))]
    seats = [genre.bass[int(rng.integers(len(genre.bass)))], harmony[0]]
    if rng.random() < 0.75:
        voices = [seat for seat in colours if seat.role == "vocal"]
        seats.extend(voices[:1])
    if rng.random() < 0.25:
        others = [g for g in GENRES.values() if g.name != genre.name]
        stranger = others[int(rng.integers(len(others)))]
        colours.insert(0, stranger.colours[int(rng.integers(len(stranger.colours)))])
    taken = {seat.name for seat in seats}
    for seat in [*colours, *harmony[1:]]:
        if seat.name not in taken and len(seats) < count:
            seats.append(seat)
            taken.add(seat.name)
    return seats[:count]
