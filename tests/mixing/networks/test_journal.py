"""A training that was interrupted and resumed is the training that was not."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

from mixing.networks.architecture import state_of_module
from mixing.networks.batches import TRAINING, Severity
from mixing.networks.corpus import Corpus
from mixing.networks.journal import CHECKPOINT, LOG, Journal, Row, TrainingChanged
from mixing.networks.recipe import Recipe
from mixing.networks.training import Trained, train

RECIPE = Recipe(seed=2, songs_per_batch=2, base_steps=7, style_steps=4, check_every=2, patience=0)


class PowerCut(Exception):
    """Stands for whatever ends a process."""


class Doomed(Journal):
    """Saves so many times, then the lights go out."""

    saves_left: int = 0

    def save(self, identity: str, state: dict[str, Any], row: Row) -> None:
        super().save(identity, state, row)
        self.saves_left -= 1
        if not self.saves_left:
            raise PowerCut


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def whole(corpus: Corpus, unseen: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nobody disturbed: its log, and its weights beside it."""
    folder = tmp_path_factory.mktemp("whole")
    found = train(corpus, RECIPE, validation=unseen, journal=Journal(folder))
    torch.save(weights(found), folder / "weights.pt")
    return folder


def weights(trained: Trained) -> dict[str, torch.Tensor]:
    modules = {"encoder": trained.encoder, "base": trained.base, **trained.heads}
    return {
        f"{name}.{key}": torch.from_numpy(value)
        for name, module in modules.items()
        for key, value in state_of_module(module).items()
    }


@pytest.mark.parametrize("saves", [1, 4, 5, 6])
def test_resumed_is_uninterrupted_to_the_bit(
    corpus: Corpus, unseen: Corpus, whole: Path, tmp_path: Path, saves: int
) -> None:
    doomed = Doomed(tmp_path)
    doomed.saves_left = saves  # in the first stage, at its end, in the second, at the very end
    with pytest.raises(PowerCut):
        train(corpus, RECIPE, validation=unseen, journal=doomed)
    found = weights(
        train(corpus, RECIPE, validation=unseen, journal=Journal(tmp_path), resume=True)
    )
    wanted = torch.load(whole / "weights.pt")
    assert found.keys() == wanted.keys()
    assert [key for key in found if not torch.equal(found[key], wanted[key])] == []
    assert (tmp_path / LOG).read_bytes() == (whole / LOG).read_bytes()


def test_the_log_has_a_row_for_every_look(whole: Path) -> None:
    rows = list(csv.DictReader((whole / LOG).open()))
    steps = [(row["stage"], int(row["step"])) for row in rows]
    assert steps == [("base", n) for n in (2, 4, 6, 7)] + [("styles", n) for n in (2, 4)]
    assert all(float(row["validation_gain_db"]) > 0.0 for row in rows)


def test_without_resume_a_training_begins_anew(
    corpus: Corpus, unseen: Corpus, whole: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        train(corpus, RECIPE, validation=unseen, journal=Journal(tmp_path))
    assert (tmp_path / LOG).read_bytes() == (whole / LOG).read_bytes()


@pytest.mark.parametrize(
    ("recipe", "severity"), [(Recipe(seed=9), TRAINING), (RECIPE, Severity(mask_bands=8))]
)
def test_another_training_is_not_continued(
    corpus: Corpus, unseen: Corpus, whole: Path, recipe: Recipe, severity: Severity
) -> None:
    with pytest.raises(TrainingChanged, match="other songs, settings or versions"):
        train(
            corpus, recipe, severity=severity, validation=unseen, journal=Journal(whole),
            resume=True,
        )  # fmt: skip


def test_a_damaged_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(TrainingChanged, match="is damaged"):
        Journal(tmp_path).resume("anything")


def test_nothing_to_resume_is_a_beginning(tmp_path: Path) -> None:
    assert Journal(tmp_path).resume("anything") is None
    assert Journal().resume("anything") is None
