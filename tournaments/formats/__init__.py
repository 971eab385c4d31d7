"""Tournament formats: pure modules behind one small interface, by the name stored in the database.

A new format is a module with a class that has `next_battle`, one line here, and one choice in
`Tournament.Format`.
"""

from tournaments.formats.bracket import Bracket, Match, Place, Round, Side, Source
from tournaments.formats.field import Assigned, Drawn, Field, Format, Goal, Heard, Nothing
from tournaments.formats.personal import Personal

FORMATS: dict[str, Format] = {"personal": Personal()}

__all__ = [
    "FORMATS",
    "Assigned",
    "Bracket",
    "Drawn",
    "Field",
    "Format",
    "Goal",
    "Heard",
    "Match",
    "Nothing",
    "Place",
    "Round",
    "Side",
    "Source",
]
