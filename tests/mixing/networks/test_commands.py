"""The two commands from songs to card, in miniature."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mixing.networks.checkpoints import house_mixers, model_card

SIZE = {"songs": 3, "held_out": 2, "listened": 1, "seconds": 2.0}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("songs")


@pytest.mark.slow
def test_train_then_evaluate(tmp_path: Path, cache: Path) -> None:
    out = StringIO()
    call_command(
        "train_mixers", **SIZE, base_steps=4, style_steps=2, compare_encoders=True,
        output=tmp_path, cache_dir=cache, stdout=out,
    )  # fmt: skip
    report = json.loads(out.getvalue())
    assert set(report["mixers"]) == {mixer.slug for mixer in house_mixers(tmp_path)}
    card = model_card(tmp_path)
    assert set(card["encoders"]) == {"pooled", "conv"}
    assert "## Held-out error" in (tmp_path / "MODEL_CARD.md").read_text()
    out = StringIO()
    call_command("evaluate_mixers", **SIZE, weights=tmp_path, cache_dir=cache, stdout=out)
    for slug, found in json.loads(out.getvalue())["mixers"].items():
        assert found == pytest.approx(card["mixers"][slug], abs=1e-3)  # sums in another order


def test_evaluating_nothing_says_so(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(CommandError, match="train the mixers"):
        call_command("evaluate_mixers", **SIZE, weights=tmp_path, cache_dir=cache)
