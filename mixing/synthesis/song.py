"""Songs as multitracks: the plan is drawn, the parts are written, the stems are played."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from mixing.synthesis.arrangement import Plan, draw_plan, draw_seats
from mixing.synthesis.genres import GENRES, Seat
from mixing.synthesis.instruments import INSTRUMENTS, drums
from mixing.synthesis.levels import ROLE_LUFS, Colour, coloured, draw_colour, levelled
from mixing.synthesis.parts import WRITERS
from mixing.synthesis.parts.melody import write_tune
from mixing.synthesis.score import Instrument, Note
from mixing.synthesis.sound.constants import Signal, frames

Rng = np.random.Generator

MINIMUM_SECONDS: Final = 1.0
STEM_COUNTS: Final = (6, 7, 8, 8, 9, 10)

DRUMS: Final = Seat("drums", "Drums", "kit", "drums")
# A kit recorded with several microphones: name, what is heard, loudness beside the whole kit in dB.
DRUM_TRACKS: Final = (
    ("Kick", drums.KICK, -3.0),
    ("Snare", drums.SNARE, -4.0),
    ("Overheads", drums.OVERHEADS, -9.0),
)


class GenreUnknown(ValueError):
    """Asked for a genre that nobody here can play."""

    code = "genre_unknown"

    def __init__(self, genre: str) -> None:
        super().__init__(f"Unknown genre {genre!r}: choose one of {', '.join(GENRES)}.")


class SongTooShort(ValueError):
    """Asked for less music than one can hear a bar of."""

    code = "song_too_short"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"A song lasts at least {MINIMUM_SECONDS} s, not {seconds}.")


@dataclass(frozen=True)
class SynthStem:
    """One stem: ``audio`` is float32 ``(1 or 2, samples)`` at 44.1 kHz."""

    name: str
    role: str
    audio: Signal


@dataclass
class SynthSong:
    """A multitrack of equally long stems."""

    title: str
    artist: str
    genre: str
    tempo_bpm: float
    key: str
    stems: tuple[SynthStem, ...]


@dataclass(frozen=True)
class Track:
    """One stem to be: who plays, on what, how it is recorded and how loud (dB beside its role)."""

    seat: Seat
    instrument: Instrument
    colour: Colour
    trim_db: float
    seed: int
    colour_seed: int


def ring_out(plan: Plan, notes: Sequence[Note]) -> list[Note]:
    """Return notes with the last chord, if the plan has one, struck once and held for its bar."""
    if plan.last_beat is None:
        return list(notes)
    final, held_s = plan.clock.time(plan.last_beat), plan.clock.bar_s
    body = [note for note in notes if note.start_s < final - plan.clock.beat_s / 8]
    last = [n for n in notes if abs(n.start_s - final) <= plan.clock.beat_s / 8]
    return body + [replace(note, duration_s=held_s) for note in last]


def record(plan: Plan, track: Track, samples: int) -> SynthStem:
    """Return one track played and recorded: equal tracks give equal bits."""
    # Tracks of one kit share the seed, so kick, snare and overheads are the same performance.
    writing, playing = np.random.default_rng(track.seed).spawn(2)
    notes = WRITERS[track.seat.part](plan, track.seat, writing)
    heard = [note for note in ring_out(plan, notes) if frames(note.start_s) < samples]
    if not heard:  # An excerpt may end before this player joins in.
        return SynthStem(track.seat.name, track.seat.role, np.zeros((1, samples), np.float32))
    audio = track.instrument(heard, samples, playing)
    audio = coloured(audio, track.colour, np.random.default_rng(track.colour_seed))
    target = ROLE_LUFS[track.seat.role] + track.trim_db
    return SynthStem(track.seat.name, track.seat.role, levelled(audio, target))


def drum_tracks(kit: str, split: bool, rng: Rng) -> list[Track]:
    """Return the drum kit on one stereo track or split over kick, snare and overheads."""
    seed = int(rng.integers(2**31))
    if not split:
        whole = partial(drums.play_kit, kit=kit)
        return [Track(DRUMS, whole, draw_colour(rng), rng.normal(0, 0.8), seed, seed)]
    tracks = []
    for name, pieces, trim_db in DRUM_TRACKS:
        instrument = partial(
            drums.play_kit, kit=kit, pieces=pieces, stereo=pieces == drums.OVERHEADS
        )
        seat = Seat("drums", name, "kit", "drums")
        colour = draw_colour(rng)
        trim = trim_db + rng.normal(0, 0.8)
        tracks.append(Track(seat, instrument, colour, trim, seed, int(rng.integers(2**31))))
    return tracks


def seat_track(seat: Seat, rng: Rng) -> Track:
    """Return the track of one player with a drawn recording."""
    seeds = rng.integers(2**31, size=2)
    colour, trim_db = draw_colour(rng), float(rng.normal(0, 0.8))
    return Track(seat, INSTRUMENTS[seat.instrument], colour, trim_db, int(seeds[0]), int(seeds[1]))


def _tracks(rng: Rng, genre: str) -> list[Track]:
    kind = GENRES[genre]
    count = int(rng.choice(STEM_COUNTS))
    drummer = rng.random() < (0.4 if genre == "ambient" else 0.95)
    tracks: list[Track] = []
    if drummer:
        tracks += drum_tracks(str(rng.choice(kind.kits)), rng.random() < 0.25, rng)
    seats = draw_seats(rng, kind, count - len(tracks))
    return tracks + [seat_track(seat, rng) for seat in seats]


def with_tune(plan: Plan, seats: Sequence[Seat], seed: int) -> Plan:
    """Return the plan with a sung tune in the lead singer's range, if anybody sings."""
    singers = [seat for seat in seats if seat.role in ("vocal", "backing_vocal")]
    if not singers:
        return plan
    lead = min(singers, key=lambda seat: seat.role != "vocal")
    tune = write_tune(plan, seed, lead.low, lead.high)
    return Plan(plan.genre, plan.key, plan.clock, plan.sections, plan.spans, plan.grooves, tune)


def compose(*, seed: int, seconds: float, genre: str | None = None) -> SynthSong:
    """Return a song of exactly ``seconds`` (rounded to a sample), the same bits for the same seed.

    Tempo (60 to 180 bpm), key, form, players, timbres and recording are drawn from the seed; the
    genre too unless one of ``GENRES`` is named. Stems come at an even, plausible balance (see
    ``ROLE_LUFS``), peaks below -1.5 dBFS. Raises ``GenreUnknown`` or ``SongTooShort``.
    """
    if genre is not None and genre not in GENRES:
        raise GenreUnknown(genre)
    if seconds < MINIMUM_SECONDS:
        raise SongTooShort(seconds)
    rng = np.random.default_rng(seed)
    chosen = genre or str(rng.choice(list(GENRES)))
    plan = draw_plan(rng, GENRES[chosen], seconds)
    tracks = _tracks(rng, chosen)
    plan = with_tune(plan, [track.seat for track in tracks], int(rng.integers(2**31)))
    stems = (record(plan, track, frames(seconds)) for track in tracks)
    return SynthSong(
        title=f"Sketch {seed}",
        artist="Mixarena synthesiser",
        genre=chosen,
        tempo_bpm=plan.clock.tempo_bpm,
        key=plan.key.name,
        # Nobody hands in an empty track: a snare that the groove never strikes, a late solo.
        stems=tuple(stem for stem in stems if stem.audio.any()),
    )
