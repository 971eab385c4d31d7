"""Pan law, balance law and width."""

import numpy as np
import pytest

from mixing.audio.panning import balance_gains, pan_gains, placement, width_matrix


@pytest.mark.parametrize("pan", np.linspace(-1, 1, 21))
def test_a_panned_mono_strip_keeps_its_power(pan):
    left, right = pan_gains(pan)
    assert left**2 + right**2 == pytest.approx(1.0)


def test_a_mono_strip_is_3_db_down_in_the_centre_and_alone_at_the_ends():
    assert 20 * np.log10(pan_gains(0.0)) == pytest.approx([-3.0103] * 2, abs=1e-4)
    assert pan_gains(-1.0) == pytest.approx((1.0, 0.0), abs=1e-15)
    assert pan_gains(1.0) == pytest.approx((0.0, 1.0), abs=1e-15)


def test_balance_leaves_the_centre_alone_and_fades_the_other_side():
    assert balance_gains(0.0) == (1.0, 1.0)
    assert balance_gains(1.0) == pytest.approx((0.0, 1.0), abs=1e-15)
    assert balance_gains(-0.5) == pytest.approx((1.0, np.sqrt(0.5)))


def test_width_scales_the_side_and_keeps_the_mid():
    left, right = 0.7, -0.2
    for width in (0.0, 0.5, 1.0, 2.0):
        wide = width_matrix(width) @ [left, right]
        assert wide.sum() == pytest.approx(left + right)
        assert wide[0] - wide[1] == pytest.approx(width * (left - right))


def test_mono_has_no_width():
    np.testing.assert_array_equal(placement(1, 0.3, 0.0), placement(1, 0.3, 2.0))
    assert placement(2, 0.3, 1.5).shape == (2, 2)
