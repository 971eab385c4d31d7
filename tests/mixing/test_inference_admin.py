"""Staff see what was measured of networks, where mixers come from, and how caches do."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mixing import counting
from mixing.models import Mixer, ModelVariant


@pytest.fixture
def office(client_of: Callable[[User], Client], staff: User) -> Client:
    return client_of(staff)


@pytest.fixture
def mixer(db: None) -> Mixer:
    mixer = Mixer.objects.create(
        name="Child", slug="child", genome_sha256="1", generation=3, head_onnx_sha256="head",
        encoder_onnx_sha256="encoder",
    )  # fmt: skip
    mixer.parents.add(Mixer.objects.create(name="Parent", slug="parent", genome_sha256="2"))
    ModelVariant.objects.create(
        of_sha256="head", precision="int8", file="child-int8.onnx", bytes=15_656,
        microseconds=28.4, worst_steps=0.268, fidelity={"mean_steps": 0.031},
    )  # fmt: skip
    return mixer


def test_a_mixer_shows_its_variants_and_lineage(office: Client, mixer: Mixer) -> None:
    page = office.get(reverse("admin:mixing_mixer_change", args=[mixer.pk])).content.decode()
    assert "head int8: 15,656 bytes, 28 µs, 0.268 audible steps off at worst" in page
    assert "from Parent (generation 0)" in page
    parent = mixer.parents.get()
    page = office.get(reverse("admin:mixing_mixer_change", args=[parent.pk])).content.decode()
    assert "none yet" in page
    assert "to Child (generation 3)" in page


def test_a_variant_shows_what_was_measured(office: Client, mixer: Mixer) -> None:
    row = ModelVariant.objects.get()
    listed = office.get(reverse("admin:mixing_modelvariant_changelist")).content.decode()
    assert "child-int8.onnx" in listed
    page = office.get(reverse("admin:mixing_modelvariant_change", args=[row.pk])).content.decode()
    assert "mean_steps" in page
    assert "Child" in page
    ModelVariant.objects.update(of_sha256="encoder")
    page = office.get(reverse("admin:mixing_modelvariant_change", args=[row.pk])).content.decode()
    assert "all (the encoder)" in page


def test_caches_show_their_counts(office: Client) -> None:
    counting.count("settings", hits=3, misses=1)
    counting.count("settings")
    counting.count("embeddings", misses=0, hits=0)
    page = office.get(reverse("admin:mixing_cachecount_changelist")).content.decode()
    assert '<td class="field-share">75%</td>' in page
    assert counting.counts() == {"settings": {"hits": 3, "misses": 1}}


@pytest.mark.parametrize("model", ["modelvariant", "cachecount"])
def test_nobody_writes_what_was_measured(office: Client, mixer: Mixer, model: str) -> None:
    assert office.get(reverse(f"admin:mixing_{model}_add")).status_code == 403
