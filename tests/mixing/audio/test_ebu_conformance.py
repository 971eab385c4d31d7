"""EBU Tech 3341 and 3342 and ITU-R BS.1770: every requirement whose signal can be made, in tables.

Left out are cases 7 and 8 of Tech 3341 and 5 and 6 of Tech 3342: they are recordings. Tolerances
are the documents': 0.1 LU for loudness, 1 LU for its range, +0.2 and -0.4 dB for true peaks.
"""

import numpy as np
import pytest
from scipy.signal import freqz_sos

from mixing.audio.loudness import (
    integrated_lufs,
    loudness_range,
    momentary_lufs,
    short_term_lufs,
)
from mixing.audio.true_peak import true_peak_dbtp
from tests.mixing.audio.ebu_signals import (
    SILENT_DBFS,
    Parts,
    one_louder_cycle,
    steady_sine,
    surround_tones,
    tones,
)

RATES = pytest.mark.parametrize("rate", [44_100, 48_000])
LU = 0.1
LRA_LU = 1.0
PEAK_ABOVE_DB, PEAK_BELOW_DB = 0.2, 0.4


# Tech 3341, table 1 -----------------------------------------------------------------------------

INTEGRATED: list[tuple[str, Parts, float]] = [
    ("case 1", [(-23.0, 20.0)], -23.0),
    ("case 2", [(-33.0, 20.0)], -33.0),
    ("case 3", [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
    (
        "case 4",
        [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
        -23.0,
    ),
    ("case 5", [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
]


@RATES
@pytest.mark.parametrize(
    ("parts", "expected"), [row[1:] for row in INTEGRATED], ids=[row[0] for row in INTEGRATED]
)
def test_integrated(parts: Parts, expected: float, rate: int) -> None:
    assert integrated_lufs(tones(parts, rate), rate) == pytest.approx(expected, abs=LU)


@RATES
def test_integrated_case_6_of_five_channels(rate: int) -> None:
    audio = surround_tones([-28.0, -28.0, -24.0, -30.0, -30.0], 20.0, rate)
    assert integrated_lufs(audio, rate) == pytest.approx(-23.0, abs=LU)


@RATES
@pytest.mark.parametrize("level", [-23.0, -33.0], ids=["case 1", "case 2"])
def test_momentary_and_short_term_of_a_steady_tone(level: float, rate: int) -> None:
    audio = tones([(level, 5.0)], rate)
    np.testing.assert_allclose(momentary_lufs(audio, rate)[5:], level, atol=LU)
    np.testing.assert_allclose(short_term_lufs(audio, rate)[5:], level, atol=LU)


@RATES
def test_short_term_case_9_is_constant(rate: int) -> None:
    audio = tones([(-20.0, 1.34), (-30.0, 1.66)] * 5, rate)
    np.testing.assert_allclose(short_term_lufs(audio, rate), -23.0, atol=LU)


@RATES
def test_momentary_case_12_is_constant(rate: int) -> None:
    audio = tones([(-20.0, 0.18), (-30.0, 0.22)] * 25, rate)
    np.testing.assert_allclose(momentary_lufs(audio, rate), -23.0, atol=LU)


@pytest.mark.parametrize("number", range(20))
def test_highest_short_term_cases_10_and_11(number: int) -> None:
    wait = number * 0.15
    steady = tones([(SILENT_DBFS, wait), (-23.0, 3.0), (SILENT_DBFS, 1.0)], 48_000)
    assert short_term_lufs(steady, 48_000).max() == pytest.approx(-23.0, abs=LU)
    level = -38.0 + number
    rising = tones([(SILENT_DBFS, wait), (level, 3.0), (SILENT_DBFS, 3.0 - wait)], 48_000)
    assert short_term_lufs(rising, 48_000).max() == pytest.approx(level, abs=LU)


@pytest.mark.parametrize("number", range(20))
def test_highest_momentary_cases_13_and_14(number: int) -> None:
    wait = number * 0.02
    steady = tones([(SILENT_DBFS, wait), (-23.0, 0.4), (SILENT_DBFS, 1.0)], 48_000)
    assert momentary_lufs(steady, 48_000).max() == pytest.approx(-23.0, abs=LU)
    level = -38.0 + number
    rising = tones([(SILENT_DBFS, wait), (level, 0.4), (SILENT_DBFS, 0.4 - wait)], 48_000)
    assert momentary_lufs(rising, 48_000).max() == pytest.approx(level, abs=LU)


TRUE_PEAK = [
    ("case 15", 4, 0.0, 0.50, -6.0),
    ("case 16", 4, 45.0, 0.50, -6.0),
    ("case 17", 6, 60.0, 0.50, -6.0),
    ("case 18", 8, 67.5, 0.50, -6.0),
    ("case 19", 4, 45.0, 1.41, 3.0),
]


@RATES
@pytest.mark.parametrize(
    ("divisor", "phase", "amplitude", "expected_dbtp"),
    [row[1:] for row in TRUE_PEAK],
    ids=[row[0] for row in TRUE_PEAK],
)
def test_true_peak(
    divisor: int, phase: float, amplitude: float, expected_dbtp: float, rate: int
) -> None:
    level = true_peak_dbtp(steady_sine(divisor, phase, amplitude, rate), rate)
    assert -PEAK_BELOW_DB <= level - expected_dbtp <= PEAK_ABOVE_DB


@RATES
@pytest.mark.parametrize("offset", range(4), ids=[f"case {20 + offset}" for offset in range(4)])
def test_true_peak_of_one_louder_cycle(offset: int, rate: int) -> None:
    assert -PEAK_BELOW_DB <= true_peak_dbtp(one_louder_cycle(offset, rate), rate) <= PEAK_ABOVE_DB


# Tech 3342, table 1 -----------------------------------------------------------------------------


@RATES
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([-20.0, -30.0], 10.0, id="case 1"),
        pytest.param([-20.0, -15.0], 5.0, id="case 2"),
        pytest.param([-40.0, -20.0], 20.0, id="case 3"),
        pytest.param([-50.0, -35.0, -20.0, -35.0, -50.0], 15.0, id="case 4"),
    ],
)
def test_loudness_range(levels: list[float], expected: float, rate: int) -> None:
    audio = tones([(level, 20.0) for level in levels], rate)
    assert loudness_range(audio, rate) == pytest.approx(expected, abs=LRA_LU)


# BS.1770, Annex 1 -------------------------------------------------------------------------------

# Tables 1 and 2 of the Recommendation, at 48 kHz: pre-filter and RLB filter.
_TABLES = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285,
         1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)  # fmt: skip


@RATES
def test_a_full_scale_sine_on_one_side_is_at_minus_3_01(rate: int) -> None:
    audio = tones([(0.0, 3.0)], rate, hz=997.0) * np.array([[1.0], [0.0]], np.float32)
    assert integrated_lufs(audio, rate) == pytest.approx(-3.01, abs=LU)


@RATES
@pytest.mark.parametrize("target", [-23.0, -24.0])
@pytest.mark.parametrize("hz", [25.0, 100.0, 500.0, 1000.0, 2000.0, 10_000.0])
def test_tones_across_the_spectrum_read_what_the_tables_say(
    hz: float, target: float, rate: int
) -> None:
    """As the compliance material of BS.2217: a stereo sine at the level that should read so."""
    _, response = freqz_sos(_TABLES, [hz], fs=48_000)
    gain_db = float(20 * np.log10(abs(response[0])))
    level = target + 0.691 - gain_db  # a sine's power is half, and there are two of them
    assert integrated_lufs(tones([(level, 4.0)], rate, hz=hz), rate) == pytest.approx(
        target, abs=LU
    )


@RATES
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([(-69.5, 10.0), (-70.5, 10.0)], -69.5, id="absolute gate"),
        pytest.param([(-20.0, 20.0), (-34.0, 20.0)], -20.0, id="below the relative gate"),
        pytest.param([(-20.0, 20.0), (-25.0, 20.0)], -21.81, id="above the relative gate"),
    ],
)
def test_gates(parts: Parts, expected: float, rate: int) -> None:
    assert integrated_lufs(tones(parts, rate), rate) == pytest.approx(expected, abs=LU)
