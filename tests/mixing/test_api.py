"""The API of songs, stems, mixes, mixers and exports, for owner, stranger and nobody."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import soundfile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from mixing import blindness, services
from mixing.audio import ffmpeg
from mixing.jobs import JobState
from mixing.models import Export, Mix, Mixer, Song, Stem
from mixing.transfer import CHUNK_TYPE
from tests.mixing import making
from tests.mixing.conftest import Work

ApiOf = Callable[[User], APIClient]
SONGS = "/api/v1/songs/"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def api(api_of: ApiOf, owner: User) -> APIClient:
    return api_of(owner)


@pytest.fixture
def other(api_of: ApiOf, stranger: User) -> APIClient:
    return api_of(stranger)


@pytest.fixture
def mixes(song: Song, house: list[Mixer], work: Work) -> list[Mix]:
    """A preview and a full mix, ready."""
    services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    work()
    return list(Mix.objects.order_by("-section"))


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_the_whole_way_from_files_to_downloads(
    api: APIClient, house: list[Mixer], work: Work
) -> None:
    song = api.post(SONGS, {"title": "Mine", "genre": "Dub"}).json()
    assert (song["status"], song["is_own"], song["stem_count"]) == ("draft", True, 0)
    for part in (making.KICK, making.BASS):
        data = making.wav_of(part)
        upload = api.post(
            f"{SONGS}{song['id']}/uploads/", {"name": part.name, "size": len(data)}
        ).json()
        done = api.generic(
            "PATCH", f"/api/v1/uploads/{upload['id']}/", data, content_type=CHUNK_TYPE,
            headers={"Upload-Offset": "0"},
        )  # fmt: skip
        assert done.json()["state"] == "ready"
    work()
    song = api.get(f"{SONGS}{song['id']}/").json()
    assert (song["status"], song["stem_count"], song["duration_s"]) == ("ready", 2, 3.0)
    assert song["section"] == {"start_s": 0.0, "stop_s": 3.0}
    asked = api.post(f"{SONGS}{song['id']}/mixes/")
    assert asked.status_code == 200
    assert [mix["section"] for mix in asked.json()] == ["preview"] * 5 + ["full"] * 5
    assert [mix["queue_position"] for mix in asked.json()] == list(range(1, 11))
    work()
    full = api.get("/api/v1/mixes/", {"song": song["id"], "section": "full"}).json()
    assert full["count"] == 5
    assert {mix["state"] for mix in full["results"]} == {"ready"}
    mix = api.get(f"/api/v1/mixes/{full['results'][0]['id']}/").json()
    assert len(mix["settings"]["strips"]) == 2
    audio, rate = soundfile.read(io.BytesIO(body(api.get(mix["audio_url"]))))
    assert (audio.shape, rate) == ((3 * 44_100, 2), 44_100)
    export = api.post(f"/api/v1/mixes/{mix['id']}/exports/", {"kind": "wav"})
    assert (export.status_code, export.json()["state"]) == (201, "queued")
    address = f"/api/v1/exports/{export.json()['id']}/"
    early = api.get(f"{address}file/")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    work()
    file = api.get(api.get(address).json()["file_url"])
    assert (
        file["Content-Disposition"] == f'attachment; filename="Mine - {mix["mixer"]["name"]}.wav"'
    )
    assert len(body(file)) == 44 + 3 * 44_100 * 6


def test_lists_show_ones_own_and_public_songs(
    api: APIClient, other: APIClient, song: Song, stranger: User
) -> None:
    public = services.create_song(owner=stranger, title="Public")
    unlisted = services.create_song(owner=stranger, title="Unlisted")
    Song.objects.filter(pk=public.pk).update(visibility="public")
    Song.objects.filter(pk=unlisted.pk).update(visibility="unlisted")

    def titles(client: APIClient) -> set[str]:
        return {row["title"] for row in client.get(SONGS).json()["results"]}

    assert titles(api) == {"Test song", "Public"}
    assert titles(other) == {"Public", "Unlisted"}
    assert titles(APIClient()) == {"Public"}
    assert api.get(f"{SONGS}{unlisted.pk}/").status_code == 200


def test_a_private_song_does_not_exist_for_others(
    other: APIClient, song: Song, mixes: list[Mix]
) -> None:
    export = services.request_export(mix=mixes[0], kind="wav")
    stem = song.stems.all()[0]
    for client in (other, APIClient()):
        for address in (
            f"{SONGS}{song.pk}/",
            f"{SONGS}{song.pk}/live/",
            f"/api/v1/mixes/{mixes[0].pk}/",
            f"/api/v1/mixes/{mixes[0].pk}/audio/",
            f"/api/v1/exports/{export.pk}/",
            f"/api/v1/exports/{export.pk}/file/",
        ):
            answer = client.get(address)
            assert answer.status_code == 404, address
            unknown = client.get(f"{SONGS}{UNKNOWN}/")
            assert answer.json() == unknown.json()
    assert other.get(f"/api/v1/stems/{stem.pk}/audio/").status_code == 404
    assert other.patch(f"{SONGS}{song.pk}/", {"title": "Stolen"}).status_code == 404
    assert other.delete(f"{SONGS}{song.pk}/").status_code == 404
    assert other.post(f"{SONGS}{song.pk}/mixes/").status_code == 404
    assert other.post(f"{SONGS}{song.pk}/uploads/", {"name": "a", "size": 1}).status_code == 404
    assert other.patch(f"/api/v1/stems/{stem.pk}/", {"role": "keys"}).status_code == 404
    assert other.delete(f"/api/v1/stems/{stem.pk}/").status_code == 404
    assert other.post(f"/api/v1/mixes/{mixes[0].pk}/cancel/").status_code == 404
    assert other.post(f"/api/v1/mixes/{mixes[0].pk}/exports/", {"kind": "wav"}).status_code == 404


def test_a_public_song_may_be_heard_and_mixed_but_not_changed_and_its_stems_stay_private(
    other: APIClient, song: Song, mixes: list[Mix]
) -> None:
    Song.objects.update(visibility=Song.Visibility.PUBLIC)
    stem = song.stems.all()[0]
    assert other.get(f"/api/v1/mixes/{mixes[0].pk}/audio/").status_code == 200
    assert APIClient().get(f"/api/v1/mixes/{mixes[0].pk}/audio/").status_code == 200
    assert other.post(f"{SONGS}{song.pk}/mixes/").status_code == 200
    assert other.get("/api/v1/stems/").json()["count"] == 0
    assert other.get(f"/api/v1/stems/{stem.pk}/").status_code == 404
    assert other.get(f"/api/v1/stems/{stem.pk}/audio/").status_code == 404
    assert other.patch(f"{SONGS}{song.pk}/", {"title": "x"}).status_code == 404
    assert other.post(f"/api/v1/mixes/{mixes[0].pk}/retry/").status_code == 404


def test_nobody_in_particular_changes_nothing(song: Song) -> None:
    Song.objects.update(visibility=Song.Visibility.PUBLIC)
    client = APIClient()
    for method, address in (
        ("post", SONGS),
        ("patch", f"{SONGS}{song.pk}/"),
        ("post", f"{SONGS}{song.pk}/mixes/"),
        ("post", f"{SONGS}{song.pk}/uploads/"),
        ("get", "/api/v1/stems/"),
        ("get", "/api/v1/uploads/"),
    ):
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), address


def test_unknown_and_privileged_fields_are_refused(api: APIClient, song: Song) -> None:
    stem = song.stems.all()[0]
    for address, data in (
        (f"{SONGS}{song.pk}/", {"owner": UNKNOWN}),
        (f"{SONGS}{song.pk}/", {"status": "ready"}),
        (f"{SONGS}{song.pk}/", {"visibility": "public"}),
        (f"/api/v1/stems/{stem.pk}/", {"state": "ready"}),
        (f"/api/v1/stems/{stem.pk}/", {"role": "kazoo"}),
    ):
        answer = api.patch(address, data)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), data
        assert list(answer.json()["errors"]) == list(data)


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 400), ({"title": ""}, 400), ({"title": "x" * 201}, 400), ({"title": "a\x00"}, 400)],
)
def test_a_song_needs_a_sensible_title(api: APIClient, data: dict[str, str], status: int) -> None:
    assert api.post(SONGS, data).status_code == status


def test_texts_roles_and_stems_can_be_changed_by_their_owner(
    api: APIClient, song: Song, work: Work
) -> None:
    changed = api.patch(f"{SONGS}{song.pk}/", {"artist": "The Band"}).json()
    assert (changed["title"], changed["artist"]) == ("Test song", "The Band")
    stem = song.stems.all()[0]
    changed = api.patch(f"/api/v1/stems/{stem.pk}/", {"role": "keys", "name": "Rhodes"}).json()
    assert (changed["role"], changed["role_source"], changed["name"]) == (
        "keys", "person", "Rhodes",
    )  # fmt: skip
    assert api.delete(f"/api/v1/stems/{stem.pk}/").status_code == 204
    work()
    assert api.get("/api/v1/stems/", {"song": song.pk}).json()["count"] == 2
    assert api.delete(f"{SONGS}{song.pk}/").status_code == 204
    work()
    assert making.left_files() == []


def test_audio_is_seekable(api: APIClient, mixes: list[Mix]) -> None:
    address = f"/api/v1/mixes/{mixes[0].pk}/audio/"
    whole = body(api.get(address, headers={"Accept": "audio/*"}))
    part = api.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, body(part)) == (206, whole[10:20])
    assert api.get(address, headers={"Range": "bytes=99999999-"}).status_code == 416
    head = api.head(address)
    assert (head.status_code, head["Content-Length"]) == (200, str(len(whole)))
    assert head["Cache-Control"] == "private, no-cache"
    missing = api.get(f"/api/v1/mixes/{UNKNOWN}/audio/", headers={"Accept": "audio/flac"})
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_a_stems_audio_is_there_once_it_was_decoded(api: APIClient, song: Song) -> None:
    stem = song.stems.all()[0]
    answer = api.get(f"/api/v1/stems/{stem.pk}/audio/")
    assert answer["Content-Type"] == "audio/flac"
    assert body(answer)[:4] == b"fLaC"
    waiting = Stem.objects.create(song=song, position=9, name="x", source_sha256="x")
    early = api.get(f"/api/v1/stems/{waiting.pk}/audio/")
    assert (early.status_code, early.json()["code"]) == (409, "stem_not_ready")


def test_mixes_are_stopped_and_tried_again(api: APIClient, song: Song, house: list[Mixer]) -> None:
    asked = api.post(f"{SONGS}{song.pk}/mixes/", {"mixers": [str(house[0].pk)]}).json()
    address = f"/api/v1/mixes/{asked[0]['id']}/"
    early = api.get(f"{address}audio/")
    assert (early.status_code, early.json()["code"]) == (409, "mix_not_ready")
    assert api.post(f"{address}cancel/").json()["state"] == "cancelled"
    assert api.post(f"{address}cancel/").json()["code"] == "already_finished"
    assert api.post(f"{address}retry/").json()["state"] == "queued"
    assert api.post(f"{address}retry/").json()["code"] == "not_failed"


def test_a_failed_mix_says_why(api: APIClient, mixes: list[Mix]) -> None:
    Mix.objects.update(
        state=JobState.FAILED, error_code="worker_lost", error_message="The server stopped."
    )
    shown = api.get(f"/api/v1/mixes/{mixes[0].pk}/").json()
    assert shown["error"] == {
        "code": "worker_lost", "message": "The server stopped.", "status": 500,
    }  # fmt: skip
    assert shown["audio_url"] is None


def test_only_known_mixers_can_be_asked(api: APIClient, song: Song, house: list[Mixer]) -> None:
    answer = api.post(f"{SONGS}{song.pk}/mixes/", {"mixers": [UNKNOWN]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_mixer")
    assert api.post(f"{SONGS}{song.pk}/mixes/", {"mixers": []}).status_code == 400
    Mixer.objects.filter(pk=house[0].pk).update(status=Mixer.Status.RETIRED)
    answer = api.post(f"{SONGS}{song.pk}/mixes/", {"mixers": [str(house[0].pk)]})
    assert answer.json()["code"] == "unknown_mixer"


def test_mixers_are_listed_without_their_files(api: APIClient, house: list[Mixer]) -> None:
    rows = APIClient().get("/api/v1/mixers/").json()["results"]
    assert [row["slug"] for row in rows] == [mixer.slug for mixer in house]
    assert "genome_file" not in rows[0]
    assert all(isinstance(value, float) for value in rows[0]["metrics"].values())


def test_while_blind_mixes_keep_their_secrets(
    api: APIClient, owner: User, mixes: list[Mix], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = services.request_export(mix=mixes[0], kind="flac")
    monkeypatch.setattr(
        blindness, "_checks", [lambda viewer, songs: set(songs) if viewer == owner else set()]
    )
    shown = api.get(f"/api/v1/mixes/{mixes[0].pk}/").json()
    assert (shown["state"], shown["percent"]) == ("ready", 100.0)
    for secret in ("mixer", "audio_url", "settings", "peaks", "lufs", "measurements", "timings"):
        assert shown[secret] is None, secret
    for row in api.get("/api/v1/mixes/").json()["results"]:
        assert row["mixer"] is None
    for method, address in (
        ("get", f"/api/v1/mixes/{mixes[0].pk}/audio/"),
        ("post", f"/api/v1/mixes/{mixes[0].pk}/exports/"),
        ("get", f"/api/v1/exports/{export.pk}/file/"),
    ):
        answer = getattr(api, method)(address, {"kind": "wav"} if method == "post" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "blind"), address


def test_the_live_address_tells_what_the_socket_would(api: APIClient, song: Song) -> None:
    live = api.get(f"{SONGS}{song.pk}/live/").json()
    assert live["topic"] == f"song:{song.pk}"
    assert live["data"]["song"] == {"id": str(song.pk), "status": "ready"}
    assert [stem["state"] for stem in live["data"]["stems"]] == ["ready"] * 3
    assert live["data"]["mixes"] == []


def test_the_console_explains_its_parameters(client: Client) -> None:
    rows = client.get("/api/v1/parameters/").json()
    fader = next(row for row in rows if row["name"] == "fader_db")
    assert (fader["section"], fader["unit"], fader["minimum"]) == ("strip", "dB", -48.0)


@pytest.mark.parametrize("query", ["limit=1000000000", "limit=-1", "offset=-1", "limit=x"])
def test_odd_pages_are_answered_sensibly(api: APIClient, song: Song, query: str) -> None:
    answer = api.get(f"{SONGS}?{query}")
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 1
    assert api.get("/api/v1/mixes/?song=nonsense").status_code == 400


def test_what_files_can_be_made_is_told(
    api: APIClient, mixes: list[Mix], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "codecs", lambda: frozenset(["opus"]))
    kinds = {row["kind"]: row for row in APIClient().get("/api/v1/exports/kinds/").json()}
    assert list(kinds) == Export.Kind.values
    assert [kind for kind, row in kinds.items() if not row["available"]] == ["aac"]
    assert (kinds["opus"]["suffix"], kinds["opus"]["content_type"]) == ("opus", "audio/ogg")
    refused = api.post(f"/api/v1/mixes/{mixes[0].pk}/exports/", {"kind": "aac"})
    assert (refused.status_code, refused.json()["code"]) == (422, "encoder_missing")


def test_a_session_of_somebody_elses_song_is_refused(
    api: APIClient, other: APIClient, song: Song, mixes: list[Mix]
) -> None:
    Song.objects.filter(pk=song.pk).update(visibility="public")
    address = f"/api/v1/mixes/{mixes[0].pk}/exports/"
    assert other.post(address, {"kind": "stems"}).status_code == 201
    refused = other.post(address, {"kind": "dawproject"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    mine = api.post(address, {"kind": "dawproject"})
    assert mine.status_code == 201
    Export.objects.filter(pk=mine.json()["id"]).update(state="ready", file="songs/none")
    for client in (other, APIClient()):
        answer = client.get(f"/api/v1/exports/{mine.json()['id']}/file/")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_export_of_an_unknown_kind_is_refused(api: APIClient, mixes: list[Mix]) -> None:
    answer = api.post(f"/api/v1/mixes/{mixes[0].pk}/exports/", {"kind": "exe"})
    assert answer.status_code == 400
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("address", "queries"),
    [(SONGS, 4), ("/api/v1/mixes/", 7), ("/api/v1/stems/", 4), ("/api/v1/mixers/", 4)],
)
def test_lists_take_a_fixed_number_of_queries(
    api: APIClient,
    owner: User,
    mixes: list[Mix],
    house: list[Mixer],
    django_assert_max_num_queries: Any,
    address: str,
    queries: int,
) -> None:
    for _ in range(3):
        song = making.ready_song(owner, [making.KICK])
        services.request_mixes(song=song, by=owner, mixers=house[:2])
    with django_assert_max_num_queries(queries):
        assert api.get(address).status_code == 200
