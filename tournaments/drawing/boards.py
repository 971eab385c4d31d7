"""Leaderboards and records, ready for a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final
from uuid import UUID

from tournaments.drawing.history import HistoryPicture, Moment, draw_history
from tournaments.drawing.outlook import Figure
from tournaments.drawing.sentences import count, percent
from tournaments.drawing.strengths import Interval, intervals
from tournaments.leaderboards import BoardRow
from tournaments.models import MixerStrength, Vote
from tournaments.records import ListenerRecord, MixerRecord, SongRecord

_Z_95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A board's row with the places it may truly hold."""

    strength: float
    standard_error: float
    low: float
    high: float
    rank_low: int
    rank_high: int


@dataclass(frozen=True, slots=True)
class BoardLine:
    row: BoardRow
    drawn: Interval
    best_text: str
    history: HistoryPicture | None


def board_lines(
    rows: Sequence[BoardRow], history: Mapping[UUID, Sequence[MixerStrength]]
) -> tuple[list[BoardLine], float]:
    """The rows with their intervals and their past, and where strength zero lies."""
    drawn, zero = intervals([_ranked(row, rows) for row in rows])
    lines = [
        BoardLine(
            row=row,
            drawn=picture,
            best_text=percent(row.p_best),
            history=draw_history(moments(history.get(row.mixer.pk, ()))),
        )
        for row, picture in zip(rows, drawn, strict=True)
    ]
    return lines, zero


def moments(history: Sequence[MixerStrength]) -> list[Moment]:
    """A mixer's days as points in time."""
    return [
        Moment(
            at=datetime.combine(row.day, time(12), UTC),
            strength=row.strength,
            low=row.low,
            high=row.high,
            votes=row.votes,
        )
        for row in history
    ]


def mixer_figures(record: MixerRecord) -> list[Figure]:
    """What the head of a mixer's page says."""
    standing = record.standing
    if standing is None:
        return [Figure("Place", "–", "No counted vote of others yet")]
    why = ", ".join(dict(Vote.Chip.choices)[chip].lower() for chip in list(record.chips)[:3])
    place = "preliminary: few votes" if standing.preliminary else "on the leaderboard"
    figures = [
        Figure("Place", str(standing.rank), place),
        Figure("Is the best", percent(standing.p_best)),
        Figure("Votes", str(standing.votes), f"in {count(standing.tournaments, 'tournament')}"),
    ]
    return [*figures, Figure("When it lost", why.capitalize())] if why else figures


def song_line(record: SongRecord) -> dict[str, object]:
    won = f"{record.points:g} of {record.votes}"
    return {"title": record.song.title, "won_text": won}


def listener_figures(record: ListenerRecord) -> list[Figure]:
    """What the head of a listener's page says. Nothing here grows with speed."""
    agreement, steady = record.agreement, record.consistency
    return [
        Figure("Tournaments finished", str(record.finished), count(record.votes, "vote")),
        Figure("Listened", _hours(record.hours), "by the server’s clock"),
        Figure(
            "Agrees with the crowd",
            "–" if agreement is None else f"{round(100 * agreement)} %",
            "too little to compare" if agreement is None else "of pairs others judged too",
        ),
        Figure(
            "Consistent",
            "–" if steady.share is None else f"{steady.passed} of {steady.checks}",
            "no repeats yet" if steady.share is None else "hidden repeats answered alike",
        ),
        Figure("Weeks in a row", str(record.streak)),
    ]


def _hours(hours: float) -> str:
    minutes = round(60 * hours)
    return f"{minutes} min" if minutes < 120 else f"{hours:.1f} h"


def _ranked(row: BoardRow, rows: Sequence[BoardRow]) -> _Ranked:
    return _Ranked(
        strength=row.strength,
        standard_error=(row.high - row.low) / (2 * _Z_95),
        low=row.low,
        high=row.high,
        rank_low=1 + sum(other.low > row.high for other in rows),
        rank_high=len(rows) - sum(other.high < row.low for other in rows),
    )
