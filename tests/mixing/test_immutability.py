"""A mixer's version never changes, by whichever way Django writes rows."""

import pytest
from django.db import transaction

from mixing.immutability import VersionImmutable
from mixing.models import Mixer


@pytest.fixture
def mixer(db: None) -> Mixer:
    row = Mixer.objects.create(
        name="One", slug="one", architecture="x", encoder_version="1",
        genome_file="one.safetensors", genome_sha256="1" * 64,
    )  # fmt: skip
    return Mixer.objects.get(pk=row.pk)


@pytest.mark.parametrize("column", sorted(Mixer.FROZEN))
def test_what_a_version_is_never_changes(mixer: Mixer, column: str) -> None:
    value = 7 if column == "generation" else "other"
    setattr(mixer, column, value)
    with pytest.raises(VersionImmutable, match=column) as refusal:
        mixer.save()
    assert refusal.value.code == "version_immutable"
    with pytest.raises(VersionImmutable):
        mixer.save(update_fields=[column])
    with pytest.raises(VersionImmutable):
        Mixer.objects.filter(pk=mixer.pk).update(**{column: value})
    with pytest.raises(VersionImmutable), transaction.atomic():
        Mixer.objects.bulk_update([mixer], [column])
    with pytest.raises(VersionImmutable), transaction.atomic():
        Mixer.objects.update_or_create(pk=mixer.pk, defaults={column: value})
    assert getattr(Mixer.objects.get(pk=mixer.pk), column) != value


def test_what_is_said_about_a_version_may(mixer: Mixer) -> None:
    mixer.name, mixer.status = "Two", Mixer.Status.LISTED
    mixer.metrics = {"gain_db": 1.0}
    mixer.save()
    Mixer.objects.filter(pk=mixer.pk).update(description="Said better.")
    mixer.refresh_from_db()
    assert (mixer.name, mixer.description) == ("Two", "Said better.")


def test_a_row_that_was_just_made_is_guarded_too(db: None) -> None:
    mixer = Mixer.objects.create(name="One", slug="one", genome_sha256="1" * 64)
    mixer.genome_sha256 = "2" * 64
    with pytest.raises(VersionImmutable):
        mixer.save()
    mixer.refresh_from_db()
    mixer.save()


def test_columns_that_were_not_loaded_are_no_change(mixer: Mixer) -> None:
    row = Mixer.objects.only("name").get(pk=mixer.pk)
    row.name = "Two"
    row.save()
    assert Mixer.objects.get(pk=mixer.pk).genome_sha256 == "1" * 64
