"""Curves against the console's own filters and loudness meter."""

import numpy as np
import pytest

from mixing.audio import SAMPLE_RATE
from mixing.audio.biquad import eq_response_db
from mixing.audio.loudness import integrated_lufs
from mixing.audio.parameters import STRIP
from mixing.audio.spectrogram import band_centres_hz, log_mel
from mixing.networks.equaliser import GAINS, eq_curve_db, loudness_db
from mixing.networks.pooling import pool


def test_curves_are_the_biquads_response_between_grid_points_too() -> None:
    rng = np.random.default_rng(0)
    for gains in rng.uniform(-12.0, 12.0, (20, 5)):
        strip = {p.name: p.default for p in STRIP} | dict(zip(GAINS, gains.tolist(), strict=True))
        wanted = eq_response_db(strip, band_centres_hz())
        np.testing.assert_allclose(eq_curve_db(gains), wanted, atol=0.05)


def test_opposite_gains_undo_each_other() -> None:
    gains = np.array([9.0, -9.0, 5.0, -3.0, 7.0])
    np.testing.assert_allclose(eq_curve_db(gains) + eq_curve_db(-gains), 0.0, atol=1e-3)


@pytest.mark.parametrize("hz", [60.0, 200.0, 1000.0, 6000.0])
def test_loudness_differences_are_those_of_the_meter(hz: float) -> None:
    time = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    sines = [(0.1 * np.sin(2 * np.pi * f * time)).astype(np.float32)[None] for f in (hz, 500.0)]
    metered = [integrated_lufs(sine, SAMPLE_RATE) for sine in sines]
    heard = [loudness_db(pool(log_mel(sine)).levels[0]) for sine in sines]
    # A band is as wide as 67 Hz: at the low end the weighting varies inside it.
    assert heard[0] - heard[1] == pytest.approx(
        metered[0] - metered[1], abs=1.5 if hz < 100 else 0.3
    )
