"""What a generation changed and what the votes said, as numbers to keep and words to show."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from evolution.descriptors import DESCRIPTORS
from evolution.operators import OPERATORS

if TYPE_CHECKING:
    from evolution.strategy import Individual as Bred

AUDIBLE: Final = 0.5
"""Steps: smaller differences are not told."""
MOST_WORDS: Final = 3

_ORIGINS: Final = {
    "founder": "carried over from the mixers everybody has",
    "kept": "survived from the generation before",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One audible difference: the descriptor's name, in words, and how much."""

    name: str
    words: str
    amount: str
    steps: float


def tell(
    bred: "Sequence[Bred]", rival: NDArray[np.floating], votes: dict[str, int]
) -> dict[str, Any]:
    """A generation's story as JSON.

    Args:
        bred: survivors, the best of the mean's niche first.
        rival: (D,) mean descriptors of the mixer to replace, on the same songs.
        votes: what the new votes said, see `breeding`.
    """
    best = bred[0]
    moved = np.asarray(best.descriptors, np.float64) - rival
    origins = Counter(one.operator if one.generation else "kept" for one in bred)
    return {
        "descriptors": [round(float(x), 3) for x in best.descriptors],
        "against_rival": [round(float(x), 3) for x in moved],
        "operators": dict(sorted(origins.items())),
        "niches": len({one.niche for one in bred}),
        "utility": round(best.utility, 4),
        "harm": round(best.harm, 4),
        "votes": votes,
    }


def changes(moved: Sequence[float]) -> list[Change]:
    """Differences (D,) in steps that people would notice, largest first."""
    order = np.argsort(-np.abs(np.asarray(moved, np.float64)), kind="stable")
    return [
        Change(
            name=DESCRIPTORS[k].name,
            words=DESCRIPTORS[k].more if moved[k] > 0 else DESCRIPTORS[k].less,
            amount=DESCRIPTORS[k].amount(float(moved[k])),
            steps=float(moved[k]),
        )
        for k in (int(k) for k in order)
        if abs(moved[k]) >= AUDIBLE
    ]


def in_words(moved: Sequence[float]) -> str:
    """ "brighter by 2.0 dB, drier by 3.1 dB": the few largest differences."""
    told = [f"{one.words} by {one.amount}" for one in changes(moved)[:MOST_WORDS]]
    return ", ".join(told) if told else "hardly different"


def operator_words(name: str) -> str:
    """How an individual came to be, for people."""
    if name in OPERATORS:
        return OPERATORS[name].words
    return _ORIGINS.get(name, name.replace("_", " "))
