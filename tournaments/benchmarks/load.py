"""Many listeners of one tournament at once, from outside: sockets that watch, people who vote.

Votes leave by the clock, whether or not the ones before were answered, and each one's time counts
from the moment it was due: a server that falls behind cannot hide it by being asked less often
(coordinated omission; G. Tene, "How NOT to Measure Latency", 2013).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from tournaments.benchmarks.costs import Costs

STANDINGS: Final = "tournament.changed"
PROBE: Final = "load.probe"
"""An event that carries the moment at which it was sent (`time.time()`), for measuring only."""
SETTLE_S: Final = 2.5
"""After the last vote: the second in which changes are gathered, and the message at its end."""
WARM_UP_S: Final = 3.0
"""A fresh server's first answers bring imports with them: they count, their times do not."""
REQUEST_S: Final = 30.0
CONNECTING_AT_ONCE: Final = 25
CHOICES: Final = ("a", "b", "a", "tie", "b", "neither")


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody with a session, and a battle they have heard enough of (empty: they only watch)."""

    session: str
    battle: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the server."""

    sockets: int
    votes_per_s: float
    seconds: float

    @property
    def votes(self) -> int:
        return round(self.votes_per_s * self.seconds)


@dataclass(frozen=True, slots=True)
class Target:
    """One tournament of a running product. Voters come first among the listeners."""

    port: int
    tournament: str
    listeners: Sequence[Listener]

    @property
    def topic(self) -> str:
        return f"tournament:{self.tournament}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One listener's vote, and when it is due (`time.monotonic()`)."""

    listener: Listener
    choice: str
    due: float
    is_timed: bool


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Inside:
    """What can be asked of the machine besides the product's own doors."""

    probe: Callable[[], None]
    """Sends one PROBE event to the tournament's topic."""
    cpu_s: Callable[[], dict[str, float]]
    """Processor time so far by part (clients, web, worker, stores); empty if it is not told."""

    def web_s(self) -> float | None:
        return self.cpu_s().get("web")


@dataclass(slots=True)
class Found:
    """Everything that was seen from outside."""

    accepted: list[str] = field(default_factory=list)
    """Ids of votes that the server said it has."""
    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    vote_ms: list[float] = field(default_factory=list)
    other_ms: dict[str, list[float]] = field(default_factory=dict)
    viewers: list[Viewer] = field(default_factory=list)
    connect_s: float = 0.0
    voting_s: float = 0.0
    cpu_ms: dict[str, float | None] = field(default_factory=dict)
    """Of the web processes, per request of a kind and per message and socket."""
    cpu_s: dict[str, float] = field(default_factory=dict)
    """By part, while votes were cast."""


class Lines:
    """Kept-alive HTTP/1.1 connections, as a proxy in front of the product would have them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, session: str, body: object = None) -> Answer:
        """One request with a browser's cookies. Raises OSError, TimeoutError."""
        async with asyncio.timeout(REQUEST_S):
            reader, writer = await self._line()
            try:
                writer.write(self._request(method, path, session, body))
                answer = await _answer(reader)
            except BaseException:
                writer.close()
                raise
        self._idle.append((reader, writer))
        return answer

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def _line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port)

    def _request(self, method: str, path: str, session: str, body: object) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        csrf = secrets.token_hex(16)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Origin: http://127.0.0.1:{self._port}\r\n"
            f"Cookie: sessionid={session}; csrftoken={csrf}\r\nX-CSRFToken: {csrf}\r\n"
            f"Accept: application/json\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


async def _answer(reader: asyncio.StreamReader) -> Answer:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        names = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        content = await reader.readexactly(int(names.get("content-length", "0")))
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the server hung up") from error
    status = int(head[0].split()[1])
    is_json = names.get("content-type", "").startswith("application/") and content
    return Answer(status, json.loads(content) if is_json else None)


