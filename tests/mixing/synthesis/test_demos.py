"""The demo songs: three whole songs, raw, clean, and with a form that can be heard."""

import numpy as np
import pytest

from mixing.audio.loudness import integrated_lufs
from mixing.audio.roles import ROLES
from mixing.synthesis.demos import DEMOS, DemoUnknown, demo_song
from tests.mixing.synthesis.listening import RATE

SLOW = pytest.mark.slow


def test_three_songs_of_three_genres_state_what_they_are():
    assert len(DEMOS) == 3
    assert len({demo.genre for demo in DEMOS}) == 3
    assert len({demo.slug for demo in DEMOS}) == 3
    for demo in DEMOS:
        assert 60.0 <= demo.seconds <= 90.0
        assert 6 <= len(demo.takes) <= 10
        assert demo.title
        assert demo.artist
        assert demo.licence == "CC0-1.0"


def test_every_song_has_verses_choruses_and_singers():
    for demo in DEMOS:
        names = [name for name, _ in demo.form]
        assert names.count("chorus") >= 2
        assert "verse" in names
        assert names[-1] == "end"
        roles = [take.seat.role for take in demo.takes]
        assert {"drums", "bass", "vocal", "backing_vocal"} <= set(roles) <= set(ROLES)


@pytest.fixture(
    scope="module", params=[DEMOS[0].slug, *(pytest.param(d.slug, marks=SLOW) for d in DEMOS[1:])]
)
def played(request):
    demo = next(demo for demo in DEMOS if demo.slug == request.param)
    return demo, demo_song(demo.slug)


def test_a_demo_is_clean_and_as_long_as_it_says(played):
    demo, song = played
    assert (song.title, song.artist, song.tempo_bpm) == (demo.title, demo.artist, demo.tempo_bpm)
    assert len({stem.name for stem in song.stems}) == len(song.stems)
    for stem in song.stems:
        assert stem.audio.shape[1] == round(demo.seconds * RATE)
        assert np.isfinite(stem.audio).all()
        assert 0.01 < np.abs(stem.audio).max() < 0.9
        assert abs(stem.audio.mean(dtype=np.float64)) < 1e-4
        assert np.abs(stem.audio[:, [0, -1]]).max() < 1e-4


def test_the_chorus_is_louder_than_the_intro(played):
    demo, song = played
    plan = demo.plan()
    total = sum(stem.audio.mean(axis=0) for stem in song.stems)

    def level(name):
        section = next(s for s in plan.sections if s.name == name)
        bounds = [
            round(plan.clock.time(4 * b) * RATE) for b in (section.start_bar, section.stop_bar)
        ]
        return integrated_lufs(total[np.newaxis, slice(*bounds)].astype(np.float32), RATE)

    assert level("chorus") > level("intro") + 1.0


def test_singers_rest_in_the_intro_and_backing_singers_wait_for_the_chorus(played):
    demo, song = played
    plan = demo.plan()
    stems = {stem.role: stem.audio for stem in song.stems}

    def energy(role, name):
        section = next(s for s in plan.sections if s.name == name)
        first, last = (plan.clock.time(4 * b) for b in (section.start_bar, section.stop_bar))
        # A breath before the first word belongs to the section before.
        return np.std(stems[role][:, round(first * RATE) : round((last - 0.6) * RATE)])

    assert energy("vocal", "intro") < 0.01 * energy("vocal", "chorus")
    assert energy("backing_vocal", "verse") < 0.01 * energy("backing_vocal", "chorus")


def test_the_session_is_raw_the_singer_too_quiet_and_the_bass_too_loud(played):
    _, song = played
    loudness = {stem.role: integrated_lufs(stem.audio, RATE) for stem in song.stems}
    assert loudness["vocal"] < loudness["bass"] - 3.0


def test_the_last_chord_dies_away(played):
    _, song = played
    total = sum(stem.audio.mean(axis=0) for stem in song.stems)
    assert np.std(total[-RATE // 4 :]) < 0.03 * np.std(total)


def test_an_unknown_demo_is_refused():
    with pytest.raises(DemoUnknown) as refusal:
        demo_song("yesterday")
    assert refusal.value.code == "demo_unknown"
