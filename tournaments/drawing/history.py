"""A strength over time: a line with its 95 % interval as a band."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from tournaments.drawing.strengths import signed

WIDTH: Final = 600.0
HEIGHT: Final = 160.0
_MARGIN: Final = 8.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A strength (logits) and its 95 % interval at a time."""

    at: datetime
    strength: float
    low: float
    high: float
    votes: int


@dataclass(frozen=True, slots=True)
class HistoryPicture:
    """SVG paths in a view box of 600 by 160, and the words beside them."""

    line: str
    band: str
    zero: float
    dot: tuple[float, float]
    top_text: str
    bottom_text: str
    first: Moment
    last: Moment


def draw_history(moments: Sequence[Moment]) -> HistoryPicture | None:
    """None for fewer than two moments: one point is no history."""
    if len(moments) < 2:
        return None
    times = np.array([moment.at.timestamp() for moment in moments])
    low, high = min(0.0, *(m.low for m in moments)), max(0.0, *(m.high for m in moments))
    span = max(times[-1] - times[0], 1e-9)
    x = _MARGIN + (times - times[0]) / span * (WIDTH - 2 * _MARGIN)

    def y(strengths: Sequence[float]) -> list[float]:
        scale = (HEIGHT - 2 * _MARGIN) / max(high - low, 1e-9)
        return [HEIGHT - _MARGIN - (strength - low) * scale for strength in strengths]

    middle = y([m.strength for m in moments])
    upper, lower = y([m.high for m in moments]), y([m.low for m in moments])
    there = list(zip(x, upper, strict=True))
    back = list(zip(x[::-1], lower[::-1], strict=True))
    return HistoryPicture(
        line=_path(list(zip(x, middle, strict=True))),
        band=f"{_path([*there, *back])}Z",
        zero=round(y([0.0])[0], 1),
        dot=(round(float(x[-1]), 1), round(middle[-1], 1)),
        top_text=signed(high),
        bottom_text=signed(low),
        first=moments[0],
        last=moments[-1],
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
