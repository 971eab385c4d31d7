"""Pooled statistics: free of level, length and gaps; moved exactly by an equaliser."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from mixing.audio.biquad import equaliser
from mixing.audio.parameters import STRIP
from mixing.audio.spectrogram import log_mel
from mixing.networks.equaliser import GAINS, eq_curve_db
from mixing.networks.pooling import POOLED_SIZE, Pooled, centroid_octaves, pool, power_sum_db
from mixing.synthesis.song import compose

from .conftest import noise_mel


def test_features_do_not_change_with_level() -> None:
    quiet, loud = (pool(noise_mel(level)).features() for level in (-70.0, -35.0))
    assert quiet.shape == (POOLED_SIZE,)
    np.testing.assert_allclose(quiet, loud, atol=1e-4)


def test_gaps_of_silence_change_little() -> None:
    mel = noise_mel(frames=200)
    gap = np.full((150, 128), -100.0, np.float32)
    whole, gappy = pool(mel), pool(np.concatenate([gap, mel[:100], gap, mel[100:], gap]))
    np.testing.assert_allclose(whole.levels, gappy.levels, atol=0.01)
    np.testing.assert_allclose(whole.movements, gappy.movements, atol=0.6)  # two seams less
    assert gappy.scalars[2] == pytest.approx(200 / 650, abs=0.01)  # activity


def test_length_changes_little() -> None:
    mel = noise_mel(frames=300)
    once, often = pool(mel).features(), pool(np.tile(mel, (20, 1))).features()
    assert np.abs(once - often).max() < 0.25  # few frames make ragged percentiles


def test_silence_and_nothing_are_silent() -> None:
    for mel in (np.full((50, 128), -100.0), np.zeros((0, 128))):
        assert not pool(mel).scalars.any()
        assert np.isfinite(pool(mel).features()).all()
    assert np.isfinite(Pooled.silent().features()).all()


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="128"):
        pool(np.zeros((128, 40)))


def test_one_frame_is_enough() -> None:
    assert np.isfinite(pool(noise_mel(frames=1)).features()).all()


def test_shift_is_what_the_consoles_filters_do() -> None:
    gains = np.array([6.0, -5.0, 4.0, -6.0, 5.0])
    strip = {p.name: p.default for p in STRIP} | dict(zip(GAINS, gains.tolist(), strict=True))
    for stem in compose(seed=3, seconds=3.0).stems[:4]:
        filtered = sosfilt(equaliser(strip), stem.audio, axis=1).astype(np.float32)
        shifted = pool(log_mel(stem.audio)).shift(eq_curve_db(gains)).levels
        real = pool(log_mel(filtered)).levels
        loud = real > real.max() - 50.0
        # Bands have a width and active frames are chosen again, so not to the last decibel.
        assert np.abs(shifted - real)[loud].mean() < 0.5


def test_power_sum_of_equal_parts() -> None:
    assert power_sum_db(np.full(10, -30.0, np.float32)) == pytest.approx(-20.0, abs=1e-4)


def test_centroid_of_one_band() -> None:
    energy = np.full((128,), -100.0, np.float32)
    energy[40] = 0.0
    low, high = centroid_octaves(energy), centroid_octaves(np.roll(energy, 40))
    assert low < high
