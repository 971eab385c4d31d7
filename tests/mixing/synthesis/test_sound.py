"""The raw material: oscillators without aliases, exact strings, smooth envelopes, true filters."""

import numpy as np
import pytest

from mixing.synthesis.sound.constants import SAMPLE_RATE, hertz
from mixing.synthesis.sound.envelopes import adsr, softened, struck
from mixing.synthesis.sound.filters import BAND, HIGH, LOW, swept, tilt
from mixing.synthesis.sound.modes import struck_modes
from mixing.synthesis.sound.oscillators import SHAPES, tone, vibrato
from mixing.synthesis.sound.space import delayed, panned, room
from mixing.synthesis.sound.strings import Pluck, plucked
from mixing.synthesis.sound.vocal_tract import HOP, formants, resonate
from tests.mixing.synthesis.listening import cents, fundamental_hz


def level_db(audio):
    return 10 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-20)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("frequency", [41.2, 440.0, 3_000.0])
def test_an_oscillator_is_in_tune_and_has_no_aliases(shape, frequency):
    samples = 65_536
    audio = tone(shape, frequency, samples)
    spectrum = np.abs(np.fft.rfft(audio * np.blackman(samples)))
    hz = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    nearest = np.maximum(1, np.round(hz / frequency)) * frequency
    between = np.abs(hz - nearest) > 4 * SAMPLE_RATE / samples
    # 55 dB under the fundamental: what linear interpolation in 2048 points leaves.
    assert spectrum[between].max() < spectrum.max() * 10 ** (-55 / 20)
    assert abs(cents(fundamental_hz(audio, frequency), frequency)) < 0.1


def test_a_gliding_oscillator_equals_the_steady_one_where_it_does_not_glide():
    steady = tone("saw", 220.0, 10_000, 0.25)
    glided = tone("saw", np.full(10_000, 220.0), 10_000, 0.25)
    # The running phase of one and the multiplied phase of the other differ by rounding only.
    np.testing.assert_allclose(glided, steady, atol=2e-4)


def test_a_glide_over_octaves_stays_free_of_aliases():
    sweep = np.geomspace(2_000.0, 9_000.0, 44_100)
    audio = tone("saw", sweep, 44_100)
    low = np.abs(np.fft.rfft(audio * np.hanning(44_100)))[20:1_800]
    assert low.max() < 10 ** (-50 / 20) * np.abs(np.fft.rfft(audio)).max() * 10


def test_vibrato_swings_by_its_depth_around_the_pitch():
    curve = vibrato(440.0, SAMPLE_RATE, rate_hz=5.0, depth_cents=30.0)
    assert cents(curve.max(), 440.0) == pytest.approx(30.0, abs=0.1)
    assert cents(curve.min(), 440.0) == pytest.approx(-30.0, abs=0.1)