class Viewer:
    """One socket on the tournament's topic, and what it was told."""

    def __init__(self, target: Target, listener: Listener) -> None:
        self._target, self._listener = target, listener
        self.arrivals: list[float] = []
        """When each message about the standings came (`time.monotonic()`)."""
        self.probe_ms: list[float] = []
        self.sequence: int | None = None
        self.missed = 0
        self.is_lost = False
        self.subscribed = asyncio.Event()

    async def watch(self) -> None:
        """Until cancelled, or until the server ends it (then it is lost)."""
        try:
            async with connect(
                f"ws://{self._target.address}/ws/",
                origin=Origin(f"http://{self._target.address}"),
                additional_headers={"Cookie": f"sessionid={self._listener.session}"},
                compression=None,
                ping_interval=None,
                open_timeout=REQUEST_S,
            ) as socket:
                topic = self._target.topic
                await socket.send(json.dumps({"type": "subscribe", "topic": topic}))
                async for frame in socket:
                    self._take(json.loads(frame))
        except (OSError, TimeoutError, WebSocketException):
            pass  # Told below like any other end.
        finally:
            self.subscribed.set()
        self.is_lost = True

    def forget(self) -> None:
        """What came before does not count."""
        self.arrivals.clear()
        self.probe_ms.clear()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.sequence = message["sequence"]
            self.subscribed.set()
        elif message["type"] == "event":
            if self.sequence is not None and message["sequence"] > self.sequence:
                self.missed += message["sequence"] - self.sequence - 1
                self.sequence = message["sequence"]
            if message["kind"] == STANDINGS:
                self.arrivals.append(time.monotonic())
            elif message["kind"] == PROBE:
                self.probe_ms.append(1000 * (time.time() - message["data"]["sent"]))


async def drive(
    target: Target, load: Load, inside: Inside, progress: Callable[[str], None]
) -> Found:
    """Ask for single costs, open the sockets, cast the votes, wait for the last news.

    What was seen. A probe is sent every three seconds meanwhile.
    """
    found = Found()
    lines = Lines(target.port)
    costs = Costs(target, lambda: Lines(target.port), inside)
    found.cpu_ms |= await costs.of_requests()
    async with asyncio.TaskGroup() as watching:
        begun = time.monotonic()
        tasks = []
        found.viewers = [Viewer(target, who) for who in target.listeners[: load.sockets]]
        for few in _in_batches(found.viewers):
            tasks += [watching.create_task(viewer.watch()) for viewer in few]
            await asyncio.gather(*(viewer.subscribed.wait() for viewer in few))
        found.connect_s = time.monotonic() - begun
        found.cpu_ms["socket_message"] = await costs.of_a_message(load.sockets)
        for viewer in found.viewers:
            viewer.forget()
        progress(f"{load.sockets} sockets in {found.connect_s:.1f} s; {load.votes} votes …")
        probing = watching.create_task(_every(3.0, inside.probe))
        before = inside.cpu_s()
        await _vote(target, load, lines, found)
        await asyncio.sleep(SETTLE_S)
        after = inside.cpu_s()
        found.cpu_s = {part: after[part] - before.get(part, 0.0) for part in sorted(after)}
        for task in (*tasks, probing):
            task.cancel()
    lines.close()
    return found


def _in_batches(viewers: Sequence[Viewer]) -> Iterator[Sequence[Viewer]]:
    for start in range(0, len(viewers), CONNECTING_AT_ONCE):
        yield viewers[start : start + CONNECTING_AT_ONCE]


async def _every(seconds: float, act: Callable[[], None]) -> None:
    while True:
        act()
        await asyncio.sleep(seconds)


async def _vote(target: Target, load: Load, lines: Lines, found: Found) -> None:
    """Everybody's one vote, at even times, and what their page asks for next."""
    begun = time.monotonic()
    async with asyncio.TaskGroup() as voting:
        for number, listener in enumerate(target.listeners[: load.votes]):
            after = number / load.votes_per_s
            await asyncio.sleep(max(0.0, begun + after - time.monotonic()))
            turn = Turn(listener, CHOICES[number % len(CHOICES)], begun + after, after > WARM_UP_S)
            voting.create_task(_take_turn(target, turn, lines, found))
    found.voting_s = time.monotonic() - begun


