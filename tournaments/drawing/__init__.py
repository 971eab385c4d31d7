"""Results as sentences, tables and pictures, ready for a template. Draws; fetches nothing."""

from tournaments.drawing.sentences import confidence, percent, story_text
from tournaments.drawing.strengths import Interval, StandingRow, intervals, standing_rows

__all__ = [
    "Interval",
    "StandingRow",
    "confidence",
    "intervals",
    "percent",
    "standing_rows",
    "story_text",
]
