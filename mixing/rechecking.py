"""Whether the people behind open sockets may still watch what they watch: asked for all at once.

A thousand sockets that each asked every few seconds would keep the database busy with nothing
else. One round asks for all sessions and all people together; whoever's session and password are
what they were at the last full check is the person they were then. Topics open to everybody are
asked about once, not once per watcher.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from mixing import topics
from mixing.topics import UnknownTopic


@dataclass(slots=True)
class Watch:
    """One socket: who opened it, by which session, and the topics it is subscribed to."""

    user: Any
    session_key: str | None
    topics: set[str] = field(default_factory=set)
    known: tuple[str, str] | None = None
    """Stored session and password at the last full check that went well."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a round found out about one socket."""

    is_still_here: bool
    lost: tuple[str, ...] = ()
    """Topics that may not be watched any more."""


def recheck(watches: Sequence[Watch]) -> list[Finding]:
    """A finding per socket, in the same order: two queries, and one per topic to be asked about."""
    stored = _stored(watches)
    public = _public({topic for watch in watches for topic in watch.topics})
    return [
        Finding(True, tuple(_lost(watch, public)))
        if _is_still_here(watch, stored)
        else Finding(False)
        for watch in watches
    ]


def _stored(watches: Sequence[Watch]) -> Mapping[tuple[str | None, object], tuple[str, str]]:
    """Session data and password by session and person, of sessions and people that are valid."""
    named = [watch for watch in watches if watch.user.is_authenticated]
    sessions = dict(
        Session.objects.filter(
            session_key__in={watch.session_key for watch in named}, expire_date__gt=timezone.now()
        ).values_list("session_key", "session_data")
    )
    people = User.objects.filter(pk__in={watch.user.pk for watch in named}, is_active=True)
    passwords = dict(people.values_list("pk", "password"))
    return {
        (watch.session_key, watch.user.pk): (sessions[watch.session_key], passwords[watch.user.pk])
        for watch in named
        if watch.session_key in sessions and watch.user.pk in passwords
    }


def _is_still_here(
    watch: Watch, stored: Mapping[tuple[str | None, object], tuple[str, str]]
) -> bool:
    """Whether the session that opened the socket still belongs to the same active person."""
    if not watch.user.is_authenticated:
        return True
    now = stored.get((watch.session_key, watch.user.pk))
    if now is None:
        return False
    if now != watch.known:
        if _owner_of(watch.session_key) != watch.user:
            return False
        watch.known = now
    return True


def _owner_of(session_key: str | None) -> object:
    """Whose session it is, by all that Django checks: a changed password ends it, too."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return get_user(request)


def _public(watched: Iterable[str]) -> set[str]:
    return {topic for topic in watched if _answer(topics.is_public, topic)}


def _lost(watch: Watch, public: set[str]) -> list[str]:
    asked = sorted(watch.topics - public)
    return [
        topic for topic in asked if not _answer(lambda t: topics.may_watch(watch.user, t), topic)
    ]


def _answer(question: Any, topic: str) -> bool:
    try:
        return bool(question(topic))
    except UnknownTopic:
        return False
