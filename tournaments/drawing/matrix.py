"""Who won against whom: one row and one column per entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

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
    number: int
    """As people count, from 1."""
    cells: tuple[Cell | None, ...]
    """None on the diagonal."""


def head_to_head(
    names: Sequence[str], votes: Iterable[tuple[int, int, float | None]]
) -> list[MatrixRow]:
    """The table of (entry A, entry B, score of A: 1, ½, 0, or None for "both bad")."""
    counts = {(i, j): [0, 0, 0, 0] for i in range(len(names)) for j in range(len(names)) if i != j}
    for a, b, score in votes:
        column = 3 if score is None else {1.0: 0, 0.5: 1, 0.0: 2}[score]
        counts[a, b][column] += 1
        counts[b, a][column if column in (1, 3) else 2 - column] += 1
    return [
        MatrixRow(
            name=name,
            number=i + 1,
            cells=tuple(
                None if i == j else Cell(j, *counts[i, j]) for j in range(len(names))
            ),
        )
        for i, name in enumerate(names)
    ]


def _halves(halves: int) -> str:
    whole, rest = divmod(halves, 2)
    return f"{whole or ''}½" if rest else str(whole)
