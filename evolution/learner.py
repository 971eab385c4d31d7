"""The learner: votes in, pairs to hear and everybody's own mixer out; all in memory, no database.

The product stores the same steps in its database (``beliefs``, ``breeding``, ``personal``); this is
the loop as one object, for simulations and for anybody else's simulator:

    learner = Learner.of_house(songs, seed=1)
    a, b = learner.propose(listener, song)                  # two genomes to be heard blind
    learner.take_vote(listener, song, a, b, 1.0, first=1)   # 1: a was better, 0: b, 0.5: equal
    learner.mixer_of(listener)                              # the genome they should be given

Listeners are integers and may join at any time. Songs are ``SongSound``, genomes head weights,
unless another ``Space`` says what they are: it describes genomes on a song and breeds them.

A vote is learnt at once (a few milliseconds). Everybody's taste is fitted anew when the number of
all votes has grown by a share; a listener's candidates are bred when the next pair is wanted and
enough votes have come since. Equal seeds and votes give equal genomes, to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from evolution.choosing import GATE, average_taste, replacement
from evolution.console_space import ConsoleSpace
from evolution.descriptors import SongSound
from evolution.preference import Crowd, Judgements, Taste, fit_crowd, fit_taste
from mixing.networks.genome import Genome

Floats = NDArray[np.float64]
Pair = tuple[Genome, Genome]

_CROWD: Final = -1
"""Stands for everybody where a listener is named."""


class Space(Protocol):
    """What the learner needs to know of mixers and songs. ``song`` is opaque to it."""

    @property
    def size(self) -> int:
        """D, the number of descriptors; a unit of each is one clearly audible step."""

    @property
    def base(self) -> Genome:
        """The mixer everybody starts with; the reference of the descriptors."""

    def describe(self, genomes: NDArray[np.float32], song: Any) -> NDArray[np.floating]:
        """(mixers, D) of genomes (mixers, size) on one song."""

    def breed(self, taste: Taste, population: Sequence[Genome], *, seed: int) -> list[Genome]:
        """Candidates for this taste, the best for its mean first; seeded, the base among the
        founders."""

    def pair(
        self, taste: Taste, candidates: Sequence[Genome], song: Any, rng: np.random.Generator
    ) -> tuple[int, int]:
        """Which two candidates to play on this song."""

    def audition(
        self, genomes: NDArray[np.float32]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """On the songs that stand for all songs: descriptors (mixers, songs, D), and the harm no
        taste excuses (mixers,), in logits."""


@dataclass(frozen=True)
class Policy:
    """When the learner does what.

    Attributes:
        gate: a mixer is given instead of another when better with at least this probability.
        first_refresh, refresh_growth: the crowd is fitted after so many votes, and again whenever
            all votes have grown by this share.
        breed_after: votes of a listener from one breeding to the next; with many votes, their
            number times ``breed_growth`` if that is more.
        half_life_days: how fast old votes fade.
    """

    gate: float = GATE
    first_refresh: int = 20
    refresh_growth: float = 0.3
    breed_after: int = 5
    breed_growth: float = 0.2
    half_life_days: float = 180.0


@dataclass
class _Votes:
    """One listener's votes as rows, in the order they came."""

    a: list[NDArray[np.floating]] = field(default_factory=list)
    b: list[NDArray[np.floating]] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    day: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.score)

    def judgements(self, listener: int, size: int, today: float) -> Judgements:
        if not self.score:
            return Judgements.none(size)
        age = np.maximum(today - np.array(self.day), 0.0)
        return Judgements.of(
            np.stack(self.a), np.stack(self.b), self.score,
            listener=listener, first=self.first, age_days=age,
        )  # fmt: skip


@dataclass
class _Person:
    """What is known of a listener, or of the crowd."""

    taste: Taste
    mixer: Genome
    votes: _Votes = field(default_factory=_Votes)
    known: int = 0
    """How many of the votes the crowd was fitted to."""
    candidates: list[Genome] = field(default_factory=list)
    bred_at: int = -1
    breedings: int = 0
    proposals: int = 0


