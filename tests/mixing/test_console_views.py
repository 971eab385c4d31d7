"""The console's page and the stems it plays: who may open it, and what it is given."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mixing import blindness, hand_mixing, services, stem_section
from mixing.audio import SAMPLE_RATE
from mixing.audio.parameters import Settings, table
from mixing.models import HandMix, Mix, Mixer, Song, Stem
from tests.mixing import making
from tests.mixing.conftest import Work

ClientOf = Callable[[User], Client]


def console(song: Song) -> str:
    return reverse("mixing:console", args=[song.pk])


def data_of(page: Any) -> dict[str, Any]:
    text = re.search(
        r'<script id="console-data" type="application/json">(.*?)</script>', page.content.decode()
    )
    assert text is not None
    data: dict[str, Any] = json.loads(text[1])
    return data


def stem_url(song: Song, stem: Stem) -> str:
    return reverse("mixing:console-stem", args=[song.pk, stem.pk])


# ---- The page ------------------------------------------------------------------------------------


def test_the_page_has_table_strips_and_a_flat_start(
    client_of: ClientOf, song: Song, owner: User
) -> None:
    data = data_of(client_of(owner).get(console(song)))
    assert data["table"] == table()
    assert [strip["name"] for strip in data["strips"]] == ["Kick.wav", "Bass.wav", "Lead Vox.wav"]
    assert [strip["role"] for strip in data["strips"]] == ["drums", "bass", "vocal"]
    assert [strip["channels"] for strip in data["strips"]] == [1, 1, 2]
    assert data["start"] == {
        "mix": None,
        "mixer": None,
        "name": "Flat",
        "settings": Settings.default(3).to_json(),
    }


def test_it_begins_with_any_ready_mix(
    client_of: ClientOf, song: Song, owner: User, house: list[Mixer], work: Work
) -> None:
    mixes = services.request_mixes(song=song, by=owner, mixers=house[:2])
    made = hand_mixing.request_hand_mix(
        song=song, by=owner, settings=Settings.default(3).to_json(), name="All flat"
    )
    work()
    made.full.refresh_from_db()
    window = client_of(owner)
    first = data_of(window.get(console(song)))
    assert [start["name"] for start in first["starts"]] == ["Balanced", "Warm", "All flat"]
    assert first["start"]["name"] == "Balanced"
    warm = data_of(window.get(console(song), {"mix": str(mixes[3].pk)}))
    mixes[3].refresh_from_db()
    assert warm["start"]["mixer"] == str(house[1].pk)
    assert warm["start"]["settings"] == mixes[3].settings
    own = data_of(window.get(console(song), {"mix": str(made.full.pk)}))
    assert own["start"]["settings"] == Settings.default(3).to_json()
    nothing = data_of(window.get(console(song), {"mix": "no such mix"}))
    assert nothing["start"]["name"] == "Balanced"


@pytest.mark.parametrize("visibility", ["private", "unlisted", "public"])
def test_others_have_neither_the_console_nor_the_stems(
    client_of: ClientOf, song: Song, listener: User, client: Client, visibility: str
) -> None:
    Song.objects.update(visibility=visibility)
    addresses = (console(song), stem_url(song, song.stems.all()[0]))
    for address in addresses:
        assert client_of(listener).get(address).status_code == 404
        assert client.get(address)["Location"].startswith(reverse("accounts:login"))


def test_demo_songs_are_there_to_be_mixed(client_of: ClientOf, song: Song, listener: User) -> None:
    Song.objects.update(visibility="public", demo_slug="demo")
    window = client_of(listener)
    assert window.get(console(song)).status_code == 200
    assert window.get(stem_url(song, song.stems.all()[0])).status_code == 200
    assert console(song) in window.get(reverse("mixing:song", args=[song.pk])).content.decode()


def test_who_judges_the_song_blind_finds_it_closed(
    client_of: ClientOf, song: Song, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blindness, "_checks", [lambda viewer, songs: set(songs)])
    page = client_of(owner).get(console(song))
    assert page.status_code == 403
    assert "console-data" not in page.content.decode()


def test_a_song_without_ready_stems_has_no_console(client_of: ClientOf, owner: User) -> None:
    song = Song.objects.create(owner=owner, title="Empty")
    assert client_of(owner).get(console(song)).status_code == 422
    making.add_ready_stem(song, making.KICK)
    assert client_of(owner).get(console(song)).status_code == 409


def test_the_page_takes_few_queries(
    client_of: ClientOf, owner: User, django_assert_max_num_queries: Any
) -> None:
    song = making.ready_song(owner)
    window = client_of(owner)
    with django_assert_max_num_queries(10):
        window.get(console(song))


# ---- Stems ---------------------------------------------------------------------------------------


def heard(client: Client, song: Song, stem: Stem, **query: object) -> np.ndarray:
    response = client.get(stem_url(song, stem), query)
    assert response["Content-Type"] == "audio/flac"
    samples, rate = soundfile.read(io.BytesIO(response.content), always_2d=True)
    assert rate == SAMPLE_RATE
    gain = 10 ** (stem_section.restoring_gain_db(stem) / 20)
    return np.asarray(samples.T * gain)


def test_a_stem_comes_back_at_its_own_level(client_of: ClientOf, song: Song, owner: User) -> None:
    stem = song.stems.get(name="Lead Vox.wav")
    samples = heard(client_of(owner), song, stem)
    expected = making.sound(making.VOX).T
    assert samples.shape == expected.shape
    # Dither of two steps' width at 16 bits, below the stem's own peak.
    step = 2 * np.abs(expected).max() / 2**15
    assert np.abs(samples - expected).max() <= 2 * step


def test_equal_channels_are_sent_as_one(client_of: ClientOf, owner: User) -> None:
    """Two channels that differ stay two, and as many seconds as were asked for come."""
    song = making.ready_song(owner, parts=making.LONG_PARTS[:1])
    stem = song.stems.get()
    window = client_of(owner)
    assert heard(window, song, stem).shape == (1, 30 * SAMPLE_RATE)
    assert heard(window, song, stem, seconds=8).shape == (1, 8 * SAMPLE_RATE)
    assert heard(window, song, stem, seconds=1).shape == (1, 5 * SAMPLE_RATE)
    assert heard(window, song, stem, seconds="lots").shape == (1, 30 * SAMPLE_RATE)


# ---- The song's page -----------------------------------------------------------------------------


def test_a_mix_by_hand_stands_on_the_songs_page_as_yours(
    client_of: ClientOf, song: Song, owner: User, listener: User, house: list[Mixer], work: Work
) -> None:
    services.request_mixes(song=song, by=owner, mixers=house[:1])
    hand_mixing.request_hand_mix(
        song=song, by=owner, settings=Settings.default(3).to_json(), name="Straight"
    )
    address = reverse("mixing:song", args=[song.pk])
    waiting = client_of(owner).get(address).content.decode()
    assert "Straight" in waiting
    assert "<job-progress" in waiting
    work()
    ready = client_of(owner).get(address).content.decode()
    assert "Straight, Full song" in ready
    Song.objects.update(visibility="public")
    assert "Straight" not in client_of(listener).get(address).content.decode()


def test_a_mix_by_hand_is_silent_while_one_judges_blind(
    client_of: ClientOf, song: Song, owner: User, house: list[Mixer], work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    services.request_mixes(song=song, by=owner, mixers=house[:1])
    hand_mixing.request_hand_mix(
        song=song, by=owner, settings=Settings.default(3).to_json(), name="Straight"
    )
    work()
    monkeypatch.setattr(blindness, "_checks", [lambda viewer, songs: set(songs)])
    page = client_of(owner).get(reverse("mixing:song", args=[song.pk])).content.decode()
    assert "Straight" in page
    assert "player-hand-" not in page
    assert "player-" + str(house[0].pk) not in page
    assert "beginning with" not in page
    assert console(song) not in page


def test_only_its_maker_removes_a_mix_by_hand(
    client_of: ClientOf, song: Song, owner: User, stranger: User, house: list[Mixer]
) -> None:
    made = hand_mixing.request_hand_mix(
        song=song, by=owner, settings=Settings.default(3).to_json(), name="Straight"
    )
    address = reverse("mixing:hand-mix-remove", args=[made.pk])
    assert client_of(stranger).post(address).status_code == 404
    answer = client_of(owner).post(address, HTTP_ACCEPT="application/json")
    assert answer.json() == {"song": str(song.pk)}
    assert not HandMix.objects.exists()
    assert Mix.objects.count() == 2
    assert client_of(owner).post(address).status_code == 404
