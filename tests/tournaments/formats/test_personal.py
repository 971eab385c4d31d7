"""Formats finish, whatever happens to their entries."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from tournaments.formats import FORMATS, Drawn, Field, Heard, Nothing

PERSONAL = FORMATS["personal"]


def field(
    entries: int, audible: Iterable[int], heard: Sequence[Heard] = (), budget: int = 7
) -> Field:
    return Field(entries=entries, audible=(frozenset(audible),), heard=tuple(heard), budget=budget)


def run(
    entries: int, budget: int, seed: int, *, missing: frozenset[int] = frozenset()
) -> list[Heard]:
    """A tournament in which every kind of vote happens."""
    rng = np.random.default_rng(seed)
    heard: list[Heard] = []
    audible = frozenset(range(entries)) - missing
    while True:
        drawn = PERSONAL.next_battle(field(entries, audible, heard, budget), rng)
        if not isinstance(drawn, Drawn):
            assert drawn is Nothing.FINISHED
            return heard
        heard.append(Heard(drawn.a, drawn.b, rng.choice([1.0, 0.5, 0.0, None])))


@pytest.mark.parametrize("entries", range(2, 34))
def test_it_finishes_for_2_to_33_entries(entries: int) -> None:
    for budget in (3, 7, 15):
        heard = run(entries, budget, seed=entries)
        assert len(heard) == budget
        assert all(battle.a != battle.b for battle in heard)


@pytest.mark.parametrize("entries", [3, 4, 5, 8, 33])
def test_the_same_pair_never_comes_twice_in_a_row(entries: int) -> None:
    for seed in range(20):
        pairs = [frozenset((b.a, b.b)) for b in run(entries, 15, seed)]
        assert all(one != other for one, other in itertools.pairwise(pairs))


def test_no_pair_comes_a_third_time_while_others_are_left() -> None:
    for seed in range(20):
        pairs = Counter(frozenset((b.a, b.b)) for b in run(8, 15, seed))
        assert max(pairs.values()) <= 2


@pytest.mark.parametrize("entries", [2, 3, 5, 6])
def test_everybody_is_heard_before_the_leaders_are_heard_more(entries: int) -> None:
    for seed in range(20):
        start = run(entries, 15, seed)[: (entries + 1) // 2]
        assert {e for battle in start for e in (battle.a, battle.b)} == set(range(entries))


def test_the_winner_stays_for_an_odd_newcomer() -> None:
    heard = (Heard(0, 1, 1.0), Heard(2, 3, None))
    drawn = PERSONAL.next_battle(field(5, range(5), heard), np.random.default_rng(0))
    assert isinstance(drawn, Drawn)
    assert {drawn.a, drawn.b} == {0, 4}


def test_a_missing_mix_is_a_bye_and_no_stall() -> None:
    heard = run(5, 7, seed=1, missing=frozenset({2}))
    assert len(heard) == 7
    assert all(2 not in (battle.a, battle.b) for battle in heard)


@pytest.mark.parametrize("available", [(), (3,)])
def test_fewer_than_two_mixes_make_no_battle(available: tuple[int, ...]) -> None:
    drawn = PERSONAL.next_battle(field(5, available), np.random.default_rng(0))
    assert drawn is Nothing.FINISHED


def test_sides_are_even_over_many_battles() -> None:
    """10,000 battles: an entry is A in half of its battles, within three standard errors."""
    rng = np.random.default_rng(42)
    count, as_a = 0, 0
    for _ in range(10_000):
        drawn = PERSONAL.next_battle(field(2, (0, 1)), rng)
        assert isinstance(drawn, Drawn)
        as_a += drawn.a == 0
        count += 1
    assert as_a / count == pytest.approx(0.5, abs=0.015)


def test_the_same_chance_gives_the_same_tournament() -> None:
    assert run(5, 15, seed=5) == run(5, 15, seed=5)
