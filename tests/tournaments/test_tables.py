"""Tables go on from the sums of the last one, and are what a full fit says all the same."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache

from accounts.models import User
from mixing.models import Song
from tests.tournaments.conftest import Clock
from tests.tournaments.crowd import Ears, listen, people, vote_once
from tournaments import services, tables, trust
from tournaments.models import ListenerTrust, Tournament, Vote
from tournaments.services import Plan
from tournaments.tables import Table, table_of

EARS = {"Warm": 1.0, "Bright": -0.5}


@pytest.fixture
def arena(song: Song, owner: User) -> Tournament:
    return services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format="arena", voters="everybody", hidden_checks=False),
    )


@pytest.fixture
def full_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with every time that all votes are read."""
    reads: list[int] = []
    cells_of = tables.cells_of

    def counted(*args: object, **named: object) -> object:
        reads.append(1)
        return cells_of(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(tables, "cells_of", counted)
    return reads


def refitted(tournament: Tournament) -> Table:
    """The table of all votes, with nothing kept."""
    order = list(tournament.entries.order_by("number").values_list("pk", flat=True))
    return tables.table(tables.cells_of([tournament])[tournament.pk], order)


def assert_same(one: Table, other: Table) -> None:
    assert (one.votes, one.entry_ids) == (other.votes, other.entry_ids)
    for row, wanted in zip(one.rows, other.rows, strict=True):
        assert row.entry_id == wanted.entry_id
        for name in ("strength", "standard_error", "low", "high", "p_best"):
            assert getattr(row, name) == pytest.approx(getattr(wanted, name), abs=1e-9)
        for name in ("rank", "rank_low", "rank_high", "wins", "losses", "ties", "both_bad"):
            assert getattr(row, name) == getattr(wanted, name)


def test_each_vote_moves_the_table_without_reading_the_others(
    arena: Tournament, clock: Clock, full_reads: list[int]
) -> None:
    ears = Ears(EARS, np.random.default_rng(4))
    crowd = people(4)
    table_of(arena)
    clock.advance(1)
    vote_once(arena, crowd[0], ears)
    table_of(arena)
    full_reads.clear()
    for number in range(16):
        clock.advance(1)
        vote_once(arena, crowd[number % 4], ears)
        assert table_of(arena).votes == number + 2
    assert full_reads == []
    assert_same(table_of(arena), refitted(arena))


def test_votes_taken_back_and_changed_leave_the_table_of_what_stands(
    arena: Tournament, clock: Clock, full_reads: list[int]
) -> None:
    ears = Ears(EARS, np.random.default_rng(5))
    crowd = people(3)
    for person in crowd:
        for _ in range(3):
            clock.advance(1)
            last = vote_once(arena, person, ears)
            assert last is not None
    table_of(arena)
    full_reads.clear()
    clock.advance(1)
    battle = services.undo_vote(tournament=arena, listener=crowd[2])
    assert table_of(arena).votes == 8
    clock.advance(1)
    listen(battle)
    services.cast_vote(battle=battle, listener=crowd[2], choice="tie")
    clock.advance(1)
    first = Vote.objects.standing().filter(listener=crowd[0]).earliest("created_at")
    other = {"a": "b"}.get(first.choice, "a")
    services.change_vote(battle=first.battle, listener=crowd[0], choice=other)
    after = table_of(arena)
    assert full_reads == []
    assert after.votes == 9
    assert_same(after, refitted(arena))


def test_votes_that_weigh_differently_or_count_no_more_are_all_read_again(
    arena: Tournament, clock: Clock, full_reads: list[int]
) -> None:
    ears = Ears(EARS, np.random.default_rng(6))
    crowd = people(3)
    for person in crowd:
        clock.advance(1)
        vote_once(arena, person, ears)
    table_of(arena)
    ListenerTrust.objects.create(listener=crowd[0], weight=0.25)
    Vote.objects.filter(listener=crowd[0]).update(weight=0.25)
    full_reads.clear()
    assert_same(table_of(arena), refitted(arena))
    assert len(full_reads) == 2  # One by each.
    trust.review(listener=crowd[1], verdict="flagged")
    assert table_of(arena).votes == 2
    assert_same(table_of(arena), refitted(arena))


def test_votes_at_one_moment_are_not_missed(arena: Tournament, clock: Clock) -> None:
    """A clock that stands still cannot tell what is new: counting does."""
    ears = Ears(EARS, np.random.default_rng(7))
    for number, person in enumerate(people(4), start=1):
        vote_once(arena, person, ears)
        assert table_of(arena).votes == number
    assert_same(table_of(arena), refitted(arena))


def test_a_lost_cache_costs_a_reading_and_nothing_else(arena: Tournament, clock: Clock) -> None:
    ears = Ears(EARS, np.random.default_rng(8))
    for person in people(3):
        clock.advance(1)
        vote_once(arena, person, ears)
        before = table_of(arena)
        cache.clear()
        assert_same(table_of(arena), before)
    clock.now += timedelta(days=1)
    assert_same(table_of(arena), before)
