"""Tournaments played by simulated listeners, with everything that can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from tournaments.formats import Assigned, Drawn, Field, Format, Heard, Nothing

Choice = Callable[[np.random.Generator, int, int], float | None]


def any_choice(rng: np.random.Generator, a: int, b: int) -> float | None:
    """Anything a listener may say, with no taste at all."""
    return [1.0, 0.5, 0.0, None][rng.integers(4)]


def lower_is_better(rng: np.random.Generator, a: int, b: int) -> float | None:
    return 1.0 if a < b else 0.0


def always_level(rng: np.random.Generator, a: int, b: int) -> float | None:
    return 0.5


@dataclass
class Trouble:
    """Chances, per step, of what goes wrong."""

    failing: float = 0.0
    rendering: float = 0.0  # per entry, at the start; each is done after some steps
    undone: float = 0.0
    flagged: float = 0.0
    voided: float = 0.0
    abandoned: float = 0.0
    skipped: float = 0.0


@dataclass
class Play:
    """A tournament being played. `field` is what is true now, for no listener in particular."""

    format: Format
    field: Field
    rng: np.random.Generator
    choice: Choice = any_choice
    trouble: Trouble = field(default_factory=Trouble)
    log: list[Drawn] = field(default_factory=list)
    skipped: dict[int, list[Assigned]] = field(default_factory=dict)

    def to_the_end(self, *, listeners: int | None = None, most: int = 20_000) -> Field:
        """Play until it is over: with as many listeners as it takes, or with those given.

        With a given number, voting ends when all of them have heard what there is for them.
        """
        waiting = 0
        for step in range(most):
            listener = step if listeners is None else step % listeners
            self._trouble()
            answer = self.ask(listener)
            if answer is Nothing.FINISHED:
                return self.field
            if isinstance(answer, Drawn):
                waiting = 0
                self.take(listener, answer)
            else:
                self._explain(answer)
                waiting += 1
            if self.field.assigned and (waiting or self.rng.random() < 0.7):
                self._decide(int(self.rng.integers(len(self.field.assigned))))
                waiting = 0
            elif waiting and any(self.field.coming):
                self._render()
                waiting = 0
            elif listeners is not None and waiting > listeners:
                self.field = replace(self.field, over=True)
            assert waiting < 3 or listeners is not None, f"stalled: {answer}"
        raise AssertionError("it did not end")

    def ask(self, listener: int) -> Drawn | Nothing:
        skipped = tuple(self.skipped.get(listener, ()))
        known = replace(self.field, listener=listener, skipped=skipped)
        return self.format.next_battle(known, self.rng)

    def fail(self, entry: int) -> None:
        """Its mixes are gone, and battles with it are voided."""
        without = frozenset({entry})
        self.field = replace(
            self.field,
            audible=tuple(song - without for song in self.field.audible),
            coming=tuple(song - without for song in self.field.coming),
            assigned=tuple(b for b in self.field.assigned if entry not in (b.a, b.b)),
        )

    def take(self, listener: int, drawn: Drawn) -> None:
        assert drawn.a != drawn.b
        assert {drawn.a, drawn.b} <= self.field.audible[drawn.song]
        if drawn.match is not None and self.field.entries < 10:
            bracket = self.format.bracket(self.field)
            assert bracket is not None
            match = bracket.match(drawn.match)
            assert match.status == "open"
            assert {match.a.entry, match.b.entry} == {drawn.a, drawn.b}
        self.log.append(drawn)
        battle = Assigned(drawn.a, drawn.b, listener, drawn.song, drawn.match)
        if self.rng.random() < self.trouble.skipped:
            self.skipped.setdefault(listener, []).append(battle)
        elif self.rng.random() >= self.trouble.abandoned:
            self.field = replace(self.field, assigned=(*self.field.assigned, battle))

    def _explain(self, answer: Drawn | Nothing) -> None:
        """The reason given is a true one."""
        if answer is Nothing.PREVIEWS:
            assert any(self.field.coming)
        elif answer is Nothing.OTHERS:
            assert self.field.assigned

    def _decide(self, k: int) -> None:
        battle = self.field.assigned[k]
        rest = self.field.assigned[:k] + self.field.assigned[k + 1 :]
        self.field = replace(self.field, assigned=rest)
        if self.rng.random() < self.trouble.voided:
            return
        weight = 0.0 if self.rng.random() < self.trouble.flagged else 1.0
        score = self.choice(self.rng, battle.a, battle.b)
        first = int(self.rng.integers(-1, 2))
        cast = Heard(
            battle.a, battle.b, score, battle.listener, battle.song, battle.match, first, weight
        )
        self.field = replace(self.field, heard=(*self.field.heard, cast))

    def _render(self) -> None:
        """One mix is done, well or badly."""
        song = next(k for k, entries in enumerate(self.field.coming) if entries)
        entry = min(self.field.coming[song])
        done = frozenset({entry})
        coming, audible = list(self.field.coming), list(self.field.audible)
        coming[song] -= done
        if self.rng.random() >= self.trouble.failing:
            audible[song] |= done
        self.field = replace(self.field, coming=tuple(coming), audible=tuple(audible))

    def _trouble(self) -> None:
        trouble, rng = self.trouble, self.rng
        if rng.random() < trouble.failing:
            self.fail(int(rng.integers(self.field.entries)))
        if any(self.field.coming) and rng.random() < 0.5:
            self._render()
        if self.field.heard and rng.random() < trouble.undone:
            gone = int(rng.integers(len(self.field.heard)))
            heard = self.field.heard[:gone] + self.field.heard[gone + 1 :]
            self.field = replace(self.field, heard=heard)


def play(
    format_: Format,
    entries: int,
    *,
    seed: int = 0,
    songs: int = 1,
    budget: int = 100_000,
    choice: Choice = any_choice,
    trouble: Trouble | None = None,
    **more: object,
) -> Play:
    """A tournament ready to be played."""
    rng = np.random.default_rng(seed)
    trouble = trouble or Trouble()
    everybody = frozenset(range(entries))
    coming = tuple(
        frozenset(e for e in everybody if rng.random() < trouble.rendering) for _ in range(songs)
    )
    start = Field(
        entries=entries,
        audible=tuple(everybody - late for late in coming),
        coming=coming,
        budget=budget,
        seed=seed,
        **more,  # type: ignore[arg-type]
    )
    return Play(format_, start, rng, choice, trouble)
