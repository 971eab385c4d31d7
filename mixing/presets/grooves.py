"""Presets by genre, continued: music that is built on a groove or made of machines."""

from typing import Final

from mixing.presets.writing import (
    BuiltInPreset,
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

GROOVES: Final[tuple[BuiltInPreset, ...]] = (
    BuiltInPreset(
        "ambient-endless", "Ambient: endless", "Ambient", "Whole mix",
        "More space than source: soft attacks drowned in a six-second cloud.",
        strips={
            "*": up(-3.0) | room(-2.0) | echo(-12.0) | eq(high_shelf=(6000.0, -3.0)),
            "drums": up(-6.0), "synth": up(3.0) | wide(1.8),
        },
        reverb=space(6.0, 4500.0, 80.0, 3.0), delay=repeats(750.0, 0.6, 2500.0),
        master=wide(1.4) | loud(-18.0),
    ),
    BuiltInPreset(
        "house-pumping", "House: pumping", "Electronic", "Whole mix",
        "The kick leads and the bus compressor breathes with it.",
        strips={
            "drums": up(4.0) | eq(low_shelf=(60.0, 4.0), high_shelf=(9000.0, 2.0)),
            "bass": up(1.0) | squeeze(-24.0, 4.0, 15.0, 120.0, 3.0),
            "synth": wide(1.5) | cut(150.0), "vocal": echo(-20.0) | cut(140.0),
        },
        delay=repeats(375.0, 0.35, 5000.0),
        master=squeeze(-26.0, 4.0, 15.0, 220.0, 5.0) | loud(-9.5),
    ),
    BuiltInPreset(
        "techno-hard", "Techno: hard and dry", "Electronic", "Whole mix",
        "A machine: drums and bass in mono, no room, hard edges.",
        strips={
            "drums": up(5.0) | wide(0.3) | squeeze(-24.0, 6.0, 12.0, 40.0, 6.0),
            "bass": up(2.0) | eq(peak1=(300.0, -4.0, 0.8)),
            "vocal": up(-4.0), "keys": up(-3.0), "synth": eq(peak3=(3000.0, 3.0, 1.2)),
        },
        master=squeeze(-18.0, 4.0, 20.0, 50.0, 3.0) | wide(0.8) | loud(-9.0),
    ),
    BuiltInPreset(
        "trance-lift", "Trance: lift", "Electronic", "Whole mix",
        "Wide bright synths in long echoes over a clean kick.",
        strips={
            "synth": up(4.0) | wide(2.0) | cut(180.0) | room(-10.0) | echo(-12.0)
            | eq(high_shelf=(8000.0, 4.0)),
            "drums": up(2.0), "bass": cut(35.0), "vocal": room(-12.0) | echo(-14.0),
        },
        reverb=space(2.8, 11000.0, 50.0), delay=repeats(326.0, 0.5, 7000.0),
        master=wide(1.3) | loud(-10.0),
    ),
    BuiltInPreset(
        "dnb-sub-and-snap", "Drum & bass: sub and snap", "Electronic", "Whole mix",
        "Deep sub, breaks with a sharp top, nothing in between in their way.",
        strips={
            "bass": up(3.0) | eq(low_shelf=(60.0, 6.0), peak1=(300.0, -5.0, 0.8)),
            "drums": up(3.0) | cut(60.0) | squeeze(-20.0, 5.0, 6.0, 40.0, 5.0)
            | eq(peak3=(6000.0, 5.0, 0.8)),
            "keys": up(-3.0) | cut(200.0), "guitar": up(-4.0) | cut(200.0),
        },
        master=eq(peak2=(400.0, -2.0, 0.6)) | loud(-9.5),
    ),
    BuiltInPreset(
        "synthwave", "Synthwave: neon", "Electronic", "Whole mix",
        "Gated-sounding drums, lush wide keys and a soft 1980s top.",
        strips={
            "drums": up(2.0) | room(-6.0) | squeeze(-22.0, 5.0, 15.0, 60.0, 4.0),
            "synth": up(2.5) | wide(1.7) | echo(-18.0), "keys": wide(1.7) | echo(-18.0),
            "vocal": echo(-14.0) | room(-14.0),
        },
        reverb=space(0.9, 9000.0, 0.0, 2.0), delay=repeats(500.0, 0.45, 3000.0),
        master=eq(high_shelf=(11000.0, -1.5), peak2=(900.0, -1.0)) | loud(-12.0),
    ),
    BuiltInPreset(
        "boom-bap", "Hip-hop: boom bap", "Hip-hop", "Whole mix",
        "Dusty drums, warm bass, dry rap right in the middle.",
        strips={
            "drums": up(3.5) | squeeze(-22.0, 4.0, 30.0, 100.0, 4.0)
            | eq(low_shelf=(90.0, 4.0), high_shelf=(8000.0, -3.0)),
            "bass": up(2.0) | eq(high_shelf=(3000.0, -6.0)),
            "vocal": up(3.0) | cut(100.0) | squeeze(-26.0, 5.0, 4.0, 70.0, 5.0),
            "keys": up(-2.0) | eq(high_shelf=(6000.0, -4.0)),
        },
        master=squeeze(-18.0, 2.5, 30.0, 120.0, 2.0) | wide(0.75) | loud(-11.0),
    ),
    BuiltInPreset(
        "trap-808", "Hip-hop: 808", "Hip-hop", "Whole mix",
        "The bass is the song: long and huge, crisp hats above, voice with echo.",
        strips={
            "bass": up(6.0) | eq(low_shelf=(55.0, 6.0)) | squeeze(-18.0, 3.0, 30.0, 200.0, 2.0),
            "drums": up(1.0) | eq(high_shelf=(9000.0, 5.0)),
            "vocal": up(2.0) | cut(130.0) | echo(-15.0) | squeeze(-28.0, 6.0, 3.0, 60.0, 6.0)
            | eq(high_shelf=(10000.0, 4.0)),
            "keys": up(-4.0) | cut(250.0), "guitar": up(-4.0) | cut(200.0),
        },
        delay=repeats(430.0, 0.35, 3500.0), master=loud(-9.0),
    ),
    BuiltInPreset(
        "rnb-silky", "R&B: silky", "Soul", "Whole mix",
        "Smooth voice with air and a soft plate, deep bass, nothing harsh.",
        strips={
            "vocal": up(3.5) | cut(85.0) | squeeze(-26.0, 3.0, 12.0, 140.0, 4.0) | room(-14.0)
            | eq(peak3=(3000.0, -2.0, 1.0), high_shelf=(12000.0, 4.5)),
            "backing_vocal": wide(1.7) | room(-10.0) | cut(150.0),
            "bass": up(2.5) | eq(low_shelf=(70.0, 3.0)),
            "keys": eq(high_shelf=(7000.0, -2.0)) | wide(1.4),
        },
        reverb=space(1.8, 9000.0, 45.0), master=eq(low_shelf=(70.0, 1.5)) | loud(-13.0),
    ),
    BuiltInPreset(
        "soul-vintage", "Soul: 1966", "Soul", "Whole mix",
        "One small studio: narrow, mid-rich, bass and tambourine, a chamber behind.",
        strips={
            "*": wide(0.2) | cut(70.0) | eq(peak2=(900.0, 2.0, 0.5), high_shelf=(7000.0, -5.0))
            | room(-18.0),
            "bass": up(2.5), "percussion": up(3.0), "vocal": up(2.5) | room(-12.0),
        },
        reverb=space(2.0, 3000.0, 60.0),
        master=squeeze(-22.0, 3.0, 20.0, 200.0, 3.0) | wide(0.3) | loud(-13.5),
    ),
    BuiltInPreset(
        "funk-tight", "Funk: tight groove", "Funk", "Whole mix",
        "Bass and guitar talk to each other: short, snappy, dry.",
        strips={
            "bass": up(3.0) | squeeze(-24.0, 5.0, 12.0, 70.0, 4.0)
            | eq(peak2=(900.0, 3.0, 1.0), peak1=(250.0, -2.5, 1.0)),
            "guitar": up(2.5) | cut(200.0) | eq(peak3=(3200.0, 4.0, 0.9)),
            "drums": up(1.5) | squeeze(-20.0, 4.0, 20.0, 50.0, 3.0), "brass": up(1.0),
        },
        master=loud(-12.0),
    ),
    BuiltInPreset(
        "disco-strings", "Disco: strings and four on the floor", "Funk", "Whole mix",
        "Shimmering strings, open hats, a bouncing bass.",
        strips={
            "strings": up(5.0) | wide(1.7) | room(-12.0) | eq(high_shelf=(8000.0, 4.0)),
            "drums": up(2.0) | eq(high_shelf=(9000.0, 4.0)), "bass": up(1.5), "brass": up(2.0),
            "percussion": up(2.0),
        },
        reverb=space(1.5, 9000.0, 20.0),
        master=squeeze(-15.0, 2.0, 30.0, 150.0, 1.0) | eq(low_shelf=(90.0, 1.5)) | loud(-11.5),
    ),
    BuiltInPreset(
        "reggae-roots", "Reggae: roots", "Reggae", "Whole mix",
        "Bass and drums carry it, the off-beat is thin and clean.",
        strips={
            "bass": up(5.0) | eq(low_shelf=(90.0, 4.0), high_shelf=(3000.0, -9.0)),
            "guitar": up(-1.0) | cut(350.0), "keys": up(-1.0) | cut(300.0), "drums": up(1.0),
            "vocal": room(-18.0),
        },
        reverb=space(1.7, 4000.0, 15.0), master=eq(high_shelf=(9000.0, -1.0)) | loud(-14.0),
    ),
    BuiltInPreset(
        "dub-echo-chamber", "Dub: echo chamber", "Reggae", "Whole mix",
        "Echoes on everything but the bass, which is all there is below.",
        strips={
            "*": echo(-8.0) | cut(180.0) | room(-14.0),
            "bass": up(6.0) | cut(20.0) | echo(-48.0) | room(-48.0) | eq(low_shelf=(80.0, 5.0)),
            "vocal": up(-3.0) | echo(-3.0),
        },
        reverb=space(2.6, 3000.0, 10.0), delay=repeats(560.0, 0.7, 2200.0, 2.0),
        master=loud(-14.0),
    ),
    BuiltInPreset(
        "latin-percussion", "Latin: percussion ahead", "Latin", "Whole mix",
        "Congas, shakers and brass at the front, everything moving.",
        strips={
            "percussion": up(5.0) | wide(1.6) | eq(peak3=(5000.0, 3.0, 0.8)),
            "brass": up(2.0) | eq(peak3=(2200.0, 2.0, 0.8)), "drums": up(0.5), "keys": up(1.0),
            "vocal": up(1.0) | room(-18.0),
        },
        reverb=space(1.0, 7000.0, 15.0), master=eq(high_shelf=(9000.0, 2.0)) | loud(-12.0),
    ),
    BuiltInPreset(
        "gospel-choir", "Gospel: choir", "Soul", "Whole mix",
        "The choir is the lead: wide, bright and in a church.",
        strips={
            "backing_vocal": up(6.0) | wide(1.8) | room(-9.0) | cut(120.0)
            | eq(high_shelf=(9000.0, 3.0)),
            "vocal": up(1.5) | room(-14.0), "keys": up(2.0), "guitar": up(-3.0),
        },
        reverb=space(2.7, 6500.0, 30.0), master=loud(-14.0),
    ),
)  # fmt: skip
"""In the order in which they are listed."""
