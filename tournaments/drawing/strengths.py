"""Strengths with their intervals, each row on the scale that all rows share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import numpy as np

from tournaments.drawing.sentences import percent
from tournaments.standings import Standing

_MARGIN: Final = 4.0
# A bell is drawn this many standard errors to each side; beyond, it is thinner than a pixel.
_BELL_REACH: Final = 3.0
_BELL_POINTS: Final = 33
BELL_HEIGHT: Final = 24.0
"""Height of a row's view box; the bell stands on its lower edge."""


class Measured(Protocol):
    """What a row must know: a strength in logits, its error, its 95 % interval and places."""

    @property
    def strength(self) -> float: ...
    @property
    def standard_error(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def rank_low(self) -> int: ...
    @property
    def rank_high(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """Places strengths on 0 to 100, with a margin at both ends."""

    least: float
    per_logit: float

    @classmethod
    def around(cls, rows: Sequence[Measured]) -> "Scale":
        """Zero and every interval fit in."""
        least = min(0.0, *(row.low for row in rows))
        most = max(0.0, *(row.high for row in rows))
        return cls(least, (100.0 - 2 * _MARGIN) / max(most - least, 1e-9))

    def place(self, strength: float) -> float:
        return round(_MARGIN + (strength - self.least) * self.per_logit, 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A strength drawn in a view box of 100 by 24."""

    low: float
    mean: float
    high: float
    bell: str
    """SVG path of the posterior: where the strength may lie, higher where it more likely lies."""
    strength_text: str
    low_text: str
    high_text: str
    rank_text: str


def interval(row: Measured, scale: Scale) -> Interval:
    return Interval(
        low=scale.place(row.low),
        mean=scale.place(row.strength),
        high=scale.place(row.high),
        bell=_bell(row, scale),
        strength_text=signed(row.strength),
        low_text=signed(row.low),
        high_text=signed(row.high),
        rank_text=rank_range(row.rank_low, row.rank_high),
    )


def intervals(rows: Sequence[Measured]) -> tuple[list[Interval], float]:
    """Every row drawn, and where strength zero lies on the scale."""
    if not rows:
        return [], 50.0
    scale = Scale.around(rows)
    return [interval(row, scale) for row in rows], scale.place(0.0)


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A line of the standings: the figures, their drawing, and the chance to be the best."""

    name: str
    standing: Standing
    drawn: Interval
    best_text: str


def standing_rows(
    standings: Sequence[Standing], names: Mapping[UUID, str] | None = None
) -> tuple[list[StandingRow], float]:
    """The rows with their intervals, and where strength zero lies on the scale.

    `names` by entry, for whoever may not know the real ones yet.
    """
    drawn, zero = intervals(standings)
    rows = [
        StandingRow(
            name=row.entry.name if names is None else names[row.entry.pk],
            standing=row,
            drawn=picture,
            best_text=percent(row.p_best),
        )
        for row, picture in zip(standings, drawn, strict=True)
    ]
    return rows, zero


def rank_range(low: int, high: int) -> str:
    """ "3", or "2–5" when the votes cannot tell."""
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"


def signed(strength: float) -> str:
    return f"{strength:+.2f}".replace("-", "\N{MINUS SIGN}")


def _bell(row: Measured, scale: Scale) -> str:
    reach = np.linspace(-_BELL_REACH, _BELL_REACH, _BELL_POINTS)
    heights = (BELL_HEIGHT - 2.0) * np.exp(-0.5 * reach**2)
    x = _MARGIN + (row.strength + reach * row.standard_error - scale.least) * scale.per_logit
    points = (f"{a:.1f} {BELL_HEIGHT - h:.1f}" for a, h in zip(x, heights, strict=True))
    return f"M{x[0]:.1f} {BELL_HEIGHT:g}L{'L'.join(points)}L{x[-1]:.1f} {BELL_HEIGHT:g}Z"
