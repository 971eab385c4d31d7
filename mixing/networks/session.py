"""One training from its first batch to its last, through its stages and over interruptions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mixing.networks.batches import Batch, Severity, random_songs, spoil
from mixing.networks.corpus import Corpus
from mixing.networks.evaluation import Trial
from mixing.networks.journal import Journal, Row
from mixing.networks.recipe import Recipe
from mixing.networks.stages import Course, Stage, learn
from mixing.networks.styles import HouseStyle

Array = NDArray[np.float32]


@dataclass
class Session:
    """What both stages share: the material, the generator and the journal."""

    corpus: Corpus
    recipe: Recipe
    styles: Sequence[HouseStyle]
    severity: Severity
    reference_db: Array
    rng: np.random.Generator
    conv: bool
    journal: Journal
    identity: str
    trial: Trial | None = None

    def draw(self) -> Batch:
        songs = random_songs(
            self.corpus, self.recipe.songs_per_batch, self.rng, drop_stems=self.severity.drop_stems
        )
        return spoil(
            self.corpus, songs, self.styles, self.rng, severity=self.severity,
            reference_db=self.reference_db, conv=self.conv,
        )  # fmt: skip

    def run(
        self,
        stage: Stage,
        modules: Mapping[str, nn.Module],
        state: dict[str, Any] | None,
        progress: bool,
    ) -> None:
        """Take a stage to its end, from the checkpoint if that was made in it or later."""
        course = Course()
        if state is not None:
            for name, module in modules.items():
                module.load_state_dict(state["modules"][name])
            if state["stage"] != stage.name:
                return  # it was over when the checkpoint was made
            stage.optimiser.load_state_dict(state["optimiser"])
            stage.schedule.load_state_dict(state["schedule"])
            course = Course(**state["course"])
            self.rng.bit_generator.state = json.loads(state["numpy_rng"])
            torch.set_rng_state(state["torch_rng"])

        def save(row: Row) -> None:
            self.journal.save(
                self.identity,
                {
                    "stage": stage.name,
                    "course": course.as_state(),
                    "modules": {name: module.state_dict() for name, module in modules.items()},
                    "optimiser": stage.optimiser.state_dict(),
                    "schedule": stage.schedule.state_dict(),
                    "numpy_rng": json.dumps(self.rng.bit_generator.state),
                    "torch_rng": torch.get_rng_state(),
                },
                row,
            )

        learn(stage, course, self.recipe, self.draw, save, progress=progress)
