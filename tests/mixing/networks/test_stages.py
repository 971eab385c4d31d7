"""When a stage ends, and which weights it keeps."""

from collections.abc import Iterator
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from mixing.networks.batches import Batch
from mixing.networks.journal import Row
from mixing.networks.recipe import Recipe
from mixing.networks.stages import Course, Stage, Validation, learn

RECIPE = Recipe(check_every=2, patience=3)


def run(losses: list[float] | None, *, steps: int = 20, recipe: Recipe = RECIPE) -> tuple[
    nn.Linear, list[Row], list[float]
]:  # fmt: skip
    """A stage whose validation says these losses in turn; also the weight at every look."""
    torch.manual_seed(0)
    module, looks = nn.Linear(1, 1, bias=False), list[float]()
    said: Iterator[float] = iter(losses or ())

    def loss(batch: Batch) -> Tensor:
        return module.weight.square().sum()

    def validate() -> Validation:
        looks.append(module.weight.item())
        return Validation(next(said), 0.0, 0.0)

    stage = Stage(
        "test", steps, [module], loss, None if losses is None else validate, 0.01, 0.0
    )  # fmt: skip
    rows: list[Row] = []
    learn(stage, Course(), recipe, lambda: cast(Batch, None), rows.append, progress=False)
    return module, rows, looks


def test_it_ends_after_so_many_looks_without_a_better_one_and_keeps_the_best() -> None:
    module, rows, looks = run([3.0, 2.0, 2.5, 2.5, 2.0, 1.0])
    assert [row.step for row in rows] == [2, 4, 6, 8, 10]  # the best at 4, then three looks
    assert module.weight.item() == looks[1]
    assert len(set(looks)) == 5


def test_it_goes_to_the_end_while_it_gets_better() -> None:
    _, rows, _ = run([float(-n) for n in range(10)])
    assert rows[-1].step == 20


def test_without_patience_it_goes_to_the_end_and_still_keeps_the_best() -> None:
    module, rows, looks = run([1.0] + [2.0] * 9, recipe=Recipe(check_every=2, patience=0))
    assert rows[-1].step == 20
    assert module.weight.item() == looks[0]


def test_without_validation_the_last_weights_stay() -> None:
    module, rows, _ = run(None, steps=5)
    assert [row.step for row in rows] == [2, 4, 5]
    assert rows[0].validation_loss is None
    # The loss is the mean of the squares before each of the steps since the last row.
    assert module.weight.item() ** 2 < rows[-1].loss


def test_the_learning_rate_rises_and_falls() -> None:
    _, rows, _ = run(None, steps=40, recipe=Recipe(check_every=1, patience=0))
    rates = [row.rate for row in rows]
    assert max(rates) == pytest.approx(0.01, rel=0.05)
    assert rates.index(max(rates)) in range(2, 6)
    assert rates[-1] < 0.001
