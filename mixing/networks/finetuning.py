"""Fine-tuning one head towards settings that won, without forgetting what it does elsewhere.

The lessons are songs with the console that people preferred. On every other song the head is held
to its own former answers (learning without forgetting: Li and Hoiem, ECCV 2016), so that a few
dozen songs cannot bend it out of shape. Errors count in audible steps, as in training. Nothing is
drawn at random: the same lessons on the same machine give the same weights to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mixing.audio.parameters import Settings
from mixing.networks.architecture import Head, load_state, state_of_module
from mixing.networks.genome import Genome, genome_of, state_of
from mixing.networks.loss import GLOBAL_STEPS, STRIP_STEPS
from mixing.networks.shapes import GLOBAL_LEARNED, HEAD, STRIP_LEARNED

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A song and the console it should get.

    embeddings: (stems, 36); strips: (stems, 16) and shared: (14,) learned positions in 0..1;
    weight: how sure it is that this console is better.
    """

    embeddings: Array
    strips: Array
    shared: Array
    weight: float = 1.0

    @classmethod
    def of(cls, embeddings: Array, settings: Settings, weight: float = 1.0) -> "Lesson":
        """From a mix's settings, of which only what heads learn is taken."""
        strips, shared = settings.normalised()
        return cls(
            embeddings,
            np.asarray(strips[:, STRIP_LEARNED], np.float32),
            np.asarray(shared[GLOBAL_LEARNED], np.float32),
            weight,
        )


@dataclass(frozen=True, slots=True)
class Refinement:
    """How far to go: ``hold`` is what an audible step away from former answers costs, against 1
    for a step away from a lesson."""

    steps: int = 60
    hold: float = 1.0


def finetune(
    genome: Genome,
    lessons: Sequence[Lesson],
    others: Sequence[Array] = (),
    recipe: Refinement = Refinement(),
) -> Genome:
    """The head after these lessons.

    Args:
        others: embeddings (stems, 36) of songs on which it should stay as it is.

    Raises:
        ValueError: there is no lesson. ModelInvalid: the genome does not fit.
    """
    if not lessons:
        raise ValueError("Without a lesson there is nothing to learn.")
    torch.set_num_threads(1)  # more threads add in another order: other weights
    head = Head(HEAD)
    load_state(head, state_of(genome))
    wanted = _Class.of(lessons)
    kept = _Class.of(_own_answers(head, others)) if others else None
    # All lessons fit into one batch, so the gradient is exact: a quasi-Newton method suits, and it
    # stands still where there is nothing to learn.
    optimiser = torch.optim.LBFGS(
        head.parameters(), max_iter=recipe.steps, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        optimiser.zero_grad()
        error = wanted.error(head)
        if kept is not None:
            error = error + recipe.hold * kept.error(head)
        error.backward()  # type: ignore[no-untyped-call]
        return float(error.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return genome_of(state_of_module(head))


@dataclass(frozen=True, slots=True)
class _Class:
    """Lessons side by side, padded with stems that do not sound."""

    embeddings: Tensor  # (songs, stems, 36)
    strips: Tensor
    shared: Tensor
    weight: Tensor  # (songs,), adds up to 1

    @classmethod
    def of(cls, lessons: Sequence[Lesson]) -> "_Class":
        stems = max(len(lesson.embeddings) for lesson in lessons)
        weight = torch.tensor([lesson.weight for lesson in lessons], dtype=torch.float32)
        return cls(
            torch.from_numpy(np.stack([_padded(x.embeddings, stems) for x in lessons])),
            torch.from_numpy(np.stack([_padded(x.strips, stems) for x in lessons])),
            torch.from_numpy(np.stack([x.shared for x in lessons])),
            weight / weight.sum(),
        )

    def error(self, head: Head) -> Tensor:
        """Weighted mean Huber error in audible steps; silent stems do not count."""
        strips, shared = head(self.embeddings)
        sounds = self.embeddings[..., 1]
        by_stem = _huber((strips - self.strips) / torch.from_numpy(STRIP_STEPS)).mean(dim=-1)
        by_song = (by_stem * sounds).sum(dim=-1) / sounds.sum(dim=-1).clamp(min=1.0)
        whole = _huber((shared - self.shared) / torch.from_numpy(GLOBAL_STEPS)).mean(dim=-1)
        return ((by_song + whole) * self.weight).sum()


def _own_answers(head: Head, songs: Sequence[Array]) -> list[Lesson]:
    with torch.no_grad():
        answers = [head(torch.from_numpy(np.array(song, np.float32))) for song in songs]
    return [
        Lesson(song, strips.numpy(), shared.numpy())
        for song, (strips, shared) in zip(songs, answers, strict=True)
    ]


def _huber(error: Tensor) -> Tensor:
    return functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=3.0)


def _padded(rows: Array, stems: int) -> Array:
    return np.pad(rows, ((0, stems - len(rows)), (0, 0))).astype(np.float32)
