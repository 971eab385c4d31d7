"""Genres as data: tempo, harmony, groove and who plays in the room."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Seat:
    """One player: the stem's role and name, the instrument, the way of playing, the range in MIDI
    and from which energy of a section on (0 to 1) it joins in."""

    role: str
    name: str
    instrument: str
    part: str
    low: int = 48
    high: int = 76
    enters: float = 0.0


@dataclass(frozen=True, slots=True)
class Genre:
    """What songs of a kind share. Progressions: a chord symbol per bar, "2-5" halves a bar."""

    name: str
    tempo_bpm: tuple[float, float]
    modes: tuple[str, ...]
    progressions: tuple[str, ...]
    grooves: tuple[str, ...]
    swing: tuple[float, float]
    swing_sixteenths: bool
    looseness_s: tuple[float, float]
    kits: tuple[str, ...]
    bass: tuple[Seat, ...]
    harmony: tuple[Seat, ...]
    colours: tuple[Seat, ...]
    triple_time: float = 0.0


VOCAL: Final = Seat("vocal", "Lead vocal", "lead_vocal", "melody", 52, 74, 0.3)
LOW_VOCAL: Final = Seat("vocal", "Lead vocal", "lead_vocal", "melody", 45, 65, 0.3)
BACKING: Final = Seat("backing_vocal", "Backing vocals", "backing_vocals", "harmony", 52, 76, 0.6)
OOHS: Final = Seat("backing_vocal", "Choir", "backing_vocals", "sustain_sung", 50, 74, 0.5)
PERCUSSION: Final = Seat("percussion", "Percussion", "percussion", "hand", enters=0.35)
TIMPANI: Final = Seat("percussion", "Timpani", "percussion", "timpani", enters=0.4)
EFFECTS: Final = Seat("effects", "Effects", "effects", "gestures")
ATMOSPHERE: Final = Seat("effects", "Atmosphere", "effects", "atmosphere", 36, 60)

ELECTRIC_BASS: Final = Seat("bass", "Bass guitar", "electric_bass", "bass_eighths", 28, 48, 0.2)
GROOVE_BASS: Final = Seat("bass", "Bass guitar", "electric_bass", "bass_syncopated", 28, 50, 0.2)
UPRIGHT: Final = Seat("bass", "Double bass", "upright_bass", "bass_walking", 28, 50, 0.1)
FOLK_BASS: Final = Seat("bass", "Double bass", "upright_bass", "bass_fifths", 28, 48, 0.3)
SYNTH_BASS: Final = Seat("bass", "Synth bass", "synth_bass", "bass_octaves", 28, 50, 0.2)
LONG_BASS: Final = Seat("bass", "Synth bass", "synth_bass", "bass_long", 28, 46, 0.2)
SUB: Final = Seat("bass", "808", "sub_bass", "bass_sub", 26, 44, 0.2)

STRUMMED: Final = Seat("guitar", "Acoustic guitar", "acoustic_guitar", "strum", 45, 76, 0.0)
PICKED: Final = Seat("guitar", "Picked guitar", "acoustic_guitar", "arpeggio", 45, 76, 0.0)
NYLON: Final = Seat("guitar", "Nylon guitar", "nylon_guitar", "arpeggio", 45, 74, 0.0)
CLEAN: Final = Seat("guitar", "Electric guitar", "clean_guitar", "stabs", 50, 76, 0.25)
CLEAN_ARPEGGIO: Final = Seat("guitar", "Electric guitar", "clean_guitar", "arpeggio", 50, 76, 0.2)
CRUNCH: Final = Seat("guitar", "Rhythm guitar", "distorted_guitar", "power", 40, 58, 0.4)
LEAD_GUITAR: Final = Seat("guitar", "Lead guitar", "distorted_guitar", "counter", 60, 82, 0.5)
PIANO: Final = Seat("keys", "Piano", "piano", "comp", 48, 76, 0.0)
SLOW_PIANO: Final = Seat("keys", "Piano", "piano", "arpeggio", 48, 79, 0.0)
RHODES: Final = Seat("keys", "Electric piano", "electric_piano", "comp", 50, 74, 0.0)
ORGAN: Final = Seat("keys", "Organ", "organ", "sustain", 50, 76, 0.4)
CLAVINET: Final = Seat("keys", "Clavinet", "clavinet", "sixteenths", 48, 70, 0.4)
PAD: Final = Seat("synth", "Pad", "pad", "sustain", 50, 79, 0.2)
GLASS: Final = Seat("synth", "Glass pad", "glass_pad", "sustain", 55, 84, 0.0)
SEQUENCE: Final = Seat("synth", "Sequence", "pluck_synth", "sequence", 55, 84, 0.3)
SYNTH_STABS: Final = Seat("synth", "Stabs", "pluck_synth", "stabs", 55, 80, 0.5)
LEAD_SYNTH: Final = Seat("synth", "Lead synth", "lead_synth", "counter", 62, 86, 0.5)
STRINGS: Final = Seat("strings", "Strings", "string_section", "sustain", 48, 84, 0.45)
SHORT_STRINGS: Final = Seat("strings", "Spiccato strings", "string_section", "short", 48, 79, 0.4)
CELLO: Final = Seat("strings", "Cello", "solo_strings", "counter", 43, 64, 0.2)
FIDDLE: Final = Seat("strings", "Fiddle", "solo_strings", "counter", 62, 84, 0.4)
BRASS: Final = Seat("brass", "Horn section", "brass_section", "hits", 52, 76, 0.5)
TRUMPET: Final = Seat("brass", "Trumpet", "solo_brass", "counter", 58, 78, 0.4)
HORNS: Final = Seat("brass", "Horns", "brass_section", "sustain", 43, 67, 0.55)
SAXOPHONE: Final = Seat("other", "Saxophone", "saxophone", "counter", 52, 76, 0.3)
FLUTE: Final = Seat("other", "Flute", "flute", "counter", 65, 90, 0.3)
MALLETS: Final = Seat("other", "Mallets", "mallets", "arpeggio", 60, 86, 0.2)
ACCORDION: Final = Seat("other", "Accordion", "accordion", "sustain", 52, 76, 0.3)
BANJO: Final = Seat("other", "Banjo", "banjo", "sixteenths", 52, 76, 0.3)
HARP: Final = Seat("other", "Harp", "harp", "arpeggio", 48, 86, 0.1)

GENRES: Final = {
    genre.name: genre
    for genre in (
        Genre(
            "rock", (88, 176), ("major", "minor", "mixolydian", "dorian"),
            ("1 5 6 4", "1 4 1 5", "6 4 1 5", "1 7 4 1", "1 6 3 7", "1 3 4 4"),
            ("rock",), (0.0, 0.06), False, (0.004, 0.010), ("rock", "tight"),
            (ELECTRIC_BASS, GROOVE_BASS), (CRUNCH, STRUMMED, CLEAN),
            (VOCAL, LOW_VOCAL, BACKING, LEAD_GUITAR, ORGAN, PIANO, CLEAN_ARPEGGIO, PERCUSSION,
             STRINGS, PAD, BRASS, EFFECTS),
        ),
        Genre(
            "pop", (84, 132), ("major", "major", "minor"),
            ("1 5 6 4", "6 4 1 5", "1 6 4 5", "4 1 5 6", "1 3 6 4", "2 4 1 5s"),
            ("pop", "rock"), (0.0, 0.08), True, (0.002, 0.006), ("tight", "909", "rock"),
            (GROOVE_BASS, SYNTH_BASS, ELECTRIC_BASS), (PIANO, STRUMMED, PAD, CLEAN),
            (VOCAL, BACKING, SEQUENCE, STRINGS, PERCUSSION, LEAD_SYNTH, RHODES, CLEAN_ARPEGGIO,
             EFFECTS, BRASS, MALLETS, OOHS),
        ),
        Genre(
            "electronic", (100, 178), ("minor", "minor", "dorian", "major"),
            ("1 6 3 7", "6 7 1 1", "1 1 6 7", "1 4 6 5", "4 6 1 7"),
            ("electronic",), (0.0, 0.10), True, (0.0, 0.002), ("909", "808"),
            (SYNTH_BASS, LONG_BASS, SUB), (PAD, SEQUENCE, SYNTH_STABS),
            (LEAD_SYNTH, GLASS, VOCAL, EFFECTS, ATMOSPHERE, PERCUSSION, SLOW_PIANO, OOHS, STRINGS,
             MALLETS, BRASS),
        ),
        Genre(
            "hip-hop", (62, 104), ("minor", "minor", "dorian"),
            ("1 1 6 6", "1 4 1 5", "17 47 17 67", "6 5 1 1", "27 17 27 17"),
            ("hip-hop",), (0.05, 0.24), True, (0.002, 0.009), ("808", "tight", "909"),
            (SUB, SUB, GROOVE_BASS, LONG_BASS), (RHODES, SLOW_PIANO, PAD, CLEAN_ARPEGGIO),
            (LOW_VOCAL, VOCAL, BACKING, ATMOSPHERE, BRASS, STRINGS, PERCUSSION, MALLETS, FLUTE,
             SEQUENCE, EFFECTS, LEAD_SYNTH),
        ),
        Genre(
            "jazz", (66, 176), ("major", "dorian", "mixolydian"),
            ("27 57 19 19", "19 67 27 57", "37-67 27-57 17 17", "27-57 17 27-57 17", "17 47 37 67"),
            ("jazz", "soul"), (0.16, 0.32), False, (0.006, 0.014), ("jazz", "tight"),
            (UPRIGHT, UPRIGHT, GROOVE_BASS), (PIANO, RHODES, CLEAN),
            (VOCAL, SAXOPHONE, TRUMPET, BRASS, ORGAN, PERCUSSION, MALLETS, STRINGS, BACKING, FLUTE,
             CLAVINET, ATMOSPHERE),
        ),
        Genre(
            "folk", (72, 150), ("major", "major", "dorian", "mixolydian"),
            ("1 4 1 5", "1 5 6 4", "1 6 4 5", "1 7 1 4", "1 4 5 1", "1 2 4 1"),
            ("folk",), (0.0, 0.14), False, (0.006, 0.016), ("tight", "jazz"),
            (FOLK_BASS, FOLK_BASS, ELECTRIC_BASS), (STRUMMED, PICKED, NYLON),
            (VOCAL, LOW_VOCAL, BACKING, FIDDLE, ACCORDION, BANJO, FLUTE, PERCUSSION, SLOW_PIANO,
             CELLO, ORGAN, ATMOSPHERE),
            triple_time=0.3,
        ),
        Genre(
            "ambient", (60, 96), ("major", "lydian", "minor", "dorian"),
            ("1 1 4 4", "1 6 4 4", "6 4 1 5", "1s 4 6 4", "1 3 4 4"),
            ("ambient",), (0.0, 0.0), False, (0.004, 0.015), ("orchestral",),
            (LONG_BASS, FOLK_BASS), (PAD, GLASS, STRINGS, SLOW_PIANO),
            (HORNS, CELLO, HARP, FLUTE, OOHS, VOCAL, ATMOSPHERE, TIMPANI, SHORT_STRINGS, PICKED,
             MALLETS, EFFECTS, TRUMPET, NYLON),
            triple_time=0.25,
        ),
    )
}  # fmt: skip
