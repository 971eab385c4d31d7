"""Presets by genre: how songs and bands are usually balanced, coloured and placed."""

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

GENRES: Final[tuple[BuiltInPreset, ...]] = (
    BuiltInPreset(
        "pop-polished", "Pop: polished", "Pop", "Whole mix",
        "Voice in front, everything tidy below it, a smooth top and a short plate.",
        strips={
            "*": cut(40.0),
            "vocal": up(2.5) | cut(100.0) | squeeze(-24.0, 4.0, 6.0, 90.0, 4.0) | room(-16.0)
            | eq(peak1=(300.0, -2.0, 1.0), high_shelf=(10000.0, 3.0)),
            "drums": up(1.0) | squeeze(-16.0, 2.5, 20.0, 120.0, 1.5),
            "keys": up(-1.5) | wide(1.3), "synth": up(-1.0) | wide(1.4),
        },
        reverb=space(1.3, 8000.0, 30.0),
        master=eq(low_shelf=(80.0, 1.0), high_shelf=(9000.0, 1.2))
        | squeeze(-14.0, 1.8, 30.0, 150.0, 1.0) | loud(-12.0),
    ),
    BuiltInPreset(
        "pop-radio", "Pop: bright radio", "Pop", "Whole mix",
        "Dense, bright and loud, so that it holds its own between two other songs.",
        strips={
            "*": cut(50.0) | squeeze(-20.0, 3.0, 8.0, 80.0, 2.0),
            "vocal": up(3.0) | cut(120.0) | squeeze(-28.0, 6.0, 3.0, 60.0, 6.0)
            | eq(peak3=(4000.0, 3.0, 0.8), high_shelf=(9000.0, 4.0)),
        },
        master=eq(low_shelf=(70.0, 1.5), peak2=(400.0, -1.5), high_shelf=(8000.0, 3.0))
        | squeeze(-18.0, 3.0, 10.0, 100.0, 2.0) | loud(-9.0),
    ),
    BuiltInPreset(
        "kpop-glossy", "K-pop: glossy and wide", "Pop", "Whole mix",
        "Very wide synths, sparkling air, a tight low end and a voice that shines.",
        strips={
            "vocal": up(2.0) | cut(130.0) | eq(high_shelf=(12000.0, 5.0))
            | squeeze(-26.0, 4.5, 4.0, 70.0, 5.0) | room(-20.0) | echo(-24.0),
            "backing_vocal": wide(1.8) | cut(180.0) | room(-14.0),
            "synth": wide(1.9) | cut(120.0) | eq(high_shelf=(9000.0, 3.0)),
            "bass": squeeze(-22.0, 5.0, 10.0, 80.0, 3.0),
        },
        reverb=space(1.1, 12000.0, 40.0), delay=repeats(250.0, 0.2, 8000.0),
        master=eq(high_shelf=(12000.0, 2.5)) | wide(1.3) | loud(-10.0),
    ),
    BuiltInPreset(
        "rock-drums-up-front", "Rock: drums up front", "Rock", "Whole mix",
        "Kit first: punchy, close and loud, guitars a step behind it.",
        strips={
            "drums": up(4.0) | squeeze(-18.0, 4.0, 25.0, 90.0, 4.0)
            | eq(low_shelf=(80.0, 3.0), peak1=(400.0, -4.0, 1.0), peak3=(4500.0, 4.0, 0.8)),
            "guitar": up(-2.0) | cut(100.0), "vocal": up(0.5) | room(-22.0),
        },
        reverb=space(0.7, 5000.0, 5.0),
        master=squeeze(-14.0, 2.0, 30.0, 100.0, 1.5) | loud(-11.0),
    ),
    BuiltInPreset(
        "rock-wall-of-guitars", "Rock: wall of guitars", "Rock", "Whole mix",
        "Guitars as wide and loud as they get without burying the voice.",
        strips={
            "guitar": up(4.0) | wide(1.8) | cut(90.0)
            | eq(peak1=(250.0, 2.0, 0.8), peak2=(800.0, -2.0, 0.7), peak3=(2800.0, 3.0, 0.7)),
            "bass": up(1.0) | eq(peak2=(700.0, 3.0, 0.9)),
            "vocal": eq(peak3=(3000.0, 3.0, 0.8)) | squeeze(-22.0, 4.0, 5.0, 80.0, 3.0),
        },
        master=wide(1.25) | loud(-10.5),
    ),
    BuiltInPreset(
        "classic-rock-1975", "Rock: 1975", "Rock", "Whole mix",
        "Rounded highs, thick mids, a slow bus compressor and a real room.",
        strips={
            "*": eq(high_shelf=(8000.0, -3.0), peak1=(250.0, 1.5, 0.7)) | room(-20.0),
            "drums": room(-13.0) | squeeze(-20.0, 3.0, 30.0, 200.0, 2.0),
        },
        reverb=space(1.4, 3500.0, 10.0),
        master=squeeze(-20.0, 2.5, 50.0, 400.0, 2.0) | wide(0.9) | loud(-14.0),
    ),
    BuiltInPreset(
        "hard-rock-tight", "Hard rock: tight", "Rock", "Whole mix",
        "Fast compressors, lean low mids, bite where picks and sticks hit.",
        strips={
            "*": cut(60.0) | eq(peak1=(350.0, -3.0, 1.0)),
            "bass": squeeze(-24.0, 6.0, 5.0, 60.0, 4.0) | eq(peak2=(1200.0, 3.0, 1.0)),
            "guitar": up(1.5) | eq(peak3=(3500.0, 4.0, 0.9)),
            "drums": up(2.0) | squeeze(-20.0, 5.0, 8.0, 50.0, 4.0),
        },
        master=squeeze(-16.0, 3.0, 10.0, 60.0, 2.0) | loud(-10.0),
    ),
    BuiltInPreset(
        "metal-modern", "Metal: modern", "Metal", "Whole mix",
        "Scooped guitars, clicking kick, hardly any room, very loud.",
        strips={
            "guitar": up(3.0) | cut(110.0) | wide(1.6)
            | eq(peak2=(600.0, -5.0, 0.7), peak3=(5000.0, 4.0, 0.9)),
            "drums": up(3.0) | squeeze(-22.0, 8.0, 4.0, 50.0, 6.0)
            | eq(low_shelf=(70.0, 4.0), peak1=(400.0, -6.0, 1.0), high_shelf=(7000.0, 5.0)),
            "bass": squeeze(-28.0, 8.0, 3.0, 60.0, 6.0) | eq(peak3=(2500.0, 5.0, 1.0)),
            "vocal": up(1.0) | squeeze(-28.0, 8.0, 2.0, 50.0, 6.0),
        },
        master=squeeze(-16.0, 3.5, 5.0, 60.0, 2.5) | loud(-9.0),
    ),
    BuiltInPreset(
        "doom-heavy", "Metal: slow and heavy", "Metal", "Whole mix",
        "A mountain of low end, dark on top, drums in a cave.",
        strips={
            "guitar": up(3.0) | eq(low_shelf=(150.0, 5.0), high_shelf=(5000.0, -5.0)),
            "bass": up(3.0) | eq(low_shelf=(80.0, 5.0)),
            "drums": room(-8.0), "vocal": up(-2.0) | room(-10.0) | echo(-18.0),
        },
        reverb=space(3.0, 2500.0, 30.0), delay=repeats(600.0, 0.4, 2000.0),
        master=eq(low_shelf=(90.0, 3.0), high_shelf=(6000.0, -3.0)) | loud(-11.0),
    ),
    BuiltInPreset(
        "punk-raw", "Punk: raw", "Punk", "Whole mix",
        "Everything at once in the middle, dry, mid-heavy and pushed.",
        strips={
            "*": squeeze(-24.0, 4.0, 10.0, 80.0, 5.0) | wide(0.4)
            | eq(peak2=(1200.0, 3.0, 0.6)),
            "guitar": up(2.0),
        },
        master=eq(low_shelf=(120.0, -2.0), peak3=(2500.0, 2.5, 0.7))
        | squeeze(-20.0, 4.0, 5.0, 60.0, 3.0) | wide(0.5) | loud(-9.5),
    ),
    BuiltInPreset(
        "indie-bedroom", "Indie: bedroom lo-fi", "Indie", "Whole mix",
        "Small, soft and close: no air, no sub, a little echo on the voice.",
        strips={
            "*": cut(110.0) | eq(high_shelf=(4500.0, -7.0)),
            "vocal": echo(-16.0) | room(-22.0), "drums": up(-3.0),
        },
        reverb=space(0.8, 2500.0), delay=repeats(180.0, 0.25, 1800.0),
        master=squeeze(-22.0, 3.0, 15.0, 200.0, 3.0) | wide(0.7) | loud(-15.0),
    ),
    BuiltInPreset(
        "folk-close", "Folk: close and natural", "Folk", "Whole mix",
        "Little processing: gentle levels, warm voice, a wooden room.",
        strips={
            "vocal": up(2.0) | cut(70.0) | squeeze(-20.0, 2.0, 20.0, 200.0, 1.5)
            | eq(peak1=(200.0, 1.5, 0.8)) | room(-18.0),
            "guitar": up(1.0) | eq(peak1=(180.0, -2.0, 1.0), high_shelf=(9000.0, 2.0))
            | room(-20.0),
            "drums": up(-4.0), "percussion": up(-2.0),
        },
        reverb=space(0.9, 5000.0, 8.0), master=loud(-16.0),
    ),
    BuiltInPreset(
        "songwriter-intimate", "Singer-songwriter: intimate", "Folk", "Whole mix",
        "The voice an arm's length away and dry, everything else steps back.",
        strips={
            "*": up(-3.0) | eq(high_shelf=(7000.0, -1.5)),
            "vocal": up(7.0) | eq(low_shelf=(180.0, 2.5), high_shelf=(11000.0, 3.5))
            | squeeze(-30.0, 3.0, 8.0, 150.0, 5.0),
        },
        master=loud(-16.0),
    ),
    BuiltInPreset(
        "country-bright", "Country: bright strings", "Country", "Whole mix",
        "Crisp acoustic guitars, clear words, a steady bass and a slap echo.",
        strips={
            "vocal": up(3.0) | cut(90.0) | echo(-20.0) | eq(peak3=(3500.0, 2.5, 0.8))
            | squeeze(-22.0, 3.5, 8.0, 100.0, 3.0),
            "guitar": up(1.0) | cut(120.0) | eq(high_shelf=(7000.0, 4.0)) | wide(1.4),
            "bass": squeeze(-20.0, 4.0, 20.0, 150.0, 2.0),
        },
        delay=repeats(120.0, 0.0, 6000.0), master=eq(high_shelf=(9000.0, 1.5)) | loud(-12.5),
    ),
    BuiltInPreset(
        "jazz-natural", "Jazz: natural room", "Jazz", "Whole mix",
        "No compression, no hype: players in one good room with all their dynamics.",
        strips={"*": room(-15.0), "bass": up(1.0) | room(-24.0), "drums": up(-1.5) | room(-14.0)},
        reverb=space(1.2, 7000.0, 12.0), master=loud(-18.0),
    ),
    BuiltInPreset(
        "jazz-late-night", "Jazz: late-night club", "Jazz", "Whole mix",
        "Dark and near: brushes, a round bass and a trumpet in the corner.",
        strips={
            "*": eq(high_shelf=(6000.0, -4.0)) | room(-20.0),
            "bass": up(3.0) | eq(low_shelf=(120.0, 3.0)),
            "drums": up(-3.0), "brass": up(-1.0) | room(-12.0),
        },
        reverb=space(0.6, 3000.0, 4.0), master=wide(0.85) | loud(-17.0),
    ),
    BuiltInPreset(
        "big-band", "Big band: brass ahead", "Jazz", "Whole mix",
        "The section in front with bite and width, rhythm holding it up.",
        strips={
            "brass": up(4.5) | wide(1.5) | eq(peak3=(2500.0, 2.5, 0.7)) | room(-17.0),
            "drums": up(0.5), "keys": up(-2.0), "guitar": up(-4.0),
        },
        reverb=space(1.6, 6000.0, 25.0), master=squeeze(-16.0, 1.5, 50.0, 250.0) | loud(-15.0),
    ),
    BuiltInPreset(
        "classical-hall", "Classical: concert hall", "Classical", "Whole mix",
        "A seat in row ten: long natural hall, full dynamics, quiet target.",
        strips={"*": room(-9.0), "strings": up(1.5) | wide(1.4), "drums": up(-4.0) | room(-6.0)},
        reverb=space(2.4, 5500.0, 35.0), master=wide(1.15) | loud(-21.0),
    ),
    BuiltInPreset(
        "chamber-dry", "Chamber: dry and detailed", "Classical", "Whole mix",
        "Near microphones: bows, keys and breath, only a touch of room.",
        strips={"*": room(-26.0) | eq(high_shelf=(9000.0, 2.0)), "strings": up(2.5)},
        reverb=space(0.5, 9000.0, 3.0), master=loud(-19.0),
    ),
    BuiltInPreset(
        "score-epic", "Soundtrack: epic", "Soundtrack", "Whole mix",
        "Huge and wide: deep drums, soaring strings and brass, a very long tail.",
        strips={
            "strings": up(3.0) | wide(1.7) | room(-8.0), "brass": up(3.0) | room(-10.0),
            "drums": up(3.0) | eq(low_shelf=(70.0, 6.0)) | room(-12.0),
            "percussion": up(3.0) | room(-10.0), "guitar": up(-3.0),
        },
        reverb=space(3.6, 7000.0, 40.0),
        master=eq(low_shelf=(60.0, 2.0), high_shelf=(10000.0, 1.5)) | wide(1.35) | loud(-13.0),
    ),
)  # fmt: skip
"""In the order in which they are listed."""
