"""Weights from hidden checks and flags from who votes alike: kept votes, a fit that can go back."""

import numpy as np
import pytest

from accounts.models import User
from mixing.models import Song
from tests.tournaments.crowd import Ears, people, vote_all, vote_once
from tournaments import selectors, services, trust
from tournaments.integrity import campaigns
from tournaments.models import Battle, ListenerTrust, Tournament, Vote
from tournaments.services import Plan

STRENGTHS = {"Warm": 2.0, "Balanced": 1.0, "Punchy": 0.0, "Bright": -1.0, "Spacious": -2.0}


@pytest.fixture
def arena(song: Song, owner: User) -> Tournament:
    return services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format="arena", voters="everybody", hidden_checks=False),
    )


def check(arena: Tournament, listener: User, choices: list[str]) -> None:
    """Battles of the same mix twice, answered like this."""
    entry = arena.entries.first()
    assert entry is not None
    mix = entry.mixes.get()
    for choice in choices:
        battle = Battle.objects.create(
            tournament=arena,
            number=100 + Battle.objects.count(),
            song=arena.song,
            kind=Battle.Kind.IDENTICAL,
            side_a=entry,
            side_b=entry,
            mix_a=mix,
            mix_b=mix,
            listener=listener,
            state=Battle.State.DECIDED,
            clip_lufs=-18,
            clip_frames=1,
        )
        Vote.objects.create(
            battle=battle, listener=listener, choice=choice, heard_a_s=6, heard_b_s=6
        )


def test_who_hears_differences_that_are_not_there_weighs_little(arena: Tournament) -> None:
    careful, careless, new = people(3)
    ears = Ears(STRENGTHS, np.random.default_rng(1))
    vote_all(arena, [careful, careless, new], ears, most=9)
    check(arena, careful, ["tie"] * 8)
    check(arena, careless, ["a", "b"] * 4)
    before = selectors.standings(arena)
    trust.measure()
    weight = {t.listener: t for t in ListenerTrust.objects.all()}
    assert weight[careful].weight > 0.9
    assert weight[careless].weight < 0.2
    assert new not in weight
    assert set(Vote.objects.filter(listener=careless).values_list("weight", flat=True)) == {
        weight[careless].weight
    }
    assert selectors.standings(arena) != before
    # A vote cast from now on weighs the same at once.
    vote = vote_once(arena, careless, ears)
    assert vote is not None
    assert vote.weight == weight[careless].weight


@pytest.fixture
def suspects(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Whom the detector suspects, by number: the detector itself has tests of its own."""
    chosen: set[int] = set()

    def suspicions(log: object) -> list[campaigns.Suspicion]:
        return [
            campaigns.Suspicion(
                listener=k,
                probability=1.0 if k in chosen else 0.0,
                target=0,
                upward=True,
                votes=20,
                with_target=9,
                as_wanted=9,
                companions=3,
            )
            for k in range(6)
        ]

    monkeypatch.setattr(campaigns, "suspicions", suspicions)
    return chosen


def test_a_flag_leaves_votes_out_and_taking_it_back_restores_the_fit(
    arena: Tournament, suspects: set[int]
) -> None:
    crowd = sorted(people(6), key=lambda person: person.pk)
    vote_all(arena, crowd, Ears(STRENGTHS, np.random.default_rng(2)), most=30)
    before = selectors.standings(arena)
    trust.measure()
    assert selectors.standings(arena) == before

    suspects.add(2)
    trust.measure()
    flagged = ListenerTrust.objects.get(verdict="flagged")
    assert flagged.listener == crowd[2]
    assert "9 of 9" in flagged.reasons[0]
    votes = Vote.objects.filter(listener=crowd[2])
    assert votes.count() == 5
    assert not votes.filter(counted=True).exists()
    assert selectors.standings(arena) != before
    assert {j.weight for j in selectors.comparisons(listener=crowd[2])} == {0.0}

    # Staff look into it: the votes count again, and the detector cannot overrule them.
    services.review_listener(listener=crowd[2], verdict="clear")
    trust.measure()
    assert selectors.standings(arena) == before
    services.review_listener(listener=crowd[2], verdict="")
    assert selectors.standings(arena) != before
    suspects.clear()
    trust.measure()
    assert selectors.standings(arena) == before


def test_a_detector_that_fails_or_suspects_everybody_flags_nobody(
    arena: Tournament, suspects: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = people(6)
    vote_all(arena, crowd, Ears(STRENGTHS, np.random.default_rng(2)), most=12)
    suspects.update(range(6))
    trust.measure()
    assert not ListenerTrust.objects.filter(verdict="flagged").exists()

    def broken(log: object) -> None:
        raise RuntimeError("down")

    monkeypatch.setattr(campaigns, "suspicions", broken)
    trust.measure()
    assert not ListenerTrust.objects.exclude(verdict="unknown").exists()
    assert not Vote.objects.filter(counted=False).exists()


def test_a_personal_tournament_is_left_alone(
    tournament: Tournament, owner: User, arena: Tournament
) -> None:
    check(arena, owner, ["a"] * 8)
    trust.measure()
    vote = vote_once(tournament, owner, lambda battle: "a")
    assert vote is not None
    assert (vote.weight, vote.counted) == (1.0, True)
