"""Live topics: who may watch one, and what a newcomer is told first.

An app registers its prefix once, in `AppConfig.ready`; the consumer asks here and knows no nouns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

MayWatch = Callable[[Any, UUID], bool]
Snapshot = Callable[[UUID], Any]
IsPublic = Callable[[UUID], bool]


class UnknownTopic(Exception):
    """No such kind of topic, or no UUID behind the prefix."""


@dataclass(frozen=True, slots=True)
class TopicKind:
    may_watch: MayWatch
    snapshot: Snapshot
    is_public: IsPublic | None


_kinds: dict[str, TopicKind] = {}


def register(
    prefix: str, may_watch: MayWatch, snapshot: Snapshot, is_public: IsPublic | None = None
) -> None:
    """Topics `prefix:<uuid>`: `may_watch(user, id)` decides, `snapshot(id)` is JSON-able data.

    All are called in a thread and may use the database; `user` may be anonymous. `is_public(id)`
    spares asking for each of many watchers: True only if anybody at all may watch.
    """
    _kinds[prefix] = TopicKind(may_watch, snapshot, is_public)


def may_watch(user: object, topic: str) -> bool:
    """Whether this person may watch; UnknownTopic if there is no such kind of topic."""
    kind, identity = _parse(topic)
    return kind.may_watch(user, identity)


def is_public(topic: str) -> bool:
    """Whether anybody at all may watch, as far as that is known without asking for each."""
    kind, identity = _parse(topic)
    return kind.is_public is not None and kind.is_public(identity)


def snapshot(topic: str) -> Any:
    """The topic's state now, JSON-able."""
    kind, identity = _parse(topic)
    return kind.snapshot(identity)


def _parse(topic: str) -> tuple[TopicKind, UUID]:
    prefix, _, rest = topic.partition(":")
    kind = _kinds.get(prefix)
    if kind is None:
        raise UnknownTopic(topic)
    try:
        identity = UUID(rest)
    except ValueError:
        raise UnknownTopic(topic) from None
    if str(identity) != rest:  # One spelling per topic, or sequence numbers would part.
        raise UnknownTopic(topic)
    return kind, identity
