"""What is written: chord tones, roots on the downbeat, tunes that return, drums on the grid."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mixing.synthesis import genres
from mixing.synthesis.arrangement import Plan, draw_plan, draw_seats, harmonise, lay_out
from mixing.synthesis.demos import DEMOS
from mixing.synthesis.genres import GENRES, Seat
from mixing.synthesis.instruments import INSTRUMENTS
from mixing.synthesis.parts import WRITERS
from mixing.synthesis.parts.melody import write_tune
from mixing.synthesis.rhythm import Clock
from mixing.synthesis.theory import Key

HARBOUR = DEMOS[0].plan()
SEATS = sorted(
    {seat for value in vars(genres).values() if isinstance(seat := value, Seat)},
    key=lambda seat: seat.name + seat.part,
)


def written(seat, plan=HARBOUR, seed=1):
    return WRITERS[seat.part](plan, seat, np.random.default_rng(seed))


def strict(plan):
    """The same plan played by people who are never off, so that times can be compared."""
    return replace(plan, clock=replace(plan.clock, looseness_s=0.0))


@pytest.mark.parametrize("seat", SEATS, ids=lambda seat: f"{seat.name}-{seat.part}")
def test_every_seat_has_a_player_and_gets_notes_in_order_of_magnitude(seat):
    assert seat.instrument in INSTRUMENTS
    notes = written(seat)
    assert notes
    end = HARBOUR.clock.time(HARBOUR.sections[-1].stop_bar * 4)
    for note in notes:
        assert 0.0 <= note.start_s < end + 1.0
        assert note.duration_s > 0.0
        assert 0.0 < note.velocity <= 1.0


@pytest.mark.parametrize(
    "seat", [genres.PAD, genres.PIANO, genres.STRUMMED, genres.BRASS, genres.SEQUENCE, genres.BANJO]
)
def test_accompaniment_plays_chord_tones_only(seat):
    plan = strict(HARBOUR)
    starts = [plan.clock.time(span.start_beat) for span in plan.spans]
    for note in written(seat, plan):
        span = plan.spans[np.searchsorted(starts, note.start_s + 1e-6, side="right") - 1]
        assert round(note.pitch) % 12 in span.chord.tones


@pytest.mark.parametrize(
    "seat",
    [genres.ELECTRIC_BASS, genres.GROOVE_BASS, genres.UPRIGHT, genres.FOLK_BASS, genres.LONG_BASS,
     genres.SUB],
)  # fmt: skip
def test_a_bass_plays_the_root_where_a_chord_begins_and_stays_low(seat):
    plan = strict(HARBOUR)
    notes = written(seat, plan)
    assert all(seat.low - 2 <= note.pitch <= seat.high + 3 for note in notes)
    by_start = {round(note.start_s, 4): note for note in notes}
    spans = [span for section in plan.playing(seat) for span in plan.spans_of(section)]
    for span in spans:
        note = by_start[round(plan.clock.time(span.start_beat), 4)]
        assert round(note.pitch) % 12 == span.chord.root


def test_a_walking_bass_arrives_by_a_step():
    plan = strict(HARBOUR)
    notes = written(genres.UPRIGHT, plan)
    before, after = notes[3::4][:-1], notes[4::4]
    steps = [abs(a.pitch - b.pitch) for a, b in zip(before, after, strict=False)]
    assert np.mean(np.array(steps) <= 2) > 0.9


def test_the_chorus_returns_note_for_note_and_lies_above_the_verse():
    tune = {}
    for section in HARBOUR.sections:
        first = section.start_bar * 4
        inside = [n for n in HARBOUR.tune if first <= n.start_s < section.stop_bar * 4]
        tune.setdefault(section.name, []).append(
            [(n.start_s - first, n.pitch, n.text) for n in inside]
        )
    assert tune["chorus"][0] == tune["chorus"][1]
    mean = {
        name: np.mean([pitch for _, pitch, _ in takes[0]])
        for name, takes in tune.items()
        if takes[0]
    }
    assert mean["chorus"] > mean["verse"] + 2


def test_the_tune_is_in_the_key_and_rests_on_chord_tones():
    long = [note for note in HARBOUR.tune if note.duration_s >= 1.0]
    assert all(round(note.pitch) % 12 in HARBOUR.key.scale for note in HARBOUR.tune)
    fits = [round(n.pitch) % 12 in HARBOUR.chord_at(n.start_s).tones for n in long]
    # The last note of four bars goes home to the tonic's chord whatever is under it.
    assert np.mean(fits) > 0.85


def test_a_singer_sings_one_note_at_a_time_and_leaves_room_to_breathe():
    notes = written(genres.VOCAL)
    gaps = [b.start_s - a.start_s - a.duration_s for a, b in pairwise(notes)]
    assert min(gaps) > -0.05
    assert sum(gap > 0.3 for gap in gaps) >= 8


def test_drums_stay_on_the_grid_within_the_players_looseness():
    notes = written(Seat("drums", "Drums", "kit", "drums"))
    clock = HARBOUR.clock
    grid = np.array([clock.time(step / 4) for step in range(4 * 4 * 40)])
    off = [np.abs(grid - note.start_s).min() for note in notes]
    assert max(off) <= 3 * clock.looseness_s + 1e-9


def test_drums_fill_before_a_section_and_crash_on_it():
    notes = written(Seat("drums", "Drums", "kit", "drums"), strict(HARBOUR))
    chorus = next(s for s in HARBOUR.sections if s.name == "chorus")
    start = HARBOUR.clock.time(chorus.start_bar * 4)
    assert any(n.text == "crash" and abs(n.start_s - start) < 1e-6 for n in notes)
    groove = {piece for piece, _, _ in HARBOUR.grooves["verse"].strokes()}
    last = [n for n in notes if start - 2 * HARBOUR.clock.beat_s - 1e-6 <= n.start_s < start - 1e-6]
    assert last
    assert "hat" in groove
    assert not any(note.text == "hat" for note in last)


def test_there_are_ghost_notes():
    quiet = [n for n in written(Seat("drums", "Drums", "kit", "drums")) if n.velocity < 0.35]
    assert len(quiet) > 8


def test_backing_singers_join_in_loud_sections_on_the_words_of_the_tune():
    plan = strict(HARBOUR)
    words = {(round(plan.clock.time(n.start_s), 4), n.text) for n in plan.tune}
    notes = written(genres.BACKING, plan)
    assert {(round(n.start_s, 4), n.text) for n in notes} <= words
    names = {
        plan.section_at((n.start_s - plan.clock.offset_s) / plan.clock.beat_s).name for n in notes
    }
    assert names == {"chorus"}


@pytest.mark.parametrize("genre", GENRES)
def test_a_drawn_plan_fills_its_seconds_and_stays_within_its_genre(genre):
    kind = GENRES[genre]
    for seed in range(20):
        plan = draw_plan(np.random.default_rng(seed), kind, 12.0)
        assert 60.0 <= kind.tempo_bpm[0] <= plan.clock.tempo_bpm <= kind.tempo_bpm[1] <= 180.0
        assert plan.clock.time(plan.sections[-1].stop_bar * plan.clock.beats_per_bar) >= 12.0
        assert plan.key.mode in kind.modes
        ends = [section.stop_bar for section in plan.sections]
        assert [section.start_bar for section in plan.sections] == [0, *ends[:-1]]


def test_a_long_plan_has_verses_and_choruses():
    plan = draw_plan(np.random.default_rng(1), GENRES["pop"], 120.0)
    names = [section.name for section in plan.sections]
    assert names[:5] == ["intro", "verse", "chorus", "verse", "chorus"]


def test_all_roles_are_drawn_and_no_two_seats_share_a_name():
    roles = {"drums"}
    for seed in range(100):
        for genre in GENRES.values():
            seats = draw_seats(np.random.default_rng(seed), genre, 8)
            assert len({seat.name for seat in seats}) == len(seats) <= 8
            roles |= {seat.role for seat in seats}
    assert len(roles) == 12


def test_half_bars_are_harmonised():
    sections = lay_out([("verse", 2)], np.random.default_rng(1))
    spans = harmonise(sections, Key(0, "major"), {"verse": "27-57 1"}, 4)
    assert [(span.chord.root, span.start_beat, span.beats) for span in spans] == [
        (2, 0.0, 2.0), (7, 2.0, 2.0), (0, 4.0, 4.0),
    ]  # fmt: skip


def test_a_tune_depends_on_its_seed_only():
    plan = Plan("pop", HARBOUR.key, Clock(100.0), HARBOUR.sections, HARBOUR.spans, HARBOUR.grooves)
    assert write_tune(plan, 5, 52, 74) == write_tune(plan, 5, 52, 74)
    assert write_tune(plan, 5, 52, 74) != write_tune(plan, 6, 52, 74)
