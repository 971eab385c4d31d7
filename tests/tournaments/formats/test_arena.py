"""The open arena: rolling, adaptive, for many listeners at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tests.tournaments.formats.playing import lower_is_better, play
from tournaments.formats import FORMATS, Assigned, Drawn, Field, Goal, Heard, Nothing, Summary
from tournaments.formats.arena import EVEN_START
from tournaments.pairing import times_heard

ARENA = FORMATS["arena"]


def field(entries: int = 6, heard: tuple[Heard, ...] = (), **more: object) -> Field:
    return Field(
        entries=entries,
        audible=(frozenset(range(entries)),),
        budget=1000,
        heard=heard,
        **more,  # type: ignore[arg-type]
    )


def ask(field: Field, seed: int = 0) -> Drawn:
    drawn = ARENA.next_battle(field, np.random.default_rng(seed))
    assert isinstance(drawn, Drawn)
    return drawn


def round_robin(entries: int, times: int) -> tuple[Heard, ...]:
    """Every pair by other listeners each time; the lower number is better three times in four."""
    heard = []
    for k in range(times):
        for a, b in combinations(range(entries), 2):
            score = 1.0 if k % 4 else 0.0
            sides = (a, b, score) if (a + b + k // 4) % 2 else (b, a, 1.0 - score)
            heard.append(Heard(*sides, listener=100 + k))
    return tuple(heard)


@pytest.mark.parametrize("goal", ["winner", "table"])
def test_everybody_is_heard_evenly_at_first(goal: Goal) -> None:
    game = play(ARENA, 9, goal=goal, choice=lower_is_better)
    for listener in range(9):
        answer = game.ask(listener)
        assert isinstance(answer, Drawn)
        game.take(listener, answer)
    counts = times_heard(9, [(drawn.a, drawn.b) for drawn in game.log])
    assert set(counts) == {EVEN_START}


def test_an_entry_that_joins_later_is_heard_next() -> None:
    heard = round_robin(5, 3)
    for seed in range(10):
        drawn = ask(field(6, heard), seed)
        assert 5 in (drawn.a, drawn.b)


def test_the_winner_is_looked_for_among_the_best() -> None:
    heard = round_robin(6, 8)
    drawn = Counter(e for seed in range(60) for e in ask(field(6, heard), seed)[:2])
    assert drawn[0] + drawn[1] > drawn[4] + drawn[5]


def test_the_table_is_looked_for_where_it_is_least_known() -> None:
    others = (battle for battle in round_robin(6, 8) if 3 not in (battle.a, battle.b))
    heard = (*others, Heard(3, 0, 0.0), Heard(3, 5, 1.0))
    drawn = [ask(field(6, heard, goal="table"), seed) for seed in range(10)]
    assert all(3 in (battle.a, battle.b) for battle in drawn)


def test_listeners_at_the_same_time_are_not_all_given_the_same_pair() -> None:
    """Information gain has one best pair; with what others are hearing it is another."""
    now = field(8, round_robin(8, 2), goal="table")
    given: list[Assigned] = []
    for listener in range(40):
        drawn = ask(replace(now, listener=listener, assigned=tuple(given)))
        given.append(Assigned(drawn.a, drawn.b, listener))
    pairs = Counter(frozenset((battle.a, battle.b)) for battle in given)
    assert len(pairs) >= 10
    assert max(pairs.values()) <= 8


def test_a_listener_hears_no_pair_more_often_than_allowed() -> None:
    game = play(ARENA, 3, repeats=2)
    field = game.to_the_end(listeners=1)
    pairs = Counter(frozenset((b.a, b.b)) for b in field.heard)
    assert set(pairs.values()) == {2}
    # Everything is heard by this listener: others may go on.
    assert ARENA.next_battle(replace(field, over=False), np.random.default_rng(0)) is Nothing.HEARD
    assert isinstance(
        ARENA.next_battle(replace(field, over=False, listener=7), np.random.default_rng(0)), Drawn
    )


def test_a_skipped_pair_comes_back_last() -> None:
    skipped = tuple(Assigned(a, b) for a, b in ((0, 1), (0, 2)))
    for seed in range(20):
        drawn = ask(field(3, skipped=skipped), seed)
        assert {drawn.a, drawn.b} == {1, 2}
    assert isinstance(ask(field(2, skipped=skipped[:1])), Drawn)


def test_it_ends_when_the_leader_is_sure_enough() -> None:
    heard = round_robin(3, 80)
    assert isinstance(ask(field(3, heard)), Drawn)
    sure = field(3, heard, stop_at=0.9)
    assert ARENA.next_battle(sure, np.random.default_rng(0)) is Nothing.FINISHED
    # Not before a newcomer was heard.
    assert isinstance(ask(field(4, heard, stop_at=0.9)), Drawn)


def test_votes_that_do_not_count_do_not_use_the_budget() -> None:
    flagged = tuple(b._replace(weight=0.0) for b in round_robin(4, 2))
    assert isinstance(ask(replace(field(4, flagged), budget=5)), Drawn)


def test_a_summary_stands_for_the_votes() -> None:
    whole = field(5, round_robin(5, 4), listener=1)
    short = replace(whole, heard=(), summary=Summary.of(whole))
    for seed in range(20):
        assert ask(whole, seed) == ask(short, seed)
