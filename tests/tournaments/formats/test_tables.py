"""Round robin and Swiss: who meets whom, points, and what breaks ties."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tests.tournaments.formats.playing import always_level, lower_is_better, play
from tournaments.formats import FORMATS, Bracket, Field, Match
from tournaments.formats.round_robin import circle
from tournaments.formats.swiss import rounds_of

ROBIN, SWISS = FORMATS["round_robin"], FORMATS["swiss"]


def finished(name: str, entries: int, **more: object) -> Bracket:
    game = play(FORMATS[name], entries, **more)  # type: ignore[arg-type]
    bracket = FORMATS[name].bracket(game.to_the_end())
    assert bracket is not None
    return bracket


def matches(bracket: Bracket) -> list[Match]:
    return [match for part in bracket.rounds for match in part.matches]


def met(bracket: Bracket) -> Counter[frozenset[int | None]]:
    return Counter(
        frozenset((m.a.entry, m.b.entry)) for m in matches(bracket) if m.decided_by != "bye"
    )


@pytest.mark.parametrize("entries", [2, 3, 4, 7, 8, 33])
def test_in_a_round_robin_everybody_meets_everybody_once(entries: int) -> None:
    rounds = circle(list(range(entries)))
    assert len(rounds) == entries - 1 + entries % 2
    assert sorted(tuple(sorted(p)) for r in rounds for p in r) == list(
        combinations(range(entries), 2)
    )
    for pairs in rounds:
        assert len({entry for pair in pairs for entry in pair}) == 2 * len(pairs)


@pytest.mark.parametrize("name", ["round_robin", "swiss"])
def test_the_best_wins_every_match(name: str) -> None:
    bracket = finished(name, 8, choice=lower_is_better)
    assert bracket.winner == 0
    assert bracket.places[0].wins == len(bracket.rounds)
    if name == "round_robin":
        assert [place.entry for place in bracket.places] == list(range(8))
        assert [place.points for place in bracket.places] == [7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("name", ["round_robin", "swiss"])
def test_level_matches_are_drawn(name: str) -> None:
    bracket = finished(name, 4, choice=always_level)
    assert all(match.drawn and match.winner is None for match in matches(bracket))
    assert {place.points for place in bracket.places} == {len(bracket.rounds) / 2}
    assert {place.rank for place in bracket.places} == {1}
    assert bracket.winner == bracket.places[0].entry


@pytest.mark.parametrize("name", ["round_robin", "swiss"])
def test_a_failed_mix_gives_its_opponents_the_point(name: str) -> None:
    game = play(FORMATS[name], 4, choice=always_level)
    game.fail(2)
    bracket = FORMATS[name].bracket(game.to_the_end())
    assert bracket is not None
    forfeits = [m for m in matches(bracket) if m.decided_by == "forfeit"]
    assert all(m.loser == 2 for m in forfeits)
    # In a Swiss tournament it is left out of later rounds, and somebody rests instead.
    assert len(forfeits) == (3 if name == "round_robin" else 1)
    assert [p.dropped for p in bracket.places if p.entry == 2] == [True]


def test_two_failed_mixes_share_no_point() -> None:
    field = Field(entries=4, audible=(frozenset({0, 1}),), budget=99)
    bracket = ROBIN.bracket(field)
    assert bracket is not None
    match = next(m for m in matches(bracket) if {m.a.entry, m.b.entry} == {2, 3})
    assert (match.decided_by, match.winner, match.drawn) == ("forfeit", None, False)


@pytest.mark.parametrize("name", ["round_robin", "swiss"])
def test_matches_nobody_heard_give_no_points(name: str) -> None:
    field = Field(entries=4, audible=(frozenset(range(4)),), budget=99, over=True)
    bracket = FORMATS[name].bracket(field)
    assert bracket is not None
    assert {match.decided_by for match in matches(bracket)} == {"unheard"}
    assert {place.points for place in bracket.places} == {0.0}


@pytest.mark.parametrize("entries", range(2, 20))
def test_swiss_repeats_no_pair_that_can_be_avoided(entries: int) -> None:
    for seed in range(3):
        bracket = finished("swiss", entries, seed=seed)
        assert max(met(bracket).values()) == 1
        byes = Counter(m.a.entry for m in matches(bracket) if m.decided_by == "bye")
        assert max(byes.values(), default=0) <= 1
        assert sum(byes.values()) == (len(bracket.rounds) if entries % 2 else 0)


def test_swiss_repeats_pairs_as_late_as_can_be() -> None:
    """Four entries have three rounds without repeats; six rounds hear every pair twice."""
    bracket = finished("swiss", 4, rounds=6)
    assert set(met(bracket).values()) == {2}
    assert len(met(bracket)) == 6


def test_equals_meet_in_a_swiss_tournament() -> None:
    game = play(SWISS, 16, choice=lower_is_better, seeding=tuple(np.linspace(1, -1, 16)))
    bracket = SWISS.bracket(game.to_the_end())
    assert bracket is not None
    points = Counter[int]()
    for part in bracket.rounds:
        apart = []
        for match in part.matches:
            assert match.a.entry is not None
            assert match.b.entry is not None
            apart.append(abs(points[match.a.entry] - points[match.b.entry]))
        assert max(apart) <= 1
        points.update(match.winner for match in part.matches if match.winner is not None)
    # In the first round the upper half meets the lower half in order.
    first = [(m.a.entry, m.b.entry) for m in bracket.rounds[0].matches]
    assert first == [(k, k + 8) for k in range(8)]


def test_buchholz_tells_equal_points_apart() -> None:
    bracket = finished("swiss", 8, choice=lower_is_better, seed=4)
    points = {place.entry: place.points for place in bracket.places}
    for place in bracket.places:
        faced = [
            other
            for match in matches(bracket)
            if place.entry in (match.a.entry, match.b.entry)
            for other in (match.a.entry, match.b.entry)
            if other is not None and other != place.entry
        ]
        assert place.buchholz == sum(points[other] for other in faced)
    ranked = [(place.points, place.buchholz) for place in bracket.places]
    assert ranked == sorted(ranked, reverse=True)


def test_the_number_of_swiss_rounds() -> None:
    field = Field(entries=16, audible=(), budget=0)
    assert rounds_of(field) == 5
    assert rounds_of(replace(field, rounds=7)) == 7
    assert [rounds_of(replace(field, entries=n)) for n in (2, 3, 4, 6, 33)] == [1, 3, 3, 3, 7]


def test_the_next_round_waits_for_this_one() -> None:
    game = play(SWISS, 6, choice=lower_is_better)
    first = SWISS.bracket(game.field)
    assert first is not None
    assert len(first.rounds) == 1
    assert first.votes_left == SWISS.length(game.field) == rounds_of(game.field) * 3
