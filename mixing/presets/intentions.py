"""Presets by intention: one clear change, whatever the music; most also serve a single strip."""

from typing import Final

from mixing.presets.writing import (
    BuiltInPreset,
    Moves,
    cut,
    echo,
    eq,
    loud,
    repeats,
    room,
    space,
    squeeze,
    up,
    wide,
)


def _voices(moves: Moves) -> dict[str, Moves]:
    return {"vocal": moves, "backing_vocal": moves}


INTENTIONS: Final[tuple[BuiltInPreset, ...]] = (
    BuiltInPreset(
        "vocal-podcast-dry", "Podcast-dry vocal", "", "Voice",
        "Every word clear, no room at all: rumble cut, steady level, a little presence.",
        strips=_voices(
            cut(90.0) | squeeze(-30.0, 5.0, 4.0, 80.0, 6.0) | room(-48.0) | echo(-48.0)
            | wide(0.0) | eq(peak1=(250.0, -3.0, 1.0), peak3=(3500.0, 3.0, 0.8))
        ),
    ),
    BuiltInPreset(
        "vocal-up-front", "Vocal up front", "", "Voice",
        "The singer three steps closer, the band moves aside in the same range.",
        strips={
            "*": eq(peak3=(2800.0, -2.5, 0.7)),
            "vocal": up(4.0) | eq(peak3=(2800.0, 2.0, 0.8)) | squeeze(-24.0, 3.0, 6.0, 100.0, 3.0),
        },
    ),
    BuiltInPreset(
        "vocal-tucked-in", "Vocal tucked in", "", "Voice",
        "The voice is one of the instruments: lower, softer, in the same room.",
        strips={"vocal": up(-4.0) | eq(peak3=(3500.0, -3.0, 0.8)) | room(-12.0)},
        reverb=space(1.2, 5000.0, 0.0),
    ),
    BuiltInPreset(
        "vocal-airy", "Airy vocal", "", "Voice",
        "Breath and shine: lean below, open above, a bright long plate.",
        strips={"vocal": cut(140.0) | eq(high_shelf=(11000.0, 7.0)) | room(-14.0)},
        reverb=space(2.2, 14000.0, 40.0),
    ),
    BuiltInPreset(
        "vocal-warm", "Warm vocal", "", "Voice",
        "More chest and less edge, held steady by a slow compressor.",
        strips={
            "vocal": squeeze(-26.0, 3.0, 25.0, 250.0, 3.0)
            | eq(low_shelf=(200.0, 4.0), peak3=(3000.0, -2.0, 0.8), high_shelf=(8000.0, -3.0))
        },
    ),
    BuiltInPreset(
        "vocal-telephone", "Telephone vocal", "", "Voice",
        "An effect: only the middle of the voice, as through an old receiver.",
        strips=_voices(
            cut(400.0) | squeeze(-30.0, 8.0, 2.0, 60.0, 8.0) | wide(0.0)
            | eq(low_shelf=(400.0, -12.0), peak2=(1500.0, 8.0, 0.8), high_shelf=(3000.0, -12.0))
        ),
    ),
    BuiltInPreset(
        "vocal-slapback", "Slap-back vocal", "", "Voice",
        "One quick echo behind the voice, as on early rock and roll records.",
        strips={"vocal": echo(-4.0)}, delay=repeats(110.0, 0.0, 5000.0),
    ),
    BuiltInPreset(
        "vocal-long-echo", "Long vocal echo", "", "Voice",
        "Phrases repeat and fade into the distance, darker each time.",
        strips={"vocal": echo(-9.0)}, delay=repeats(480.0, 0.55, 2500.0),
    ),
    BuiltInPreset(
        "backing-wide", "Backing vocals: a wide choir", "", "Voice",
        "Spread to both sides, thinned, and set back in a hall.",
        strips={"backing_vocal": up(2.0) | wide(2.0) | cut(200.0) | room(-7.0)},
        reverb=space(2.0, 7000.0, 25.0),
    ),
    BuiltInPreset(
        "karaoke", "Karaoke: without the voice", "", "Voice",
        "Lead voice silent, backing voices a touch lower: sing along.",
        strips={"vocal": {"fader_db": -48.0}, "backing_vocal": up(-3.0)},
    ),
    BuiltInPreset(
        "drums-punch", "Drums: punch", "", "Rhythm",
        "Slow attack and fast release let every hit through and lift its body.",
        strips={
            "drums": squeeze(-26.0, 6.0, 30.0, 50.0, 8.0)
            | eq(low_shelf=(70.0, 3.0), peak1=(350.0, -4.0, 0.9), peak3=(4500.0, 3.0, 0.8))
        },
    ),
    BuiltInPreset(
        "drums-big-room", "Drums: big room", "", "Rhythm",
        "The kit at the far end of a hall with the doors open.",
        strips={"drums": room(-4.0) | wide(1.6), "percussion": room(-8.0)},
        reverb=space(1.9, 7000.0, 15.0),
    ),
    BuiltInPreset(
        "drums-back", "Drums: a step back", "", "Rhythm",
        "Quieter and softer on top, for verses and voices.",
        strips={
            "drums": up(-6.0) | eq(high_shelf=(6000.0, -5.0)),
            "percussion": up(-4.0) | eq(high_shelf=(6000.0, -4.0)),
        },
    ),
    BuiltInPreset(
        "bass-heavy", "Bass: heavy", "", "Rhythm",
        "More of it and deeper, held together by a firm compressor.",
        strips={
            "bass": up(4.0) | eq(low_shelf=(80.0, 5.0)) | squeeze(-24.0, 5.0, 15.0, 120.0, 3.0)
        },
    ),
    BuiltInPreset(
        "bass-small-speakers", "Bass for small speakers", "", "Rhythm",
        "Overtones up and sub down, so that phones and laptops still play the line.",
        strips={
            "bass": cut(50.0) | squeeze(-24.0, 4.0, 8.0, 80.0, 3.0)
            | eq(low_shelf=(80.0, -4.0), peak1=(200.0, 3.0, 0.8), peak2=(900.0, 6.0, 0.7))
        },
    ),
    BuiltInPreset(
        "bass-clean-low-end", "Clean low end", "", "Rhythm",
        "Only bass and drums below 150 Hz: everything else makes room.",
        strips={
            "*": cut(150.0), "bass": cut(30.0), "drums": cut(30.0) | eq(peak1=(300.0, -3.0, 1.0)),
        },
    ),
    BuiltInPreset(
        "guitars-wide", "Guitars and keys: out to the sides", "", "Space",
        "Room in the middle for voice, bass and drums.",
        strips={"guitar": wide(2.0) | up(0.5), "keys": wide(1.8), "synth": wide(1.8)},
    ),
    BuiltInPreset(
        "wide-everything", "Wide", "", "Space",
        "As wide as it goes while it still adds up in mono.",
        strips={"synth": wide(1.5), "guitar": wide(1.5), "strings": wide(1.5), "keys": wide(1.5)},
        master=wide(1.5),
    ),
    BuiltInPreset(
        "mono-check", "Mono", "", "Space",
        "One speaker: hear whether the balance holds without stereo.",
        master=wide(0.0),
    ),
    BuiltInPreset(
        "narrow-old-record", "Narrow old record", "", "Space",
        "Little stereo, no lows, no highs: a single from a jukebox.",
        master=wide(0.25)
        | eq(low_shelf=(180.0, -6.0), peak2=(1100.0, 3.0, 0.5), high_shelf=(4500.0, -6.0)),
    ),
    BuiltInPreset(
        "dry-and-close", "Dry and close", "", "Space",
        "All reverb and echo off, presence up: no distance left.",
        strips={"*": room(-48.0) | echo(-48.0) | eq(peak3=(4000.0, 3.0, 0.7))},
    ),
    BuiltInPreset(
        "cathedral", "Cathedral", "", "Space",
        "Five seconds of stone around everything but the bass.",
        strips={"*": room(-6.0) | cut(70.0), "bass": room(-24.0)},
        reverb=space(5.0, 4500.0, 70.0),
    ),
    BuiltInPreset(
        "small-room", "Small room", "", "Space",
        "A quarter of a second of bright reflections that glue the stems.",
        strips={"*": room(-8.0)}, reverb=space(0.3, 10000.0, 0.0),
    ),
    BuiltInPreset(
        "tone-bright", "Bright", "", "Tone",
        "More air and edge over the whole mix.",
        master=eq(peak3=(4500.0, 2.0, 0.6), high_shelf=(8000.0, 4.0)),
    ),
    BuiltInPreset(
        "tone-warm", "Warm", "", "Tone",
        "Fuller below, softer above.",
        master=eq(low_shelf=(150.0, 3.0), peak3=(4000.0, -1.5, 0.6), high_shelf=(7000.0, -3.5)),
    ),
    BuiltInPreset(
        "tone-de-mud", "Clear the mud", "", "Tone",
        "Less between 200 and 500 Hz, where many stems pile up.",
        strips={"*": eq(peak1=(320.0, -4.5, 0.8)), "bass": eq(peak1=(320.0, -2.0, 0.8))},
    ),
    BuiltInPreset(
        "tone-smile", "Smile", "", "Tone",
        "Lows and highs up, middle down: impressive at low volume.",
        master=eq(low_shelf=(90.0, 4.0), peak2=(800.0, -3.0, 0.5), high_shelf=(8000.0, 3.5)),
    ),
    BuiltInPreset(
        "loud-streaming", "Loud", "", "Loudness",
        "Dense and as loud as the console lets it be.",
        master=squeeze(-20.0, 3.0, 15.0, 100.0, 3.0) | loud(-9.0),
    ),
    BuiltInPreset(
        "broadcast-r128", "Broadcast: −23 LUFS", "", "Loudness",
        "The level of European television and radio (EBU R 128), peaks free to breathe.",
        master=loud(-23.0),
    ),
    BuiltInPreset(
        "dynamic-audiophile", "Full dynamics", "", "Loudness",
        "All compressors out and a quiet target: loud and soft stay far apart.",
        strips={"*": {"comp_ratio": 1.0, "comp_makeup_db": 0.0}},
        master={"comp_ratio": 1.0, "comp_makeup_db": 0.0} | loud(-18.0),
    ),
    BuiltInPreset(
        "night-listening", "Night listening", "", "Loudness",
        "Loud parts held down, low end tamed: nobody next door wakes up.",
        strips={"*": squeeze(-34.0, 4.0, 5.0, 150.0, 6.0)},
        master=eq(low_shelf=(120.0, -4.0)) | squeeze(-30.0, 4.0, 5.0, 250.0, 5.0) | loud(-20.0),
    ),
)  # fmt: skip
"""In the order in which they are listed."""
