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
from functools import cached_property
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from evolution.descriptors import COUNT, SongSound
from evolution.genome import Basis
from evolution.harm import Stage
from evolution.preference import Crowd, Judgements, Taste, features, fit_crowd, fit_taste
from evolution.strategy import Breeder, Plan
from mixing.networks.checkpoints import shipped_genome
from mixing.networks.genome import Genome
from mixing.networks.styles import STYLES

Floats = NDArray[np.float64]
Pair = tuple[Genome, Genome]

BASE: Final = "balanced"
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
        gate, crowd_gate: a personal mixer is given instead of the crowd's, and a new crowd's mixer
            instead of the one before, when better with at least this probability.
        first_refresh, refresh_growth: the crowd is fitted after so many votes, and again whenever
            all votes have grown by this share.
        breed_after: votes of a listener from one breeding to the next; with many votes, their
            number times ``breed_growth`` if that is more.
        half_life_days: how fast old votes fade.
    """

    gate: float = 0.8
    crowd_gate: float = 0.85
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

        One is the best for what is believed of the listener, the other a plausible rival.
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
        """The mixer for this listener: the crowd's until another is better for them with
        probability ``gate``."""
        person = self._people.get(listener)
        if person is None or not len(person.votes):
            return self.crowd_mixer
        self._breed_if_due(listener, person)
        return self._better(person)

    @property
    def crowd_mixer(self) -> Genome:
        """The mixer for somebody who never voted."""
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
        self._everybody.taste = average_taste(self.crowd)
        self._breed(_CROWD, self._everybody)
        self._everybody.mixer = self._better(self._everybody)

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

    def _better(self, person: _Person) -> Genome:
        """Their best candidate if it passes the gate against the crowd's mixer, which stays
        otherwise."""
        best, before = person.candidates[0], self.crowd_mixer
        sure = p_better(person.taste, *self.space.audition(np.stack([best, before])))
        gate = self.policy.crowd_gate if person is self._everybody else self.policy.gate
        return best if sure >= gate else before


@dataclass(frozen=True)
class Tempered:
    """A taste as breeding should see it: cautious at its mean, its draws nearer to the mean.

    The best of many candidates by a posterior mean is the one whose luck was best (the optimiser's
    curse), so what is unknown of a mix counts against it: ``caution`` standard deviations of its
    advantage over the reference mix, which is zero in every descriptor. And in a dozen dimensions
    a plain draw lies so far out that its favourite is no pleasure to hear: draws keep ``boldness``
    of their distance from the mean. They come in pairs on opposite sides of it, so that two
    challengers differ twice as much as either from the best.
    """

    taste: Taste
    caution: float
    boldness: float

    def utility(self, descriptors: NDArray[np.floating]) -> Floats:
        """Lower bounds of the utility (...,) of mixes (..., D)."""
        wide = features(descriptors)
        unknown = np.einsum("...f,fg,...g->...", wide, self.taste.covariance, wide, optimize=True)
        return np.asarray(wide @ self.taste.mean - self.caution * np.sqrt(np.maximum(unknown, 0.0)))

    def draws(self, rng: np.random.Generator, k: int) -> Floats:
        """(k, F)"""
        offset = self.boldness * (self.taste.draws(rng, (k + 1) // 2) - self.taste.mean)
        both = np.stack([offset, -offset], axis=1).reshape(-1, offset.shape[1])
        return np.asarray(self.taste.mean + both[:k])


@dataclass(frozen=True)
class ConsoleSpace:
    """Mixers of this product: heads on the real console, described as people hear them."""

    base: Genome
    house: tuple[Genome, ...]
    basis: Basis
    songs: tuple[SongSound, ...]
    plan: Plan = Plan(draws=6)  # noqa: RUF009 - frozen
    generations: int = 3
    boldness: float = 0.6
    caution: float = 0.2
    slack: float = 0.25
    """Expected utility (logits) that a played mix may lack to the best."""

    @classmethod
    def of_house(cls, songs: Sequence[SongSound]) -> Self:
        """Function space around the shipped base mixer over these songs."""
        base = shipped_genome(BASE)
        others = tuple(shipped_genome(style.slug) for style in STYLES if style.slug != BASE)
        return cls(base, others, Basis.build(base, songs), tuple(songs))

    @property
    def size(self) -> int:
        return COUNT

    def describe(self, genomes: NDArray[np.float32], song: SongSound) -> NDArray[np.floating]:
        return Stage(song, self.base).try_out(genomes)[0]

    def breed(self, taste: Taste, population: Sequence[Genome], *, seed: int) -> list[Genome]:
        breeder = Breeder(self.base, self.house, self.basis, self.songs, seed, self.plan)
        seen = Tempered(taste, self.caution, self.boldness)
        return [one.genome for one in breeder.breed(seen, population, self.generations)]

    def pair(
        self, taste: Taste, candidates: Sequence[Genome], song: SongSound,
        rng: np.random.Generator,
    ) -> tuple[int, int]:  # fmt: skip
        rows, faults = Stage(song, self.base).try_out(np.stack(candidates))
        return telling_pair(taste, rows, faults.sum(axis=1), rng, self.slack)

    def audition(
        self, genomes: NDArray[np.float32]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        tried = [stage.try_out(genomes) for stage in self._stages]
        rows = np.stack([descriptors for descriptors, _ in tried], axis=1)
        return rows, np.mean([faults.sum(axis=1) for _, faults in tried], axis=0)

    @cached_property
    def _stages(self) -> list[Stage]:
        return [Stage(song, self.base) for song in self.songs]


def p_better(taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating]) -> float:
    """P(the first of two mixers is worth more than the second): utility over songs less harm.

    Args:
        rows: (2, songs, D). harm: (2,) in logits.
    """
    difference = np.mean(features(rows[0]) - features(rows[1]), axis=0)
    advantage = float(difference @ taste.mean) - float(harm[0] - harm[1])
    deviation = float(np.sqrt(max(float(difference @ taste.covariance @ difference), 0.0)))
    if deviation == 0.0:
        return 0.5 if advantage == 0.0 else float(advantage > 0.0)
    return float(ndtr(advantage / deviation))


def average_taste(crowd: Crowd) -> Taste:
    """What the average listener likes: the crowd's mean, as surely as it is known."""
    known = len(crowd.weights)
    habits = crowd.mean[known:]
    return Taste(crowd.weights, crowd.covariance[:known, :known], habits, crowd.votes)


def telling_pair(
    taste: Taste, rows: NDArray[np.floating], harm: NDArray[np.floating],
    rng: np.random.Generator, slack: float,
) -> tuple[int, int]:  # fmt: skip
    """Two mixes (rows (m, D), harm (m,)) that are both good to hear, and whose difference the
    listener's taste knows least about.

    Good: expected utility at most ``slack`` below the best. With nothing else to choose from, the
    two best. Chance decides between equals.
    """
    expected = taste.utility(rows) - harm
    good = np.flatnonzero(expected >= expected.max() - slack)
    if len(good) < 2:
        good = np.argsort(-expected, kind="stable")[:2]
    wide = features(rows[good])
    product = wide @ taste.covariance @ wide.T
    own = np.diagonal(product)
    unknown = own[:, None] + own[None] - 2.0 * product
    unknown = np.triu(unknown + 1e-9 * rng.random(unknown.shape), k=1)
    first, second = np.unravel_index(int(np.argmax(unknown)), unknown.shape)
    return int(good[first]), int(good[second])


def _joined(judgements: Sequence[Judgements]) -> Judgements:
    names = Judgements.__dataclass_fields__
    columns = {name: np.concatenate([getattr(j, name) for j in judgements]) for name in names}
    return Judgements(**columns)
