"""Staff see everything, hear mixes, and change little."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mixing import services
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tests.mixing import making
from tests.mixing.conftest import Work

MODELS = ("song", "stem", "upload", "mix", "export", "mixer", "slot", "outboxmessage")


@pytest.fixture
def office(client_of: Callable[[User], Client], staff: User) -> Client:
    return client_of(staff)


@pytest.fixture
def mix(song: Song, house: list[Mixer], work: Work) -> Mix:
    wanted = services.request_mixes(song=song, by=song.owner, mixers=house[:1])[0]
    work()
    mix = Mix.objects.get(pk=wanted.pk)
    services.request_export(mix=mix, kind="flac")
    services.begin_upload(song=song, name="next.wav", size=10)
    return mix


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_open(office: Client, mix: Mix, model: str) -> None:
    listed = office.get(reverse(f"admin:mixing_{model}_changelist"), {"q": "x"})
    assert listed.status_code == 200
    rows: Any = office.get(reverse(f"admin:mixing_{model}_changelist")).context["cl"].result_list
    row = rows[0]
    page = office.get(reverse(f"admin:mixing_{model}_change", args=[row.pk]))
    assert page.status_code == 200


def test_levels_are_told_in_tenths(office: Client, mix: Mix) -> None:
    Mix.objects.update(lufs=-14.011190770488602, true_peak_dbtp=None)
    page = office.get(reverse("admin:mixing_mix_changelist")).content.decode()
    assert '<td class="field-level">-14.0</td>' in page
    assert '<td class="field-true_peak">–</td>' in page


def test_lists_take_a_fixed_number_of_queries(
    office: Client, mix: Mix, django_assert_max_num_queries: Any
) -> None:
    for model in MODELS:
        with django_assert_max_num_queries(14):
            office.get(reverse(f"admin:mixing_{model}_changelist"))


def test_staff_hear_mixes(office: Client, mix: Mix) -> None:
    page = office.get(reverse("admin:mixing_mix_changelist")).content.decode()
    address = reverse("admin:mixing_mix_audio", args=[mix.pk])
    assert f'<audio controls preload="none" src="{address}"></audio>' in page
    answer: Any = office.get(address, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"fLaC")
    Mix.objects.update(state=JobState.FAILED)
    assert office.get(address).status_code == 404


def test_nobody_else_gets_in(client_of: Callable[[User], Client], owner: User, mix: Mix) -> None:
    client = client_of(owner)
    for address in (
        reverse("admin:mixing_mix_changelist"),
        reverse("admin:mixing_mix_audio", args=[mix.pk]),
    ):
        assert client.get(address).status_code == 302


def test_deleting_a_song_takes_its_files_along(office: Client, song: Song, work: Work) -> None:
    address = reverse("admin:mixing_song_delete", args=[song.pk])
    assert office.get(address).status_code == 200
    assert office.post(address, {"post": "yes"}).status_code == 302
    work()
    assert not Song.objects.exists()
    assert making.left_files() == []


def test_failed_mixes_are_tried_again(office: Client, mix: Mix) -> None:
    Mix.objects.filter(pk=mix.pk).update(state=JobState.FAILED)
    selected = list(Mix.objects.values_list("pk", flat=True))
    office.post(
        reverse("admin:mixing_mix_changelist"),
        {"action": "try_again", "_selected_action": selected},
    )
    assert Mix.objects.filter(state=JobState.QUEUED).get() == mix


def test_a_mixers_weights_cannot_be_changed(office: Client, house: list[Mixer]) -> None:
    mixer = house[0]
    address = reverse("admin:mixing_mixer_change", args=[mixer.pk])
    office.post(address, {"description": "New text", "status": "retired", "genome_sha256": "evil"})
    changed = Mixer.objects.get(pk=mixer.pk)
    assert (changed.description, changed.status) == ("New text", "retired")
    assert changed.genome_sha256 == mixer.genome_sha256
