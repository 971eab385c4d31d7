"""What watchers of a tournament are told."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from mixing import events, topics
from mixing.topics import UnknownTopic
from tests.tournaments.conftest import Clock, play
from tournaments import services
from tournaments.models import Battle, Tournament


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """What would leave after commit."""
    sent: list[tuple[str, str, Any]] = []

    def announce(topic: str, kind: str, data: Any = None) -> None:
        sent.append((topic, kind, data))

    monkeypatch.setattr(events, "announce", announce)
    return sent


def test_only_the_owner_watches(tournament: Tournament, owner: User, stranger: User) -> None:
    assert topics.may_watch(owner, tournament.topic)
    assert not topics.may_watch(stranger, tournament.topic)
    assert not topics.may_watch(AnonymousUser(), tournament.topic)
    assert not topics.may_watch(owner, f"tournament:{uuid4()}")
    with pytest.raises(UnknownTopic):
        topics.may_watch(owner, "tournament:1")


def test_the_snapshot_counts_and_names_nobody(tournament: Tournament, clock: Clock) -> None:
    play(tournament, clock, battles=2)
    services.next_battle(tournament=tournament, listener=tournament.owner)
    assert topics.snapshot(tournament.topic) == {
        "state": "battle",
        "number": 3,
        "of": 7,
        "decided": 2,
        "previews_ready": 5,
        "previews_total": 5,
    }


def test_every_change_is_announced_without_data(
    tournament: Tournament, clock: Clock, told: list[tuple[str, str, Any]]
) -> None:
    play(tournament, clock, battles=1)
    services.undo_vote(tournament=tournament, listener=tournament.owner)
    services.close_tournament(tournament=tournament, by=tournament.owner)
    # A battle was opened, decided, opened again, and the tournament ended.
    assert told == [(tournament.topic, "tournament.changed", None)] * 4


def test_listening_is_nobodys_news(
    battle: Battle, owner: User, told: list[tuple[str, str, Any]]
) -> None:
    services.record_listening(battle=battle, listener=owner, event="play", side="a")
    assert told == []
