"""Function space: one unit along a direction is one audible step on songs it never heard."""

from pathlib import Path

import numpy as np
import pytest

from evolution.descriptors import COLUMN, COUNT, describe_genomes
from evolution.genome import Basis
from mixing.networks.errors import ModelInvalid
from mixing.networks.genome import genome_of, state_of
from mixing.networks.shapes import STRIP_COLUMN
from tests.evolution.sounds import basis, house, probe_songs, unseen_songs


def _effects(step: float) -> np.ndarray:
    """(D, D) mean change of descriptors on unseen songs per unit along each direction."""
    moved = np.stack([basis().move(house()[0], row) for row in np.eye(COUNT) * step])
    sung = [song for song in unseen_songs() if "vocal" in song.roles]
    assert len(sung) >= 2
    return describe_genomes(moved, sung).mean(axis=1) / step


def test_a_unit_is_about_one_step_of_its_own_descriptor_on_unseen_songs() -> None:
    own = np.diag(_effects(1.0))
    assert basis().usable.all()
    np.testing.assert_allclose(own, 1.0, atol=0.35)
    assert np.abs(own - 1.0).mean() < 0.15


def test_the_other_descriptors_hardly_move() -> None:
    effects = _effects(1.0)
    others = effects[~np.eye(COUNT, dtype=bool)]
    # The worst pair: louder vocals, which sing in the middle, and the low mids.
    assert np.abs(others).max() < 0.7
    assert np.abs(others).mean() < 0.1


def test_moves_are_nearly_linear_over_a_few_steps() -> None:
    up, down = np.diag(_effects(2.0)), np.diag(_effects(-2.0))
    # Space and compression end at none: two steps less is less than two.
    assert (up > 0.7).all()
    assert (down > 0.5).all()


def test_single_songs_agree() -> None:
    assert (basis().consistency > 0.8).all()


def test_random_weights_that_disturb_as_much_say_nothing_clearly() -> None:
    """The console's knobs move as far, but the movement has no direction that people name."""
    rng = np.random.default_rng(0)
    base = house()[0]
    meant = basis().move(base, np.eye(COUNT)[COLUMN["vocal_level"]])
    far = basis().distance(meant, base)

    def clarity(genome: np.ndarray) -> float:
        """Share of the movement, in squared steps, that is in the one descriptor moved most."""
        squares = np.square(basis().coordinates(genome))
        return float(squares.max() / squares.sum())

    random = []
    for _ in range(6):
        noise = 1e-3 * rng.normal(size=base.shape).astype(np.float32)
        noise *= far / basis().distance(base + noise, base)
        assert basis().distance(base + noise, base) == pytest.approx(far, rel=0.2)
        random.append(clarity(base + noise))
    assert clarity(meant) > 0.9
    assert np.mean(random) < 0.6


def test_coordinates_are_mean_descriptors_from_the_base() -> None:
    np.testing.assert_allclose(basis().coordinates(house()[0]), 0.0, atol=1e-6)
    warm = basis().coordinates(house()[1])
    expected = describe_genomes(house()[:2], probe_songs()).mean(axis=1)
    np.testing.assert_allclose(warm, expected[1] - expected[0], atol=1e-5)


def test_distance_is_a_metric_in_audible_steps() -> None:
    apart = basis().distances(house())
    np.testing.assert_allclose(apart, apart.T)
    assert not np.diag(apart).any()
    assert (apart[~np.eye(5, dtype=bool)] > 0.3).all()
    through = apart[:, :, None] + apart[None, :, :]
    assert (apart[:, None, :] <= through.transpose(0, 1, 2) + 1e-9).all()
    assert basis().distance(house()[0], house()[3]) == pytest.approx(apart[0, 3])


def test_distance_counts_a_known_move_of_one_knob() -> None:
    """All faders of all stems up by one decibel: one of sixteen knobs of a strip, half weight."""
    base = house()[0]
    state = state_of(base)
    # Downwards, so that no fader meets the top of its range and lowers all others with it.
    state["strip_output.bias"][STRIP_COLUMN["fader_db"]] -= 1.0 / 60.0
    quieter = genome_of(state)
    assert basis().distance(base, quieter) == pytest.approx(np.sqrt(1 / 16 / 2), rel=1e-3)


def test_a_basis_survives_a_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "basis.npz", **basis().to_arrays())
    with np.load(tmp_path / "basis.npz") as file:
        again = Basis.from_arrays(dict(file))
    delta = np.random.default_rng(0).normal(size=COUNT)
    np.testing.assert_array_equal(again.move(house()[0], delta), basis().move(house()[0], delta))
    assert again.distance(*house()[:2]) == basis().distance(*house()[:2])


def test_a_basis_of_other_descriptors_is_refused() -> None:
    arrays = basis().to_arrays() | {"version": np.array(0)}
    with pytest.raises(ModelInvalid):
        Basis.from_arrays(arrays)


def test_a_basis_needs_songs() -> None:
    with pytest.raises(ModelInvalid):
        Basis.build(house()[0], [])
