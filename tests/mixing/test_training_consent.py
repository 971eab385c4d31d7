"""Only an owner's word, given and not taken back, makes a song training material."""

from collections.abc import Callable
from io import StringIO
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from mixing import storage, training_consent
from mixing.audio import spectrogram
from mixing.models import Song
from mixing.networks.corpus import gather
from mixing.networks.sources.choosing import Weighted, select
from mixing.networks.sources.songs import DataUnusable
from mixing.training_songs import AgreedSongs

ApiOf = Callable[[User], APIClient]
ClientOf = Callable[[User], Client]


def test_nobody_agreed_until_they_did(song: Song) -> None:
    assert not song.may_train()
    with pytest.raises(DataUnusable, match="owner's permission"):
        AgreedSongs().listing()


def test_an_agreed_song_is_heard_from_what_is_stored(song: Song) -> None:
    training_consent.settle(song=song, agreed=True)
    (listed,) = AgreedSongs().listing().songs
    hearing = listed.hear()
    stored = list(song.stems.ready())
    assert [stem.role for stem in hearing.stems] == ["drums", "bass", "vocal"]
    for heard, stem in zip(hearing.stems, stored, strict=True):
        mel = spectrogram.load(storage.media_path(stem.spectrogram_file))
        np.testing.assert_array_equal(heard.mel, mel.astype(np.float32))
        assert heard.width == stem.stereo_width


def test_no_copy_stays_that_a_withdrawal_would_not_reach(song: Song, tmp_path: Path) -> None:
    training_consent.settle(song=song, agreed=True)
    parts = select([Weighted(AgreedSongs())]).parts
    corpus = gather(list(chain.from_iterable(parts.values())), cache=tmp_path / "cache")
    np.testing.assert_array_equal(corpus.songs, [[0, 3]])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_permission_taken_back_counts_at_once(song: Song) -> None:
    training_consent.settle(song=song, agreed=True)
    (listed,) = AgreedSongs().listing().songs
    training_consent.settle(song=song, agreed=False)
    hearing = listed.hear()
    assert hearing.stems == ()
    assert "took the permission back" in hearing.faults[0]
    with pytest.raises(DataUnusable):
        AgreedSongs().listing()


def test_agreeing_again_keeps_the_day(song: Song) -> None:
    first = training_consent.settle(song=song, agreed=True).training_agreed_at
    assert training_consent.settle(song=song, agreed=True).training_agreed_at == first


def test_stems_of_another_front_end_or_without_files_are_left_out(song: Song) -> None:
    training_consent.settle(song=song, agreed=True)
    kick, bass, _ = song.stems.ready()
    song.stems.filter(pk=kick.pk).update(front_end_version=0)
    storage.media_path(bass.spectrogram_file).unlink()
    (listed,) = AgreedSongs().listing().songs
    hearing = listed.hear()
    assert [stem.role for stem in hearing.stems] == ["vocal"]
    assert [name in fault for name, fault in zip((kick.name, bass.name), hearing.faults,
                                                 strict=True)] == [True, True]  # fmt: skip


def test_the_page_asks_in_its_menu_and_takes_no_for_an_answer(
    song: Song, client_of: ClientOf
) -> None:
    client, page = client_of(song.owner), reverse("mixing:song", args=[song.pk])
    form = reverse("mixing:song-training", args=[song.pk])
    assert b"Let mixers learn from it" in client.get(page).content
    client.post(form, {"agreed": "yes"})
    song.refresh_from_db()
    assert song.may_train()
    assert b"Stop mixers learning from it" in client.get(page).content
    client.post(form, {"agreed": "no"})
    song.refresh_from_db()
    assert not song.may_train()


@pytest.mark.parametrize("agreed", ["", "on", "true"])
def test_only_a_clear_word_counts(song: Song, client_of: ClientOf, agreed: str) -> None:
    form = reverse("mixing:song-training", args=[song.pk])
    client_of(song.owner).post(form, {"agreed": agreed})
    song.refresh_from_db()
    assert not song.may_train()


def test_strangers_cannot_agree_for_the_owner(
    song: Song, stranger: User, client: Client, client_of: ClientOf, api_of: ApiOf
) -> None:
    Song.objects.filter(pk=song.pk).update(visibility=Song.Visibility.PUBLIC)
    form = reverse("mixing:song-training", args=[song.pk])
    assert client_of(stranger).post(form, {"agreed": "yes"}).status_code == 404
    assert client.post(form, {"agreed": "yes"}).status_code == 302  # to the login page
    address = f"/api/v1/songs/{song.pk}/"
    answer = api_of(stranger).patch(address, {"training_agreed": True}, format="json")
    assert answer.status_code == 404
    assert api_of(stranger).get(address).json()["training_agreed"] is None
    song.refresh_from_db()
    assert not song.may_train()


def test_the_api_says_and_changes_it_for_the_owner(song: Song, api_of: ApiOf) -> None:
    api, address = api_of(song.owner), f"/api/v1/songs/{song.pk}/"
    assert api.get(address).json()["training_agreed"] is False
    answer = api.patch(address, {"training_agreed": True}, format="json")
    assert answer.json()["training_agreed"] is True
    api.patch(address, {"title": "Another"}, format="json")  # says nothing about it
    song.refresh_from_db()
    assert song.may_train()
    assert api.patch(address, {"training_agreed": "perhaps"}, format="json").status_code == 400
    answer = api.patch(address, {"training_agreed": False}, format="json")
    assert answer.json()["training_agreed"] is False
    created = api.post("/api/v1/songs/", {"title": "New", "training_agreed": True}, format="json")
    assert created.status_code == 400  # nobody agrees to what is not there yet


def test_training_on_songs_without_any_permission_says_so(song: Song, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="owner's permission"):
        call_command(
            "train_mixers", data=["songs"], output=tmp_path, cache_dir=tmp_path, stdout=StringIO()
        )
    assert not list(tmp_path.glob("*.safetensors"))
