"""Every instrument: in tune, clean at its edges, free of DC, and the same for the same seed."""

import numpy as np
import pytest

from mixing.synthesis.instruments import INSTRUMENTS, drums, effects, percussion, voice
from mixing.synthesis.score import Note
from mixing.synthesis.sound.constants import SAMPLE_RATE, hertz
from tests.mixing.synthesis.listening import cents, fundamental_hz

SAMPLES = 2 * SAMPLE_RATE
UNPITCHED = {"percussion", "effects"}
# Where a player of each instrument would be asked for one long note.
PITCHES = {
    "electric_bass": 33, "upright_bass": 33, "synth_bass": 33, "sub_bass": 33, "flute": 76,
    "solo_strings": 57, "lead_vocal": 57, "backing_vocals": 57,
}  # fmt: skip
# Players who swing or double are out of tune on purpose: vibrato, choruses, beating reeds.
TOLERANCE_CENTS = {
    "pad": 12, "glass_pad": 3, "string_section": 12, "solo_strings": 12, "brass_section": 12,
    "solo_brass": 8, "saxophone": 8, "flute": 8, "lead_vocal": 15, "backing_vocals": 15,
    "accordion": 17, "pluck_synth": 15, "lead_synth": 8, "piano": 4,
}  # fmt: skip


def one_note(name, seed=1, velocity=0.8):
    pitch = PITCHES.get(name, 60)
    note = Note(0.2, 1.5, float(pitch), velocity, "la" if "voc" in name else "")
    return INSTRUMENTS[name]([note], SAMPLES, np.random.default_rng(seed)), hertz(pitch)


@pytest.mark.parametrize("name", sorted(set(INSTRUMENTS) - UNPITCHED))
@pytest.mark.parametrize("seed", [1, 2])
def test_an_instrument_plays_the_pitch_it_is_asked_for(name, seed):
    audio, wanted = one_note(name, seed)
    # From 0.3 s in: attacks scoop and knock on purpose.
    heard = audio.mean(axis=0)[round(0.5 * SAMPLE_RATE) :]
    # Mallets may sound an octave up, organs have a sub-octave: any power of two is that note.
    spectrum = [abs(cents(fundamental_hz(heard, wanted * m), wanted * m)) for m in (1, 2)]
    assert min(spectrum) < TOLERANCE_CENTS.get(name, 5)


@pytest.mark.parametrize("name", ["electric_bass", "upright_bass", "synth_bass", "sub_bass"])
@pytest.mark.parametrize("pitch", [28, 33, 40])
def test_a_bass_note_is_within_5_cents(name, pitch):
    audio = INSTRUMENTS[name]([Note(0, 1.9, pitch, 0.8)], SAMPLES, np.random.default_rng(4))
    heard = fundamental_hz(audio[0, round(0.3 * SAMPLE_RATE) :], hertz(pitch))
    assert abs(cents(heard, hertz(pitch))) < 5


@pytest.mark.parametrize("name", sorted(set(INSTRUMENTS) - UNPITCHED))
def test_an_instrument_is_clean(name):
    audio, _ = one_note(name)
    assert audio.dtype == np.float32
    assert audio.shape in ((1, SAMPLES), (2, SAMPLES))
    assert np.isfinite(audio).all()
    loudest = np.abs(audio).max()
    assert loudest > 1e-3
    # Silent until the note (a singer breathes in and a consonant leads), from nothing at its start.
    before = round(0.03 * SAMPLE_RATE) if "voc" in name else round(0.19 * SAMPLE_RATE)
    assert np.abs(audio[:, :before]).max() < 1e-4 * loudest


@pytest.mark.parametrize("name", ["pad", "glass_pad", "flute", "string_section", "accordion"])
def test_sustained_notes_start_and_stop_without_a_click(name):
    audio, _ = one_note(name)
    mono = audio.mean(axis=0).astype(np.float64)
    # A click is a step: its second difference stands far above the sound's own.
    bend = np.abs(np.diff(mono, 2))
    steady = np.percentile(bend[round(0.6 * SAMPLE_RATE) : round(1.4 * SAMPLE_RATE)], 99.9)
    for moment in (0.2, 1.7):
        edge = slice(round((moment - 0.02) * SAMPLE_RATE), round((moment + 0.02) * SAMPLE_RATE))
        assert bend[edge].max() < 3 * steady


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_the_same_seed_plays_the_same_bits_and_another_one_does_not(name):
    text = {"percussion": "shaker", "effects": "riser"}.get(name, "")
    notes = [Note(0.1, 0.5, 60.0, 0.7, text), Note(0.7, 0.5, 64.0, 0.7, text)]
    takes = [INSTRUMENTS[name](notes, SAMPLE_RATE, np.random.default_rng(s)) for s in (5, 5, 6)]
    assert np.array_equal(takes[0], takes[1])
    assert takes[0].shape != takes[2].shape or not np.array_equal(takes[0], takes[2])


def test_notes_beyond_the_end_are_cut_not_refused():
    late = [Note(0.9, 3.0, 60.0, 0.7), Note(5.0, 1.0, 60.0, 0.7)]
    for name in sorted(set(INSTRUMENTS) - UNPITCHED):
        audio = INSTRUMENTS[name](late, SAMPLE_RATE, np.random.default_rng(1))
        assert audio.shape[1] == SAMPLE_RATE


