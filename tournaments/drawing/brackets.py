"""Rounds and matches as columns that a page lays out, and places as a table.

Names come from outside, one per entry number, so that whoever may not know them yet gets others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tournaments.formats.bracket import Bracket, Match, Place, Round, Side

_PARTS: Final = {
    "": "",
    "winners": "Winners",
    "losers": "Second chance",
    "final": "Final",
}
_DECIDED: Final = {
    "strength": "level on votes, decided by strength over all rounds",
    "seed": "level in everything, decided by the draw",
    "forfeit": "the other mix failed",
}


@dataclass(frozen=True, slots=True)
class DrawnSide:
    """One line of a match: a name with its votes, or where the name will come from."""

    name: str
    points: str
    known: bool
    won: bool
    lost: bool


@dataclass(frozen=True, slots=True)
class DrawnMatch:
    number: int
    """As people count, from 1."""
    sides: tuple[DrawnSide, ...]
    """Two, or one with a bye."""
    status: Literal["coming", "open", "decided"]
    note: str
    votes_text: str
    pair: tuple[int, int] | None
    """The entries behind it once both are known, for a link to their votes."""


@dataclass(frozen=True, slots=True)
class DrawnRound:
    name: str
    matches: tuple[DrawnMatch, ...]
    join: Literal["pairs", "straight", "none"]
    """How its matches lead on: two into one, one into one, or not drawn."""
    open: bool


@dataclass(frozen=True, slots=True)
class DrawnPart:
    """A part of the bracket that is drawn on its own: winners, second chance, final."""

    title: str
    rounds: tuple[DrawnRound, ...]


@dataclass(frozen=True, slots=True)
class DrawnPlace:
    name: str
    rank: int
    points: str
    record: str
    byes: int
    buchholz: str
    fate: str
    """ "out", "mix failed", or empty."""


@dataclass(frozen=True, slots=True)
class DrawnBracket:
    parts: tuple[DrawnPart, ...]
    places: tuple[DrawnPlace, ...]
    winner: str
    votes_left: int


def draw_bracket(bracket: Bracket, names: Sequence[str], *, knockout: bool) -> DrawnBracket:
    """The bracket with these names; `knockout` brackets are joined by lines, tables are not."""
    parts = tuple(
        DrawnPart(_PARTS[section], tuple(_rounds(rounds, names, joined=knockout)))
        for section, rounds in _by_section(bracket.rounds)
    )
    return DrawnBracket(
        parts=parts,
        places=tuple(_place(place, names, knockout=knockout) for place in bracket.places),
        winner="" if bracket.winner is None else names[bracket.winner],
        votes_left=bracket.votes_left,
    )


def points_text(points: float) -> str:
    """2, 2½, and other weights with one decimal."""
    whole, rest = divmod(points, 1)
    if abs(rest - 0.5) < 1e-9:
        return f"{whole:.0f}½" if whole else "½"
    return f"{points:.1f}".removesuffix(".0")


def _by_section(rounds: Sequence[Round]) -> list[tuple[str, list[Round]]]:
    sections: dict[str, list[Round]] = {}
    for part in rounds:
        sections.setdefault(part.section, []).append(part)
    return list(sections.items())


def _rounds(rounds: Sequence[Round], names: Sequence[str], *, joined: bool) -> Iterable[DrawnRound]:
    following = [len(part.matches) for part in rounds[1:]] + [0]
    for part, after in zip(rounds, following, strict=True):
        here = len(part.matches)
        join: Literal["pairs", "straight", "none"] = "none"
        if joined and after:
            join = "pairs" if here == 2 * after else "straight" if here == after else "none"
        yield DrawnRound(
            name=part.name,
            matches=tuple(_match(match, names) for match in part.matches),
            join=join,
            open=any(match.status == "open" for match in part.matches),
        )


def _match(match: Match, names: Sequence[str]) -> DrawnMatch:
    bye = match.decided_by == "bye"
    sides = [side for side in (match.a, match.b) if not bye or side.entry is not None]
    a, b = match.a.entry, match.b.entry
    return DrawnMatch(
        number=match.number + 1,
        sides=tuple(_side(side, match, names) for side in sides),
        status=match.status,
        note=_note(match),
        votes_text=f"{match.counted} of {match.wanted}" if _is_heard(match) else "",
        pair=None if a is None or b is None else (a, b),
    )


def _is_heard(match: Match) -> bool:
    """Whether listeners decide it: both are there, and its round has begun."""
    both = match.a.entry is not None and match.b.entry is not None
    return both and match.status != "coming" and match.decided_by != "forfeit"


def _note(match: Match) -> str:
    if match.decided_by == "bye":
        return "goes through without an opponent"
    if match.status == "decided" and match.a.entry is None and match.b.entry is None:
        return "nobody came this way"
    return _DECIDED.get(match.decided_by, "")


def _side(side: Side, match: Match, names: Sequence[str]) -> DrawnSide:
    if side.entry is None:
        name = "Nobody"
        if side.source is not None and match.status != "decided":
            name = f"{side.source.outcome.capitalize()} of {side.source.match + 1}"
        return DrawnSide(name, "", known=False, won=False, lost=False)
    won = match.winner == side.entry
    return DrawnSide(
        name=names[side.entry],
        points=points_text(side.points) if _is_heard(match) else "",
        known=True,
        won=won,
        lost=match.winner is not None and not won,
    )


def _place(place: Place, names: Sequence[str], *, knockout: bool) -> DrawnPlace:
    fate = "mix failed" if place.dropped else ""
    if not fate and knockout and not place.alive:
        fate = "out"
    return DrawnPlace(
        name=names[place.entry],
        rank=place.rank,
        points=points_text(place.points),
        record=f"{place.wins}–{place.draws}–{place.losses}",
        byes=place.byes,
        buchholz=points_text(place.buchholz),
        fate=fate,
    )
