"""What browsers are told live, and the only way to tell them.

Every topic (`song:<id>`, `tournament:<id>`, `user:<id>`) counts its events; a browser that sees a
gap asks for a snapshot. Events are hints: the page works by polling when sockets do not.
"""

from functools import partial
from typing import Any, Literal, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from mixing.models import Topic


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
    async_to_sync(layer.group_send)(group_name(topic), {"type": "topic.event", "event": event})
