"""Biquads against the analogue prototypes of the RBJ cookbook."""

import numpy as np
import pytest
from scipy.signal import freqz_sos

from mixing.audio.biquad import (
    BUTTERWORTH_Q,
    FLAT,
    eq_response_db,
    equaliser,
    high_shelf,
    highpass,
    low_shelf,
    peak,
    response_db,
)
from mixing.audio.parameters import MASTER, STRIP

RATE = 44_100
FREQS = np.geomspace(20, 20_000, 200)
EQ_OFF = {p.name: p.default for p in STRIP}


def prototype_db(kind, hz, gain_db=0.0, q=BUTTERWORTH_Q):
    """|H(s)| of the cookbook's prototypes, s warped as the bilinear transform warps it."""
    s = 1j * np.tan(np.pi * FREQS / RATE) / np.tan(np.pi * hz / RATE)
    a = 10 ** (gain_db / 40)
    h = {
        "highpass": s**2 / (s**2 + s / q + 1),
        "peak": (s**2 + s * (a / q) + 1) / (s**2 + s / (a * q) + 1),
        "low_shelf": a * (s**2 + np.sqrt(a) / q * s + a) / (a * s**2 + np.sqrt(a) / q * s + 1),
        "high_shelf": a * (a * s**2 + np.sqrt(a) / q * s + 1) / (s**2 + np.sqrt(a) / q * s + a),
    }[kind]
    return 20 * np.log10(np.abs(h))


@pytest.mark.parametrize("hz", [20.5, 100.0, 1000.0, 8000.0, 16000.0])
def test_a_highpass_follows_its_prototype_and_is_3_db_down_at_its_frequency(hz):
    np.testing.assert_allclose(
        response_db(highpass(hz), FREQS), prototype_db("highpass", hz), atol=1e-6
    )
    assert response_db(highpass(hz), [hz])[0] == pytest.approx(-3.0103, abs=1e-4)


def test_a_highpass_falls_12_db_per_octave():
    low, high = response_db(highpass(400.0), [25.0, 50.0])
    assert high - low == pytest.approx(12.04, abs=0.05)


@pytest.mark.parametrize("hz", [60.0, 1000.0, 12000.0])
@pytest.mark.parametrize("gain_db", [-12.0, -3.0, 6.0, 12.0])
@pytest.mark.parametrize("q", [0.3, 0.9, 4.0])
def test_a_peak_follows_its_prototype_and_has_its_gain_at_its_frequency(hz, gain_db, q):
    coefficients = peak(hz, gain_db, q)
    np.testing.assert_allclose(
        response_db(coefficients, FREQS), prototype_db("peak", hz, gain_db, q), atol=1e-6
    )
    assert response_db(coefficients, [hz])[0] == pytest.approx(gain_db, abs=1e-9)


@pytest.mark.parametrize(("shelf", "kind"), [(low_shelf, "low_shelf"), (high_shelf, "high_shelf")])
@pytest.mark.parametrize("hz", [100.0, 3000.0, 12000.0])
@pytest.mark.parametrize("gain_db", [-12.0, 5.0])
def test_a_shelf_follows_its_prototype_and_has_half_its_gain_at_its_frequency(
    shelf, kind, hz, gain_db
):
    coefficients = shelf(hz, gain_db)
    np.testing.assert_allclose(
        response_db(coefficients, FREQS), prototype_db(kind, hz, gain_db), atol=1e-6
    )
    assert response_db(coefficients, [hz])[0] == pytest.approx(gain_db / 2, abs=1e-9)
    ends = response_db(coefficients, [1e-3, RATE / 2 - 1e-3])
    at_rest, raised = (ends[0], ends[1]) if kind == "high_shelf" else (ends[1], ends[0])
    assert raised == pytest.approx(gain_db, abs=1e-6)
    assert at_rest == pytest.approx(0.0, abs=1e-6)


def test_the_response_agrees_with_scipy():
    coefficients = peak(700.0, 5.0, 1.2)
    _, h = freqz_sos(coefficients[None, :], FREQS, fs=RATE)
    np.testing.assert_allclose(response_db(coefficients, FREQS), 20 * np.log10(abs(h)), atol=1e-9)


def test_all_filters_of_the_tables_extremes_are_stable():
    for edge in ("minimum", "maximum"):
        for rate in (22_050, 44_100, 192_000):
            rows = equaliser({p.name: getattr(p, edge) for p in STRIP}, rate)
            poles = np.concatenate([np.roots(row[3:]) for row in rows])
            assert np.abs(poles).max() < 1


def test_an_equaliser_at_rest_is_flat():
    np.testing.assert_allclose(eq_response_db(EQ_OFF, FREQS), 0.0, atol=1e-9)
    np.testing.assert_array_equal(equaliser(EQ_OFF)[0], FLAT)


def test_the_master_has_no_highpass():
    rows = equaliser({p.name: p.default for p in MASTER})
    assert rows.shape == (6, 6)
    np.testing.assert_array_equal(rows[0], FLAT)


def test_the_curve_of_an_equaliser_is_the_sum_of_its_bands():
    section = EQ_OFF | {"highpass_hz": 80.0, "peak2_gain_db": 6.0, "high_shelf_gain_db": -4.0}
    bands = highpass(80.0), peak(1000.0, 6.0, 0.9), high_shelf(8000.0, -4.0)
    together = sum(response_db(band, FREQS) for band in bands)
    np.testing.assert_allclose(eq_response_db(section, FREQS), together, atol=1e-9)
