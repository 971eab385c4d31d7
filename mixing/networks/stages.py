"""A stretch of training: steps, a look at unseen songs now and then, the best weights last."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from mixing.networks.batches import Batch
from mixing.networks.journal import Row
from mixing.networks.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Validation:
    """What unseen songs say: the loss in audible steps, mean errors of faders and equalisers."""

    loss: float
    gain_db: float
    eq_db: float


@dataclass
class Stage:
    """Modules that learn one loss, by AdamW along a one-cycle schedule."""

    name: str
    steps: int
    modules: Sequence[nn.Module]
    loss: Callable[[Batch], Tensor]
    validate: Callable[[], Validation] | None
    rate: float
    weight_decay: float

    def __post_init__(self) -> None:
        self.weights = [weight for module in self.modules for weight in module.parameters()]
        self.optimiser = torch.optim.AdamW(self.weights, self.rate, weight_decay=self.weight_decay)
        # Up for a tenth of the steps, then down to nothing along a cosine.
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, max_lr=self.rate, total_steps=self.steps + 1, pct_start=0.1
        )

    def advance(self, batch: Batch) -> float:
        """One step; the loss before it."""
        loss = self.loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimiser.step()
        self.schedule.step()
        return loss.item()

    def states(self) -> list[dict[str, Tensor]]:
        """Copies of the modules' weights."""
        return [
            {name: value.clone() for name, value in module.state_dict().items()}
            for module in self.modules
        ]

    def restore(self, states: Sequence[dict[str, Tensor]]) -> None:
        for module, state in zip(self.modules, states, strict=True):
            module.load_state_dict(state)


@dataclass
class Course:
    """How far a stage has come, and the best that unseen songs have said of it."""

    step: int = 0
    best_loss: float = math.inf
    best_step: int = 0
    best: list[dict[str, Tensor]] | None = field(default=None, repr=False)

    def look(self, stage: Stage) -> Validation | None:
        """Validate, and remember the weights if they are the best so far."""
        if stage.validate is None:
            return None
        seen = stage.validate()
        if seen.loss < self.best_loss:
            self.best_loss, self.best_step, self.best = seen.loss, self.step, stage.states()
        return seen

    def is_over(self, stage: Stage, recipe: Recipe) -> bool:
        """Whether all steps are done, or so many looks in a row were no better."""
        waited = self.step - self.best_step
        stale = stage.validate is not None and 0 < recipe.patience * recipe.check_every <= waited
        return stale or self.step >= stage.steps

    def as_state(self) -> dict[str, Any]:
        return dict(vars(self))


def learn(
    stage: Stage,
    course: Course,
    recipe: Recipe,
    draw: Callable[[], Batch],
    save: Callable[[Row], None],
    *,
    progress: bool,
) -> None:
    """Take the stage from where the course stands to its end; its best weights stay."""
    losses: list[float] = []
    bar = tqdm(total=stage.steps, initial=course.step, desc=stage.name, disable=not progress)
    with bar:
        while not course.is_over(stage, recipe):
            losses.append(stage.advance(draw()))
            course.step += 1
            bar.update()
            if course.step % recipe.check_every and course.step < stage.steps:
                continue
            seen = course.look(stage)
            row = Row(
                stage.name, course.step, math.fsum(losses) / len(losses),
                float(stage.schedule.get_last_lr()[0]),
                *((seen.loss, seen.gain_db, seen.eq_db) if seen else ()),
            )  # fmt: skip
            bar.set_postfix(loss=f"{row.loss:.3f}", validation=f"{course.best_loss:.3f}")
            save(row)
            losses.clear()
    if course.best is not None:
        stage.restore(course.best)
