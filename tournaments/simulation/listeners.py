"""Listeners who answer by a known taste, without one, or to push an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tournaments.comparisons import Floats

A, TIE, B = 1.0, 0.5, 0.0


class Listener(Protocol):
    def answer(self, a: int, b: int, rng: np.random.Generator) -> float:
        """1 (A is better), 0.5 (no difference) or 0 (B is better)."""
        ...


@dataclass(frozen=True, slots=True)
class Honest:
    """Answers by Davidson's model with strengths of their own."""

    strengths: Floats
    """(entries,) in logits."""
    nu: float = 0.5
    """How readily they hear no difference: 0.5 is one in five between equals."""
    lapse: float = 0.0
    """Share of answers given without listening."""

    def answer(self, a: int, b: int, rng: np.random.Generator) -> float:
        if rng.random() < self.lapse:
            return _coin(rng)
        half = (self.strengths[a] - self.strengths[b]) / 2
        odds = np.array([np.exp(half), self.nu, np.exp(-half)])
        return (A, TIE, B)[int(rng.choice(3, p=odds / odds.sum()))]


@dataclass(frozen=True, slots=True)
class Careless:
    """Never listens: A or B, or always the same side."""

    always_a: bool = False

    def answer(self, a: int, b: int, rng: np.random.Generator) -> float:
        return A if self.always_a else _coin(rng)


@dataclass(frozen=True, slots=True)
class Puppet:
    """Pushes `target` in every battle, also in those it is not in.

    The omnipresent strategy of Min et al. (ICML 2025, arXiv 2501.17858): rivals that stand above
    the target lose whatever they meet; all other battles are answered like `cover`.
    """

    target: int
    rivals: frozenset[int]
    cover: Listener

    def answer(self, a: int, b: int, rng: np.random.Generator) -> float:
        if self.target in (a, b):
            return A if a == self.target else B
        if (a in self.rivals) != (b in self.rivals):
            return B if a in self.rivals else A
        return self.cover.answer(a, b, rng)


def _coin(rng: np.random.Generator) -> float:
    return A if rng.random() < 0.5 else B
