"""Spoiled songs and their labels: the label really undoes what was done."""

import numpy as np
import pytest

from mixing.audio.parameters import MAX_STRIPS
from mixing.networks.batches import FULL, Severity, random_songs, spoil, whole_songs
from mixing.networks.corpus import Corpus
from mixing.networks.equaliser import GAINS
from mixing.networks.shapes import FEATURE_SIZE, STRIP_COLUMN, STRIP_PARAMETERS
from mixing.networks.styles import BALANCED, STYLES

REFERENCE = np.full(5, -7.0, np.float32)
UNTOUCHED = Severity(0.0, 0.0, 0.0, 0.0)


def test_shapes_and_finite_numbers(corpus: Corpus) -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        draw = random_songs(corpus, 4, rng)
        batch = spoil(corpus, draw, STYLES, rng, reference_db=REFERENCE)
        songs, stems = draw.rows.shape
        assert stems <= MAX_STRIPS
        assert batch.features.shape == (songs, stems, FEATURE_SIZE)
        assert {s.shape for s in batch.strips} == {(songs, stems, 16)}
        assert {s.shape for s in batch.shared} == {(songs, 14)}
        for array in (batch.features, batch.measured, *batch.strips, *batch.shared):
            assert np.isfinite(array).all()


def test_one_seed_one_batch(corpus: Corpus) -> None:
    def draw() -> np.ndarray:
        rng = np.random.default_rng(5)
        return spoil(corpus, random_songs(corpus, 4, rng), (), rng, reference_db=REFERENCE).features

    np.testing.assert_array_equal(draw(), draw())


def test_the_equaliser_label_undoes_the_spoiling(corpus: Corpus) -> None:
    draw = whole_songs(corpus, [0])
    spoiled, clean = (
        spoil(
            corpus, draw, (BALANCED,), np.random.default_rng(1), severity=s, reference_db=REFERENCE
        )
        for s in (FULL, UNTOUCHED)
    )
    for index, name in enumerate(GAINS):
        column = STRIP_COLUMN[name]
        p = STRIP_PARAMETERS[column]
        span_db = p.maximum - p.minimum
        change = (spoiled.strips[0] - clean.strips[0])[..., column] * span_db
        wanted = -spoiled.spoiling.eq_db[..., index]
        inside = np.abs(spoiled.strips[0][..., column] - 0.5) < 0.499  # not at the knob's end
        np.testing.assert_allclose(change[inside], wanted[inside], atol=1e-3)


def test_the_fader_label_does_not_depend_on_the_random_gain(corpus: Corpus) -> None:
    draw = whole_songs(corpus, [0])
    seeds = (np.random.default_rng(s) for s in (1, 2))
    one, other = (
        spoil(corpus, draw, (BALANCED,), rng, severity=UNTOUCHED, reference_db=REFERENCE)
        for rng in seeds
    )
    assert np.abs(one.measured[..., 0] - other.measured[..., 0]).max() > 0.05
    np.testing.assert_allclose(one.strips[0], other.strips[0], atol=1e-4)


def test_roles_are_hidden_as_often_as_asked(corpus: Corpus) -> None:
    draw = whole_songs(corpus, range(len(corpus.songs)))
    for hide, least, most in ((0.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.5, 0.2, 0.8)):
        batch = spoil(
            corpus, draw, (), np.random.default_rng(0), severity=Severity(hide_role=hide),
            reference_db=REFERENCE,
        )  # fmt: skip
        told = batch.features[draw.present][:, -13:-1].sum(axis=1).mean()
        assert least <= told <= most


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.slug)
def test_labels_lie_on_the_knobs(corpus: Corpus, style: object) -> None:
    draw = whole_songs(corpus, range(len(corpus.songs)))
    rng = np.random.default_rng(0)
    batch = spoil(corpus, draw, (style,), rng, reference_db=REFERENCE)  # type: ignore[arg-type]
    follow = [STRIP_COLUMN["fader_db"], STRIP_COLUMN["comp_threshold_db"]]
    free = np.delete(batch.strips[0][draw.present], follow, axis=1)
    assert free.min() >= -1e-6
    assert free.max() <= 1.0 + 1e-6
