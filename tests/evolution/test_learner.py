"""The learner as one object: what it proposes, what it learns, and whom it must not harm."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from evolution.choosing import (
    MODEL_ERROR,
    Tempered,
    advantages,
    p_better,
    replacement,
    telling_pair,
)
from evolution.console_space import ConsoleSpace
from evolution.learner import Learner, Policy
from evolution.preference import Taste, features
from evolution.simulation.costs import costs
from evolution.simulation.songs import SimulatedSong, sketched
from mixing.networks.shapes import HEAD

SIZE = 4
Genome = np.ndarray


@dataclass(frozen=True)
class Plane:
    """Another space: a genome is its own descriptors on every song, and breeding is a random
    search around the best found. It shows that the learner needs nothing of consoles."""

    base: Genome
    spread: float = 0.7

    @property
    def size(self) -> int:
        return SIZE

    def describe(self, genomes: Genome, song: Any) -> Genome:
        return genomes

    def breed(self, taste: Taste, population: Sequence[Genome], *, seed: int) -> list[Genome]:
        rng = np.random.default_rng(seed)
        founders = np.stack([self.base, *population])
        cautious = Tempered(taste, caution=0.2, boldness=0.6)
        weights = [taste.mean, *cautious.draws(rng, 4)]
        judges = [cautious.utility, *(partial(_worth, drawn) for drawn in weights[1:])]
        return [self._best(judge, founders, rng) for judge in judges]

    def _best(self, judge: Any, found: Genome, rng: np.random.Generator) -> Genome:
        for _ in range(5):
            near = np.concatenate([found, found[:4].repeat(8, axis=0)])
            near = np.clip(near + rng.normal(0.0, self.spread, near.shape), -3.0, 3.0)
            found = np.concatenate([found, near])
            found = found[np.argsort(-judge(found), kind="stable")][:8]
        return found[0].astype(np.float32)

    def pair(
        self, taste: Taste, candidates: Sequence[Genome], song: Any, rng: np.random.Generator
    ) -> tuple[int, int]:
        return telling_pair(taste, np.stack(candidates), np.zeros(len(candidates)), rng, 0.3)

    def audition(self, genomes: Genome) -> tuple[Genome, Genome]:
        return genomes[:, None], np.zeros(len(genomes))


def _worth(weights: Genome, rows: Genome) -> Genome:
    return features(rows) @ weights


class Ears:
    """Listeners of the plane: utility falls with the squared distance from an ideal."""

    def __init__(self, ideals: Genome, seed: int, weight: float = 0.35) -> None:
        self.ideals, self.weight = ideals, weight
        self._rng = np.random.default_rng(seed)

    def utility(self, listener: int, genome: Genome) -> float:
        return -self.weight * float(np.square(genome - self.ideals[listener]).sum())

    def vote(self, listener: int, a: Genome, b: Genome) -> float:
        logit = self.utility(listener, a) - self.utility(listener, b)
        return float(self._rng.random() < 1.0 / (1.0 + np.exp(-logit)))

    def gain(self, listener: int, genome: Genome) -> float:
        return self.utility(listener, genome) - self.utility(listener, np.zeros(SIZE))


def live(learner: Learner, ears: Ears, rounds: int, who: Sequence[int]) -> None:
    for day in range(rounds):
        for listener in who:
            a, b = learner.propose(listener, None)
            score = ears.vote(listener, a, b)
            learner.take_vote(listener, None, a, b, score, first=1, day=float(day))


def plane_learner(seed: int = 1) -> Learner:
    policy = Policy(refresh_growth=0.6, breed_after=6)
    return Learner(Plane(np.zeros(SIZE, np.float32)), seed=seed, policy=policy)


@pytest.fixture(scope="module")
def songs() -> list[SimulatedSong]:
    return sketched(4, seed=3)


@pytest.fixture(scope="module")
def space(songs: list[SimulatedSong]) -> ConsoleSpace:
    return ConsoleSpace.of_house([song.sound for song in songs])


def test_votes_make_mixers_that_listeners_like_better_than_the_base() -> None:
    ideals = np.array([[2.0, -1.5, 0.0, 0.5]]) + np.random.default_rng(0).normal(0, 0.6, (8, SIZE))
    ears, learner = Ears(ideals, seed=4), plane_learner()
    live(learner, ears, 30, range(8))
    gains = [ears.gain(listener, learner.mixer_of(listener)) for listener in range(8)]
    # The ideals themselves gain about 3 logits. Who is not surely better off keeps the base.
    assert np.mean(gains) > 0.5
    assert min(gains) >= 0.0


def test_opposite_tastes_get_different_mixers() -> None:
    ideals = np.array([[2.5, 0, 0, 0], [-2.5, 0, 0, 0]] * 4, float)
    ears, learner = Ears(ideals, seed=5), plane_learner()
    live(learner, ears, 25, range(8))
    first = np.array([learner.mixer_of(listener)[0] for listener in range(8)])
    assert first[::2].mean() > 0.5 > -0.5 > first[1::2].mean()


def test_nobody_is_taken_below_the_crowd_where_tastes_are_alike() -> None:
    ears, learner = Ears(np.tile([1.5, 1.0, 0.0, -1.0], (8, 1)), seed=6), plane_learner()
    live(learner, ears, 20, range(8))
    crowd = ears.gain(0, learner.crowd_mixer)
    own = np.mean([ears.gain(listener, learner.mixer_of(listener)) for listener in range(8)])
    assert crowd > 0.5
    assert own >= crowd - 0.1  # a tenth of a logit: 2.5 points of battles


def test_a_newcomer_starts_with_what_the_crowd_has_learnt() -> None:
    ears, learner = Ears(np.tile([1.5, 1.0, 0.0, -1.0], (9, 1)), seed=7), plane_learner()
    live(learner, ears, 30, range(8))
    assert np.array_equal(learner.mixer_of(8), learner.crowd_mixer)
    assert ears.gain(8, learner.mixer_of(8)) > 0.5


def test_coin_tosses_give_hardly_anybody_a_mixer_of_their_own() -> None:
    learner, rng = plane_learner(), np.random.default_rng(8)
    for _ in range(25):
        for listener in range(6):
            a, b = learner.propose(listener, None)
            learner.take_vote(listener, None, a, b, float(rng.integers(2)))
    mixers = [learner.mixer_of(listener) for listener in range(6)]
    assert sum(not np.array_equal(mixer, learner.crowd_mixer) for mixer in mixers) <= 2


def test_what_a_vote_and_a_generation_cost_is_counted(space: ConsoleSpace) -> None:
    found = costs(space)
    assert set(found) == {"vote_s", "generation_s"}
    assert all(seconds > 0.0 for seconds in found.values())


def test_equal_seeds_and_votes_give_equal_genomes_to_the_bit(
    space: ConsoleSpace, songs: list[SimulatedSong]
) -> None:
    def genomes(seed: int) -> list[bytes]:
        learner = Learner(space, seed=seed, policy=Policy(first_refresh=4))
        seen = []
        for turn in range(4):
            for listener in (0, 5):
                song = songs[turn].sound
                a, b = learner.propose(listener, song)
                seen += [a.tobytes(), b.tobytes()]
                learner.take_vote(listener, song, a, b, float(turn % 2), first=1)
        return [*seen, learner.mixer_of(0).tobytes(), learner.crowd_mixer.tobytes()]

    once = genomes(1)
    assert genomes(1) == once
    assert genomes(2) != once


def test_it_proposes_two_different_heads_and_starts_from_the_base(
    space: ConsoleSpace, songs: list[SimulatedSong]
) -> None:
    learner = Learner(space, seed=3)
    assert np.array_equal(learner.mixer_of(7), space.base)
    a, b = learner.propose(7, songs[0].sound)
    assert a.shape == b.shape == (HEAD.genome_size,)
    assert a.dtype == b.dtype == np.float32
    assert not np.array_equal(a, b)


def test_a_vote_changes_the_belief_towards_what_won(
    space: ConsoleSpace, songs: list[SimulatedSong]
) -> None:
    learner, song = Learner(space, seed=3), songs[0].sound
    a, b = learner.propose(0, song)
    difference = features(learner.space.describe(np.stack([a, b]), song).astype(np.float64))
    before = learner.taste_of(0).mean
    learner.take_vote(0, song, a, b, 1.0, first=1)
    change = learner.taste_of(0).mean - before
    assert (difference[0] - difference[1]) @ change > 0.0


def test_listeners_are_numbers_from_zero() -> None:
    with pytest.raises(ValueError, match="from 0"):
        plane_learner().propose(-1, None)


def test_the_chance_of_being_better_counts_harm_and_what_no_descriptor_tells() -> None:
    taste = Taste(np.r_[1.0, np.zeros(7)], 0.25 * np.eye(8), np.zeros(3))
    rows = np.zeros((3, 3, SIZE))
    rows[0, :, 0], rows[1, :, 0] = 0.5, -0.5
    # By hand: features 0.5 and 0.25 of variance 0.25, and the error of half a step.
    deviation = np.sqrt(0.25 * (0.25 + 0.0625) + 0.25 * MODEL_ERROR**2)
    expected, spread = advantages(taste, rows, np.zeros(3))
    assert expected == pytest.approx([0.5, -0.5])
    assert spread == pytest.approx([deviation, deviation])
    sure = NormalDist().cdf(0.5 / deviation)
    assert p_better(taste, rows, np.zeros(3)) == pytest.approx([sure, 1 - sure])
    assert p_better(taste, rows, np.array([0.5, 0.0, 0.0]))[0] == pytest.approx(0.5)
    assert p_better(taste, rows, np.array([1.0, 0.0, 0.0]))[0] == pytest.approx(1 - sure)
    assert p_better(taste, rows[[0, 0]], np.zeros(2)).tolist() == [0.5]


def test_far_from_what_descriptors_tell_nobody_is_sure() -> None:
    """However many votes there were: votes tell weights, not what weights cannot say."""
    taste = Taste(np.r_[0.1, np.zeros(7)], 1e-12 * np.eye(8), np.zeros(3))
    rows = np.zeros((2, 1, SIZE))
    rows[0, 0] = [0.5, 0.0, 0.0, 0.0]
    near = p_better(taste, rows, np.zeros(2))[0]
    rows[0, 0] = [0.5, 3.0, 3.0, 0.0]
    assert p_better(taste, rows, np.zeros(2))[0] < near - 0.2


def test_a_small_sure_step_replaces_before_a_large_one_that_may_be_luck() -> None:
    weights = np.r_[0.3, 0.6, np.zeros(6)]
    taste = Taste(weights, np.diag([0.01, 0.3, *[1e-6] * 6]), np.zeros(3))
    rows = np.zeros((3, 1, SIZE))
    rows[0, 0, 1], rows[1, 0, 0] = 1.0, 1.0
    # 0.6 +- 0.55 is no certainty; 0.3 +- 0.1 is one.
    assert replacement(taste, rows, np.zeros(3), gate=0.85) == 1
    assert replacement(taste, rows[[0, 2]], np.zeros(2), gate=0.9) is None
    assert replacement(taste, rows, np.array([0.0, 0.3, 0.0]), gate=0.85) == 0
    assert replacement(taste, rows[:1], np.zeros(1)) is None


def test_pairs_are_good_to_hear_and_tell_most() -> None:
    covariance = np.diag(np.r_[1.0, 0.01, 0.01, 0.01, np.zeros(4) + 1e-6])
    taste = Taste(np.r_[np.zeros(4), -0.01 * np.ones(4)], covariance, np.zeros(3))
    rows = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [-1, 0, 0, 0], [0, 2, 0, 0], [9, 0, 0, 0]], float)
    rng, none = np.random.default_rng(0), np.zeros(5)
    # The first descriptor is known least; 9 steps of it are known to be bad.
    assert telling_pair(taste, rows, none, rng, slack=0.2) == (1, 2)
    harmful = np.array([0, 0, 5.0, 0, 0])
    assert set(telling_pair(taste, rows, harmful, rng, slack=0.2)) != {1, 2}
    # Only among those that may meet; and when none is good, the least bad one.
    assert telling_pair(taste, rows, none, rng, 0.2, among=[(0, 3), (2, 0), (0, 4)]) == (2, 0)
    assert telling_pair(taste, rows, none, rng, 0.2, among=[(3, 4), (4, 1)]) in {(3, 4), (4, 1)}
    with pytest.raises(ValueError, match="two"):
        telling_pair(taste, rows[:1], none[:1], rng, slack=0.2)


def test_draws_lie_on_opposite_sides_and_caution_lowers_what_is_unknown() -> None:
    taste = Taste(np.full(8, 0.5), np.eye(8), np.zeros(3))
    seen = Tempered(taste, caution=1.0, boldness=0.3)
    drawn = seen.draws(np.random.default_rng(1), 4) - taste.mean
    assert np.allclose(drawn[0], -drawn[1])
    assert np.allclose(drawn[2], -drawn[3])
    assert 0.1 < np.std(drawn) < 0.6
    assert seen.utility(np.zeros((1, SIZE)))[0] == 0.0
    row = np.ones((1, SIZE))
    assert seen.utility(row)[0] == pytest.approx(4.0 - np.sqrt(8.0 + SIZE * MODEL_ERROR**2))
