"""Writers of parts: each turns a plan and a seat into notes."""

from collections.abc import Callable
from typing import Final

import numpy as np

from mixing.synthesis.arrangement import Plan
from mixing.synthesis.genres import Seat
from mixing.synthesis.parts import accompaniment, bassline, drumming, gestures, melody
from mixing.synthesis.score import Note

Writer = Callable[[Plan, Seat, np.random.Generator], list[Note]]

WRITERS: Final[dict[str, Writer]] = {
    "drums": drumming.drums,
    "hand": drumming.hand_percussion,
    "timpani": drumming.timpani,
    "bass_eighths": bassline.eighths,
    "bass_syncopated": bassline.syncopated,
    "bass_walking": bassline.walking,
    "bass_fifths": bassline.fifths,
    "bass_octaves": bassline.octaves,
    "bass_long": bassline.long_notes,
    "bass_sub": bassline.sub,
    "sustain": accompaniment.sustain,
    "sustain_sung": melody.oohs,
    "strum": accompaniment.strum,
    "power": accompaniment.power_chords,
    "stabs": accompaniment.stabs,
    "comp": accompaniment.comp,
    "arpeggio": accompaniment.arpeggio,
    "sequence": accompaniment.sequence,
    "sixteenths": accompaniment.sixteenths,
    "short": accompaniment.short_notes,
    "hits": accompaniment.hits,
    "melody": melody.lead,
    "harmony": melody.harmony,
    "counter": melody.counter_melody,
    "gestures": gestures.gestures,
    "atmosphere": gestures.atmosphere,
}
