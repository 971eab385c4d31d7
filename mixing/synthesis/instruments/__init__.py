"""Every instrument by name: one family per module."""

from typing import Final

from mixing.synthesis.instruments import (
    bass,
    brass,
    effects,
    keys,
    pads,
    percussion,
    strings,
    strings_plucked,
    voice,
)
from mixing.synthesis.score import Instrument

INSTRUMENTS: Final[dict[str, Instrument]] = {
    "electric_bass": bass.electric_bass,
    "upright_bass": bass.upright_bass,
    "synth_bass": bass.synth_bass,
    "sub_bass": bass.sub_bass,
    "acoustic_guitar": strings_plucked.acoustic_guitar,
    "nylon_guitar": strings_plucked.nylon_guitar,
    "clean_guitar": strings_plucked.clean_guitar,
    "distorted_guitar": strings_plucked.distorted_guitar,
    "harp": strings_plucked.harp,
    "banjo": strings_plucked.banjo,
    "piano": keys.piano,
    "electric_piano": keys.electric_piano,
    "organ": keys.organ,
    "clavinet": keys.clavinet,
    "mallets": keys.mallets,
    "accordion": keys.accordion,
    "pad": pads.pad,
    "glass_pad": pads.glass_pad,
    "pluck_synth": pads.pluck_synth,
    "lead_synth": pads.lead_synth,
    "string_section": strings.string_section,
    "solo_strings": strings.solo_strings,
    "brass_section": brass.brass_section,
    "solo_brass": brass.solo_brass,
    "saxophone": brass.saxophone,
    "flute": brass.flute,
    "lead_vocal": voice.lead_vocal,
    "backing_vocals": voice.backing_vocals,
    "percussion": percussion.play_percussion,
    "effects": effects.play_effects,
}
