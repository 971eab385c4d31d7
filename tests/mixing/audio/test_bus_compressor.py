"""The bus compressor's curve, its side chain, and the dry sound beside it."""

import numpy as np
import pytest

from mixing.audio.bus_compressor import BusCompressor
from mixing.audio.compressor import reduction_db
from mixing.audio.parameters import MASTER
from tests.mixing.audio import oracle_console

RATE = 44_100
N = np.arange(2 * RATE)
SECTION = {p.name: p.default for p in MASTER} | {
    "comp_threshold_db": -20.0,
    "comp_ratio": 4.0,
    "comp_attack_ms": 5.0,
}


def tone(hz, level_db):
    return np.tile(10 ** (level_db / 20) * np.sin(2 * np.pi * hz / RATE * N), (2, 1))


def compressed(audio, section, chunk=5000):
    out = np.array(audio, np.float32)
    unit = BusCompressor(section, RATE)
    for at in range(0, out.shape[1], chunk):
        unit.process(out[:, at : at + chunk])
    return out


def level_change_db(section, hz, level_db):
    """Change of a steady tone's level over its last half second."""
    before = tone(hz, level_db)
    late = slice(3 * RATE // 2, None)
    return 20 * np.log10(compressed(before, section)[:, late].std() / before[:, late].std())


@pytest.mark.parametrize("mix", [0.0, 0.3, 0.7, 1.0])
def test_parallel_mix_adds_the_dry_sound(mix):
    """Of a steady tone that is turned down by r dB there remains (1 - mix) + mix 10^(-r / 20)."""
    section = SECTION | {"comp_mix": mix, "comp_release_ms": 1000.0, "comp_attack_ms": 0.5}
    wet = 10 ** (-float(reduction_db(-6.0, -20.0, 4.0, 6.0)) / 20)
    expected = 20 * np.log10(1 - mix + mix * wet)
    assert level_change_db(section, 4000.0, -6.0) == pytest.approx(expected, abs=0.2)


def test_makeup_belongs_to_the_compressed_sound():
    section = SECTION | {"comp_ratio": 1.0, "comp_mix": 0.5, "comp_makeup_db": 6.0}
    expected = 20 * np.log10(0.5 + 0.5 * 10 ** (6 / 20))
    assert level_change_db(section, 1000.0, -30.0) == pytest.approx(expected, abs=1e-3)


def test_bass_does_not_steer_behind_the_side_chains_highpass():
    cut = SECTION | {"comp_sidechain_hz": 200.0}
    assert level_change_db(SECTION, 50.0, -6.0) < -7.0
    # two octaves below the cutoff the key is 24 dB down and so under the threshold
    assert level_change_db(cut, 50.0, -6.0) == pytest.approx(0.0, abs=0.05)
    assert level_change_db(cut, 2000.0, -6.0) == pytest.approx(
        level_change_db(SECTION, 2000.0, -6.0), abs=0.1
    )


@pytest.mark.parametrize("attack_ms", [1.0, 100.0])
@pytest.mark.parametrize("chunk", [7, 5000])
def test_it_agrees_with_the_oracle(attack_ms, chunk):
    """Also where the attack is slower than the release, which the kernel handles by a sign."""
    rng = np.random.default_rng(0)
    audio = rng.standard_normal((2, 7000)) * np.exp(-(np.arange(7000) % 2000) / 400)
    section = SECTION | {
        "comp_attack_ms": attack_ms, "comp_release_ms": 30.0, "comp_mix": 0.6,
        "comp_sidechain_hz": 90.0, "comp_makeup_db": 3.0,
    }  # fmt: skip
    exact = oracle_console.compress(audio, section, RATE)
    error = compressed(audio, section, chunk) - exact
    assert 10 * np.log10((exact**2).sum() / (error**2).sum()) > 80


def test_off_changes_no_sample():
    audio = tone(100.0, 0.0).astype(np.float32)
    section = {p.name: p.default for p in MASTER}
    np.testing.assert_array_equal(compressed(audio, section), audio)
