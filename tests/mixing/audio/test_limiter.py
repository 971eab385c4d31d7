"""The limiter keeps its ceiling at any oversampling, and is otherwise not heard."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from mixing.audio.decibels import amplitude
from mixing.audio.limiter import Limiter
from tests.mixing.audio import oracle_console

RATE = 44_100


def highest_dbtp(audio, factor):
    """True peak by SciPy's resampler with a long filter, a meter of its own."""
    fine = resample_poly(np.asarray(audio, np.float64), factor, 1, axis=-1, window=("kaiser", 9.0))
    return 20 * np.log10(np.abs(fine).max())


def limited(mix, gain_db, ceiling_dbtp=-1.0):
    limiter = Limiter(np.asarray(mix, np.float32), ceiling_dbtp, RATE)
    audio = limiter.apply(amplitude(gain_db))
    limiter.keep_ceiling(audio)
    return audio


def music(seconds=2.0, seed=0):
    """Decaying noise hits and a low tone, peaking near full scale."""
    rng = np.random.default_rng(seed)
    n = np.arange(round(seconds * RATE))
    hits = rng.standard_normal((2, n.size)) * np.exp(-(n % 11_025) / 900) * 0.4
    return hits + 0.4 * np.sin(2 * np.pi * 110 / RATE * n)


SIGNALS = {
    "music": music(),
    "fast sine": np.tile(np.sin(2 * np.pi * 11_025 / RATE * np.arange(20_000) + np.pi / 4), (2, 1)),
    "square": np.tile(np.sign(np.sin(2 * np.pi * 997 / RATE * np.arange(20_000))), (2, 1)),
    "noise": np.random.default_rng(1).standard_normal((2, 20_000)),
    "impulses": np.eye(2, 20_000, 9_000) + np.eye(2, 20_000, 19_998),
    "one side": music() * [[1.0], [0.0]],
}


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
@pytest.mark.parametrize("gain_db", [0.0, 12.0, 36.0])
@pytest.mark.parametrize("ceiling_dbtp", [-1.0, -6.0])
def test_no_peak_passes_the_ceiling_at_4_or_8_times(signal, gain_db, ceiling_dbtp):
    audio = limited(signal, gain_db, ceiling_dbtp)
    for factor in (1, 4, 8):
        assert highest_dbtp(audio, factor) <= ceiling_dbtp + 0.01


def nasty(seed, count=12_000):
    """Random clicks, bursts, clipped noise and tones near the top, at any level."""
    rng = np.random.default_rng(seed)
    n = np.arange(count)
    clicks = (rng.random((2, count)) < 0.002) * rng.standard_normal((2, count)) * 5
    burst = rng.standard_normal((2, count)) * (rng.random(count // 500).repeat(500) < 0.3)
    clipped = np.clip(rng.standard_normal((2, count)) * 8, -1, 1)
    tone = np.sin(np.pi * rng.uniform(0.3, 0.9) * n + rng.uniform(0, 7)) * rng.random()
    weights = 10 ** (rng.uniform(-40, 6, 4) / 20)
    parts = (clicks, burst, clipped, np.tile(tone, (2, 1)))
    return sum(weight * part for weight, part in zip(weights, parts, strict=True))


@pytest.mark.parametrize("seed", range(24))
def test_nothing_nasty_passes_the_ceiling_at_8_times(seed):
    gain_db = float(np.random.default_rng(seed + 1000).uniform(0, 40))
    audio = limited(nasty(seed), gain_db, ceiling_dbtp=-1.0)
    assert highest_dbtp(audio, 8) <= -1.0
    assert np.isfinite(audio).all()


def test_blocks_that_cannot_reach_the_threshold_are_not_looked_into_and_none_is_missed():
    """Whatever was skipped by the bound, a limiter that looked everywhere gives the same."""
    mix = music(seed=3).astype(np.float32)
    lazy, thorough = (Limiter(mix, -1.0, RATE) for _ in range(2))
    thorough.reduces(1e6)
    for gain_db in (0.0, 3.0, 9.0):
        np.testing.assert_array_equal(
            lazy.apply(amplitude(gain_db)), thorough.apply(amplitude(gain_db))
        )
    assert lazy._possible.max() > 0  # some blocks were never looked into


def test_what_needs_no_limiting_is_only_turned_up():
    mix = (music() * 0.1).astype(np.float32)
    np.testing.assert_allclose(limited(mix, 3.0), mix * amplitude(3.0), rtol=1e-6)


def test_it_comes_close_to_the_ceiling_and_no_closer():
    assert highest_dbtp(limited(music(), 12.0), 8) == pytest.approx(-1.25, abs=0.1)


def test_the_gain_recovers_between_peaks():
    n = 2 * RATE
    mix = np.full((2, n), 0.1, np.float32)
    mix[:, RATE // 2] = 2.0
    gain = limited(mix, 0.0)[0] / mix[0]
    assert gain[RATE // 2] < 0.45
    assert gain[: RATE // 2 - 400].min() == pytest.approx(1.0, abs=1e-6)
    after = (1 - gain[RATE // 2 + round(0.12 * RATE)]) / (1 - gain[RATE // 2])
    assert after == pytest.approx(np.exp(-0.12 / 0.09), rel=0.15)


def test_the_gain_is_smooth():
    """A 3 kHz sine in full limiting stays a sine: what is added is below -60 dB."""
    n = np.arange(RATE)
    sine = np.sin(2 * np.pi * 3000 / RATE * n) * np.where(n < RATE // 2, 1.0, 0.5)
    audio = limited(np.tile(sine, (2, 1)), 6.0)[0]
    part = audio[RATE // 8 : RATE * 3 // 8] * np.hanning(RATE // 4)
    spectrum = np.abs(np.fft.rfft(part)) ** 2
    tone = round(3000 * part.size / RATE)
    total, main = spectrum.sum(), spectrum[tone - 4 : tone + 5].sum()
    assert 10 * np.log10((total - main) / main) < -60


def test_it_agrees_with_the_plain_oracle():
    mix = music().astype(np.float32)
    for gain_db in (3.0, 12.0):
        audio = Limiter(mix, -1.0, RATE).apply(amplitude(gain_db))
        exact = oracle_console.limit(mix.astype(np.float64), amplitude(gain_db), -1.0, RATE)
        noise = ((audio - exact) ** 2).sum()
        assert 10 * np.log10((exact**2).sum() / noise) > 80


def test_silence_stays_silence():
    assert not limited(np.zeros((2, 1000)), 40.0).any()


@pytest.mark.parametrize("count", [0, 1, 50, 513])
def test_scraps_shorter_than_the_lookahead(count):
    audio = limited(np.full((2, count), 3.0), 6.0)
    assert audio.shape == (2, count)
    assert np.abs(audio).max(initial=0.0) <= amplitude(-1.0)
