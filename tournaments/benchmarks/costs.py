"""What one vote, one pair, one listening event and one message cost the server, one at a time.

Times to answer depend on how busy the machine is; processor time hardly does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tournaments.benchmarks.load import Inside, Lines, Target

SAMPLES: Final = 40
"""Requests of each kind: processor time is told in steps of 10 ms."""
MESSAGES: Final = 5
_QUIET_S: Final = 1.2
"""Longer than the second in which changes are gathered."""


async def costs_of_requests(target: Target, lines: Lines, inside: Inside) -> dict[str, float]:
    """Milliseconds of the web processes per request, by kind; nothing where it is not told.

    The last SAMPLES listeners that have a battle vote, ask for the next, and begin to hear it.
    """
    listeners = [listener for listener in target.listeners if listener.battle][-SAMPLES:]
    following = f"/api/v1/tournaments/{target.tournament}/next/"
    answers: list[Any] = []

    async def vote(number: int) -> None:
        listener = listeners[number]
        path = f"/api/v1/battles/{listener.battle}/votes/"
        await lines.ask("POST", path, listener.session, {"choice": "a"})

    async def ask(number: int) -> None:
        answer = await lines.ask("POST", following, listeners[number].session)
        answers.append(answer.body["battle"]["id"])

    async def hear(number: int) -> None:
        path = f"/api/v1/battles/{answers[number]}/listening/"
        event = {"event": "play", "side": "a"}
        await lines.ask("POST", path, listeners[number].session, event)

    found = {}
    for name, act in (("vote", vote), ("next", ask), ("listening", hear)):
        before = inside.web_s()
        for number in range(len(listeners)):
            await act(number)
        found[name] = _each(before, inside.web_s(), len(listeners))
    return {name: ms for name, ms in found.items() if ms is not None}


async def cost_of_a_message(viewers: Sequence[object], inside: Inside) -> float | None:
    """Milliseconds of the web processes per message and socket, over what they do anyway."""
    await asyncio.sleep(_QUIET_S)
    quiet = await _during(inside, lambda: None)
    busy = await _during(inside, inside.probe)
    if quiet is None or busy is None or not viewers:
        return None
    return round(1000 * max(0.0, busy - quiet) / (MESSAGES * len(viewers)), 3)


async def _during(inside: Inside, act: Callable[[], None]) -> float | None:
    """Seconds of processor time while `act` is done MESSAGES times."""
    before = inside.web_s()
    for _ in range(MESSAGES):
        act()
        await asyncio.sleep(_QUIET_S)
    after = inside.web_s()
    return None if before is None or after is None else after - before


def _each(before: float | None, after: float | None, count: int) -> float | None:
    if before is None or after is None or not count:
        return None
    return round(1000 * (after - before) / count, 1)
