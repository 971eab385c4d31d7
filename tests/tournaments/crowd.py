"""Listeners who vote by what they know of the mixers: for tournaments that need many of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accounts.models import User
from tournaments import services
from tournaments.models import Battle, Listening, Tournament, Vote

Choose = Callable[[Battle], str]


def people(count: int, *, start: int = 0) -> list[User]:
    """So many people with accounts."""
    return [
        User.objects.create_user(f"person{n}@example.org", None, name=f"Person {n}")
        for n in range(start, start + count)
    ]


@dataclass
class Ears:
    """Prefers stronger mixers, as the Bradley-Terry model says, and passes hidden checks."""

    strengths: Mapping[str, float]
    rng: np.random.Generator

    def __call__(self, battle: Battle) -> str:
        if battle.kind == Battle.Kind.IDENTICAL:
            return "tie"
        sides = (battle.side_a, battle.side_b)
        for letter, other in (("a", sides[1]), ("b", sides[0])):
            if other.is_anchor():
                return letter
        a, b = (self.strengths.get(side.name, 0.0) for side in sides)
        if battle.repeats is not None:
            before = Vote.objects.standing().get(battle=battle.repeats).choice
            return {"a": "b", "b": "a"}[before]
        return "a" if self.rng.random() < 1 / (1 + np.exp(b - a)) else "b"


def listen(battle: Battle, *, seconds: float = 6.0) -> None:
    """As if both sides had been played: the minutes that a vote needs, told to the database."""
    milliseconds = round(1000 * seconds)
    Listening.objects.filter(battle=battle).update(
        heard_a_ms=milliseconds, heard_b_ms=milliseconds, first_side="a"
    )


def vote_once(tournament: Tournament, listener: User, choose: Choose) -> Vote | None:
    """The listener's next battle, decided; None if there is none for them now."""
    battle = services.next_battle(tournament=tournament, listener=listener)
    if battle is None:
        return None
    listen(battle)
    return services.cast_vote(battle=battle, listener=listener, choice=choose(battle))[0]


def vote_all(
    tournament: Tournament, listeners: Sequence[User], choose: Choose, *, most: int = 1000
) -> list[Vote]:
    """In turns, until nobody has anything to hear; or so many votes."""
    votes: list[Vote] = []
    while len(votes) < most:
        heard = [vote_once(tournament, listener, choose) for listener in listeners]
        votes += [vote for vote in heard if vote is not None]
        if not any(heard):
            break
    return votes
