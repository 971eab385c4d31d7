"""Who heard what: which pairs one listener may hear next, in which song, on which side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tournaments.formats.field import Assigned, Drawn, Field, Heard
from tournaments.pairing import Pair, Pairs

Mask = NDArray[np.bool_]
"""(entries, entries), symmetric: which pairs are meant."""
Hearing = tuple[frozenset[int], int]
"""A pair in a song."""


def playable(field: Field) -> Mask:
    """Pairs that can be heard now in some song."""
    mask = np.zeros((field.entries,) * 2, dtype=bool)
    for song in field.audible:
        there = np.array(sorted(song), dtype=np.intp)
        mask[np.ix_(there, there)] = True
    np.fill_diagonal(mask, False)
    return mask


def hearings(field: Field) -> Counter[Hearing]:
    """How often the field's listener heard, or was given, each pair in each song."""
    battles: list[Heard | Assigned] = [*field.heard, *field.assigned]
    return Counter((frozenset((b.a, b.b)), b.song) for b in battles if b.listener == field.listener)


def worn(field: Field) -> Mask:
    """Pairs that this listener heard `repeats` times in every song that is there now."""
    heard = hearings(field)
    pairs = {pair for pair, _ in heard}
    return _mask(
        field.entries,
        (
            pair
            for pair in pairs
            if all(heard[pair, song] >= field.repeats for song in field.songs_of(_as_pair(pair)))
        ),
    )


def shunned(field: Field) -> Mask:
    """Pairs not to offer at once: the one this listener heard last, and those skipped."""
    last = [b for b in field.heard if b.listener == field.listener][-1:]
    battles: list[Heard | Assigned] = [*last, *field.skipped]
    return _mask(field.entries, (frozenset((b.a, b.b)) for b in battles))


def pairs_in(mask: Mask) -> Pairs:
    """The pairs of a mask, (pairs, 2)."""
    return np.argwhere(np.triu(mask, 1))


def free_pairs(field: Field) -> Pairs:
    """Pairs for this listener: fresh ones; else those heard or skipped just now; maybe none."""
    free = playable(field) & ~worn(field)
    fresh = free & ~shunned(field)
    return pairs_in(fresh if fresh.any() else free)


def draw(
    field: Field,
    pair: Pair,
    rng: np.random.Generator,
    *,
    songs: Sequence[int] | None = None,
    match: int | None = None,
) -> Drawn:
    """The pair with its sides shuffled, in the song that taught least about it so far.

    That is the one this listener skipped and heard least, then the one heard least by all;
    `songs` are those to choose from if not all in which the pair can be heard.
    """
    key = frozenset(pair)
    mine = hearings(field)
    passed = Counter(b.song for b in field.skipped if {b.a, b.b} == key)
    everybody = Counter(b.song for b in field.heard if {b.a, b.b} == key)
    shuffled = rng.permutation(field.songs_of(pair) if songs is None else songs).tolist()
    song = min(shuffled, key=lambda song: (passed[song], mine[key, song], everybody[song]))
    a, b = pair if rng.random() < 0.5 else (pair[1], pair[0])
    return Drawn(a, b, song, match)


def _mask(entries: int, pairs: Iterable[frozenset[int]]) -> Mask:
    mask = np.zeros((entries, entries), dtype=bool)
    for pair in pairs:
        a, b = _as_pair(pair)
        mask[a, b] = mask[b, a] = True
    return mask


def _as_pair(pair: frozenset[int]) -> Pair:
    a, b = sorted(pair)
    return a, b
