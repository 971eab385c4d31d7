"""Groups of listeners who like alike, found in what is believed of their tastes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evolution.descriptors import DESCRIPTORS
from evolution.lineage.errors import LineageInvalid

Floats = NDArray[np.float64]

MOST_GROUPS: Final = 6
FEWEST_LISTENERS: Final = 12
"""Fewer people are no crowd to divide."""
CLEAREST: Final = 0.15
"""Silhouette (P. Rousseeuw, 1987) from which groups are groups and not slices of one cloud."""


@dataclass(frozen=True)
class TasteGroup:
    """Listeners who want the same.

    Attributes:
        members: indices of the listeners.
        centre: (D,) what they want more of than all listeners together, in steps of liking.
        words: the clearest of it for people, clearest first; empty for a crowd of one group.
    """

    members: tuple[int, ...]
    centre: Floats
    words: tuple[str, ...]


def taste_groups(means: ArrayLike, *, seed: int = 0) -> list[TasteGroup]:
    """Divide listeners by the linear part of their taste means; one group when none stands out.

    Args:
        means: (listeners, D or F) what a step more of each descriptor is worth to them; of F
            features the first D are used.

    Returns:
        Groups, largest first. The same means and seed give the same groups.
    """
    rows = np.asarray(means, np.float64)
    count = len(DESCRIPTORS)
    if rows.ndim != 2 or rows.shape[1] < count or not np.isfinite(rows).all():
        raise LineageInvalid(f"Tastes are (listeners, at least {count}) finite numbers.")
    wishes = rows[:, :count]
    labels = _labels(wishes, seed)
    centres = [wishes[labels == label].mean(axis=0) for label in np.unique(labels)]
    groups = [
        TasteGroup(
            tuple(np.flatnonzero(labels == label).tolist()),
            centre - wishes.mean(axis=0),
            _words(centre - wishes.mean(axis=0)) if len(centres) > 1 else (),
        )
        for label, centre in zip(np.unique(labels), centres, strict=True)
    ]
    return sorted(groups, key=lambda group: (-len(group.members), group.members))


def _labels(wishes: Floats, seed: int) -> NDArray[np.intp]:
    """The division with the best silhouette, if it is good enough."""
    # Here and not above: it takes 80 MB that no page needs.
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    alike = np.zeros(len(wishes), np.intp)
    if len(wishes) < FEWEST_LISTENERS or np.ptp(wishes, axis=0).max(initial=0.0) < 1e-9:
        return alike
    best, clearest = alike, CLEAREST
    for groups in range(2, min(MOST_GROUPS, len(wishes) // 4) + 1):
        labels = KMeans(groups, n_init=8, random_state=seed).fit_predict(wishes)
        if len(np.unique(labels)) < groups:
            continue
        clear = float(silhouette_score(wishes, labels))
        if clear > clearest:
            best, clearest = np.asarray(labels, np.intp), clear
    return best


def _words(centre: Floats, most: int = 3) -> tuple[str, ...]:
    order = np.argsort(-np.abs(centre), kind="stable")[:most]
    loud = [index for index in order if abs(centre[index]) >= 0.5 * np.abs(centre).max()]
    return tuple(
        DESCRIPTORS[index].more if centre[index] > 0 else DESCRIPTORS[index].less for index in loud
    )
