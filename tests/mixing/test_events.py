"""Events: numbered per topic, told on commit, never a reason for failure."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from mixing import events, topics
from mixing.models import Song
from mixing.topics import UnknownTopic


class Layer:
    """Notes what would reach the sockets."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.broken = False

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.broken:
            raise ConnectionError("nobody there")
        self.sent.append((group, message))


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    layer = Layer()
    monkeypatch.setattr(events, "get_channel_layer", lambda: layer)
    return layer


@pytest.mark.django_db(transaction=True)
def test_events_leave_on_commit_with_rising_numbers(layer: Layer) -> None:
    with transaction.atomic():
        events.announce("song:1", "song.changed")
        events.announce("song:1", "mix.progress", {"percent": 5})
        events.announce("song:2", "song.changed")
        assert layer.sent == []
    assert [group for group, _ in layer.sent] == ["song.1", "song.1", "song.2"]
    assert '"sequence": 1' in layer.sent[0][1]["text"]
    assert '"sequence": 2' in layer.sent[1][1]["text"]
    assert '"sequence": 1' in layer.sent[2][1]["text"]
    assert layer.sent[1][1]["topic"] == "song:1"


@pytest.mark.django_db(transaction=True)
def test_a_rollback_tells_nothing_and_takes_no_number(layer: Layer) -> None:
    with transaction.atomic():
        events.announce("song:1", "song.changed")
        transaction.set_rollback(True)
    assert layer.sent == []
    assert events.current_sequence("song:1") == 0


@pytest.mark.django_db(transaction=True)
def test_a_broken_layer_costs_nobody_anything(layer: Layer) -> None:
    layer.broken = True
    events.announce("song:1", "song.changed")
    # The number is taken all the same: the next event shows the gap.
    assert events.current_sequence("song:1") == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_from_one_loop_of_its_own(layer: Layer) -> None:
    before = threading.active_count()
    events.use_own_loop()
    try:
        for _ in range(5):
            events.announce("song:1", "song.changed")
        assert len(layer.sent) == 5
        assert threading.active_count() == before + 1
        layer.broken = True
        events.announce("song:1", "song.changed")
    finally:
        loop = events._own_loop()
        loop.call_soon_threadsafe(loop.stop)
        events._own_loop.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_numbers_taken_at_once_differ() -> None:
    taken: list[int] = []

    def take() -> None:
        try:
            taken.extend(events.next_sequence("song:1") for _ in range(10))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 41))


@pytest.mark.parametrize(
    "topic",
    ["", "song", "song:", "song:1", "nonsense:00000000-0000-4000-8000-000000000000",
     "song:00000000-0000-4000-8000-00000000000A", "song:{00000000-0000-4000-8000-000000000000}"],
)  # fmt: skip
def test_topics_have_one_spelling(topic: str, db: None) -> None:
    with pytest.raises(UnknownTopic):
        topics.may_watch(None, topic)


def test_a_song_is_watched_by_who_may_open_it(song: Song, stranger: Any) -> None:
    assert topics.may_watch(song.owner, song.topic)
    assert not topics.may_watch(stranger, song.topic)
    Song.objects.update(visibility=Song.Visibility.UNLISTED)
    assert topics.may_watch(stranger, song.topic)
