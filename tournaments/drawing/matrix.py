"""Who won against whom: one row and one column per entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tournaments.watching import Duel

_TONES: Final = 3
# Below this many decisive votes a full colour would promise more than they say.
_SURE_VOTES: Final = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """What the votes between two entries said, seen from the row's entry."""

    other: int
    """Number of the column's entry."""
    wins: int
    ties: int
    losses: int
    both_bad: int

    @property
    def votes(self) -> int:
        return self.wins + self.ties + self.losses + self.both_bad

    @property
    def text(self) -> str:
        """Won and lost, a tie counting half to each: "3–1", "1½–½"."""
        return f"{_halves(2 * self.wins + self.ties)}–{_halves(2 * self.losses + self.ties)}"

    @property
    def tone(self) -> int:
        """From −3 (lost clearly) over 0 (level, or hardly heard) to 3 (won clearly)."""
        decisive = self.wins + self.ties + self.losses
        if not decisive:
            return 0
        lead = (self.wins - self.losses) / decisive
        return round(_TONES * lead * min(1.0, decisive / _SURE_VOTES))


@dataclass(frozen=True, slots=True)
class MatrixRow:
    name: str
    entry: int
    number: int
    """As people count, from 1."""
    cells: tuple[Cell | None, ...]
    """None on the diagonal."""


def head_to_head(
    names: Sequence[str], duels: Iterable[Duel], order: Sequence[int] | None = None
) -> list[MatrixRow]:
    """The table of all votes; rows and columns in `order` (of entry numbers)."""
    listed = range(len(names)) if order is None else order
    counts = {(i, j): [0, 0, 0, 0] for i in listed for j in listed if i != j}
    for duel in duels:
        column = 3 if duel.score is None else {1.0: 0, 0.5: 1, 0.0: 2}[duel.score]
        counts[duel.a, duel.b][column] += duel.count
        counts[duel.b, duel.a][column if column in (1, 3) else 2 - column] += duel.count
    return [
        MatrixRow(
            name=names[i],
            entry=i,
            number=place,
            cells=tuple(None if i == j else Cell(j, *counts[i, j]) for j in listed),
        )
        for place, i in enumerate(listed, start=1)
    ]


def _halves(halves: int) -> str:
    whole, rest = divmod(halves, 2)
    return f"{whole or ''}½" if rest else str(whole)
