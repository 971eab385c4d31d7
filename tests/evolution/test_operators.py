"""Merging and mutation against results derived on paper."""

import numpy as np
import pytest

from evolution.operators import (
    OPERATORS,
    Mating,
    lean,
    merge_average,
    merge_slerp,
    merge_ties,
    mutate,
)
from mixing.networks.errors import ModelInvalid


class Plain:
    """A function space in which each weight is a descriptor."""

    def move(self, genome: np.ndarray, delta: np.ndarray) -> np.ndarray:
        return (genome + delta).astype(np.float32)


def genome(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def test_an_average_counts_by_weight() -> None:
    merged = merge_average([genome(0, 2), genome(4, 6)], [3, 1])
    np.testing.assert_array_equal(merged, [1, 3])
    assert merged.dtype == np.float32


def test_overshoot_goes_past_the_mean_away_from_the_first_parent() -> None:
    # From (0, 0) the mean with (4, 2) is (2, 1); half further is (3, 1.5).
    merged = merge_average([genome(0, 0), genome(4, 2)], overshoot=0.5)
    np.testing.assert_array_equal(merged, [3, 1.5])


@pytest.mark.parametrize("weights", [[1.0], [-1.0, 2.0], [0.0, 0.0]])
def test_an_average_refuses_weights_that_are_none(weights: list[float]) -> None:
    with pytest.raises(ModelInvalid):
        merge_average([genome(0), genome(1)], weights)


def test_slerp_keeps_the_length_of_what_was_learnt() -> None:
    # Deltas (3, 0) and (0, 3) stand at a right angle: halfway is 3 (cos 45, sin 45).
    base = genome(1, 1)
    merged = merge_slerp(genome(4, 1), genome(1, 4), base, 0.5)
    np.testing.assert_allclose(merged - base, [3 * np.sqrt(0.5)] * 2, rtol=1e-6)
    third = merge_slerp(genome(4, 1), genome(1, 4), base, 1 / 3)
    np.testing.assert_allclose(
        third - base, [3 * np.cos(np.pi / 6), 3 * np.sin(np.pi / 6)], rtol=1e-6
    )


def test_slerp_blends_lengths() -> None:
    # Lengths 1 and 3 at a right angle, halfway: length 2.
    merged = merge_slerp(genome(1, 0), genome(0, 3), genome(0, 0), 0.5)
    assert np.linalg.norm(merged) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("other", "expected"), [((4, 0), (3, 0)), ((0, 0), (1, 0)), ((-2, 0), (0, 0))]
)
def test_slerp_of_parallel_opposite_and_no_deltas_is_linear(
    other: tuple[float, float], expected: tuple[float, float]
) -> None:
    merged = merge_slerp(genome(2, 0), genome(*other), genome(0, 0), 0.5)
    np.testing.assert_allclose(merged, expected, atol=1e-6)


def test_slerp_ends_at_its_parents() -> None:
    a, b, base = genome(1, 2, 3), genome(-2, 0, 1), genome(0.5, 0.5, 0.5)
    np.testing.assert_allclose(merge_slerp(a, b, base, 0.0), a, atol=1e-6)
    np.testing.assert_allclose(merge_slerp(a, b, base, 1.0), b, atol=1e-6)


def test_ties_trims_elects_and_merges() -> None:
    """Three deltas of four numbers, half of each kept:

    (4, -1, 0.5, 3) -> (4, 0, 0, 3);  (2, -6, 1, -1) -> (2, -6, 0, 0);  (-1, 5, 4, 0.1) ->
    (0, 5, 4, 0). Sums 6, -1, 4, 3 elect + - + +; the mean of those that agree: 3, -6, 4, 3.
    """
    base = genome(10, 10, 10, 10)
    parents = [
        base + genome(4, -1, 0.5, 3), base + genome(2, -6, 1, -1), base + genome(-1, 5, 4, 0.1),
    ]  # fmt: skip
    np.testing.assert_allclose(merge_ties(parents, base, 0.5) - base, [3, -6, 4, 3], atol=1e-5)


def test_ties_of_signs_that_cancel_stays_at_the_base() -> None:
    merged = merge_ties([genome(1, 2), genome(-1, 2)], genome(0, 0), 1.0)
    np.testing.assert_array_equal(merged, [0, 2])


@pytest.mark.parametrize("density", [0.0, 1.1])
def test_ties_refuses_a_share_that_is_none(density: float) -> None:
    with pytest.raises(ModelInvalid):
        merge_ties([genome(1)], genome(0), density)


def test_genomes_of_two_sizes_are_not_merged() -> None:
    with pytest.raises(ModelInvalid):
        merge_average([genome(1, 2), genome(1)])


def test_a_mutation_moves_by_sigma_and_repeats_with_its_seed() -> None:
    sigma = np.repeat([0.0, 0.5, 2.0], 4000)
    start = np.zeros(len(sigma), np.float32)
    moved = mutate(start, Plain(), sigma, np.random.default_rng(1))
    spreads = [part.std() for part in np.split(moved, 3)]
    # The standard error of a deviation over 4,000 draws is 1.1 %.
    np.testing.assert_allclose(spreads, [0.0, 0.5, 2.0], rtol=0.05)
    np.testing.assert_array_equal(moved, mutate(start, Plain(), sigma, np.random.default_rng(1)))


def test_leaning_only_goes_uphill() -> None:
    uphill = np.array([2.0, -1.0, 0.0])
    rng = np.random.default_rng(0)
    steps = np.stack(
        [lean(np.zeros(3, np.float32), Plain(), uphill, np.ones(3), rng) for _ in range(200)]
    )
    assert (steps[:, 0] > 0).all()
    assert (steps[:, 1] < 0).all()
    assert not steps[:, 2].any()
    # A half-normal of mean sqrt(2 / pi) times |sigma| = sqrt(3), along the slope.
    along = steps @ uphill / np.linalg.norm(uphill)
    assert along.mean() == pytest.approx(np.sqrt(2 / np.pi) * np.sqrt(3), rel=0.15)


def test_leaning_where_all_is_level_is_a_mutation() -> None:
    first, second = (np.random.default_rng(3) for _ in range(2))
    start, sigma = np.zeros(4, np.float32), np.ones(4)
    np.testing.assert_array_equal(
        lean(start, Plain(), np.zeros(4), sigma, first), mutate(start, Plain(), sigma, second)
    )


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_of_the_table_makes_a_child_from_its_seed(name: str) -> None:
    rng = np.random.default_rng(5)
    parents = [rng.normal(size=30).astype(np.float32) for _ in range(3)]

    def child() -> np.ndarray:
        mating = Mating(
            parents, np.zeros(30, np.float32), Plain(), np.full(30, 0.5), np.ones(30),
            np.random.default_rng(7),
        )  # fmt: skip
        return OPERATORS[name].make(mating)

    made = child()
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert not any(np.array_equal(made, parent) for parent in parents)
    np.testing.assert_array_equal(made, child())


def test_the_tables_shares_are_a_distribution() -> None:
    assert sum(operator.share for operator in OPERATORS.values()) == pytest.approx(1.0)
