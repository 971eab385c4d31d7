"""The live socket: subscribe to topics, get a snapshot, then events. Writes go over HTTP.

Client: `{"type": "subscribe" | "unsubscribe", "topic": "song:<uuid>", "last_sequence": 12 | null}`.
Server: `{"type": "snapshot", "topic", "sequence", "data"}`, then `{"type": "event", "topic",
"sequence", "kind", "data"}`. A number that does not follow the last one means a lost event:
subscribe again. Refusals are `{"type": "error", "code", "message", "topic"}`; after one that closes
the socket with 4401 or 4403, asking again is useless, after 4409 (another session) it is not.

A snapshot may also come unasked, where an event was lost. No event is kept, so whatever
`last_sequence` says (also nonsense), the answer is a snapshot.
"""

import asyncio
import json
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import ObjectDoesNotExist

from mixing import events, topics
from mixing.rechecking import Finding, Watch, recheck
from mixing.topics import UnknownTopic

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES: Final = 16 * 1024
MAX_TOPICS: Final = 50
MAX_BAD_FRAMES: Final = 5
# Messages a socket may send within a second.
MAX_RATE: Final = 20
MAX_SOCKETS: Final = 10
MAX_SOCKETS_PER_ADDRESS: Final = 50
RECHECK_S: Final = 5.0
# A layer may lose any event, also the last one, after which nothing shows a gap. So often everybody
# who was not told the latest is told the state; what is on its way gets the grace to arrive.
CATCH_UP_S: Final = 1.0
GRACE_S: Final = 0.5

# WebSocket close codes (RFC 6455, section 7.4.1) and our own (from 4000 on, as HTTP's).
UNSUPPORTED: Final = 1003
POLICY: Final = 1008
TOO_BIG: Final = 1009
NOT_LOGGED_IN: Final = 4401
SESSION_CHANGED: Final = 4409
NOT_ALLOWED: Final = 4403


class BadFrame(Exception):
    """A message that cannot be understood; the argument says why."""


# How many sockets each person (or address, for those not logged in) has in this process.
_open_sockets: Counter[str] = Counter()
# The open sockets of each event loop, and the tasks that look after them while there are any.
_watched: WeakKeyDictionary[asyncio.AbstractEventLoop, "set[LiveConsumer]"] = WeakKeyDictionary()
_watchmen: WeakKeyDictionary[asyncio.AbstractEventLoop, "list[asyncio.Task[None]]"] = (
    WeakKeyDictionary()
)
_deliveries: set[asyncio.Task[None]] = set()


class LiveConsumer(AsyncWebsocketConsumer):
    """One browser's socket."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.who = ""
        try:
            await super().__call__(scope, receive, send)
        finally:  # However it ended: also by an error, which no `disconnect` follows.
            self._leave()

    async def connect(self) -> None:
        self.user: Any = self.scope["user"]
        self.told: dict[str, int] = {}
        self.bad_frames = 0
        self.arrivals: deque[float] = deque(maxlen=MAX_RATE)
        self.is_closing = False
        session = self.scope.get("session")
        self.watch = Watch(self.user, session.session_key if session is not None else None)
        self.topics = self.watch.topics
        self.who = self._who()
        _open_sockets[self.who] += 1
        _watched_over(self)
        await self.accept()
        if _open_sockets[self.who] > self._most_sockets():
            await self._refuse("too_many_sockets", "Too many open windows.", close=POLICY)

    async def disconnect(self, code: int) -> None:
        self.is_closing = True
        for topic in self.topics:
            await self.channel_layer.group_discard(events.group_name(topic), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_closing:
            return
        if text_data is None:
            await self._end(UNSUPPORTED)
        elif len(text_data.encode()) > MAX_MESSAGE_BYTES:
            await self._end(TOO_BIG)
        elif self._is_flooding():
            await self._refuse("rate_limited", "Too many messages.", close=POLICY)
        else:
            await self._understand(text_data)

    async def topic_event(self, message: dict[str, Any]) -> None:
        """An event of a topic, written out already."""
        if message["topic"] in self.topics and not self.is_closing:
            self._note(message["topic"], message["sequence"])
            await self.send(message["text"])

    async def catch_up(self, topic: str, sequence: int, text: str) -> None:
        """The topic's state, for a socket that an event did not reach; written out already."""
        if topic in self.topics and not self.is_closing:
            self._note(topic, sequence)
            await self.send(text)

    def is_behind(self, topic: str, sequence: int) -> bool:
        """Whether a snapshot came, and since then not all events up to this one."""
        return topic in self.topics and self.told.get(topic, sequence) < sequence

    def _note(self, topic: str, sequence: int) -> None:
        # An event that comes out of turn is as good as the ones before it: all are hints.
        self.told[topic] = max(sequence, self.told.get(topic, 0))

    async def _understand(self, text: str) -> None:
        try:
            kind, topic = parse(text)
        except BadFrame as problem:
            self.bad_frames += 1
            over = self.bad_frames >= MAX_BAD_FRAMES
            await self._refuse("malformed", str(problem), close=POLICY if over else None)
            return
        if kind == "subscribe":
            await self._subscribe(topic)
        else:
            await self._unsubscribe(topic)

    async def _subscribe(self, topic: str) -> None:
        if topic not in self.topics and len(self.topics) >= MAX_TOPICS:
            await self._refuse("too_many_topics", "Too many topics.", topic, close=POLICY)
            return
        if not await self._may_watch(topic):
            await self._turn_away(topic)
            return
        # Join first, then look: an event in between comes twice, never not at all.
        self.topics.add(topic)
        await self.channel_layer.group_add(events.group_name(topic), self.channel_name)
        try:
            sequence, data = await database_sync_to_async(_state_of)(topic)
        except ObjectDoesNotExist:  # Deleted between the two questions.
            await self._turn_away(topic)
            return
        self._note(topic, sequence)
        await self.send(_snapshot_text(topic, sequence, data))

    async def _unsubscribe(self, topic: str) -> None:
        if topic in self.topics:
            self.topics.discard(topic)
            self.told.pop(topic, None)
            await self.channel_layer.group_discard(events.group_name(topic), self.channel_name)

    async def _may_watch(self, topic: str) -> bool:
        try:
            return await database_sync_to_async(topics.may_watch)(self.user, topic)
        except UnknownTopic:
            return False

    async def _turn_away(self, topic: str) -> None:
        """The same answer whether the topic is unknown or private."""
        await self._unsubscribe(topic)
        known = self.user.is_authenticated
        code = NOT_ALLOWED if known else NOT_LOGGED_IN
        await self._refuse("not_found", "There is nothing here to watch.", topic, close=code)

    async def learn(self, finding: Finding) -> None:
        """Close the socket of somebody who logged out, was blocked, or may not watch any more."""
        if self.is_closing:
            return
        if not finding.is_still_here:
            # Not final: with a new session (a guest signed up) the browser may come back.
            await self._end(SESSION_CHANGED)
        elif finding.lost and finding.lost[0] in self.topics:
            await self._turn_away(finding.lost[0])

    def _leave(self) -> None:
        if not self.who:
            return
        _open_sockets[self.who] -= 1
        if not _open_sockets[self.who]:
            del _open_sockets[self.who]
        _watched.get(asyncio.get_running_loop(), set()).discard(self)

    def _who(self) -> str:
        client = self.scope.get("client") or ("unknown", 0)
        return str(self.user.pk) if self.user.is_authenticated else f"address {client[0]}"

    def _most_sockets(self) -> int:
        return MAX_SOCKETS if self.user.is_authenticated else MAX_SOCKETS_PER_ADDRESS

    def _is_flooding(self) -> bool:
        """Whether this message is one too many within a second."""
        now = time.monotonic()
        full = len(self.arrivals) == MAX_RATE and now - self.arrivals[0] < 1.0
        self.arrivals.append(now)
        return full

    async def _refuse(
        self, code: str, message: str, topic: str | None = None, *, close: int | None = None
    ) -> None:
        await self._send({"type": "error", "code": code, "message": message, "topic": topic})
        if close is not None:
            await self._end(close)

    async def _send(self, content: dict[str, Any]) -> None:
        if not self.is_closing:
            await self.send(json.dumps(content))

    async def _end(self, code: int) -> None:
        if not self.is_closing:
            self.is_closing = True
            await self.close(code)


