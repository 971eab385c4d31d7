"""Watching a tournament through a channel layer that loses events."""

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer
from channels.testing import WebsocketCommunicator
from pytest_django.fixtures import Settings

from accounts.models import User
from config.asgi import application
from mixing import consumers
from mixing.models import Song
from tests.processes import PATIENCE_S
from tests.tournaments.crowd import Ears, people, vote_once
from tournaments import live, services, tasks, topic
from tournaments.models import Tournament, Vote
from tournaments.services import Plan

pytestmark = pytest.mark.django_db(transaction=True)


class ForgetfulLayer(InMemoryChannelLayer):
    """Loses messages in the order of `pattern` (1: arrives, 0: is lost), over and over."""

    def __init__(self, *, pattern: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self._arrives = itertools.cycle(pattern)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if next(self._arrives):
            await super().group_send(group, message)


@pytest.fixture
def arena(song: Song, owner: User) -> Tournament:
    plan = Plan(format="arena", voters="everybody", hidden_checks=False)
    return services.create_tournament(owner=owner, songs=[song], plan=plan)


@pytest.fixture(autouse=True)
def _no_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every vote is told: what is measured here is what happens to messages that are lost."""
    monkeypatch.setattr(live, "SPACING_S", 0)


def use_layer(settings: Settings, pattern: Sequence[int]) -> None:
    backend = f"{__name__}.{ForgetfulLayer.__name__}"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"pattern": pattern}}}


async def watching(tournament: Tournament) -> tuple[WebsocketCommunicator, dict[str, Any]]:
    """A stranger's socket on the tournament, and the first thing it is told."""
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    socket = WebsocketCommunicator(application, "/ws/", headers=headers)
    connected, _ = await socket.connect(timeout=PATIENCE_S)
    assert connected
    return socket, await subscribed(socket, tournament)


async def subscribed(socket: WebsocketCommunicator, tournament: Tournament) -> dict[str, Any]:
    await socket.send_to(json.dumps({"type": "subscribe", "topic": tournament.topic}))
    told: dict[str, Any] = await socket.receive_json_from(timeout=PATIENCE_S)
    return told


def vote(tournament: Tournament, listeners: list[User]) -> int:
    """One vote each, told as after a burst; how many votes there are then."""
    ears = Ears({}, np.random.default_rng(5))
    for listener in listeners:
        assert vote_once(tournament, listener, ears) is not None
        tasks.refresh_tournament(str(tournament.pk))  # As the worker does after a burst.
    return Vote.objects.standing().filter(battle__tournament=tournament).count()


@pytest.mark.parametrize("pattern", [(0, 1), (1, 0), (0,)])
async def test_watchers_see_the_truth_though_every_second_event_is_lost(
    arena: Tournament, settings: Settings, pattern: Sequence[int]
) -> None:
    """Whichever half is lost, and if all are: after a last event that is lost no gap shows."""
    assert consumers.CATCH_UP_S + consumers.GRACE_S < 2
    use_layer(settings, pattern)
    watchers = [await watching(arena) for _ in range(3)]
    votes = await sync_to_async(vote)(arena, await sync_to_async(people)(3))
    seen = (state_at_last(socket, arena, first["sequence"], votes) for socket, first in watchers)
    assert [state["votes"] for state in await asyncio.gather(*seen)] == [votes] * 3
    for socket, _ in watchers:
        await socket.disconnect()


async def state_at_last(
    socket: WebsocketCommunicator, tournament: Tournament, sequence: int, votes: int
) -> dict[str, Any]:
    """The first state with so many votes, as a page comes to know it: subscribed again after a gap,
    fetched after an event, or told unasked. Without an event it asks for nothing."""
    while True:
        told = await socket.receive_json_from(timeout=PATIENCE_S)
        if told["type"] == "event":
            if told["sequence"] != sequence + 1:
                told = await subscribed(socket, tournament)
            else:
                told["data"] = await sync_to_async(topic.snapshot)(tournament.pk)
        sequence, state = told["sequence"], told["data"]
        if state["votes"] == votes:
            return dict(state)


async def test_who_comes_back_is_told_what_was_missed(
    arena: Tournament, settings: Settings
) -> None:
    use_layer(settings, (0, 1))
    socket, first = await watching(arena)
    await socket.disconnect()
    votes = await sync_to_async(vote)(arena, await sync_to_async(people)(2))
    socket, told = await watching(arena)
    assert first["data"]["votes"] == 0
    assert (told["type"], told["data"]["votes"]) == ("snapshot", votes)
    assert told["sequence"] > first["sequence"]
    await socket.disconnect()