def band_share(audio, low_hz, high_hz):
    power = np.abs(np.fft.rfft(audio.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(audio.shape[1], 1 / SAMPLE_RATE)
    return power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum()


@pytest.mark.parametrize("kit", drums.KITS)
@pytest.mark.parametrize(
    ("piece", "low_hz", "high_hz"),
    [("kick", 30, 250), ("hat", 4_000, 20_000), ("crash", 1_500, 20_000), ("tom3", 60, 300)],
)
def test_a_drum_sounds_where_it_should(kit, piece, low_hz, high_hz):
    notes = [Note(0.1, 0.1, 60, 1.0, piece)]
    audio = drums.play_kit(notes, SAMPLES, np.random.default_rng(3), kit=kit)
    assert np.isfinite(audio).all()
    assert band_share(audio, low_hz, high_hz) > 0.7


def test_ghost_notes_are_quieter_and_duller_than_accents():
    takes = []
    for velocity in (0.25, 1.0):
        notes = [Note(0.1, 0.1, 60, velocity, "snare")]
        takes.append(drums.play_kit(notes, SAMPLES, np.random.default_rng(3), kit="tight"))
    ghost, accent = takes
    assert np.abs(ghost).max() < 0.35 * np.abs(accent).max()
    assert band_share(ghost, 5_000, 20_000) < band_share(accent, 5_000, 20_000)


def test_the_microphones_of_a_kit_hear_one_performance():
    notes = [Note(0.1 + 0.2 * i, 0.1, 60, 0.8, p) for i, p in enumerate(["kick", "snare", "hat"])]
    parts = [
        drums.play_kit(notes, SAMPLES, np.random.default_rng(3), kit="808", pieces=pieces)
        for pieces in (drums.KICK, drums.SNARE, drums.OVERHEADS)
    ]
    for index, part in enumerate(parts):
        onset = np.argmax(np.abs(part).max(axis=0) > 0.05 * np.abs(part).max())
        assert onset / SAMPLE_RATE == pytest.approx(0.1 + 0.2 * index, abs=0.01)


@pytest.mark.parametrize("piece", percussion.RECIPES)
def test_hand_percussion_is_clean(piece):
    notes = [Note(0.2, 0.1, 60, 0.8, piece)]
    audio = percussion.play_percussion(notes, SAMPLES, np.random.default_rng(1))
    assert np.isfinite(audio).all()
    assert not audio[:, : round(0.19 * SAMPLE_RATE)].any()
    assert np.abs(audio).max() > 0.05


@pytest.mark.parametrize("gesture", effects.RECIPES)
def test_effects_are_clean_and_stereo(gesture):
    notes = [Note(0.2, 1.5, 48, 0.8, gesture)]
    audio = effects.play_effects(notes, SAMPLES, np.random.default_rng(1))
    assert audio.shape == (2, SAMPLES)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() > 0.005


def test_a_riser_rises():
    audio = effects.play_effects(
        [Note(0, 2.0, 48, 1.0, "riser")], SAMPLES, np.random.default_rng(1)
    )
    levels = [np.std(part) for part in np.array_split(audio[0], 4)]
    assert levels == sorted(levels)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("la", ("l", "a")),
        ("shi", ("sh", "i")),
        ("u", ("", "u")),
        ("dae", ("d", "ae")),
        ("?", ("", "a")),
    ],
)
def test_a_syllable_is_a_consonant_and_a_vowel(text, parts):
    assert voice.split_syllable(text) == parts


def vowel_balance(text):
    notes = [Note(0.2, 1.5, 50.0, 0.8, text)]
    singer = voice.draw_singer(np.random.default_rng(1), 50.0)
    audio = voice.sing(notes, SAMPLES, np.random.default_rng(2), singer)[np.newaxis]
    audio = audio[:, round(0.6 * SAMPLE_RATE) : round(1.5 * SAMPLE_RATE)]
    return band_share(audio, 560, 1_300), band_share(audio, 1_900, 3_000)


def test_vowels_can_be_told_apart():
    (a_mid, a_high), (i_mid, i_high) = vowel_balance("a"), vowel_balance("i")
    assert a_mid > 4 * i_mid
    assert i_high > 2 * a_high


def test_a_singer_breathes_between_phrases_and_hisses_an_s():
    notes = [Note(0.1, 0.4, 57.0, 0.8, "a"), Note(1.2, 0.5, 57.0, 0.8, "sa")]
    singer = voice.draw_singer(np.random.default_rng(1), 57.0)
    audio = voice.sing(notes, SAMPLES, np.random.default_rng(2), singer)
    breath = audio[round(0.8 * SAMPLE_RATE) : round(1.1 * SAMPLE_RATE)]
    hiss = audio[round(1.12 * SAMPLE_RATE) : round(1.2 * SAMPLE_RATE)]
    vowel = audio[round(1.35 * SAMPLE_RATE) : round(1.6 * SAMPLE_RATE)]
    assert 1e-4 < np.std(breath) < 0.2 * np.std(vowel)
    assert band_share(hiss[np.newaxis], 4_500, 20_000) > 0.5
    assert band_share(vowel[np.newaxis], 4_500, 20_000) < 0.1


def test_backing_singers_share_out_a_chord_without_overlaps():
    chord = [Note(t, 0.5, p, 0.7, "u") for t in (0.1, 0.6) for p in (55.0, 59.0, 62.0)]
    audio = voice.backing_vocals(chord, SAMPLES, np.random.default_rng(3))
    assert audio.shape == (2, SAMPLES)
    for pitch in (55, 59, 62):
        heard = fundamental_hz(audio.mean(axis=0)[6_000:], hertz(pitch))
        assert abs(cents(heard, hertz(pitch))) < 30
