"""What one vote, one pair, one listening event and one message cost the server, one at a time.

Times to answer depend on how busy the machine is; processor time hardly does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tournaments.benchmarks.load import Inside, Lines, Listener, Target

SAMPLES: Final = 40
"""Requests of each kind: processor time is told in steps of 10 ms."""
FIRST: Final = 8
"""Turns before them, each on a connection of its own: every process of the server has its first
requests, which bring imports with them."""
BATTLES: Final = SAMPLES + FIRST
MESSAGES: Final = 5
_QUIET_S: Final = 1.2
"""Longer than the second in which changes are gathered."""


class Costs:
    """Asks for what a listener's turn is made of, and how much of the server that takes."""

    def __init__(self, target: Target, lines: Callable[[], Lines], inside: Inside) -> None:
        self._target, self._lines, self._inside = target, lines, inside

    async def of_requests(self) -> dict[str, float]:
        """Milliseconds of the web processes per request, by kind; nothing where it is not told.

        The last BATTLES listeners that have a battle vote, ask for the next, and begin to hear it.
        """
        voters = [listener for listener in self._target.listeners if listener.battle][-BATTLES:]
        for listener in voters[:FIRST]:
            await self._of_turns([listener])
        return await self._of_turns(voters[FIRST:])

    async def _of_turns(self, listeners: Sequence[Listener]) -> dict[str, float]:
        lines = self._lines()
        battles = [listener.battle for listener in listeners]
        given: list[str] = []

        async def vote(number: int) -> None:
            path = f"/api/v1/battles/{battles[number]}/votes/"
            await lines.ask("POST", path, listeners[number].session, {"choice": "a"})

        async def ask(number: int) -> None:
            path = f"/api/v1/tournaments/{self._target.tournament}/next/"
            answer = await lines.ask("POST", path, listeners[number].session)
            given.append(answer.body["battle"]["id"])

        async def hear(number: int) -> None:
            path = f"/api/v1/battles/{given[number]}/listening/"
            event = {"event": "play", "side": "a"}
            await lines.ask("POST", path, listeners[number].session, event)

        found = {}
        for name, act in (("vote", vote), ("next", ask), ("listening", hear)):
            before = self._inside.web_s()
            for number in range(len(listeners)):
                await act(number)
            after = self._inside.web_s()
            if before is not None and after is not None:
                found[name] = round(1000 * (after - before) / len(listeners), 1)
        lines.close()
        return found

    async def of_a_message(self, sockets: int) -> float | None:
        """Milliseconds of the web processes per message and socket, over what they do anyway."""
        await asyncio.sleep(_QUIET_S)
        quiet = await self._during(lambda: None)
        busy = await self._during(self._inside.probe)
        if quiet is None or busy is None or not sockets:
            return None
        return round(1000 * max(0.0, busy - quiet) / (MESSAGES * sockets), 3)

    async def _during(self, act: Callable[[], None]) -> float | None:
        """Seconds of processor time while `act` is done MESSAGES times."""
        before = self._inside.web_s()
        for _ in range(MESSAGES):
            act()
            await asyncio.sleep(_QUIET_S)
        after = self._inside.web_s()
        return None if before is None or after is None else after - before