class Learner:
    """See the module. ``space`` says what mixers and songs are."""

    def __init__(self, space: Space, *, seed: int, policy: Policy = Policy()) -> None:
        self.space, self.policy = space, policy
        self._seed = seed
        self.crowd = Crowd.initial(space.size)
        self._people: dict[int, _Person] = {}
        self._everybody = _Person(average_taste(self.crowd), space.base)
        self._votes = self._fitted_votes = 0
        self._today = 0.0

    @classmethod
    def of_house(
        cls,
        songs: Sequence[SongSound],
        *,
        seed: int,
        policy: Policy = Policy(),
    ) -> Self:
        """Starting from the shipped mixers; the songs stand for all songs to come."""
        return cls(ConsoleSpace.of_house(songs), seed=seed, policy=policy)

    def propose(self, listener: int, song: Any) -> Pair:
        """Two mixers to be heard blind by this listener on this song; which is side A is chance.

        Both are good for what is believed of the listener; of such pairs, one that tells much.
        """
        person = self._person(listener)
        self._breed_if_due(listener, person)
        person.proposals += 1
        rng = np.random.default_rng((self._seed, listener + 1, 1, person.proposals))
        best, rival = self.space.pair(person.taste, person.candidates, song, rng)
        chosen = person.candidates[best], person.candidates[rival]
        return chosen if rng.random() < 0.5 else (chosen[1], chosen[0])

    def take_vote(
        self, listener: int, song: Any, a: Genome, b: Genome, score: float, *, first: int = 0,
        day: float = 0.0,
    ) -> None:  # fmt: skip
        """Learn from a vote.

        Args:
            a, b: what was heard; any genomes, not only proposed ones.
            score: 1 where a was better, 0 where b was, 0.5 for no difference.
            first: 1 if a was heard first, -1 if b, 0 if unknown.
            day: when, in days since any start; older votes count less.
        """
        person = self._person(listener)
        rows = self.space.describe(np.stack([a, b]), song)
        votes = person.votes
        votes.a.append(rows[0])
        votes.b.append(rows[1])
        votes.score.append(score)
        votes.first.append(first)
        votes.day.append(day)
        self._today = max(self._today, day)
        self._votes += 1
        if self._votes >= self._next_refresh():
            self._refresh_crowd()
        self._learn(listener, person)

    def mixer_of(self, listener: int) -> Genome:
        """The mixer for this listener.

        Nobody shall lose: it is the base while the crowd's mixer may be worse for them, and one
        bred for them only when that is surely better than what they would have without it.
        """
        person = self._people.get(listener)
        if person is None or not len(person.votes):
            return self._start(Taste.of_crowd(self.crowd))
        self._breed_if_due(listener, person)
        start = self._start(person.taste)
        return self._better(person.taste, person.candidates, start)

    @property
    def crowd_mixer(self) -> Genome:
        """The mixer that is best for the average listener, as surely as votes tell."""
        return self._everybody.mixer

    def taste_of(self, listener: int) -> Taste:
        """What is believed of this listener."""
        return self._person(listener).taste

    def _person(self, listener: int) -> _Person:
        if listener < 0:
            raise ValueError("Listeners are numbers from 0 on.")
        if listener not in self._people:
            self._people[listener] = _Person(Taste.of_crowd(self.crowd), self.crowd_mixer)
        return self._people[listener]

    def _learn(self, listener: int, person: _Person) -> None:
        judged = person.votes.judgements(listener, self.space.size, self._today)
        known = np.arange(len(judged)) < person.known
        person.taste = fit_taste(
            self.crowd, judged, known=known, half_life_days=self.policy.half_life_days
        )

    def _next_refresh(self) -> float:
        grown = (1.0 + self.policy.refresh_growth) * self._fitted_votes
        return max(self.policy.first_refresh, grown)

    def _refresh_crowd(self) -> None:
        judged = [
            person.votes.judgements(listener, self.space.size, self._today)
            for listener, person in self._people.items()
            if len(person.votes)
        ]
        self.crowd = fit_crowd(_joined(judged), half_life_days=self.policy.half_life_days)
        self._fitted_votes = self._votes
        for listener, person in self._people.items():
            person.known = len(person.votes)
            self._learn(listener, person)
        everybody = self._everybody
        everybody.taste = average_taste(self.crowd)
        self._breed(_CROWD, everybody)
        known = [*everybody.candidates, everybody.mixer]
        everybody.mixer = self._better(everybody.taste, known, self.space.base)

    def _breed_if_due(self, listener: int, person: _Person) -> None:
        count = len(person.votes)
        wait = max(self.policy.breed_after, int(self.policy.breed_growth * count))
        if not person.candidates or count - person.bred_at >= wait:
            self._breed(listener, person)
            person.bred_at = count

    def _breed(self, listener: int, person: _Person) -> None:
        founders = [*person.candidates, self._everybody.mixer, *self._everybody.candidates]
        person.breedings += 1
        seed = np.random.SeedSequence((self._seed, listener + 1, 0, person.breedings))
        number = int(seed.generate_state(1)[0])
        person.candidates = self.space.breed(person.taste, founders, seed=number)

    def _start(self, taste: Taste) -> Genome:
        """What somebody of this taste has before anything is bred for them."""
        return self._better(taste, [self.crowd_mixer], self.space.base)

    def _better(self, taste: Taste, candidates: Sequence[Genome], before: Genome) -> Genome:
        """The surest candidate that passes the gate against what was there before, or that."""
        tried = self.space.audition(np.stack([*candidates, before]))
        found = replacement(taste, *tried, self.policy.gate)
        return before if found is None else candidates[found]


def _joined(judgements: Sequence[Judgements]) -> Judgements:
    names = Judgements.__dataclass_fields__
    columns = {name: np.concatenate([getattr(j, name) for j in judgements]) for name in names}
    return Judgements(**columns)
