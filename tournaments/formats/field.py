"""What a format is told and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np

from tournaments.formats.bracket import Bracket
from tournaments.pairing import Pair, times_heard
from tournaments.ratings import Comparison, Posterior, Votes, fit

Goal = Literal["winner", "table"]


class Heard(NamedTuple):
    """A decided battle: sides A and B as entry numbers; score 1, 0.5, 0, or None for "both bad"."""

    a: int
    b: int
    score: float | None
    listener: int = 0
    """Any number that is the same for the same listener."""
    song: int = 0
    match: int | None = None
    """The match it was drawn for (`Drawn.match`)."""
    first: int = 0
    """Heard first: 1 is A, -1 is B, 0 is unknown."""
    weight: float = 1.0
    """0 to 1. At 0 the vote is kept and counts nowhere: not in the fit, not in a match."""


class Assigned(NamedTuple):
    """A battle a listener was given and has not decided, or has skipped."""

    a: int
    b: int
    listener: int = 0
    song: int = 0
    match: int | None = None


class Drawn(NamedTuple):
    """The battle to hear next: sides A and B (shuffled), the song, and the match it belongs to."""

    a: int
    b: int
    song: int = 0
    match: int | None = None


class Nothing(Enum):
    """Why a listener has no battle to hear."""

    PREVIEWS = "previews"
    """A mix that is still being made comes first."""
    OTHERS = "others"
    """What comes next depends on battles that other listeners are hearing."""
    HEARD = "heard"
    """This listener has heard all there is for them at the moment; others may go on."""
    FINISHED = "finished"
    """The tournament is over."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an adaptive format must know of all votes; kept by the caller where votes are many."""

    posterior: Posterior
    times: tuple[int, ...]
    """Per entry: counted votes it was in."""
    votes: int
    """Counted votes."""

    @classmethod
    def of(cls, field: Field) -> Summary:
        counted = field.counted
        times = times_heard(field.entries, [(battle.a, battle.b) for battle in counted])
        return cls(fit(field.entries, field.votes()), tuple(times), len(counted))


@dataclass(frozen=True, kw_only=True)
class Field:
    """A tournament as a format sees it: entries are the numbers 0 to `entries` - 1.

    Everything but `listener` and `skipped` is the same for all listeners. What was fixed at the
    start (entries, songs, seed, seeding, votes_per_match, rounds) must not change later: brackets
    are computed from it anew each time.
    """

    entries: int
    audible: tuple[frozenset[int], ...]
    """Per song: entries that can be heard now."""
    budget: int
    """Most votes of the tournament (formats with matches end by themselves, or at the budget)."""
    heard: tuple[Heard, ...] = ()
    """Decided battles in the order they were decided; voided and undone ones never happened."""
    coming: tuple[frozenset[int], ...] = ()
    """Per song: entries whose mix is still being made. What is in neither failed for good."""
    listener: int = 0
    """Who asks."""
    assigned: tuple[Assigned, ...] = ()
    """Battles that are open now, of all listeners; without those given up on."""
    skipped: tuple[Assigned, ...] = ()
    """Battles that this listener skipped."""
    seed: int = 0
    """Decides the draw where nothing else does."""
    seeding: tuple[float, ...] = ()
    """A strength per entry known before the start; empty if nothing is known."""
    votes_per_match: int = 1
    rounds: int = 0
    """Rounds of a Swiss tournament; 0 is its own choice."""
    repeats: int = 2
    """Most times one listener hears one pair in one song, while there is anything else to hear.
    In a bracket it is strict: with few listeners, votes_per_match must be within their reach."""
    goal: Goal = "winner"
    """What an adaptive format spends votes on: who is best, or the whole table."""
    stop_at: float | None = None
    """An adaptive format ends when the leader is the best with this probability."""
    summary: Summary | None = None
    """For the arena: with it, `heard` need only hold the battles of the listener who asks. It may
    be a few votes old."""
    over: bool = False
    """Voting has ended (by date, budget or the owner): matches are decided by what is known."""

    @cached_property
    def available(self) -> tuple[int, ...]:
        """Entries that can be heard now in some song."""
        return tuple(sorted(frozenset().union(*self.audible)))

    @cached_property
    def awaited(self) -> frozenset[int]:
        """Entries of which some mix is still being made."""
        return frozenset().union(*self.coming)

    @cached_property
    def dropped(self) -> frozenset[int]:
        """Entries that cannot be heard and never will."""
        return frozenset(range(self.entries)) - self.awaited - frozenset(self.available)

    def songs_of(self, pair: Pair) -> list[int]:
        """The songs in which both can be heard now."""
        return [k for k, song in enumerate(self.audible) if song.issuperset(pair)]

    def songs_coming(self, pair: Pair) -> list[int]:
        """The songs in which both can be heard later, but not now."""
        now = self.songs_of(pair)
        return [
            k
            for k, (there, soon) in enumerate(zip(self.audible, self.coming, strict=False))
            if k not in now and all(entry in there or entry in soon for entry in pair)
        ]

    @cached_property
    def counted(self) -> tuple[Heard, ...]:
        """Battles whose votes count."""
        return tuple(battle for battle in self.heard if battle.weight > 0)

    def votes(self) -> Votes:
        """What the fit reads: counted votes that tell which is better."""
        return Votes.of(
            Comparison(battle.a, battle.b, battle.score, battle.first, battle.weight)
            for battle in self.counted
            if battle.score is not None
        )

    def pairs(self) -> list[Pair]:
        return [(battle.a, battle.b) for battle in self.heard]


class Format(Protocol):
    """Chooses battles one by one. Holds no state: the field and the chance are all it knows."""

    def next_battle(self, field: Field, rng: np.random.Generator) -> Drawn | Nothing:
        """What the field's listener hears next.

        Never stalls: as long as it is not FINISHED, some listener who has not heard everything
        gets a battle, once the previews in the making are done and the open battles decided.
        """
        ...

    def bracket(self, field: Field) -> Bracket | None:
        """Rounds, matches and places as they stand; None for formats without rounds."""
        ...

    def length(self, field: Field) -> int:
        """Votes from beginning to end at most, before failures shorten it."""
        ...