@pytest.mark.parametrize("damping", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("pitch", [28, 40, 57, 76])
def test_a_string_is_in_tune_within_a_cent(pitch, damping):
    pluck = Pluck(ring_s=6.0, damping=damping, position=0.2, brightness_hz=2_000.0)
    audio = plucked(hertz(pitch), 1.0, pluck, np.random.default_rng(3))
    assert abs(cents(fundamental_hz(audio, hertz(pitch)), hertz(pitch))) < 1.0


def test_a_string_rings_as_long_as_it_was_told():
    pluck = Pluck(ring_s=2.0, damping=0.0, position=0.2, brightness_hz=3_000.0)
    audio = plucked(110.0, 1.2, pluck, np.random.default_rng(5))
    early, late = audio[4_410:8_820], audio[4_410 + 44_100 : 8_820 + 44_100]
    assert level_db(early) - level_db(late) == pytest.approx(30.0, abs=1.5)


def test_struck_modes_keep_their_frequencies_and_decays():
    audio = struck_modes([500.0], [0.2], [1.0], SAMPLE_RATE)
    assert abs(cents(fundamental_hz(audio, 500.0), 500.0)) < 0.5
    fall = level_db(audio[8_820:13_230]) - level_db(audio[17_640:22_050])
    assert fall == pytest.approx(20 * np.log10(np.e), abs=0.1)
    assert audio[0] == pytest.approx(np.sin(2 * np.pi * 500 / SAMPLE_RATE), rel=1e-3)


def test_modes_above_hearing_are_left_out():
    assert not struck_modes([25_000.0], [1.0], [1.0], 1_000).any()


@pytest.mark.parametrize("held_s", [0.01, 0.05, 1.0])
def test_an_envelope_starts_and_ends_at_zero_without_a_step(held_s):
    shape = adsr(held_s, attack_s=0.02, decay_s=0.1, sustain=0.5, release_s=0.05)
    assert shape[0] == 0.0
    assert shape[-1] < 1e-3
    assert np.abs(np.diff(shape)).max() < 0.01
    assert len(shape) == round(held_s * SAMPLE_RATE) + round(0.05 * SAMPLE_RATE)


def test_a_struck_shape_falls_by_its_time_constant():
    shape = struck(SAMPLE_RATE, 0.3)
    assert shape[26_460] / shape[13_230] == pytest.approx(np.exp(-1), rel=1e-3)


def test_softening_survives_sounds_shorter_than_the_fades():
    assert np.isfinite(softened(np.ones(10, dtype=np.float32), attack_s=1.0)).all()
    assert softened(np.ones((2, 0), dtype=np.float32)).shape == (2, 0)


@pytest.mark.parametrize(
    ("mode", "passed", "stopped"), [(LOW, 200.0, 8_000.0), (HIGH, 8_000.0, 200.0)]
)
def test_a_swept_filter_passes_one_side_and_stops_the_other_by_12_db_an_octave(
    mode, passed, stopped
):
    out = [
        level_db(swept(tone("sine", hz, 20_000), 1_300.0, q=0.707, mode=mode)[4_000:]) + 3.01
        for hz in (passed, stopped)
    ]
    assert out[0] == pytest.approx(0.0, abs=0.3)
    assert out[1] < -28.0


def test_a_band_filter_passes_its_centre_unchanged():
    out = swept(tone("sine", 1_000.0, 20_000), 1_000.0, q=3.0, mode=BAND)
    assert level_db(out[4_000:]) == pytest.approx(-3.01, abs=0.1)


def test_a_tilt_lifts_the_treble_by_its_gain_and_leaves_the_bass():
    treble, bass = tone("sine", 12_000.0, 20_000), tone("sine", 60.0, 20_000)
    assert level_db(tilt(treble, 800.0, 6.0)) - level_db(treble) == pytest.approx(6.0, abs=0.3)
    assert level_db(tilt(bass, 800.0, 6.0)) - level_db(bass) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("position", [-1.0, -0.3, 0.0, 1.0])
def test_panning_keeps_the_power(position):
    mono = tone("sine", 440.0, 4_410)
    left, right = panned(mono, position)
    assert np.sum(left**2) + np.sum(right**2) == pytest.approx(np.sum(mono**2), rel=1e-5)
    assert np.sign(np.sum(right**2) - np.sum(left**2)).round() in (
        np.sign(position),
        0.0,
        1.0,
        -1.0,
    )


def test_a_delay_moves_sound_and_keeps_the_length():
    click = np.zeros(1_000, dtype=np.float32)
    click[0] = 1.0
    late = delayed(click, 0.01)
    assert late.shape == click.shape
    assert np.argmax(late) == 441
    assert not delayed(click, 1.0).any()


def test_a_room_decays_by_60_db_in_its_time_and_never_grows():
    click = np.zeros(3 * SAMPLE_RATE, dtype=np.float32)
    click[0] = 1.0
    sound = room(click, np.random.default_rng(2), size=1.0, decay_s=1.0)
    assert np.isfinite(sound).all()
    early, late = sound[:, 4_410:8_820], sound[:, 4_410 + 44_100 : 8_820 + 44_100]
    # Treble is damped on top of the decay time, so the fall is at least 60 dB.
    assert level_db(early) - level_db(late) > 55.0
    assert sound[0] @ sound[1] / np.sqrt(np.sum(sound[0] ** 2) * np.sum(sound[1] ** 2)) < 0.3


@pytest.mark.parametrize("vowel", ["a", "i", "u"])
def test_a_mouth_resonates_at_its_formants(vowel):
    click = np.zeros(16_384, dtype=np.float32)
    click[0] = 1.0
    mouth = np.tile(formants(vowel, 1.0), (16_384 // HOP + 1, 1))
    spectrum = np.abs(np.fft.rfft(resonate(click, mouth)))
    hz = np.fft.rfftfreq(16_384, 1 / SAMPLE_RATE)
    for wanted in formants(vowel, 1.0)[:2]:
        near = (hz > wanted * 0.85) & (hz < wanted * 1.15)
        assert hz[near][np.argmax(spectrum[near])] == pytest.approx(wanted, rel=0.05)
