"""What every format promises, whatever happens to entries, votes and listeners."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tournaments.formats.playing import Trouble, play
from tournaments.formats import FORMATS, Drawn, Field, Nothing
from tournaments.formats.bracket import Bracket

ROUNDS = ("round_robin", "swiss", "single_elimination", "double_elimination")
BUDGETED = {"personal": 15, "arena": 40}


def check(bracket: Bracket, field: Field) -> None:
    """The structure is whole, and agrees with itself."""
    numbers = [match.number for part in bracket.rounds for match in part.matches]
    assert len(numbers) == len(set(numbers))
    assert sorted(place.entry for place in bracket.places) == list(range(field.entries))
    ranks = [place.rank for place in bracket.places]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    for part in bracket.rounds:
        for match in part.matches:
            if match.winner is not None:
                assert match.status == "decided"
                assert match.winner in (match.a.entry, match.b.entry)
            assert match.a.entry is None or match.a.entry != match.b.entry
            assert match.a.points + match.b.points == pytest.approx(match.counted)
            assert match.counted <= match.wanted == field.votes_per_match


def check_finished(bracket: Bracket, field: Field) -> None:
    check(bracket, field)
    assert bracket.votes_left == 0
    assert bracket.winner is not None
    assert bracket.places[0].entry == bracket.winner
    for part in bracket.rounds:
        assert part.closed
        for match in part.matches:
            # Nobody wins against a mix that failed by having failed too.
            if match.decided_by == "forfeit" and match.winner is not None:
                assert match.loser in field.dropped


FEW = range(2, 16)


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize(
    "numbers", [FEW, pytest.param(range(16, 34), marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_it_finishes_for_2_to_33_entries(name: str, numbers: Sequence[int]) -> None:
    for entries in numbers:
        game = play(FORMATS[name], entries, seed=entries)
        field = game.to_the_end()
        bracket = FORMATS[name].bracket(field)
        assert bracket is not None
        check_finished(bracket, field)
        heard = {entry for drawn in game.log for entry in (drawn.a, drawn.b)}
        assert heard == set(range(entries))
        assert len(field.heard) <= FORMATS[name].length(field)


@pytest.mark.parametrize("name", ROUNDS[1:])
def test_it_finishes_for_33_entries(name: str) -> None:
    field = play(FORMATS[name], 33, seed=1).to_the_end()
    bracket = FORMATS[name].bracket(field)
    assert bracket is not None
    check_finished(bracket, field)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(ROUNDS),
    entries=st.integers(2, 10),
    votes=st.integers(1, 4),
    songs=st.integers(1, 3),
    known=st.booleans(),
    chances=st.tuples(*[st.sampled_from([0.0, 0.05, 0.2])] * 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_rounds_end_in_any_trouble(
    name: str,
    entries: int,
    votes: int,
    songs: int,
    known: bool,
    chances: tuple[float, ...],
    seed: int,
) -> None:
    failing, undone, flagged, voided, abandoned, skipped = chances
    trouble = Trouble(failing * 0.2, 0.3, undone, flagged, voided, abandoned, skipped)
    game = play(
        FORMATS[name],
        entries,
        seed=seed,
        songs=songs,
        trouble=trouble,
        votes_per_match=votes,
        seeding=tuple(np.random.default_rng(seed).normal(size=entries)) if known else (),
    )
    field = game.to_the_end()
    bracket = FORMATS[name].bracket(field)
    assert bracket is not None
    check_finished(bracket, field)
    if not trouble.failing:
        heard = {entry for drawn in game.log for entry in (drawn.a, drawn.b)}
        assert heard == set(range(entries))


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMATS)),
    entries=st.integers(2, 9),
    listeners=st.integers(1, 6),
    votes=st.integers(1, 5),
    repeats=st.integers(1, 2),
    failing=st.sampled_from([0.0, 0.02]),
    seed=st.integers(0, 2**32 - 1),
)
def test_few_listeners_end_it_too(
    name: str, entries: int, listeners: int, votes: int, repeats: int, failing: float, seed: int
) -> None:
    """When everybody has heard what there is, voting ends and what is known decides."""
    format_ = FORMATS[name]
    game = play(
        format_,
        entries,
        seed=seed,
        budget=BUDGETED.get(name, 100_000),
        trouble=Trouble(failing=failing, rendering=0.3),
        votes_per_match=votes,
        repeats=repeats,
    )
    field = game.to_the_end(listeners=listeners)
    assert game.ask(0) is Nothing.FINISHED
    bracket = format_.bracket(field)
    assert (bracket is None) == (name in BUDGETED)
    if bracket is not None:
        check_finished(bracket, field)
        for listener in range(listeners):
            mine = [(b.match, b.song) for b in field.heard if b.listener == listener]
            assert all(mine.count(one) <= repeats for one in mine)


@pytest.mark.parametrize("name", ROUNDS)
def test_a_budget_ends_it_early(name: str) -> None:
    format_ = FORMATS[name]
    game = play(format_, 8, seed=1, budget=10, votes_per_match=3)
    field = game.to_the_end()
    assert 10 <= len(field.heard) <= 10 + len(field.assigned) + 8
    bracket = format_.bracket(field)
    assert bracket is not None
    check_finished(bracket, field)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(ROUNDS), entries=st.integers(2, 7), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_votes_changes_nothing(name: str, entries: int, seed: int) -> None:
    """No match got more votes than it wanted, so any order of them tells the same story."""
    game = play(FORMATS[name], entries, seed=seed, votes_per_match=3)
    field = game.to_the_end()
    shuffled = np.random.default_rng(seed).permutation(len(field.heard))
    again = replace(field, heard=tuple(field.heard[k] for k in shuffled))
    assert FORMATS[name].bracket(again) == FORMATS[name].bracket(field)


@pytest.mark.parametrize("name", ROUNDS)
def test_a_late_vote_changes_no_match(name: str) -> None:
    game = play(FORMATS[name], 6, seed=3, votes_per_match=3)
    field = game.to_the_end()
    late = tuple(b._replace(score=0.0, listener=b.listener + 1000) for b in field.heard)
    more = replace(field, heard=field.heard + late)
    assert FORMATS[name].bracket(more) == FORMATS[name].bracket(field)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_all_mixes_may_fail(name: str) -> None:
    field = Field(entries=4, audible=(frozenset(),), budget=9)
    assert FORMATS[name].next_battle(field, np.random.default_rng(0)) is Nothing.FINISHED


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_it_waits_for_mixes_in_the_making(name: str) -> None:
    field = Field(entries=4, audible=(frozenset({2}),), coming=(frozenset({0, 1, 3}),), budget=9)
    assert FORMATS[name].next_battle(field, np.random.default_rng(0)) is Nothing.PREVIEWS


@pytest.mark.parametrize("name", ROUNDS)
def test_a_match_is_given_to_no_more_listeners_than_it_wants(name: str) -> None:
    game = play(FORMATS[name], 4, votes_per_match=2)
    for listener in range(60):
        answer = game.ask(listener)
        if answer is Nothing.OTHERS:
            break
        assert isinstance(answer, Drawn)
        game.take(listener, answer)
    given = [battle.match for battle in game.field.assigned]
    assert given
    assert all(given.count(match) == 2 for match in given)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_seeds_give_the_same_tournament(name: str) -> None:
    one, other = (
        play(
            FORMATS[name],
            7,
            seed=9,
            budget=BUDGETED.get(name, 100_000),
            trouble=Trouble(0.01, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1),
        )
        for _ in range(2)
    )
    assert one.to_the_end() == other.to_the_end()
    assert one.log == other.log


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_sides_are_even(name: str) -> None:
    rng = np.random.default_rng(5)
    field = Field(entries=2, audible=(frozenset({0, 1}),), budget=9)
    drawn = [FORMATS[name].next_battle(field, rng) for _ in range(1000)]
    as_a = sum(isinstance(battle, Drawn) and battle.a == 0 for battle in drawn)
    assert as_a / 1000 == pytest.approx(0.5, abs=0.05)
