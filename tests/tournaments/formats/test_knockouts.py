"""Who meets whom in a knockout, and how level matches end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tournaments.formats.playing import always_level, lower_is_better, play
from tournaments.formats import FORMATS, Bracket, Field, Heard, Match, Nothing, Side
from tournaments.formats.seeding import bracket_order, seeds

SINGLE, DOUBLE = FORMATS["single_elimination"], FORMATS["double_elimination"]


def strongest_first(entries: int) -> tuple[float, ...]:
    """Seeding in which entry 0 is expected to be the best."""
    return tuple(np.linspace(1, -1, entries))


def bracket_of(field: Field) -> Bracket:
    found = SINGLE.bracket(field)
    assert found is not None
    return found


def votes(match: Match, *scores: float | None) -> tuple[Heard, ...]:
    """Votes in this match; 1 is for its side a."""
    assert match.a.entry is not None
    assert match.b.entry is not None
    return tuple(
        Heard(match.a.entry, match.b.entry, score, listener=k, match=match.number)
        for k, score in enumerate(scores)
    )


def final(entries: int = 2, **more: object) -> Field:
    seeding = strongest_first(entries)
    return Field(
        entries=entries,
        audible=(frozenset(range(entries)),),
        budget=1000,
        seeding=seeding,
        **more,  # type: ignore[arg-type]
    )


def test_the_best_seeds_meet_last() -> None:
    assert bracket_order(8) == [0, 7, 3, 4, 1, 6, 2, 5]


def test_unknown_entries_are_placed_by_the_draw() -> None:
    field = final(8)
    assert seeds(field) == list(range(8))
    drawn = {tuple(seeds(replace(field, seeding=(), seed=seed))) for seed in range(50)}
    assert len(drawn) == 50


def test_a_seeding_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one strength per entry"):
        seeds(replace(final(3), seeding=(1.0,)))


def test_byes_go_to_the_best_seeds() -> None:
    first = bracket_of(final(5)).rounds[0]
    assert [(m.a.entry, m.b.entry, m.decided_by) for m in first.matches] == [
        (0, None, "bye"), (3, 4, ""), (1, None, "bye"), (2, None, "bye"),
    ]  # fmt: skip


@pytest.mark.parametrize("format_", [SINGLE, DOUBLE])
@pytest.mark.parametrize("entries", [2, 3, 6, 8, 13, 16])
def test_without_upsets_the_places_are_the_seeds(format_: object, entries: int) -> None:
    game = play(format_, entries, choice=lower_is_better, seeding=strongest_first(entries))  # type: ignore[arg-type]
    bracket = game.format.bracket(game.to_the_end())
    assert bracket is not None
    assert bracket.winner == 0
    assert [place.entry for place in bracket.places[:2]] == [0, 1]
    assert bracket.places[0].losses == 0
    assert bracket.places[1].losses == (1 if format_ is SINGLE else min(2, entries))
    assert [place.alive for place in bracket.places] == [True] + [False] * (entries - 1)


def test_losers_of_the_same_round_share_a_rank() -> None:
    game = play(SINGLE, 8, choice=lower_is_better, seeding=strongest_first(8))
    places = bracket_of(game.to_the_end()).places
    assert [place.rank for place in places] == [1, 2, 3, 3, 5, 5, 5, 5]


def test_rounds_have_names_and_matches_know_where_sides_come_from() -> None:
    bracket = bracket_of(final(16))
    assert [r.name for r in bracket.rounds] == [
        "Round of 16", "Quarter-finals", "Semi-finals", "Final",
    ]  # fmt: skip
    side = bracket.rounds[1].matches[0].a
    assert (side.entry, side.source) == (None, ("winner", 0))
    assert [match.status for match in bracket.rounds[1].matches] == ["coming"] * 4


def test_most_votes_win_a_match() -> None:
    field = final(votes_per_match=3)
    (match,) = bracket_of(field).rounds[0].matches
    bracket = bracket_of(replace(field, heard=votes(match, 0.0, 0.5, 0.0)))
    (match,) = bracket.rounds[0].matches
    assert (match.winner, match.decided_by, bracket.winner) == (1, "votes", 1)
    assert (match.a.points, match.b.points) == (0.5, 2.5)


def test_both_bad_is_half_a_point_for_each() -> None:
    field = final(votes_per_match=3)
    (match,) = bracket_of(field).rounds[0].matches
    (match,) = bracket_of(replace(field, heard=votes(match, None, 1.0, None))).rounds[0].matches
    assert (match.a.points, match.b.points, match.winner) == (2.0, 1.0, 0)


def test_votes_that_do_not_count_leave_the_match_open() -> None:
    field = final(votes_per_match=2)
    (match,) = bracket_of(field).rounds[0].matches
    first, second = votes(match, 0.0, 0.0)
    bracket = bracket_of(replace(field, heard=(first, second._replace(weight=0.0))))
    assert (bracket.rounds[0].matches[0].counted, bracket.winner) == (1, None)
    assert bracket.votes_left == 1


def test_a_level_final_goes_to_the_one_stronger_on_the_way() -> None:
    field = final(4, votes_per_match=2)
    first, second = bracket_of(field).rounds[0].matches
    # Seed 0 came through by a level match, seed 1 by a clear one.
    heard = votes(first, 1.0, 0.5) + votes(second, 1.0, 1.0)
    (last,) = bracket_of(replace(field, heard=heard)).rounds[1].matches
    (last,) = bracket_of(replace(field, heard=heard + votes(last, 1.0, 0.0))).rounds[1].matches
    assert (last.winner, last.decided_by) == (1, "strength")


def test_a_level_match_waits_until_its_round_is_heard() -> None:
    field = final(4, votes_per_match=2)
    first, second = bracket_of(field).rounds[0].matches
    heard = votes(first, 1.0, 0.0)
    bracket = bracket_of(replace(field, heard=heard))
    assert bracket.rounds[0].matches[0].status == "open"
    assert bracket.rounds[0].matches[0].counted == 2
    bracket = bracket_of(replace(field, heard=heard + votes(second, 1.0, 1.0)))
    assert [m.decided_by for m in bracket.rounds[0].matches] == ["seed", "votes"]
    assert bracket.rounds[0].closed


def test_all_level_goes_by_seed() -> None:
    game = play(SINGLE, 8, choice=always_level, seeding=strongest_first(8))
    bracket = bracket_of(game.to_the_end())
    assert bracket.winner == 0
    assert {m.decided_by for r in bracket.rounds for m in r.matches} == {"seed"}


def test_a_failed_mix_loses_wherever_it_stands() -> None:
    field = final(4)
    first, _ = bracket_of(field).rounds[0].matches
    heard = votes(first, 1.0)  # entry 0 is through, then fails
    gone = replace(field, heard=heard, audible=(frozenset({1, 2, 3}),))
    bracket = bracket_of(gone)
    assert bracket.rounds[0].matches[0].winner == 0
    second = bracket.rounds[0].matches[1]
    bracket = bracket_of(replace(gone, heard=heard + votes(second, 1.0)))
    (last,) = bracket.rounds[1].matches
    assert (last.winner, last.decided_by, bracket.winner) == (1, "forfeit", 1)


def test_mixes_that_share_no_song_are_decided_by_what_is_known() -> None:
    field = replace(final(), audible=(frozenset({0}), frozenset({1})))
    bracket = bracket_of(field)
    assert (bracket.winner, bracket.rounds[0].matches[0].decided_by) == (0, "seed")
    assert SINGLE.next_battle(field, np.random.default_rng(0)) is Nothing.FINISHED


def test_several_songs_are_heard_in_turn() -> None:
    field = replace(final(), votes_per_match=4, audible=(frozenset({0, 1}),) * 4, repeats=1)
    songs = []
    for _ in range(4):
        drawn = SINGLE.next_battle(field, np.random.default_rng(0))
        assert not isinstance(drawn, Nothing)
        songs.append(drawn.song)
        field = replace(
            field, heard=(*field.heard, Heard(drawn.a, drawn.b, 1.0, 0, drawn.song, drawn.match))
        )
    assert sorted(songs) == [0, 1, 2, 3]


def test_double_elimination_gives_a_second_chance() -> None:
    """Entry 3 beats 0 at first; 0 comes back through the lower bracket and wins both finals."""
    field = final(4)
    upset = 0
    while True:
        bracket = DOUBLE.bracket(field)
        assert bracket is not None
        waiting = [m for r in bracket.rounds for m in r.matches if m.status == "open"]
        if not waiting:
            break
        match = waiting[0]
        assert match.a.entry is not None
        assert match.b.entry is not None
        stronger_wins = match.number != upset
        score = 1.0 if (match.a.entry < match.b.entry) == stronger_wins else 0.0
        field = replace(field, heard=field.heard + votes(match, score))
    assert bracket.winner == 0
    assert [r.name for r in bracket.rounds][-2:] == ["Grand final", "Grand final, second set"]
    assert [(place.entry, place.losses) for place in bracket.places] == [
        (0, 1), (1, 2), (3, 2), (2, 2),
    ]  # fmt: skip


def test_the_second_set_is_not_heard_if_the_unbeaten_one_wins() -> None:
    game = play(DOUBLE, 8, choice=lower_is_better, seeding=strongest_first(8))
    start = DOUBLE.bracket(game.field)
    end = DOUBLE.bracket(game.to_the_end())
    assert start is not None
    assert end is not None
    assert start.rounds[-1].name == "Grand final, second set"
    assert end.rounds[-1].name == "Grand final"
    assert len(game.field.heard) == 14


@pytest.mark.parametrize("entries", [8, 16, 32])
def test_those_who_met_do_not_meet_again_at_once(entries: int) -> None:
    """In the lower bracket's first round that takes losers in, nobody meets who beat them."""
    game = play(DOUBLE, entries, choice=lower_is_better, seeding=strongest_first(entries))
    bracket = DOUBLE.bracket(game.to_the_end())
    assert bracket is not None
    upper = {
        frozenset((m.a.entry, m.b.entry))
        for r in bracket.rounds
        if r.section == "winners"
        for m in r.matches
    }
    second = next(r for r in bracket.rounds if r.name == "Lower round 2")
    assert not upper & {frozenset((m.a.entry, m.b.entry)) for m in second.matches}


def test_a_match_has_a_loser_only_with_two_sides() -> None:
    alone = bracket_of(final(3)).rounds[0].matches[0]
    assert (alone.decided_by, alone.loser) == ("bye", None)
    assert replace(alone, b=Side(2)).loser == 2


def test_an_unknown_match_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        bracket_of(final(4)).match(99)
