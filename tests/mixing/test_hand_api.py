"""Presets and mixes by hand through the API: owner, listener and stranger."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from mixing import blindness, services
from mixing.audio.parameters import Settings
from mixing.models import HandMix, Mix, Mixer, Preset, Song
from mixing.own_presets import MAX_PRESETS
from mixing.presets.built_in import BUILT_IN
from tests.mixing.conftest import Work

ApiOf = Callable[[User], APIClient]
LOUDER = {"strips": {"vocal": {"fader_db": {"by": 2.0}}}}
PRESETS = "/api/v1/presets/"
HAND_MIXES = "/api/v1/hand-mixes/"


def saved(api: APIClient, name: str = "Louder voice", **fields: Any) -> Any:
    return api.post(PRESETS, {"name": name, "content": LOUDER, **fields}, format="json")


# ---- Presets -------------------------------------------------------------------------------------


def test_built_in_presets_are_everybodys(client: APIClient, db: None) -> None:
    listed = client.get(PRESETS).json()
    assert [one["id"] for one in listed] == [preset.slug for preset in BUILT_IN]
    assert {one["built_in"] for one in listed} == {True}
    one = client.get(f"{PRESETS}rock-drums-up-front/").json()
    assert one["name"] == "Rock: drums up front"
    assert one["content"]["strips"]["drums"]["fader_db"] == {"by": 4.0}


def test_a_preset_is_saved_renamed_changed_and_deleted(api_of: ApiOf, owner: User) -> None:
    api = api_of(owner)
    made = saved(api, description="A\tlittle  more voice")
    assert made.status_code == 201
    assert made.json()["description"] == "A little more voice"
    assert not made.json()["built_in"]
    assert api.get(PRESETS).json()[0] == made.json()
    one = f"{PRESETS}{made.json()['id']}/"
    assert api.get(one).json() == made.json()
    renamed = api.patch(one, {"name": "Voice, louder"}, format="json").json()
    assert renamed == made.json() | {"name": "Voice, louder"}
    changed = api.patch(one, {"content": {"master": {"width": 1.2}}}, format="json").json()
    assert changed["content"] == {"master": {"width": 1.2}}
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404
    assert not Preset.objects.exists()


def test_others_neither_see_nor_change_a_preset(
    api_of: ApiOf, owner: User, stranger: User, client: APIClient
) -> None:
    one = f"{PRESETS}{saved(api_of(owner)).json()['id']}/"
    other = api_of(stranger)
    assert len(other.get(PRESETS).json()) == len(BUILT_IN)
    answers = (other.get(one), other.patch(one, {"name": "Mine"}, format="json"), other.delete(one))
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert client.get(one).status_code == 404
    assert saved(client).status_code in (401, 403)
    assert Preset.objects.get().name == "Louder voice"


def test_built_in_presets_stay_as_they_are(api_of: ApiOf, owner: User) -> None:
    one = f"{PRESETS}{BUILT_IN[0].slug}/"
    assert api_of(owner).delete(one).status_code == 404
    assert api_of(owner).patch(one, {"name": "Mine"}, format="json").status_code == 404
    assert api_of(owner).get(f"{PRESETS}nothing/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"content": {"strips": {"drums": {"pan": 3.0}}}}, 422, "settings_invalid"),
        ({"content": "loud"}, 422, "settings_invalid"),
        ({"name": ""}, 400, "invalid"),
        ({"name": "x" * 81}, 400, "invalid"),
        ({"owner": str(uuid4())}, 400, "invalid"),
    ],
)
def test_bad_presets_are_refused_and_leave_nothing(
    api_of: ApiOf, owner: User, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = saved(api_of(owner), **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Preset.objects.exists()


def test_a_name_is_taken_once_per_person(api_of: ApiOf, owner: User, listener: User) -> None:
    assert saved(api_of(owner)).status_code == 201
    again = saved(api_of(owner), name="louder VOICE")
    assert (again.status_code, again.json()["code"]) == (409, "preset_name_taken")
    assert saved(api_of(listener)).status_code == 201


def test_there_is_an_end_to_presets(api_of: ApiOf, owner: User) -> None:
    Preset.objects.bulk_create(
        Preset(owner=owner, name=f"Preset {n}", content=LOUDER) for n in range(MAX_PRESETS)
    )
    answer = saved(api_of(owner))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_presets")


# ---- Mixes by hand -------------------------------------------------------------------------------


def asked(api: APIClient, song: Song, **fields: Any) -> Any:
    settings = fields.pop("settings", Settings.default(3).to_json())
    body = {"song": str(song.pk), "settings": settings, **fields}
    return api.post(HAND_MIXES, body, format="json")


def turned(**fader: float) -> dict[str, Any]:
    settings = Settings.default(3).to_json()
    settings["strips"][0] |= fader
    return settings


def test_rendered_settings_become_a_mix_of_ones_own(
    api_of: ApiOf, song: Song, owner: User, house: list[Mixer], work: Work
) -> None:
    settings = turned(fader_db=-5.5, pan=0.25)
    made = asked(api_of(owner), song, settings=settings, name="Softer kick")
    assert made.status_code == 201
    work()
    told = api_of(owner).get(f"{HAND_MIXES}{made.json()['id']}/").json()
    assert told["name"] == "Softer kick"
    assert (told["preview"]["state"], told["full"]["state"]) == ("ready", "ready")
    rendered = Mix.objects.get(pk=told["full"]["id"])
    assert rendered.settings == settings
    assert rendered.is_adjusted()


def test_only_what_differs_from_the_mixer_is_stored(
    api_of: ApiOf, song: Song, owner: User, house: list[Mixer], work: Work
) -> None:
    plain = services.request_mixes(song=song, by=owner, mixers=house[1:2])[0]
    work()
    plain.refresh_from_db()
    settings = plain.settings or {}
    settings["strips"][2]["pan"] = -0.125
    made = asked(api_of(owner), song, settings=settings, mixer=str(house[1].pk)).json()
    mix = Mix.objects.get(pk=made["full"]["id"])
    assert mix.mixer == house[1]
    assert mix.overrides == {"strips": {"2": {"pan": -0.125}}}


def test_the_same_settings_again_are_the_same_mix_under_its_new_name(
    api_of: ApiOf, song: Song, owner: User, house: list[Mixer]
) -> None:
    first = asked(api_of(owner), song, settings=turned(pan=0.5)).json()
    again = asked(api_of(owner), song, settings=turned(pan=0.5), name="Kick right").json()
    third = asked(api_of(owner), song, settings=turned(pan=0.75)).json()
    assert first["id"] == again["id"] != third["id"]
    assert [first["name"], again["name"], third["name"]] == ["My mix 1", "Kick right", "My mix 2"]


def test_hand_mixes_are_their_makers_alone(
    api_of: ApiOf, song: Song, owner: User, listener: User, house: list[Mixer]
) -> None:
    one = f"{HAND_MIXES}{asked(api_of(owner), song).json()['id']}/"
    assert api_of(owner).patch(one, {"name": "Mine"}, format="json").json()["name"] == "Mine"
    other = api_of(listener)
    assert other.get(HAND_MIXES).json()["results"] == []
    answers = (other.get(one), other.patch(one, {"name": "No"}, format="json"), other.delete(one))
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert api_of(owner).delete(one).status_code == 204
    assert not HandMix.objects.exists()
    assert Mix.objects.count() == 2


@pytest.mark.parametrize("visibility", ["private", "unlisted", "public"])
def test_others_songs_have_no_console(
    api_of: ApiOf, song: Song, listener: User, house: list[Mixer], visibility: str
) -> None:
    """Also a public one's: its stems are its owner's alone."""
    Song.objects.update(visibility=visibility)
    assert asked(api_of(listener), song).status_code == 404
    assert not Mix.objects.exists()


def test_demo_songs_may_be_mixed_by_everybody(
    api_of: ApiOf, song: Song, listener: User, house: list[Mixer], client: APIClient
) -> None:
    Song.objects.update(visibility="public", demo_slug="demo")
    assert asked(api_of(listener), song).status_code == 201
    assert asked(client, song).status_code in (401, 403)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"settings": {"version": 1, "strips": [{}]}}, 422, "settings_invalid"),
        ({"settings": turned(pan=2.0)}, 422, "settings_invalid"),
        ({"settings": turned(volume=2.0)}, 422, "settings_invalid"),
        ({"settings": []}, 422, "settings_invalid"),
        ({"mixer": str(uuid4())}, 422, "unknown_mixer"),
        ({"mixer": "warm"}, 400, "invalid"),
    ],
)
def test_bad_settings_are_refused_and_leave_nothing(
    api_of: ApiOf, song: Song, owner: User, house: list[Mixer], fields: dict[str, Any], status: int,
    code: str,
) -> None:  # fmt: skip
    answer = asked(api_of(owner), song, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Mix.objects.exists()
    assert not HandMix.objects.exists()


def test_who_judges_the_song_blind_waits(
    api_of: ApiOf, song: Song, owner: User, house: list[Mixer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blindness, "_checks", [lambda viewer, songs: set(songs)])
    answer = asked(api_of(owner), song)
    assert (answer.status_code, answer.json()["code"]) == (403, "blind")
    assert not Mix.objects.exists()


def test_a_guests_presets_and_mixes_come_along(
    api_of: ApiOf, song: Song, owner: User, listener: User, house: list[Mixer]
) -> None:
    saved(api_of(owner))
    asked(api_of(owner), song)
    services.move_songs(guest=owner, user=listener)
    assert Preset.objects.get().owner == listener
    assert HandMix.objects.get().owner == listener


# ---- Staff ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["preset", "handmix"])
def test_staff_find_them(
    api_of: ApiOf, client_of: Callable[[User], Any], song: Song, owner: User, staff: User,
    house: list[Mixer], model: str,
) -> None:  # fmt: skip
    saved(api_of(owner))
    asked(api_of(owner), song, name="Louder voice")
    row = (Preset.objects if model == "preset" else HandMix.objects).get()
    office = client_of(staff)
    page = office.get(reverse(f"admin:mixing_{model}_changelist"), {"q": "louder"})
    assert "Louder voice" in page.content.decode()
    assert office.get(reverse(f"admin:mixing_{model}_change", args=[row.pk])).status_code == 200
