"""What watchers are told of a tournament with many listeners, and how often."""

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from mixing import events, topics
from mixing.models import Song
from tests.tournaments.crowd import Ears, people, vote_once
from tournaments import live, services, tasks
from tournaments.models import Tournament
from tournaments.services import Plan


@pytest.fixture
def arena(song: Song, owner: User) -> Tournament:
    return services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format="arena", voters="everybody", hidden_checks=False),
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What leaves for browsers, and what is asked of a worker."""
    left: list[str] = []

    def announce(topic: str, kind: str, data: Any = None) -> None:
        left.append(kind)

    def send_task(name: str, **options: Any) -> None:
        if name == live.REFRESH:
            left.append(f"later: {name} in {options['countdown']} s")

    monkeypatch.setattr(events, "announce", announce)
    monkeypatch.setattr(live.current_app, "send_task", send_task)
    return left


def test_a_burst_of_votes_is_one_message_and_one_more_when_its_second_is_over(
    arena: Tournament,
    sent: list[str],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for person in people(10):
            vote_once(arena, person, lambda battle: "a")
    later = "later: tournaments.tasks.refresh_tournament in 1.0 s"
    assert sent == ["tournament.changed", later]

    cache.delete(f"tournament:told:{arena.pk}")  # The second is over.
    tasks.refresh_tournament(str(arena.pk))
    assert sent == ["tournament.changed", later, "tournament.changed"]
    # Nothing happened since, or somebody told it: silence.
    tasks.refresh_tournament(str(arena.pk))
    assert len(sent) == 3


def test_two_messages_are_never_nearer_than_a_second(
    arena: Tournament,
    sent: list[str],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """A vote told it just before the refresh, and another one came after that."""
    with django_capture_on_commit_callbacks(execute=True):
        for person in people(3):
            vote_once(arena, person, lambda battle: "a")
    tasks.refresh_tournament(str(arena.pk))
    later = "later: tournaments.tasks.refresh_tournament in 1.0 s"
    assert sent == ["tournament.changed", later, later]


def test_when_the_broker_is_away_the_next_vote_tells(
    arena: Tournament,
    sent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def away(name: str, **options: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(live.current_app, "send_task", away)
    crowd = people(3)
    with django_capture_on_commit_callbacks(execute=True):
        for person in crowd:
            vote_once(arena, person, lambda battle: "a")
    assert sent == ["tournament.changed"]
    cache.clear()  # A second later.
    with django_capture_on_commit_callbacks(execute=True):
        vote_once(arena, crowd[0], lambda battle: "a")
    assert sent == ["tournament.changed"] * 2


def test_everybody_watches_what_is_everybodys(
    arena: Tournament, stranger: User, owner: User
) -> None:
    for user in (AnonymousUser(), stranger, owner):
        assert topics.may_watch(user, arena.topic)
    Tournament.objects.update(voters="link", join_token="token")
    assert not topics.may_watch(AnonymousUser(), arena.topic)
    assert not topics.may_watch(stranger, arena.topic)
    services.join(token="token", listener=stranger)
    assert topics.may_watch(stranger, arena.topic)


def test_the_snapshot_counts_and_names_nobody(arena: Tournament) -> None:
    ears = Ears({"Warm": 3.0}, np.random.default_rng(1))
    crowd = people(3)
    for _ in range(2):
        for person in crowd:
            vote_once(arena, person, ears)
    services.next_battle(tournament=arena, listener=crowd[0])
    told = topics.snapshot(arena.topic)
    chance = told.pop("leader_p_best")
    assert 0 < chance < 1
    assert told == {
        "state": "battle",
        "number": 0,
        "of": 0,
        "decided": 6,
        "previews_ready": 5,
        "previews_total": 5,
        "votes": 6,
        "voters": 3,
        "listening": 1,
    }
    services.close_tournament(tournament=arena, by=arena.owner)
    cache.clear()
    assert topics.snapshot(arena.topic)["state"] == "closed"
