"""Simple rivals of the mixers, so that an error can be judged: fixed consoles and ridge regression.

Ridge (scikit-learn; Hoerl and Kennard, Technometrics 12, 1970) is the closed form that a network
has to beat. It predicts the same wishes from the same statistics, so the console's level rule is
its too, and it learns on songs spoiled just as the test is. How strongly it is held back is chosen
for each parameter on training songs left out for that.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from mixing.audio.spectrogram import BANDS
from mixing.networks.evaluation import Errors, Trial, grouped_errors
from mixing.networks.pooling import LEVELS
from mixing.networks.shapes import LEVEL_GAIN, STRIP_COLUMN, STRIP_PARAMETERS

Array = NDArray[np.float32]

PENALTIES: Final = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
_CHOOSING: Final = 5
"""One training song in this many chooses the penalties."""
_LEAST_SPREAD: Final = 0.1
_MEL_COLUMNS: Final = np.concatenate(
    [np.arange(BANDS) + BANDS * LEVELS.index(level) for level in ("energy", "p99")]
)


def rival_errors(train: Trial, test: Trial, styles: Sequence[str]) -> dict[str, dict[str, Errors]]:
    """Mean absolute error per style, rival and parameter group on one trial.

    mean: one fixed console; mean_riding_levels: the mean of the wishes, so faders and thresholds
    follow each stem's loudness; ridge_mel: ridge on each band's mean and 99th percentile over time;
    ridge: on all statistics; ridge_in_company: also on the means over the song's stems, which is
    all that the network sees.
    """
    columns = {"ridge_mel": _own(train)[:, _MEL_COLUMNS], "ridge": _own(train)}
    asked = {"ridge_mel": _own(test)[:, _MEL_COLUMNS], "ridge": _own(test)}
    columns["ridge_in_company"] = np.hstack([_own(train), _company(train)[_song_of_row(train)]])
    asked["ridge_in_company"] = np.hstack([_own(test), _company(test)[_song_of_row(test)]])
    wanted = np.hstack([strips[train.heard] for strips in train.batch.strips])
    answers = {
        name: ridge(known, wanted, train.song[_song_of_row(train)], asked[name])
        for name, known in columns.items()
    }
    shared = ridge(_company(train), np.hstack(train.batch.shared), train.song, _company(test))
    return {
        style: _of_style(index, len(styles), train, test, answers, shared)
        for index, style in enumerate(styles)
    }


def ridge(known: Array, wanted: Array, group: NDArray[np.intp], asked: Array) -> Array:
    """Answers (rows', targets) of ridge regression, a penalty chosen for each target.

    Args:
        known: (rows, features), standardised here; wanted: (rows, targets).
        group: (rows,) which song a row belongs to: no song both fits and chooses.
        asked: (rows', features).
    """
    mean, scale = known.mean(axis=0), 1.0 / np.maximum(known.std(axis=0), _LEAST_SPREAD)
    rows, questions = (((part - mean) * scale).astype(np.float64) for part in (known, asked))
    choosing = group % _CHOOSING == 0
    errors = [
        np.abs(_fit(rows[~choosing], wanted[~choosing], penalty, rows[choosing]) - wanted[choosing])
        for penalty in PENALTIES
    ]
    best = np.argmin([error.mean(axis=0) for error in errors], axis=0)
    answers = np.empty((len(asked), wanted.shape[1]), np.float32)
    for index in np.unique(best):
        targets = best == index
        answers[:, targets] = _fit(rows, wanted[:, targets], PENALTIES[index], questions)
    return answers


def _fit(rows: NDArray[np.float64], wanted: Array, penalty: float, asked: Array) -> Array:
    model = Ridge(alpha=penalty, solver="cholesky").fit(rows, wanted.astype(np.float64))
    return np.asarray(model.predict(asked), dtype=np.float32).reshape(len(asked), -1)


def _of_style(
    index: int,
    styles: int,
    train: Trial,
    test: Trial,
    answers: Mapping[str, Array],
    shared_answers: Array,
) -> dict[str, Errors]:
    strips = train.batch.strips[index][train.heard].mean(axis=0)
    shared = train.batch.shared[index].mean(axis=0)
    fixed = _knobs(_mean_console(train, index), test, -1.0)
    errors = {
        "mean": grouped_errors(fixed, shared, test, index),
        "mean_riding_levels": grouped_errors(strips, shared, test, index),
    }
    own_shared = np.split(shared_answers, styles, axis=1)[index]
    for name, rows in answers.items():
        wishes = np.zeros(test.batch.strips[index].shape, np.float32)
        wishes[test.heard] = np.split(rows, styles, axis=1)[index]
        errors[name] = grouped_errors(wishes, own_shared, test, index)
    return errors


def _own(trial: Trial) -> Array:
    """Features of every stem that sounds, (rows, features)."""
    return trial.batch.features[trial.heard]


def _song_of_row(trial: Trial) -> NDArray[np.intp]:
    """Which of the trial's songs each of these rows belongs to."""
    return np.nonzero(trial.heard)[0]


def _company(trial: Trial) -> Array:
    """Mean features over each song's stems, and the logarithm of their number."""
    count = trial.heard.sum(axis=1, keepdims=True)
    mean = trial.batch.features.sum(axis=1) / count  # zero where nothing sounds
    return np.hstack([mean, np.log2(count)]).astype(np.float32)


def _mean_console(train: Trial, style: int) -> Array:
    """The mean console (16,) as set, with the level rule put back into its two knobs."""
    return np.asarray(_knobs(train.batch.strips[style], train)[train.heard].mean(axis=0))


def _knobs(wishes: Array, trial: Trial, sign: float = 1.0) -> Array:
    """Wishes (songs, stems, 16) to the knobs' positions, or back with ``sign`` -1."""
    level = sign * trial.batch.measured[..., 0]
    knobs = np.array(np.broadcast_to(wishes, (*level.shape, len(STRIP_PARAMETERS))))
    knobs[..., STRIP_COLUMN["fader_db"]] -= level * LEVEL_GAIN["fader_db"]
    knobs[..., STRIP_COLUMN["comp_threshold_db"]] += level * LEVEL_GAIN["comp_threshold_db"]
    return knobs
