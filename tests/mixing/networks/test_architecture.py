"""The networks' promises, on random weights: sets of stems, and the head's three rules."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mixing.networks.architecture import CONV_EXTRAS, Encoder, Head
from mixing.networks.shapes import (
    ANCHOR_LUFS,
    ENCODER,
    FADER_HEADROOM_DB,
    FEATURE_SIZE,
    HEAD,
    LEVEL_SPAN_DB,
    SHARED_THRESHOLD,
    STRIP_COLUMN,
    STRIP_PARAMETERS,
)

FADER, THRESHOLD, PAN = (STRIP_COLUMN[n] for n in ("fader_db", "comp_threshold_db", "pan"))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder(ENCODER).eval()


@pytest.fixture(scope="module")
def head() -> Head:
    torch.manual_seed(1)
    head = Head(HEAD).eval()
    with torch.no_grad():  # away from the ends of the knobs, where positions are held
        head.strip_output.bias.fill_(0.5)
        head.shared_output.bias.fill_(0.5)
    return head


def stems(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(count)
    measured = torch.stack(
        [
            0.1 * torch.randn(count, generator=rng), torch.ones(count),
            torch.linspace(-1.0, 1.0, count), torch.rand(count, generator=rng),
        ],
        dim=1,
    )  # fmt: skip
    return torch.randn(count, FEATURE_SIZE, generator=rng), measured


@torch.no_grad()
def test_permuting_stems_permutes_the_console(encoder: Encoder, head: Head) -> None:
    features, measured = stems(7)
    order = torch.tensor([3, 1, 6, 0, 5, 2, 4])
    strips, shared = head(encoder(features, measured))
    moved, same = head(encoder(features[order], measured[order]))
    torch.testing.assert_close(moved, strips[order], atol=1e-5, rtol=0)
    torch.testing.assert_close(same, shared, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 2, 32])
def test_any_number_of_stems(encoder: Encoder, head: Head, count: int) -> None:
    strips, shared = head(encoder(*stems(count)))
    assert strips.shape == (count, 16)
    assert shared.shape == (14,)
    assert torch.isfinite(strips).all()


@torch.no_grad()
def test_a_silent_stem_changes_nothing_for_the_others(encoder: Encoder, head: Head) -> None:
    features, measured = stems(4)
    silent = (
        torch.cat([features, torch.zeros(1, FEATURE_SIZE)]),
        torch.cat([measured, torch.zeros(1, 4)]),
    )
    strips, shared = head(encoder(features, measured))
    more, same = head(encoder(*silent))
    torch.testing.assert_close(more[:4], strips, atol=1e-5, rtol=0)
    torch.testing.assert_close(same, shared, atol=1e-5, rtol=0)


@torch.no_grad()
def test_level_rule(encoder: Encoder, head: Head) -> None:
    embedding = encoder(*stems(3))
    louder = embedding.clone()
    louder[0, 0] += 5.0 / LEVEL_SPAN_DB
    before, after = head(embedding)[0], head(louder)[0]
    names = {FADER: -5.0, THRESHOLD: 5.0}
    for column, change_db in names.items():
        p = STRIP_PARAMETERS[column]
        found = (after - before)[0, column].item() * (p.maximum - p.minimum)
        assert found == pytest.approx(change_db, abs=0.01)
    rest = [i for i in range(16) if i not in names]
    torch.testing.assert_close(after[:, rest], before[:, rest])


@torch.no_grad()
def test_place_rule(encoder: Encoder, head: Head) -> None:
    embedding = encoder(*stems(2))
    embedding[1] = embedding[0]
    embedding[:, 2] = torch.tensor([-1.0, 1.0])
    pans = 2.0 * head(embedding)[0][:, PAN] - 1.0
    assert pans[0].item() == pytest.approx(-pans[1].item(), abs=1e-6)
    assert abs(pans[0]) > 0.1


@torch.no_grad()
def test_headroom_rule(encoder: Encoder, head: Head) -> None:
    embedding = encoder(*stems(5))
    embedding[:, 0] = (-60.0 - ANCHOR_LUFS) / LEVEL_SPAN_DB
    strips, shared = head(embedding)
    fader = STRIP_PARAMETERS[FADER]
    faders_db = np.array([fader.denormalise(p) for p in strips[:, FADER].tolist()])
    assert faders_db.max() == pytest.approx(FADER_HEADROOM_DB, abs=0.01)
    embedding[:, 0] = 0.0
    calm_strips, calm_shared = head(embedding)
    calm_db = np.array([fader.denormalise(p) for p in calm_strips[:, FADER].tolist()])
    # The balance between stems is kept, and the bus threshold follows the lower level.
    np.testing.assert_allclose(np.diff(faders_db), np.diff(calm_db), atol=0.01)
    assert shared[SHARED_THRESHOLD] < calm_shared[SHARED_THRESHOLD]


def test_the_conv_trunk_takes_songs_in_batches() -> None:
    torch.manual_seed(0)
    encoder = Encoder(replace(ENCODER, trunk="conv"))
    features = torch.randn(2, 3, 128 * 64 + CONV_EXTRAS)
    embedding = encoder(features, torch.ones(2, 3, 4))
    assert embedding.shape == (2, 3, HEAD.embedding_size)
