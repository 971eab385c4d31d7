"""The formats people choose from: what each is like, and how many votes it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tournaments.drawing.sentences import count
from tournaments.formats import FORMATS, Field
from tournaments.founding import USUAL_BATTLES

SENTENCES: Final = {
    "personal": "You alone look for your favourite: the best so far meets whoever might beat it.",
    "arena": "Rolling battles, each pair chosen for what it teaches. Finds the best mix with the "
    "fewest votes, from any number of listeners.",
    "swiss": "Everybody plays every round, against mixes that did about as well. A good table "
    "from few votes.",
    "round_robin": "Everybody meets everybody. The fairest table, and the most votes.",
    "single_elimination": "Lose once and be out. The shortest show; luck has its part.",
    "double_elimination": "Lose twice and be out. A longer show, and a fairer one.",
}
ARENA_VOTES_PER_ENTRY: Final = 8
"""Of an arena without a budget: in simulation the best of 8 or 16 leads by then four times in
five."""


@dataclass(frozen=True, slots=True)
class FormatChoice:
    value: str
    label: str
    sentence: str
    votes_text: str
    chosen: bool


def format_choices(
    labels: Sequence[tuple[str, str]],
    *,
    chosen: str,
    entries: int,
    songs: int,
    votes_per_match: int,
    budget: int,
) -> list[FormatChoice]:
    """Each format that exists, with the votes it takes for so many entries and songs."""
    field = _field(entries, songs, votes_per_match, budget)
    names = dict(labels)
    return [
        FormatChoice(
            value=value,
            label=names[value],
            sentence=sentence,
            votes_text=_votes_text(value, field),
            chosen=value == chosen,
        )
        for value, sentence in SENTENCES.items()
        if value in FORMATS and value in names
    ]


def _votes_text(value: str, field: Field) -> str:
    if field.entries < 2:
        return "two mixes at least"
    if value == "arena" and not field.budget:
        return f"about {ARENA_VOTES_PER_ENTRY * field.entries} votes"
    if value == "personal":
        return count(USUAL_BATTLES, "vote")
    return count(FORMATS[value].length(field), "vote")


def _field(entries: int, songs: int, votes_per_match: int, budget: int) -> Field:
    everybody = frozenset(range(entries))
    return Field(
        entries=entries,
        audible=(everybody,) * max(1, songs),
        budget=budget,
        votes_per_match=votes_per_match,
    )
