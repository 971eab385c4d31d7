"""Keys, chords and voice leading against what every harmony book says."""

import pytest

from mixing.synthesis.theory import MODES, Chord, Key, voice_lead

C_MAJOR, A_MINOR = Key(0, "major"), Key(9, "minor")


@pytest.mark.parametrize(
    ("key", "symbol", "tones"),
    [
        (C_MAJOR, "1", (0, 4, 7)),
        (C_MAJOR, "57", (7, 11, 2, 5)),
        (C_MAJOR, "29", (2, 5, 9, 0, 4)),
        (C_MAJOR, "5s", (7, 9, 2)),
        (A_MINOR, "1", (9, 0, 4)),
        (A_MINOR, "5d", (4, 8, 11, 2)),
        (Key(7, "mixolydian"), "7", (5, 9, 0)),
    ],
)
def test_a_symbol_names_the_chord_of_the_textbook(key, symbol, tones):
    assert key.chord(symbol) == Chord(tones)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tonic", range(12))
def test_degrees_and_pitches_undo_each_other(mode, tonic):
    key = Key(tonic, mode)
    for degree in range(-10, 15):
        assert key.degree(key.pitch(degree)) == degree
        assert key.pitch(degree) % 12 in key.scale


def test_a_key_has_a_name_for_people():
    assert A_MINOR.name == "A minor"


def test_the_nearest_chord_tone_is_at_most_half_the_widest_gap_away():
    triad = C_MAJOR.chord("1")
    assert [triad.nearest(pitch) for pitch in (60, 61, 62.4, 66, 70)] == [60, 60, 64, 67, 72]


@pytest.mark.parametrize("voices", [3, 4, 5])
@pytest.mark.parametrize("symbol", ["1", "27", "57", "69"])
def test_a_voicing_is_made_of_chord_tones_within_the_range_and_ascends(symbol, voices):
    chord = C_MAJOR.chord(symbol)
    voicing = voice_lead(chord, None, low=48, high=76, voices=voices)
    assert len(voicing) == voices
    assert list(voicing) == sorted(set(voicing))
    assert voicing[0] >= 48
    assert voicing[-1] <= 76
    assert {pitch % 12 for pitch in voicing} <= set(chord.tones)
    # With fewer voices than tones the root may be left to the bass.
    assert voices < len(chord.tones) or chord.root in {pitch % 12 for pitch in voicing}


def test_voices_move_less_than_chords_shifted_in_parallel():
    previous = voice_lead(C_MAJOR.chord("1"), None, low=48, high=76, voices=3)
    moved = parallel = 0
    for symbol, shift in (("4", 5), ("5", 2), ("6", 2), ("1", 9)):
        following = voice_lead(C_MAJOR.chord(symbol), previous, low=48, high=76, voices=3)
        moved += sum(abs(a - b) for a, b in zip(following, previous, strict=True))
        parallel += 3 * min(shift, 12 - shift)
        previous = following
    assert moved < parallel
