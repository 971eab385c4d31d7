"""The two commands from songs to card, in miniature."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mixing.networks.checkpoints import house_mixers, model_card
from mixing.networks.comparisons import AUGMENTATIONS
from mixing.networks.journal import CHECKPOINT, LOG

from .sources.recordings import multitrack

SIZE = {"songs": 3, "validation": 1, "held_out": 2, "listened": 1, "seconds": 2.0}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("songs")


def train(output: Path, cache: Path, **more: Any) -> dict[str, Any]:
    out, options = StringIO(), dict[str, Any]({**SIZE, **more})
    call_command(
        "train_mixers", **options, base_steps=4, style_steps=2, output=output, cache_dir=cache,
        run_dir=output / "run", stdout=out, stderr=StringIO(),
    )  # fmt: skip
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


@pytest.mark.slow
def test_train_then_evaluate(tmp_path: Path, cache: Path) -> None:
    report = train(tmp_path, cache, compare=["encoders", "augmentations"])
    assert set(report["mixers"]) == {mixer.slug for mixer in house_mixers(tmp_path)}
    card = model_card(tmp_path)
    assert set(card["encoders"]) == {"pooled", "conv"}
    assert set(card["augmentations"]["variants"]) == set(AUGMENTATIONS)
    assert (tmp_path / "run" / LOG).read_text().startswith("stage,step,loss,rate,")
    out = StringIO()
    call_command("evaluate_mixers", **SIZE, weights=tmp_path, cache_dir=cache, stdout=out)
    for slug, found in json.loads(out.getvalue())["mixers"].items():
        assert found == pytest.approx(card["mixers"][slug], abs=1e-3)  # sums in another order
    out = StringIO()
    files = {name: (tmp_path / name).read_bytes() for name in card["files"]}
    call_command(
        "evaluate_mixers", **SIZE | {"held_out": 1}, weights=tmp_path, cache_dir=cache, stdout=out,
        text=True, write_card=True,
    )  # fmt: skip
    assert "| balanced | mean | mean + levels | ridge, mel |" in out.getvalue()
    assert model_card(tmp_path)["measured_on"]["songs"] == 1
    assert model_card(tmp_path)["files"] == card["files"]
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


@pytest.mark.slow
def test_a_resumed_training_ships_the_same_files(tmp_path: Path, cache: Path) -> None:
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    train(whole, cache)
    (resumed / "run").mkdir(parents=True)
    (resumed / "run" / CHECKPOINT).write_bytes((whole / "run" / CHECKPOINT).read_bytes())
    train(resumed, cache, resume=True)
    assert model_card(resumed)["files"] == model_card(whole)["files"]
    with pytest.raises(CommandError, match="begin anew"):
        train(resumed, cache, resume=True, seed=1)


@pytest.mark.slow
def test_recordings_teach_too_and_the_card_says_so(tmp_path: Path, cache: Path) -> None:
    for number in range(3):
        multitrack(tmp_path / "songs" / f"Song {number}", ["Kick.wav", "Bass.wav", "Vox.wav"])
    train(tmp_path / "out", cache, data=["synth", f"folder:{tmp_path / 'songs'}=3"])
    text = (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert "synth (weight 1), folder (weight 3)" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"data": ["tape"]}, "no data source 'tape'"),
        ({"data": ["musdb18:/nowhere"]}, "/nowhere is no folder"),
        ({"held_out": 0}, "No song of synth is held out"),
        ({"listened": 0}, "--listened 1"),
    ],
)
def test_what_cannot_be_trained_on_is_said_in_a_sentence(
    tmp_path: Path, cache: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        train(tmp_path, cache, **options)


def test_evaluating_nothing_says_so(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(CommandError, match="train the mixers"):
        call_command("evaluate_mixers", **SIZE, weights=tmp_path, cache_dir=cache)
