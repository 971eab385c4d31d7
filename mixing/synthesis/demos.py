"""Three demo songs as raw sessions: whole songs whose faults give a mixer something to do.

The songs, their titles and their artists are inventions of this module, dedicated to the public
domain (CC0-1.0). The takes are left as a hurried recording leaves them: singers too quiet, a bass
that booms, harsh cymbals, boxy guitars, dull keys, players who drift from the microphone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from mixing.synthesis import genres
from mixing.synthesis.arrangement import Plan, harmonise, lay_out
from mixing.synthesis.genres import Seat
from mixing.synthesis.grooves import GROOVES
from mixing.synthesis.instruments import INSTRUMENTS, drums
from mixing.synthesis.levels import Colour
from mixing.synthesis.rhythm import Clock
from mixing.synthesis.song import SynthSong, SynthStem, Track, record, with_tune
from mixing.synthesis.sound.constants import frames
from mixing.synthesis.theory import NAMES, Key

LICENCE: Final = "CC0-1.0"
TAIL_S: Final = 1.5
SESSION_DB: Final = -4.0
"""Below the usual levels, so that even the plain sum of the stems does not clip."""


class DemoUnknown(KeyError):
    """Asked for a demo song that does not exist."""

    code = "demo_unknown"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"No demo song {slug!r}: choose one of {', '.join(d.slug for d in DEMOS)}."
        )


@dataclass(frozen=True, slots=True)
class Take:
    """One stem of a raw session: who plays, how wrongly loud (dB) and how it was recorded.

    ``pieces`` names the drums a microphone hears, for the stems of a kit.
    """

    seat: Seat
    level_db: float
    colour: Colour
    pieces: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DemoSong:
    """A song written down. ``grooves`` gives (list in ``GROOVES``, index) per section name."""

    slug: str
    title: str
    artist: str
    genre: str
    tempo_bpm: float
    key: Key
    swing: float
    swing_sixteenths: bool
    looseness_s: float
    form: tuple[tuple[str, int], ...]
    progressions: Mapping[str, str]
    grooves: Mapping[str, tuple[str, int]]
    kit: str
    takes: tuple[Take, ...]
    seed: int
    licence: str = LICENCE

    @property
    def clock(self) -> Clock:
        """The song's beats."""
        return Clock(
            tempo_bpm=self.tempo_bpm,
            swing=self.swing,
            swing_sixteenths=self.swing_sixteenths,
            looseness_s=self.looseness_s,
        )

    @property
    def seconds(self) -> float:
        """Its length: all bars and the time the last chord takes to die away."""
        clock = self.clock
        return round(clock.time(4.0 * sum(bars for _, bars in self.form)) + TAIL_S, 1)

    def plan(self) -> Plan:
        """Return what the players agreed on."""
        clock, sections = self.clock, lay_out(self.form, np.random.default_rng(self.seed))
        plan = Plan(
            genre=self.genre,
            key=self.key,
            clock=clock,
            sections=sections,
            spans=harmonise(sections, self.key, dict(self.progressions), clock.beats_per_bar),
            grooves={name: GROOVES[style][index] for name, (style, index) in self.grooves.items()},
        )
        return with_tune(plan, [take.seat for take in self.takes], self.seed)


def _drum(name: str) -> Seat:
    return Seat("drums", name, "kit", "drums")


