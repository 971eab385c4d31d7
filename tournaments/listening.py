"""Seconds heard per side, by the server's clock alone.

A player says what happens ("play", "switch", "tick" each second, "pause", "seek"), never how long.
Each event credits the time since the event before it to the side that was playing, at most
CREDIT_MS: so a tab that was closed or fell asleep stops earning, two tabs earn no more than one,
and a jump along the clip earns nothing. Nothing a client sends can be a sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

CREDIT_MS: Final = 2500
"""Most that one event can credit: players tick each second, and networks stutter."""
FLOOR_S: Final = 5.0
"""Seconds of each side to hear before a vote; half the clip when that is less."""

EVENTS: Final = ("play", "switch", "tick", "pause", "seek", "region")
SIDED: Final = ("play", "switch", "tick")
"""Events that say which side plays."""


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard of a battle so far. Sides are "a" and "b"; `playing` is empty in silence."""

    playing: str = ""
    first_side: str = ""
    heard_a_ms: int = 0
    heard_b_ms: int = 0
    switches: int = 0
    last_event_at: datetime | None = None


def after(listened: Listened, event: str, side: str, now: datetime) -> Listened:
    """What was heard once `event` (of EVENTS) arrived at `now`; `side` only for SIDED events."""
    # A tick from another side than the one known means that a switch was lost on the way: whose
    # time it was cannot be told.
    lost = event == "tick" and side != listened.playing
    credited = listened if lost else _credited(listened, now)
    playing = credited.playing
    switches = credited.switches
    if event == "pause":
        playing = ""
    elif event in ("play", "tick"):
        playing = side
    elif event == "switch" and playing and playing != side:
        playing, switches = side, switches + 1
    return replace(
        credited,
        playing=playing,
        first_side=credited.first_side or playing,
        switches=switches,
        last_event_at=now,
    )


def floor_s(duration_s: float) -> float:
    """Seconds of each side to hear before a vote on clips of this length."""
    return min(FLOOR_S, duration_s / 2)


def _credited(listened: Listened, now: datetime) -> Listened:
    if not listened.playing or listened.last_event_at is None:
        return listened
    elapsed_ms = int((now - listened.last_event_at).total_seconds() * 1000)
    credit = min(max(elapsed_ms, 0), CREDIT_MS)
    if listened.playing == "a":
        return replace(listened, heard_a_ms=listened.heard_a_ms + credit)
    return replace(listened, heard_b_ms=listened.heard_b_ms + credit)
