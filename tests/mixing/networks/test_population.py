"""Many heads in NumPy agree with one head in torch."""

import numpy as np
import pytest
import torch

from mixing.networks.architecture import Head, state_of_module
from mixing.networks.errors import ModelInvalid
from mixing.networks.genome import genome_of
from mixing.networks.population import positions
from mixing.networks.shapes import HEAD


@torch.no_grad()
def test_the_same_answers_as_torch() -> None:
    torch.manual_seed(0)
    heads = [Head(HEAD) for _ in range(3)]
    embeddings = 0.5 * torch.randn(6, HEAD.embedding_size)
    embeddings[:, 1] = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    genomes = np.stack([genome_of(state_of_module(head)) for head in heads])
    strips, shared = positions(genomes, embeddings.numpy())
    for index, head in enumerate(heads):
        wanted = head(embeddings)
        np.testing.assert_allclose(strips[index], wanted[0].numpy(), atol=1e-6)
        np.testing.assert_allclose(shared[index], wanted[1].numpy(), atol=1e-6)


def test_genomes_of_another_length_are_refused() -> None:
    with pytest.raises(ModelInvalid, match="Genomes"):
        positions(np.zeros((2, 10), np.float32), np.zeros((1, HEAD.embedding_size), np.float32))