def _watched_over(socket: LiveConsumer) -> None:
    """From now on somebody looks whether this socket may still watch, and was told everything."""
    loop = asyncio.get_running_loop()
    sockets = _watched.setdefault(loop, set())
    sockets.add(socket)
    if all(task.done() for task in _watchmen.get(loop, ())):
        _watchmen[loop] = [
            loop.create_task(_round(sockets, task)) for task in (_recheck, _catch_up)
        ]


async def _round(
    sockets: set[LiveConsumer], task: Callable[[set[LiveConsumer]], Awaitable[None]]
) -> None:
    """Again and again while there are sockets."""
    while sockets:
        try:
            await task(sockets)
        except Exception:  # The database is away: the next round asks again.
            logger.exception("sockets: a round was missed")


async def _recheck(sockets: set[LiveConsumer]) -> None:
    await asyncio.sleep(RECHECK_S)
    asked = list(sockets)
    findings = await database_sync_to_async(recheck)([each.watch for each in asked])
    for socket, finding in zip(asked, findings, strict=True):
        _deliver(socket.learn(finding))


async def _catch_up(sockets: set[LiveConsumer]) -> None:
    await asyncio.sleep(CATCH_UP_S)
    watched = {topic for socket in sockets for topic in socket.topics}
    latest = await database_sync_to_async(events.current_sequences)(watched)
    await asyncio.sleep(GRACE_S)
    for topic, sequence in latest.items():
        late = [socket for socket in sockets if socket.is_behind(topic, sequence)]
        if late:
            await _tell_state(topic, late)


async def _tell_state(topic: str, sockets: list[LiveConsumer]) -> None:
    try:
        sequence, data = await database_sync_to_async(_state_of)(topic)
    except ObjectDoesNotExist:  # Deleted meanwhile: the next recheck says so.
        return
    text = _snapshot_text(topic, sequence, data)
    for socket in sockets:
        _deliver(socket.catch_up(topic, sequence, text))


def _deliver(sending: Coroutine[Any, Any, None]) -> None:
    """Without waiting: one slow client must not hold up what the others are told."""
    task = asyncio.get_running_loop().create_task(sending)
    _deliveries.add(task)
    task.add_done_callback(_deliveries.discard)


def _snapshot_text(topic: str, sequence: int, data: Any) -> str:
    return json.dumps({"type": "snapshot", "topic": topic, "sequence": sequence, "data": data})


def parse(text: str) -> tuple[str, str]:
    """(kind, topic) of a client's message. Raises BadFrame."""
    try:
        message = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError):
        raise BadFrame("Send one JSON object without duplicate keys.") from None
    match message:
        case {"type": "subscribe" | "unsubscribe" as kind, "topic": str(topic)} if len(topic) < 80:
            return kind, topic
    raise BadFrame("Send a type (subscribe or unsubscribe) and a topic.")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate keys")
    return dict(pairs)


def _state_of(topic: str) -> tuple[int, Any]:
    """The topic's number and state. The number is read first: at worst the state is newer."""
    sequence = events.current_sequence(topic)
    return sequence, topics.snapshot(topic)
