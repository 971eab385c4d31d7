"""Hidden checks: battles whose right answer is known, so that votes can be weighed.

Each session has one, and longer ones more, at places nobody can foresee. They look like any other
battle, and their votes never enter the fit: the same mix twice (should be no difference), a pair
asked before with its sides swapped (should be the same answer), a mix against one that was made
bad (should lose). What they say of a listener is `tournaments.integrity`'s business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from accounts.models import User
from tournaments.clips import is_playable
from tournaments.models import Battle, EntryMix, Tournament, Vote
from tournaments.rosters import Roster

BATTLES_PER_CHECK: Final = 6
_FIRST_PLACE: Final = 2  # Nobody's first battle is a check.
_GAP: Final = 2
"""Battles between a pair and its repeat, so that it is not remembered."""


@dataclass(frozen=True, slots=True)
class Check:
    """A battle with a known answer: its kind, and sides A and B."""

    kind: str
    mixes: tuple[EntryMix, EntryMix]
    repeats_id: UUID | None = None


def due(tournament: Tournament, listener: User, roster: Roster, number: int) -> Check | None:
    """The check that stands at this place of the listener's session, if one does."""
    if not tournament.hidden_checks:
        return None
    session, place = divmod(number - 1, tournament.battle_budget)
    key = (tournament.seed, listener.pk.int, session)
    if place + 1 not in places(tournament.battle_budget, np.random.default_rng(key)):
        return None
    chance = np.random.default_rng((*key, place))
    possible = [
        check
        for check in (
            _identical(roster, chance),
            _repeat(tournament, listener, number, chance),
            _anchor(roster, chance),
        )
        if check is not None
    ]
    return possible[int(chance.integers(len(possible)))] if possible else None


def places(battles: int, rng: np.random.Generator) -> frozenset[int]:
    """Where a session of so many battles has its checks; numbers from 1."""
    free = np.arange(min(_FIRST_PLACE, battles), battles + 1)
    count = min(max(1, battles // BATTLES_PER_CHECK), free.size)
    return frozenset(int(place) for place in rng.choice(free, count, replace=False))


def _identical(roster: Roster, rng: np.random.Generator) -> Check | None:
    mix = _one_of((m for m in roster.mixes if _is_real(m)), rng)
    return None if mix is None else Check(Battle.Kind.IDENTICAL, (mix, mix))


def _anchor(roster: Roster, rng: np.random.Generator) -> Check | None:
    anchor = _one_of(roster.anchors, rng)
    if anchor is None:
        return None
    other = _one_of((m for m in roster.mixes if _is_real(m) and m.song_id == anchor.song_id), rng)
    if other is None:
        return None
    return Check(Battle.Kind.ANCHOR, (anchor, other) if rng.random() < 0.5 else (other, anchor))


def _repeat(
    tournament: Tournament, listener: User, number: int, rng: np.random.Generator
) -> Check | None:
    """A pair in which the listener heard a difference, sides swapped; each only once."""
    decided = Vote.Choice.A, Vote.Choice.B
    battles = Battle.objects.filter(
        tournament=tournament,
        listener=listener,
        state=Battle.State.DECIDED,
        kind=Battle.Kind.REAL,
        number__lt=number - _GAP,
        repeated_by=None,
        votes__withdrawn_at=None,
        votes__choice__in=decided,
    ).select_related(
        *(f"mix_{side}__{name}" for side in "ab" for name in ("entry", "preview", "recording"))
    )
    playable = [b for b in battles.order_by("number") if all(map(_is_there, (b.mix_a, b.mix_b)))]
    if not playable:
        return None
    battle = playable[int(rng.integers(len(playable)))]
    assert battle.mix_a is not None  # Both are there.
    assert battle.mix_b is not None
    return Check(Battle.Kind.REPEAT, (battle.mix_b, battle.mix_a), battle.pk)


def _is_real(mix: EntryMix) -> bool:
    return not mix.entry.is_anchor() and is_playable(mix.sound)


def _is_there(mix: EntryMix | None) -> bool:
    return mix is not None and is_playable(mix.sound)


def _one_of(mixes: Iterable[EntryMix], rng: np.random.Generator) -> EntryMix | None:
    found = list(mixes)
    return found[int(rng.integers(len(found)))] if found else None
