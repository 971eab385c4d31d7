"""The live socket: subscribe, act, receive, and every way to be refused."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from config.asgi import application
from mixing import consumers, events, services
from mixing.models import Song
from tests.processes import PATIENCE_S

pytestmark = pytest.mark.django_db(transaction=True)

Socket = WebsocketCommunicator


@pytest.fixture(autouse=True)
def _memory_layer(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.fixture
def song(owner: User) -> Song:
    return services.create_song(owner=owner, title="Song")


async def browser_of(user: User | None, origin: str = "http://localhost") -> Socket:
    """A socket as this person's browser opens it, session cookie and all."""
    headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
    if user is not None:
        client = Client()
        await sync_to_async(client.force_login)(user)
        cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
        headers.append((b"cookie", f"{cookie.key}={cookie.value}".encode()))
    return Socket(application, "/ws/", headers=headers)


async def opened(user: User | None) -> Socket:
    socket = await browser_of(user)
    connected, _ = await socket.connect(timeout=PATIENCE_S)
    assert connected
    return socket


async def subscribe(socket: Socket, topic: str, **more: Any) -> dict[str, Any]:
    await socket.send_to(json.dumps({"type": "subscribe", "topic": topic, **more}))
    answer: dict[str, Any] = await socket.receive_json_from(timeout=PATIENCE_S)
    return answer


async def close_code(socket: Socket) -> int:
    message = await socket.receive_output(timeout=PATIENCE_S)
    assert message["type"] == "websocket.close"
    return int(message["code"])


@sync_to_async
def act(function: Any, **arguments: Any) -> Any:
    return function(**arguments)


async def test_a_snapshot_then_events_without_a_gap(song: Song, owner: User) -> None:
    socket = await opened(owner)
    snapshot = await subscribe(socket, song.topic)
    assert snapshot["type"] == "snapshot"
    assert snapshot["data"] == {
        "song": {"id": str(song.pk), "status": "draft"}, "stems": [], "mixes": [],
    }  # fmt: skip
    for number in (1, 2):
        await act(services.rename_song, song=song, title=f"Title {number}")
        event = await socket.receive_json_from(timeout=PATIENCE_S)
        assert event == {
            "type": "event",
            "topic": song.topic,
            "sequence": snapshot["sequence"] + number,
            "kind": "song.changed",
            "data": None,
        }
    await socket.disconnect()


async def test_a_lost_event_shows_as_a_gap_and_a_snapshot_heals_it(song: Song, owner: User) -> None:
    socket = await opened(owner)
    first = await subscribe(socket, song.topic)
    await act(events.next_sequence, topic=song.topic)  # An event that never arrived.
    await act(services.rename_song, song=song, title="B")
    event = await socket.receive_json_from(timeout=PATIENCE_S)
    assert event["sequence"] == first["sequence"] + 2
    again = await subscribe(socket, song.topic, last_sequence=first["sequence"])
    assert (again["type"], again["sequence"]) == ("snapshot", event["sequence"])
    await socket.disconnect()


@pytest.mark.parametrize("last", [-1, 10**12, "x", None, [], 1.5])
async def test_any_last_sequence_gets_a_snapshot(song: Song, owner: User, last: object) -> None:
    socket = await opened(owner)
    assert (await subscribe(socket, song.topic, last_sequence=last))["type"] == "snapshot"
    await socket.disconnect()


async def test_unsubscribing_stops_the_events(song: Song, owner: User) -> None:
    socket = await opened(owner)
    await subscribe(socket, song.topic)
    await socket.send_to(json.dumps({"type": "unsubscribe", "topic": song.topic}))
    await act(services.rename_song, song=song, title="B")
    assert await socket.receive_nothing(timeout=0.3)
    await socket.disconnect()


async def test_a_stranger_learns_nothing(song: Song, stranger: User) -> None:
    socket = await opened(stranger)
    answer = await subscribe(socket, song.topic)
    assert (answer["type"], answer["code"]) == ("error", "not_found")
    assert await close_code(socket) == 4403


async def test_an_unknown_song_is_answered_like_a_private_one(song: Song, stranger: User) -> None:
    socket = await opened(stranger)
    private = await subscribe(socket, song.topic)
    other = await opened(stranger)
    unknown = await subscribe(other, "song:00000000-0000-4000-8000-000000000000")
    assert {**private, "topic": ""} == {**unknown, "topic": ""}