async def _take_turn(target: Target, turn: Turn, lines: Lines, found: Found) -> None:
    """A vote, and what the page asks for after it: the next pair, and its first sound."""
    session = turn.listener.session
    found.sent += 1
    vote = f"/api/v1/battles/{turn.listener.battle}/votes/"
    answer = await _asked(found, lines.ask("POST", vote, session, {"choice": turn.choice}))
    if turn.is_timed:
        found.vote_ms.append(1000 * (time.monotonic() - turn.due))
    if answer is not None and answer.status in (200, 201):
        found.accepted.append(answer.body["id"])
    following = f"/api/v1/tournaments/{target.tournament}/next/"
    answer = await _timed(found, turn, "next", lines.ask("POST", following, session))
    if answer is not None and answer.status == 200 and answer.body["battle"] is not None:
        played = f"/api/v1/battles/{answer.body['battle']['id']}/listening/"
        event = {"event": "play", "side": "a"}
        await _timed(found, turn, "listening", lines.ask("POST", played, session, event))


async def _timed(found: Found, turn: Turn, name: str, asking: Awaitable[Answer]) -> Answer | None:
    begun = time.monotonic()
    answer = await _asked(found, asking)
    if turn.is_timed:
        found.other_ms.setdefault(name, []).append(1000 * (time.monotonic() - begun))
    return answer


async def _asked(found: Found, asking: Awaitable[Answer]) -> Answer | None:
    """The answer; refusals are counted by their code, hung up lines by the error's name."""
    try:
        answer = await asking
    except (OSError, TimeoutError) as error:
        found.refused[type(error).__name__] += 1
        return None
    if answer.status >= 400:
        body = answer.body if isinstance(answer.body, dict) else {}
        found.refused[str(body.get("code", answer.status))] += 1
    return answer


def figures(found: Found, stored: set[str]) -> dict[str, Any]:
    """What was seen, in numbers; `stored` are the ids of the votes that the database holds."""
    viewers = found.viewers
    window = found.voting_s + SETTLE_S
    rates = [len(viewer.arrivals) / window for viewer in viewers]
    others = [ms for each in found.other_ms.values() for ms in each]
    return {
        "votes": {
            "sent": found.sent,
            "accepted": len(found.accepted),
            "lost": len(set(found.accepted) - stored),
            "refused": dict(found.refused),
            "per_second": round(len(found.accepted) / found.voting_s, 1),
            "ms": percentiles(found.vote_ms),
        },
        "other_api": {
            "ms": percentiles(others),
            **{name: percentiles(ms) for name, ms in sorted(found.other_ms.items())},
        },
        "sockets": {
            "opened": len(viewers),
            "lost": sum(viewer.is_lost for viewer in viewers),
            "connect_s": round(found.connect_s, 1),
            "standings_per_second": {
                "mean": round(float(np.mean(rates)), 2) if rates else None,
                "most": round(max(rates), 2) if rates else None,
            },
            "events_missed": sum(viewer.missed for viewer in viewers),
            "event_to_socket_ms": percentiles([ms for v in viewers for ms in v.probe_ms]),
        },
        # Hardly depends on how busy the machine is: says how much fits.
        "cpu_ms": found.cpu_ms,
        "cores_busy": {part: round(seconds / window, 2) for part, seconds in found.cpu_s.items()},
    }


def percentiles(ms: Sequence[float]) -> dict[str, float] | None:
    """p50, p95 and p99 in milliseconds; None of nothing."""
    if not ms:
        return None
    return {f"p{q}": round(float(np.percentile(ms, q)), 1) for q in (50, 95, 99)}
