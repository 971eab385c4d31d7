"""Variants in the registry: made once, chosen by what was measured, replaced when damaged."""

import logging
from pathlib import Path
from shutil import copytree

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from mixing import sessions, variants
from mixing.models import Mixer, ModelVariant, OutboxMessage
from mixing.networks import fidelity
from mixing.networks.formats import PRECISIONS
from mixing.storage import model_path, sha256_of


@pytest.fixture
def mixers(
    house: list[Mixer], settings: Settings, models_root: Path, tmp_path: Path
) -> list[Mixer]:
    """The house mixers in a folder of the test's own, where any variant may be loaded."""
    settings.MODELS_ROOT = tmp_path / "models"
    settings.MODEL_PRECISION = "auto"
    copytree(models_root, settings.MODELS_ROOT)
    sessions._embedder.cache_clear()
    sessions._head.cache_clear()
    return house


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times that do not depend on this machine: int8 is fast, but its error is its own."""
    monkeypatch.setattr(fidelity, "cpu_microseconds", lambda work: 100.0)


def test_a_mixer_gets_all_variants_once(mixers: list[Mixer], figures: None) -> None:
    assert variants.make_missing(mixers[0]) == 6
    assert variants.make_missing(mixers[0]) == 0
    assert variants.make_missing(mixers[1]) == 3  # The encoder's are everybody's.
    for row in ModelVariant.objects.all():
        assert sha256_of(model_path(row.file)) == row.sha256
        assert model_path(row.file).stat().st_size == row.bytes
        assert (row.worst_steps == 0.0) == (row.precision == "fp32")
    exact = ModelVariant.objects.get(of_sha256=mixers[0].head_onnx_sha256, precision="fp32")
    assert (exact.file, exact.sha256) == (mixers[0].head_onnx_file, mixers[0].head_onnx_sha256)


def test_what_is_fast_and_close_is_opened(mixers: list[Mixer], figures: None) -> None:
    mixer = mixers[0]
    name, sha256 = mixer.head_onnx_file, mixer.head_onnx_sha256
    assert variants.to_load(name, sha256) == (name, sha256)  # Nothing was made yet.
    variants.make_missing(mixer)
    assert variants.to_load(name, sha256) == (name, sha256)  # All take the same time.
    half = ModelVariant.objects.of(sha256).get(precision="fp16")
    ModelVariant.objects.filter(pk=half.pk).update(microseconds=80.0)
    assert variants.to_load(name, sha256) == (half.file, half.sha256)
    ModelVariant.objects.filter(pk=half.pk).update(worst_steps=0.3)
    assert variants.to_load(name, sha256) == (name, sha256)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_precision_can_be_demanded(
    precision: str, mixers: list[Mixer], figures: None, settings: Settings
) -> None:
    variants.make_missing(mixers[0])
    settings.MODEL_PRECISION = precision
    name, sha256 = variants.to_load(mixers[0].head_onnx_file, mixers[0].head_onnx_sha256)
    assert sha256_of(model_path(name)) == sha256
    assert name.endswith("-v3.onnx" if precision == "fp32" else f"-{precision}.onnx")


def test_a_damaged_variant_is_replaced_by_the_exact_file(
    mixers: list[Mixer], figures: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    variants.make_missing(mixers[0])
    settings.MODEL_PRECISION = "int8"
    chosen, _ = variants.to_load(mixers[0].head_onnx_file, mixers[0].head_onnx_sha256)
    model_path(chosen).write_bytes(b"not a network")
    with caplog.at_level(logging.ERROR):
        assert sessions.head(mixers[0]) is not None
    assert f"{mixers[0].head_onnx_file} is used instead of its variant" in caplog.text


def test_weights_that_cannot_be_made_small_say_so(
    mixers: list[Mixer], figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mixing.networks import quantisation
    from mixing.networks.errors import ModelInvalid

    make = quantisation.make_variant

    def only_exact(source: Path, precision: str, **told: str) -> Path:
        if precision == "fp16":
            raise ModelInvalid("These weights are too large.")
        return make(source, precision, **told)

    monkeypatch.setattr(quantisation, "make_variant", only_exact)
    assert variants.make_missing(mixers[0]) == 6
    assert variants.make_missing(mixers[0]) == 0  # It is not tried again and again.
    row = ModelVariant.objects.of(mixers[0].head_onnx_sha256).get(precision="fp16")
    assert (row.file, row.problem) == ("", "These weights are too large.")
    name = mixers[0].head_onnx_file
    assert variants.to_load(name, mixers[0].head_onnx_sha256)[0] == name


def test_workers_are_asked_for_what_is_missing_once(mixers: list[Mixer], figures: None) -> None:
    for mixer in mixers[2:]:
        variants.make_missing(mixer)
    Mixer.objects.filter(pk=mixers[1].pk).update(status=Mixer.Status.RETIRED)
    assert variants.ask_for_missing() == 1
    message = OutboxMessage.objects.get()
    assert (message.task, message.args) == ("mixing.tasks.make_variants", [str(mixers[0].pk)])
    assert variants.ask_for_missing() == 0  # It is under way.
    variants.make_for(str(mixers[0].pk))
    cache.clear()
    assert variants.ask_for_missing() == 0


def test_nobody_is_asked_where_exact_files_are_demanded(
    mixers: list[Mixer], settings: Settings
) -> None:
    settings.MODEL_PRECISION = "fp32"
    assert variants.ask_for_missing() == 0


def test_a_mixer_that_is_gone_or_broken_is_reported(
    mixers: list[Mixer], caplog: pytest.LogCaptureFixture
) -> None:
    variants.make_for("00000000-0000-4000-8000-000000000000")
    model_path(mixers[0].head_onnx_file).unlink()
    variants.make_for(str(mixers[0].pk))
    assert "mixer Balanced has no variants" in caplog.text