HARBOUR: Final = DemoSong(
    slug="harbour-lights",
    title="Harbour Lights at Four",
    artist="The Tin Orchard",
    genre="rock",
    tempo_bpm=118.0,
    key=Key(NAMES.index("E"), "minor"),
    swing=0.0,
    swing_sixteenths=False,
    looseness_s=0.006,
    form=(("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 4), ("bridge", 4), ("chorus", 8),
          ("end", 1)),
    progressions={
        "intro": "1 6 3 7", "verse": "1 6 3 7", "chorus": "6 7 1 3", "bridge": "4 4 6 7",
        "end": "1",
    },
    grooves={
        "intro": ("rock", 0), "verse": ("rock", 0), "chorus": ("rock", 2), "bridge": ("rock", 1),
        "end": ("rock", 0),
    },
    kit="rock",
    takes=(
        Take(_drum("Kick"), 2.0, Colour(((330, 1.0, 7.0), (70, 1.2, 3.0))), drums.KICK),
        Take(_drum("Snare"), -5.0, Colour(((900, 1.5, 5.0),), room_amount=0.1), drums.SNARE),
        Take(_drum("Overheads"), -2.0, Colour(((6_500, 1.2, 7.0),), tilt_db=3.0), drums.OVERHEADS),
        Take(genres.ELECTRIC_BASS, 4.0, Colour(((95, 1.4, 8.0), (250, 1.0, 4.0)), drift_db=1.5)),
        Take(genres.CRUNCH, 3.0, Colour(((850, 1.2, 6.0),), tilt_db=2.0)),
        Take(genres.CLEAN_ARPEGGIO, -3.0, Colour(((300, 0.9, 6.0),), tilt_db=-3.0)),
        Take(genres.ORGAN, 1.0, Colour(((420, 0.8, 5.0),))),
        Take(genres.VOCAL, -7.0, Colour(((280, 1.0, 6.0), (7_000, 1.5, 4.0)), drift_db=3.0)),
        Take(genres.BACKING, 1.0, Colour(((500, 1.0, 5.0),), room_amount=0.15)),
    ),
    seed=118,
)  # fmt: skip

MERIDIAN: Final = DemoSong(
    slug="glass-meridian",
    title="Glass Meridian",
    artist="Velour Satellite",
    genre="electronic",
    tempo_bpm=124.0,
    key=Key(NAMES.index("A"), "minor"),
    swing=0.04,
    swing_sixteenths=True,
    looseness_s=0.001,
    form=(("intro", 4), ("verse", 8), ("lift", 4), ("chorus", 8), ("bridge", 4), ("lift", 4),
          ("chorus", 8), ("end", 1)),
    progressions={
        "intro": "6 7 1 1", "verse": "1 6 3 7", "lift": "4 6 7 7", "chorus": "6 7 1 3",
        "bridge": "4 4 6 6", "end": "1",
    },
    grooves={
        "intro": ("electronic", 0), "verse": ("electronic", 0), "lift": ("electronic", 2),
        "chorus": ("electronic", 1), "bridge": ("ambient", 0), "end": ("electronic", 0),
    },
    kit="909",
    takes=(
        Take(_drum("Drums"), -3.0, Colour(((7_500, 1.0, 6.0), (250, 1.0, 3.0))), drums.EVERYTHING),
        Take(genres.PERCUSSION, 4.0, Colour(((4_500, 1.2, 6.0),), tilt_db=2.0)),
        Take(genres.SYNTH_BASS, 5.0, Colour(((60, 1.0, 5.0), (180, 1.0, 5.0)))),
        Take(genres.PAD, 4.0, Colour(((350, 0.7, 6.0),), tilt_db=-2.0)),
        Take(genres.SEQUENCE, -2.0, Colour(((2_800, 1.5, 6.0),))),
        Take(genres.LEAD_SYNTH, 2.0, Colour(((1_200, 1.0, 5.0),), tilt_db=2.0)),
        Take(genres.VOCAL, -6.0, Colour(((350, 1.0, 5.0),), tilt_db=-3.0, drift_db=2.5)),
        Take(genres.BACKING, -4.0, Colour(((6_500, 1.2, 5.0),), room_amount=0.2)),
        Take(genres.EFFECTS, 5.0, Colour()),
    ),
    seed=124,
)  # fmt: skip

FERRY: Final = DemoSong(
    slug="slow-ferry-home",
    title="Slow Ferry Home",
    artist="Marlow Quay and the Understudies",
    genre="soul",
    tempo_bpm=84.0,
    key=Key(NAMES.index("Eb"), "major"),
    swing=0.16,
    swing_sixteenths=True,
    looseness_s=0.009,
    form=(("intro", 4), ("verse", 8), ("chorus", 8), ("bridge", 2), ("chorus", 4), ("end", 1)),
    progressions={
        "intro": "17 67 27 57", "verse": "17 37 67 27-57", "chorus": "47 37 27 57",
        "bridge": "67 27", "end": "19",
    },
    grooves={
        "intro": ("soul", 0), "verse": ("soul", 0), "chorus": ("soul", 1), "bridge": ("soul", 0),
        "end": ("soul", 0),
    },
    kit="tight",
    takes=(
        Take(_drum("Drums"), 1.0, Colour(((400, 1.0, 5.0),), -3.0, 0.2, 0.4), drums.EVERYTHING),
        Take(genres.PERCUSSION, -2.0, Colour(((5_500, 1.2, 5.0),))),
        Take(genres.GROOVE_BASS, 3.0, Colour(((110, 1.5, 8.0),), tilt_db=-3.0, drift_db=2.0)),
        Take(genres.RHODES, 3.0, Colour(((280, 0.8, 7.0),), tilt_db=-3.0)),
        Take(genres.CLEAN, -3.0, Colour(((3_200, 1.5, 6.0),))),
        Take(genres.ORGAN, -3.0, Colour(((700, 1.0, 4.0),))),
        Take(genres.BRASS, 4.0, Colour(((1_600, 1.2, 6.0),), tilt_db=2.0)),
        Take(genres.STRINGS, -3.0, Colour(((3_000, 1.0, 4.0),))),
        Take(genres.LOW_VOCAL, -6.0, Colour(((230, 1.0, 6.0),), tilt_db=-2.0, drift_db=3.0)),
        Take(genres.BACKING, 2.0, Colour(((5_800, 1.5, 5.0),), room_amount=0.1)),
    ),
    seed=84,
)  # fmt: skip

DEMOS: Final = (HARBOUR, MERIDIAN, FERRY)


def _track(demo: DemoSong, index: int, take: Take) -> Track:
    if not take.pieces:
        instrument = INSTRUMENTS[take.seat.instrument]
        seed = demo.seed * 100 + index
    else:
        stereo = take.pieces not in (drums.KICK, drums.SNARE)
        instrument = partial(drums.play_kit, kit=demo.kit, pieces=take.pieces, stereo=stereo)
        # One drummer: every microphone of the kit hears the same performance.
        seed = demo.seed * 100
    level_db = take.level_db + SESSION_DB
    return Track(take.seat, instrument, take.colour, level_db, seed, demo.seed * 100 + index)


def demo_song(slug: str) -> SynthSong:
    """Return a demo song as a raw multitrack; raises ``DemoUnknown``. Takes some seconds."""
    demo = next((demo for demo in DEMOS if demo.slug == slug), None)
    if demo is None:
        raise DemoUnknown(slug)
    plan, samples = demo.plan(), frames(demo.seconds)
    stems: tuple[SynthStem, ...] = tuple(
        record(plan, _track(demo, index, take), samples) for index, take in enumerate(demo.takes)
    )
    return SynthSong(demo.title, demo.artist, demo.genre, demo.tempo_bpm, demo.key.name, stems)
