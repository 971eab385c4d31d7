"""Reference matching: what was done to a sound by known settings is found and undone."""

import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from mixing.audio import bands, biquad
from mixing.audio.biquad import eq_response_db
from mixing.audio.measurements import measure
from mixing.audio.parameters import MASTER, Settings
from mixing.audio.reference import EQUALISER, Match, Profile, difference_db, match

RATE = 44_100
FLAT = Settings.default(1).master
CENTRES_HZ = [100.0, 250.0, 1000.0, 3500.0, 8000.0]
HZ = np.array(bands.THIRDS_HZ)
INSIDE = (HZ > 40) & (HZ < 12_000)


def music(seed: int = 0) -> NDArray[np.float32]:
    """Pinkish noise (2, samples) whose level swells."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((2, 12 * RATE))
    spectrum = np.fft.rfft(white)
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.shape[1]), 20))
    pink = np.fft.irfft(spectrum)
    swell = 1 + 0.6 * np.sin(2 * np.pi * np.arange(pink.shape[1]) / RATE / 3)
    return (0.1 * pink / pink.std() * swell).astype(np.float32)


def coloured(audio: NDArray[np.float32], master: dict[str, float]) -> NDArray[np.float32]:
    return scipy.signal.sosfilt(biquad.equaliser(master, RATE), audio).astype(np.float32)


def profile(audio: NDArray[np.float32]) -> Profile:
    return Profile.of(measure(audio, RATE).to_json())


def matched(mix: Profile, reference: Profile, amount: float = 1.0) -> Match:
    return match(mix, reference, FLAT, gain_db=0.0, amount=amount)


def colours() -> list[dict[str, float]]:
    rng = np.random.default_rng(11)
    known = {"low_shelf_gain_db": 4.0, "peak2_gain_db": -3.0, "high_shelf_gain_db": -5.0}
    drawn = []
    for _ in range(4):
        gains = {p.name: float(rng.uniform(-5, 5)) for p in MASTER if p.name.endswith("_gain_db")}
        drawn.append({name: gains[name] for name in EQUALISER if name in gains})
    return [known, *drawn]


@pytest.mark.parametrize("colour", colours())
def test_a_known_master_equaliser_is_found_within_1_db(colour: dict[str, float]) -> None:
    """The same music through a known equaliser is the reference: the fit must draw its curve."""
    target = {**FLAT, **colour}
    found = {**FLAT, **matched(profile(music()), profile(coloured(music(), target))).master}
    for freqs in (np.array(CENTRES_HZ), HZ[INSIDE]):
        off = eq_response_db(found, freqs) - eq_response_db(target, freqs)
        off -= off.mean()  # loudness is matched apart
        assert np.abs(off).max() < 1.0, (freqs, off)


@pytest.mark.parametrize("colour", colours()[:3])
def test_the_matched_sound_measures_like_the_reference(colour: dict[str, float]) -> None:
    """Through the real filters, on other noise of the same colour, and as predicted."""
    reference = profile(coloured(music(seed=1), {**FLAT, **colour}))
    mix = music()
    change = matched(profile(mix), reference)
    after = profile(coloured(mix, {**FLAT, **change.master}))
    left = np.array(after.third_octaves_db) - np.array(reference.third_octaves_db)
    assert np.abs(left[INSIDE]).max() < 1.5
    off = (np.array(after.third_octaves_db) - change.predicted_db)[INSIDE]
    assert np.abs(off - off.mean()).max() < 0.6


def test_half_the_amount_goes_half_the_way() -> None:
    mix = profile(music())
    reference = profile(coloured(music(), {**FLAT, "high_shelf_gain_db": 5.0}))
    whole = eq_response_db({**FLAT, **matched(mix, reference).master}, HZ)
    half = eq_response_db({**FLAT, **matched(mix, reference, 0.5).master}, HZ)
    np.testing.assert_allclose(half - half.mean(), (whole - whole.mean()) / 2, atol=0.4)


def test_nothing_asked_or_nothing_different_changes_nothing() -> None:
    mix = profile(music())
    assert (
        matched(mix, profile(coloured(music(), {**FLAT, "peak1_gain_db": 6.0})), 0.0).master == {}
    )
    same = match(mix, mix, {**FLAT, "target_lufs": mix.lufs}, gain_db=0.0, amount=1.0)
    moved = eq_response_db({**FLAT, **same.master}, HZ)
    assert np.abs(moved - moved.mean()).max() < 0.05
    assert "comp_ratio" not in same.master


def test_loudness_follows_within_the_knobs_range() -> None:
    quiet = Profile((-15.0,) * 30, -18.0, -15.0)
    loud = Profile((-15.0,) * 30, -4.0, -1.0)
    assert matched(quiet, loud).master["target_lufs"] == -9.0
    assert matched(quiet, loud, 0.25).master["target_lufs"] == pytest.approx(-14.5)


def test_a_denser_reference_closes_the_compressor_and_a_livelier_one_opens_it() -> None:
    mix, dense = Profile((-15.0,) * 30, -14.0, -8.0), Profile((-15.0,) * 30, -14.0, -11.0)
    closed = match(mix, dense, FLAT, gain_db=6.0, amount=1.0).master
    # Half of 6 LU should go: a slope of one half.
    assert closed["comp_ratio"] == pytest.approx(2.0)
    assert closed["comp_threshold_db"] == pytest.approx(-20.0)
    opened = match(dense, mix, {**FLAT, "comp_ratio": 2.0}, gain_db=6.0, amount=1.0).master
    assert opened["comp_ratio"] == pytest.approx(1.0)
    assert "comp_threshold_db" not in opened


def test_values_stay_in_the_table_whatever_the_reference() -> None:
    wild = Profile(tuple(-3.0 - 40.0 * (i % 2) for i in range(30)), -2.0, 8.0)
    tilted = Profile(tuple(np.linspace(-60, -2, 30)), -40.0, -39.0)
    for reference in (wild, tilted):
        change = matched(profile(music()), reference)
        Settings.from_json({"version": 1, "strips": [{}], "master": change.master})
        assert np.isfinite(change.predicted_db).all()


def test_empty_bands_say_nothing() -> None:
    mix = profile(music())
    band_limited = [level if i > 5 else -120.0 for i, level in enumerate(mix.third_octaves_db)]
    missing = difference_db(mix, Profile(tuple(band_limited), mix.lufs, mix.momentary_max_lufs))
    assert np.abs(missing).max() < 0.5
    nothing = Profile((-120.0,) * 30, mix.lufs, mix.momentary_max_lufs)
    assert not difference_db(mix, nothing).any()


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan")])
def test_amounts_outside_are_refused(amount: float) -> None:
    mix = profile(music())
    with pytest.raises(ValueError, match="amount"):
        matched(mix, mix, amount)
