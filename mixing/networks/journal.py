"""The memory of a training: its last checkpoint and its log, in one folder.

A checkpoint holds everything that the next step depends on, so a training that was interrupted and
resumed gives the weights, and the log, of one that was not, to the bit.
"""

import csv
import io
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import torch

from mixing.audio.files import replacing

CHECKPOINT: Final = "checkpoint.pt"
LOG: Final = "training.csv"


class TrainingChanged(Exception):
    """A checkpoint cannot be continued: it is damaged, or other data, settings or versions made
    it."""

    code = "training_changed"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log: the mean training loss since the last line and, where songs validate,
    the loss (audible steps) and two errors (dB) on them."""

    stage: str
    step: int
    loss: float
    rate: float
    validation_loss: float | None = None
    validation_gain_db: float | None = None
    validation_eq_db: float | None = None


@dataclass
class Journal:
    """Keeps the checkpoint and the log in a folder, or nothing at all without one."""

    folder: Path | None = None
    rows: list[Row] = field(default_factory=list)

    def save(self, identity: str, state: dict[str, Any], row: Row) -> None:
        """Write the row and the state, each whole or not at all."""
        self.rows.append(row)
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {"identity": identity, "state": state, "rows": [asdict(r) for r in self.rows]}
        with replacing(self.folder / CHECKPOINT) as file:
            torch.save(kept, file)
        with replacing(self.folder / LOG) as file:
            file.write(_as_csv(self.rows).encode())

    def resume(self, identity: str) -> dict[str, Any] | None:
        """The state that was saved last, None when none was; the log continues behind it.

        Raises:
            TrainingChanged: it belongs to another training or cannot be read.
        """
        if self.folder is None or not (self.folder / CHECKPOINT).exists():
            return None
        path = self.folder / CHECKPOINT
        try:
            kept = torch.load(path, weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise TrainingChanged(f"{path} is damaged: begin anew.") from error
        if not isinstance(kept, dict) or kept.get("identity") != identity:
            raise TrainingChanged(
                f"{path} is of a training with other songs, settings or versions: begin anew, or"
                " ask for what it was begun with."
            )
        self.rows = [Row(**row) for row in kept["rows"]]
        state: dict[str, Any] = kept["state"]
        return state


def _as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(Row)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _shown(value) for name, value in asdict(row).items()})
    return text.getvalue()


def _shown(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
