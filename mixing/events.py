"""What browsers are told live, and the only way to tell them.

Every topic (`song:<id>`, `tournament:<id>`, `user:<id>`) counts its events; a browser that sees a
gap asks for a snapshot. Events are hints: the page works by polling when sockets do not.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Coroutine, Iterable
from functools import cache, partial
from typing import Any, Final, Literal, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from mixing.models import Topic

logger = logging.getLogger(__name__)

SEND_TIMEOUT_S: Final = 2.0


class MixProgress(TypedDict):
    """Where one mix stands; percent 0–100, seconds_left None while unknown."""

    mix_id: str
    section: Literal["preview", "full"]
    state: str
    stage: str
    percent: float
    seconds_left: float | None
    queue_position: int | None


class StemProgress(TypedDict):
    stem_id: str
    state: str
    stage: str
    percent: float


class SongState(TypedDict):
    id: str
    status: str


class SongSnapshot(TypedDict):
    """All that the events of a song topic tell, at one moment."""

    song: SongState
    stems: list[StemProgress]
    mixes: list[MixProgress]


class Event(TypedDict):
    """What arrives on a socket: `data` is one of the TypedDicts above, or empty ("fetch again")."""

    topic: str
    sequence: int
    kind: str
    data: Any


def group_name(topic: str) -> str:
    return topic.replace(":", ".")


def announce(topic: str, kind: str, data: Any = None) -> None:
    """Tell the topic's watchers after commit; the sequence number is taken there too."""
    transaction.on_commit(partial(_send, topic, kind, data))


def next_sequence(topic: str) -> int:
    with transaction.atomic():
        if not Topic.objects.filter(name=topic).update(sequence=F("sequence") + 1):
            Topic.objects.get_or_create(name=topic)
            Topic.objects.filter(name=topic).update(sequence=F("sequence") + 1)
        return Topic.objects.values_list("sequence", flat=True).get(name=topic)


def current_sequence(topic: str) -> int:
    """The number of the topic's latest event; 0 before the first."""
    return Topic.objects.filter(name=topic).values_list("sequence", flat=True).first() or 0


def current_sequences(topics: Iterable[str]) -> dict[str, int]:
    """The number of each topic's latest event (one query); topics without any are left out."""
    rows = Topic.objects.filter(name__in=list(topics))
    return dict(rows.values_list("name", "sequence"))


def _send(topic: str, kind: str, data: Any) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    event: Event = {
        "topic": topic,
        "sequence": next_sequence(topic),
        "kind": kind,
        "data": data,
    }
    # Written out once here rather than once per socket.
    message = {
        "type": "topic.event",
        "topic": topic,
        "sequence": event["sequence"],
        "text": json.dumps({"type": "event", **event}),
    }
    try:
        _run(layer.group_send(group_name(topic), message))
    except Exception as error:
        # Every layer fails in its own way, and a lost hint must never cost a result: browsers poll,
        # and see the gap at the next event.
        logger.warning("events: %s not told: %r", topic, error)


def use_own_loop() -> None:
    """Send from one long-lived loop: for workers, which have none and send often."""
    _own_loop.cache_clear()
    _own_loop()


def _run(sending: Coroutine[Any, Any, None]) -> None:
    if not _own_loop.cache_info().currsize:
        async_to_sync(_await)(sending)
        return
    asyncio.run_coroutine_threadsafe(sending, _own_loop()).result(SEND_TIMEOUT_S)


async def _await(sending: Coroutine[Any, Any, None]) -> None:
    await sending


@cache
def _own_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="events", daemon=True).start()
    return loop
