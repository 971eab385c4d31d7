"""Tournament formats: pure modules behind one small interface, by the name stored in the database.

A new format is a module with a class like `Format`, one line here, and one choice in
`Tournament.Format`. Those with matches share `matches` (votes, listeners), and either `knockout`
(somebody must win) or `table` (points, draws).
"""

from tournaments.formats.arena import Arena
from tournaments.formats.bracket import Bracket, Match, Place, Round, Side, Source
from tournaments.formats.double_elimination import DoubleElimination
from tournaments.formats.field import (
    Assigned,
    Drawn,
    Field,
    Format,
    Goal,
    Heard,
    Nothing,
    Summary,
)
from tournaments.formats.personal import Personal
from tournaments.formats.round_robin import RoundRobin
from tournaments.formats.single_elimination import SingleElimination
from tournaments.formats.swiss import Swiss

FORMATS: dict[str, Format] = {
    "personal": Personal(),
    "round_robin": RoundRobin(),
    "swiss": Swiss(),
    "single_elimination": SingleElimination(),
    "double_elimination": DoubleElimination(),
    "arena": Arena(),
}

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
    "Summary",
]
