"""Learning itself, in miniature."""

import numpy as np
import pytest
import torch

from mixing.networks.architecture import state_of_module
from mixing.networks.baselines import rival_errors
from mixing.networks.batches import Severity
from mixing.networks.corpus import Corpus
from mixing.networks.evaluation import Trial, embed, network_errors, style_distances, trial
from mixing.networks.recipe import Recipe
from mixing.networks.styles import STYLES
from mixing.networks.training import Trained, train

TINY = Recipe(seed=3, songs_per_batch=8, base_steps=70, style_steps=40)


@pytest.fixture(scope="module")
def trained(corpus: Corpus) -> Trained:
    torch.set_num_threads(1)
    return train(corpus, TINY)


@pytest.fixture(scope="module")
def trials(corpus: Corpus, unseen: Corpus, trained: Trained) -> tuple[Trial, Trial]:
    reference = trained.reference_db
    return (
        trial(corpus, STYLES, reference, seed=0, severity=Severity()),
        trial(unseen, STYLES, reference, seed=1, severity=Severity()),
    )


def test_a_tiny_training_beats_the_mean_predictor_on_unseen_songs(
    trained: Trained, trials: tuple[Trial, Trial]
) -> None:
    seen, test = trials
    embedding = embed(trained.encoder, test)
    rivals = rival_errors(seen, test, [style.slug for style in STYLES])
    for index, style in enumerate(STYLES):
        found = network_errors(trained.heads[style.slug], embedding, test, index)
        mean = rivals[style.slug]["mean"]
        for group, share in (("gain_db", 0.7), ("threshold_db", 0.7), ("sends_db", 0.85)):
            assert found[group] < share * mean[group], (style.slug, group)


def test_heads_of_different_styles_differ(trained: Trained, trials: tuple[Trial, Trial]) -> None:
    embedding = embed(trained.encoder, trials[1])
    distances = style_distances(trained.heads, embedding, trials[1])
    assert len(distances) == 10
    assert min(distances.values()) > 0.2


def test_one_seed_one_set_of_weights(corpus: Corpus) -> None:
    few = Recipe(seed=3, songs_per_batch=2, base_steps=3, style_steps=2)
    first, again = (train(corpus, few) for _ in range(2))
    for one, other in ((first.encoder, again.encoder), (first.heads["warm"], again.heads["warm"])):
        for name, value in state_of_module(one).items():
            np.testing.assert_array_equal(value, state_of_module(other)[name], err_msg=name)