async def test_nobody_in_particular_may_watch_public_songs_only(song: Song) -> None:
    socket = await opened(None)
    await subscribe(socket, song.topic)
    assert await close_code(socket) == 4401
    await Song.objects.aupdate(visibility=Song.Visibility.PUBLIC)
    socket = await opened(None)
    assert (await subscribe(socket, song.topic))["type"] == "snapshot"
    await socket.disconnect()


async def test_a_page_of_another_site_gets_no_socket(owner: User) -> None:
    socket = await browser_of(owner, origin="http://evil.example")
    connected, _ = await socket.connect(timeout=PATIENCE_S)
    assert not connected


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"type": "subscribe"}',
        '{"type": "dance", "topic": "song:x"}',
        '{"type": "subscribe", "topic": 7}',
        '{"type": "subscribe", "topic": NaN}',
        '{"type": "subscribe", "topic": "a", "topic": "b"}',
        "[" * 8000,
        '{"type": "subscribe", "topic": "' + "x" * 100 + '"}',
    ],
)
async def test_nonsense_gets_an_error_frame(owner: User, text: str) -> None:
    socket = await opened(owner)
    await socket.send_to(text)
    answer = await socket.receive_json_from(timeout=PATIENCE_S)
    assert (answer["type"], answer["code"]) == ("error", "malformed")
    assert await socket.receive_nothing(timeout=0.05)
    await socket.disconnect()


async def test_after_five_times_nonsense_the_socket_closes(owner: User) -> None:
    socket = await opened(owner)
    for _ in range(5):
        await socket.send_to("nonsense")
        await socket.receive_json_from(timeout=PATIENCE_S)
    assert await close_code(socket) == 1008


async def test_too_large_and_binary_messages_close_the_socket(owner: User) -> None:
    socket = await opened(owner)
    await socket.send_to("x" * 16_385)
    assert await close_code(socket) == 1009
    socket = await opened(owner)
    await socket.send_to(bytes_data=b"\x00")
    assert await close_code(socket) == 1003


async def test_a_flood_closes_the_socket(song: Song, owner: User) -> None:
    socket = await opened(owner)
    for _ in range(consumers.MAX_RATE + 1):
        await socket.send_to(json.dumps({"type": "unsubscribe", "topic": song.topic}))
    answer = await socket.receive_json_from(timeout=PATIENCE_S)
    assert answer["code"] == "rate_limited"
    assert await close_code(socket) == 1008


async def test_a_socket_watches_so_many_topics_and_no_more(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_TOPICS", 2)
    songs = [await act(services.create_song, owner=owner, title="x") for _ in range(3)]
    socket = await opened(owner)
    answers = [await subscribe(socket, song.topic) for song in songs]
    assert [answer["type"] for answer in answers] == ["snapshot", "snapshot", "error"]
    assert await close_code(socket) == 1008


async def test_a_person_opens_so_many_sockets_and_no_more(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_SOCKETS", 2)
    first, second = await opened(owner), await opened(owner)
    third = await opened(owner)
    assert (await third.receive_json_from(timeout=PATIENCE_S))["code"] == "too_many_sockets"
    assert await close_code(third) == 1008
    await third.disconnect()
    await first.disconnect()
    fourth = await opened(owner)
    assert await fourth.receive_nothing(timeout=0.1)
    await second.disconnect()
    await fourth.disconnect()
    assert str(owner.pk) not in consumers._open_sockets


async def test_logging_out_closes_the_socket(
    song: Song, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    socket = await opened(owner)
    await subscribe(socket, song.topic)
    assert await socket.receive_nothing(timeout=0.3)
    await Session.objects.all().adelete()
    assert await close_code(socket) == consumers.SESSION_CHANGED


async def test_a_blocked_person_is_closed_out(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    socket = await opened(owner)
    await User.objects.aupdate(is_active=False)
    assert await close_code(socket) == consumers.SESSION_CHANGED


async def test_a_song_that_goes_or_turns_private_ends_the_watch(
    song: Song, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.05)
    await Song.objects.aupdate(visibility=Song.Visibility.PUBLIC)
    socket = await opened(stranger)
    await subscribe(socket, song.topic)
    await Song.objects.aupdate(visibility=Song.Visibility.PRIVATE)
    answer = await socket.receive_json_from(timeout=PATIENCE_S)
    assert answer["code"] == "not_found"
    assert await close_code(socket) == 4403
