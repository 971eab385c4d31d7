"""Predicted descriptors against what real renders measure."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.signal import sosfilt

from evolution.descriptors import COLUMN, DESCRIPTORS, describe, desk, heard
from mixing.audio import SAMPLE_RATE
from mixing.audio.console import process_stems, render
from mixing.audio.loudness import k_weighting
from mixing.audio.parameters import Settings
from mixing.networks.shapes import STRIP_LEARNED
from tests.evolution.sounds import Recorded, consoles, house, recorded, settings

SONGS = (20, 21, 22)
SECONDS = 4.0
RANDOM = 2
ALONE = 4
"""How many of the mixes are also taken apart into their strips."""
MEASURED = [column for column, d in enumerate(DESCRIPTORS) if d.measured]


@cache
def trials(seed: int) -> tuple[Recorded, np.ndarray, list[Settings]]:
    """A song, predicted descriptors, and settings: five house mixers and random neighbours."""
    song = recorded(seed, SECONDS)
    strips, shared = consoles(house(), song.sound)
    rng = np.random.default_rng(seed)
    near = rng.integers(0, len(strips), RANDOM)
    strips = np.concatenate([strips, strips[near] + rng.normal(0, 0.06, strips[near].shape)])
    shared = np.concatenate([shared, shared[near] + rng.normal(0, 0.06, shared[near].shape)])
    strips, shared = (np.clip(part, 0, 1).astype(np.float32) for part in (strips, shared))
    return song, describe(strips, shared, song.sound), settings(strips, shared)


@cache
def measured(seed: int) -> np.ndarray:
    """(mixes, D) of the same settings, rendered and measured."""
    song, _, chosen = trials(seed)
    figures = [render(song.audio, each).measurements.to_json() for each in chosen]
    pairs = zip(chosen, figures, strict=True)
    return np.stack([heard(each, seen, song.sound) for each, seen in pairs])


def _between_mixes(rows: np.ndarray) -> np.ndarray:
    """Differences from the mean mix of a song: what a listener compares."""
    return rows - rows.mean(axis=0)


@pytest.mark.parametrize("column", MEASURED, ids=lambda column: DESCRIPTORS[column].name)
def test_measured_differences_are_as_predicted(column: int) -> None:
    predicted = np.concatenate([_between_mixes(trials(seed)[1]) for seed in SONGS])[:, column]
    real = np.concatenate([_between_mixes(measured(seed)) for seed in SONGS])[:, column]
    assert real.std() > 0.7  # the mixes differ, so that there is something to predict
    assert np.corrcoef(predicted, real)[0, 1] > 0.96
    assert np.sqrt(np.square(predicted - real).mean()) < 0.5  # half an audible step


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("vocal_level", {"vocal", "backing_vocal"}),
        ("drums_level", {"drums", "percussion"}),
        ("bass_level", {"bass"}),
    ],
)
def test_levels_of_groups_are_as_the_strips_really_give_them(name: str, roles: set[str]) -> None:
    predicted, real = [], []
    for seed in SONGS:
        song, rows, _ = trials(seed)
        members = [role in roles for role in song.sound.roles]
        if not any(members) or all(members):
            continue
        levels = [_group_level_db(strips, members) for strips in taken_apart(seed)]
        predicted.append(_between_mixes(rows[-ALONE:, COLUMN[name]]))
        real.append(_between_mixes(np.array(levels)))
    found, truth = np.concatenate(predicted), np.concatenate(real)
    # Wet sound is in the prediction and not in the strips: a loose bound on the error is right.
    assert truth.std() > 0.7
    assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert np.sqrt(np.square(found - truth).mean()) < 1.0


def test_compressors_take_away_what_is_predicted() -> None:
    """The reduction of every strip beside the same strip with its compressor off."""
    predicted, real = [], []
    for seed in SONGS:
        song, _, chosen = trials(seed)
        positions = np.stack([each.normalised()[0] for each in chosen[-ALONE:]])
        strips = positions[:, :, list(STRIP_LEARNED)]
        predicted.append(desk.reductions_db(strips, song.sound).ravel())
        for each, after in zip(chosen[-ALONE:], taken_apart(seed), strict=True):
            off = replace(each, strips=tuple({**s, "comp_ratio": 1.0} for s in each.strips))
            pairs = zip(process_stems(song.audio, off), after, strict=True)
            real.append([10 * np.log10(np.square(a).sum() / np.square(b).sum()) for a, b in pairs])
    found, truth = np.concatenate(predicted), np.concatenate(real)
    assert truth.std() > 0.7
    assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert np.sqrt(np.square(found - truth).mean()) < 0.6


@cache
def taken_apart(seed: int) -> list[list[np.ndarray]]:
    """The strips (2, samples) of the last few mixes of a song, before buses and master."""
    song, _, chosen = trials(seed)
    return [list(process_stems(song.audio, each)) for each in chosen[-ALONE:]]


def _group_level_db(strips: list[np.ndarray], members: list[bool]) -> float:
    group, rest = (
        sum(strip for strip, member in zip(strips, members, strict=True) if member is wanted)
        for wanted in (True, False)
    )
    return float(10 * np.log10(_loudness_power(group) / _loudness_power(rest)))


def _loudness_power(audio: np.ndarray) -> float:
    weighted = sosfilt(k_weighting(SAMPLE_RATE), audio.astype(np.float64))
    return float(np.square(weighted).sum(axis=0).mean())
