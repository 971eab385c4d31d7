"""The shipped card: its text is generated, and its figures are good enough to ship."""

import pytest

from mixing.networks.checkpoints import WEIGHTS, model_card
from mixing.networks.model_card import as_markdown
from mixing.networks.styles import STYLES


def test_the_text_is_generated_from_the_figures() -> None:
    assert (WEIGHTS / "MODEL_CARD.md").read_text() == as_markdown(model_card())


@pytest.mark.parametrize("style", [style.slug for style in STYLES])
def test_each_shipped_mixer_clearly_beats_its_rivals(style: str) -> None:
    card = model_card()
    found, rivals = card["mixers"][style], card["rivals"][style]
    for group in ("gain_db", "threshold_db", "ratio_octaves", "spread", "sends_db"):
        assert found[group] < 0.5 * rivals["mean"][group]
    assert found["eq_db"] < 0.75 * rivals["mean"]["eq_db"]
    assert found["gain_db"] < rivals["ridge"]["gain_db"]
    assert found["eq_db"] < rivals["ridge"]["eq_db"]
    assert found["spectrum_db"] < found["raw_spectrum_db"]
    assert found["level_db"] < 0.5 * found["raw_level_db"]


def test_the_shipped_five_are_apart() -> None:
    assert min(model_card()["distances"].values()) > 0.5
