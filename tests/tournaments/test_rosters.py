"""Rosters are kept while they are true, and not a moment longer."""

import pytest
from pytest_django import DjangoAssertNumQueries

from mixing.jobs import JobState
from mixing.models import Mix, Mixer
from tournaments import rosters
from tournaments.models import EntryMix, Tournament
from tournaments.rosters import roster_of


def test_an_unchanged_roster_costs_one_query(
    tournament: Tournament, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    roster = roster_of(tournament)
    with django_assert_num_queries(1):
        assert roster_of(tournament) is roster
    assert [entry.name for entry in roster.entries] == [
        "Balanced", "Bright", "Punchy", "Spacious", "Warm"
    ]  # fmt: skip
    assert roster.audible() == (frozenset(range(5)),)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.QUEUED])
def test_a_mix_that_changes_is_seen_at_once(tournament: Tournament, state: JobState) -> None:
    before = roster_of(tournament)
    mix = before.mix(2, 0)
    Mix.objects.filter(pk=mix.preview_id).update(state=state)
    after = roster_of(tournament)
    assert after is not before
    assert after.audible() == (frozenset({0, 1, 3, 4}),)
    assert after.coming() == (frozenset({2} if state == JobState.QUEUED else ()),)


def test_so_is_another_name_and_an_entry_that_sounds_no_more(tournament: Tournament) -> None:
    roster_of(tournament)
    Mixer.objects.filter(name="Warm").update(name="Warmer")
    assert roster_of(tournament).entries[-1].name == "Warmer"
    EntryMix.objects.filter(entry__mixer__name="Warmer").delete()
    assert len(roster_of(tournament).mixes) == 4


def test_no_more_are_kept_than_are_of_use(
    tournament: Tournament, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "MOST_KEPT", 0)
    assert roster_of(tournament) is not roster_of(tournament)
