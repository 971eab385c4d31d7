"""Hidden checks tell who listens."""

import numpy as np
import pytest

from tournaments.integrity.reliability import ODDS, PRIOR_MEAN, Check, Kind, reliability

KINDS = list(Kind)


def checks(rng: np.random.Generator, count: int, *, attention: float) -> list[Check]:
    found = []
    for k in range(count):
        kind = KINDS[k % 3]
        odds = ODDS[kind]
        chance = attention * odds.careful + (1 - attention) * odds.guessing
        found.append(Check(kind, bool(rng.random() < chance)))
    return found


def coin_flips(rng: np.random.Generator, count: int) -> list[Check]:
    """A or B by a coin: never "no difference", the same as before or the anchor half the time."""
    return [
        Check(KINDS[k % 3], KINDS[k % 3] is not Kind.IDENTICAL and bool(rng.random() < 0.5))
        for k in range(count)
    ]


def test_nobody_checked_is_unknown_and_counts_in_full() -> None:
    nobody = reliability([])
    assert (nobody.known, nobody.weight, nobody.checks) == (False, 1.0, 0)
    assert nobody.attention == pytest.approx(PRIOR_MEAN)
    assert 0.8 < PRIOR_MEAN < 0.95


def test_coin_flippers_end_below_a_fifth() -> None:
    rng = np.random.default_rng(1)
    weights = [reliability(coin_flips(rng, 24)).weight for _ in range(300)]
    assert np.mean(np.array(weights) < 0.2) > 0.9
    assert np.mean(weights) < 0.2


def test_careful_listeners_stay_above_nine_tenths() -> None:
    rng = np.random.default_rng(2)
    weights = [reliability(checks(rng, 24, attention=0.97)).weight for _ in range(300)]
    assert np.mean(np.array(weights) > 0.9) > 0.95


def test_a_single_mistake_is_no_verdict() -> None:
    assert reliability([Check(Kind.IDENTICAL, False)]).weight > 0.85
    assert reliability([Check(Kind.SWAPPED, False)]).weight > 0.85
    # Preferring a clearly damaged mix tells more.
    assert 0.4 < reliability([Check(Kind.ANCHOR, False)]).weight < 0.85


def test_passing_never_lowers_and_failing_never_raises() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        before = checks(rng, int(rng.integers(0, 10)), attention=0.5)
        attention = reliability(before).attention
        for kind in Kind:
            assert reliability([*before, Check(kind, True)]).attention >= attention
            assert reliability([*before, Check(kind, False)]).attention <= attention


def test_the_order_of_checks_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    some = checks(rng, 9, attention=0.6)
    one, other = reliability(some), reliability(some[::-1])
    assert one.weight == pytest.approx(other.weight, abs=1e-12)


def test_the_interval_holds_the_truth() -> None:
    """Truths from the middle of the prior's range; 95 % intervals of a grid are not exact."""
    rng = np.random.default_rng(5)
    inside = []
    for attention in rng.uniform(0.05, 1.0, 300):
        found = reliability(checks(rng, 60, attention=float(attention)))
        inside.append(found.low - 0.05 <= attention <= found.high + 0.05)
    assert np.mean(inside) > 0.85
