"""The genome's layout: there and back, and what is refused."""

import numpy as np
import pytest

from mixing.networks.errors import ModelInvalid
from mixing.networks.genome import genome_of, state_of
from mixing.networks.shapes import HEAD


def test_there_and_back() -> None:
    genome = np.arange(HEAD.genome_size, dtype=np.float32)
    state = state_of(genome)
    assert {name: value.shape for name, value in state.items()} == HEAD.tensor_shapes()
    np.testing.assert_array_equal(genome_of(state), genome)


def test_the_layout_is_row_major_in_the_declared_order() -> None:
    state = state_of(np.arange(HEAD.genome_size, dtype=np.float32))
    hidden = state["strip_hidden.weight"]
    assert hidden[0, :3].tolist() == [0.0, 1.0, 2.0]
    assert state["strip_hidden.bias"][0] == hidden.size
    assert state["shared_output.bias"][-1] == HEAD.genome_size - 1


def test_a_head_has_a_few_thousand_genes_at_most() -> None:
    assert 500 < HEAD.genome_size < 5000


def test_a_state_is_a_copy() -> None:
    genome = np.zeros(HEAD.genome_size, np.float32)
    state_of(genome)["strip_hidden.bias"][:] = 1.0
    assert not genome.any()


def test_wrong_lengths_shapes_names_and_numbers_are_refused() -> None:
    genome = np.zeros(HEAD.genome_size, np.float32)
    with pytest.raises(ModelInvalid, match="genome has"):
        state_of(genome[:-1])
    with pytest.raises(ModelInvalid, match="finite"):
        state_of(np.full_like(genome, np.nan))
    state = state_of(genome)
    with pytest.raises(ModelInvalid, match="shape"):
        genome_of(state | {"strip_hidden.bias": np.zeros(3, np.float32)})
    del state["strip_hidden.bias"]
    with pytest.raises(ModelInvalid, match="tensors"):
        genome_of(state)
