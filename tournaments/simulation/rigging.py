"""A crowd with sock puppets in it: who is who, and every vote they cast.

Eight mixers, 2,000 votes of honest people with tastes of their own (some with strong ones, some
careless, most with few votes), and twenty puppets who each cast as many votes as 5 % of the honest
ones, which makes half of all votes theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tournaments.comparisons import Floats
from tournaments.integrity.votelog import Cast
from tournaments.simulation.listeners import Careless, Honest, Listener, Puppet


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is simulated. Sizes are numbers of votes."""

    entries: int = 8
    honest_votes: int = 2000
    puppets: int = 20
    votes_per_puppet: int = 100
    taste_sd: float = 0.7
    fans: float = 0.2
    """Share of honest listeners with one entry that they like much more (1.5 logits)."""
    careless: float = 0.1
    omnipresent: bool = True
    """Whether puppets also vote against rivals where the target is not."""
    target: int = 5
    """Its place from the top, from 0."""


@dataclass(frozen=True, slots=True)
class Rigged:
    """The simulated tournament. Entries are in order of true strength."""

    casts: tuple[Cast, ...]
    strengths: Floats
    honest: frozenset[int]
    puppets: frozenset[int]
    target: int


def simulate(crowd: Crowd, rng: np.random.Generator) -> Rigged:
    """Random pairs for everybody: nobody chooses a battle."""
    strengths = np.sort(rng.normal(0.0, 1.0, crowd.entries))[::-1]
    strengths = strengths - strengths.mean()
    people: list[tuple[Listener, int]] = []
    left = crowd.honest_votes
    while left > 0:
        votes = min(left, int(np.clip(rng.lognormal(3.0, 1.0), 3, 200)))
        people.append((_person(crowd, strengths, rng), votes))
        left -= votes
    honest = len(people)
    rivals = frozenset(range(crowd.target)) if crowd.omnipresent else frozenset()
    for _ in range(crowd.puppets):
        cover = Honest(strengths + crowd.taste_sd * rng.normal(size=crowd.entries))
        people.append((Puppet(crowd.target, rivals, cover), crowd.votes_per_puppet))
    casts = []
    for number, (person, votes) in enumerate(people):
        for _ in range(votes):
            a, b = (int(entry) for entry in rng.choice(crowd.entries, 2, replace=False))
            casts.append(Cast(number, a, b, person.answer(a, b, rng)))
    everybody = range(len(people))
    return Rigged(
        casts=tuple(casts),
        strengths=strengths,
        honest=frozenset(everybody[:honest]),
        puppets=frozenset(everybody[honest:]),
        target=crowd.target,
    )


def _person(crowd: Crowd, strengths: Floats, rng: np.random.Generator) -> Listener:
    if rng.random() < crowd.careless:
        return Careless(always_a=bool(rng.random() < 0.3))
    taste = strengths + crowd.taste_sd * rng.normal(size=crowd.entries)
    if rng.random() < crowd.fans:
        taste[rng.integers(crowd.entries)] += 1.5
    return Honest(taste, lapse=0.05)
