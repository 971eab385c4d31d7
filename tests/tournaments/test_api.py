"""The API of tournaments, battles and votes: the whole way through, and V1 to V9 as statuses."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mix, Song
from tests.tournaments.conftest import Clock, hear, mix_all, play
from tournaments import services
from tournaments.models import Battle, Tournament, Vote

ApiOf = Callable[[User], APIClient]


@pytest.fixture
def api(owner: User, api_of: ApiOf) -> APIClient:
    return api_of(owner)


def url(name: str, *args: object) -> str:
    return reverse(name, args=args)


def vote(api: APIClient, battle: Battle, body: Any = "a") -> Any:
    body = {"choice": body} if isinstance(body, str) else body
    return api.post(url("battle-votes", battle.pk), body)


def test_a_whole_tournament_by_api(
    api: APIClient, song: Song, clock: Clock, client: Client
) -> None:
    started = api.post(url("tournament-list"), {"song": str(song.pk), "battle_budget": 3})
    assert started.status_code == 201
    tournament = started.json()
    names = [entry["mixer"]["name"] for entry in tournament["entries"]]
    assert names == ["Balanced", "Bright", "Punchy", "Spacious", "Warm"]
    for number in (1, 2, 3):
        answer = api.post(url("tournament-next", tournament["id"])).json()
        assert answer["state"] == "battle"
        battle = answer["battle"]
        assert (battle["number"], battle["of"], battle["may_vote"]) == (number, 3, False)
        for side in ("a", "b"):
            clip = api.get(battle["audio"][side])
            assert clip.status_code == 200
            assert clip["Content-Type"] == "audio/wav"
            assert clip["Cache-Control"] == "no-store"
            tell = url("battle-listening", battle["id"])
            api.post(tell, {"event": "play", "side": side})
            clock.advance(2)
            heard = api.post(tell, {"event": "pause"}).json()
        assert heard == {"heard_a_s": 2.0, "heard_b_s": 2.0, "need_s": 1.5, "may_vote": True}
        assert api.post(url("battle-votes", battle["id"]), {"choice": "a"}).status_code == 201
        reveal = api.get(url("battle-reveal", battle["id"])).json()
        assert reveal["a"]["chosen"]
        assert reveal["a"]["mixer"]["name"] in names
    assert api.post(url("tournament-next", tournament["id"])).json() == {
        "state": "closed",
        "battle": None,
    }
    result = api.get(url("tournament-result", tournament["id"])).json()
    assert result["champion"]["state"] == "ready"
    assert len(result["standings"]) == 5
    assert [battle["number"] for battle in result["story"]] == [1, 2, 3]
    assert result["standings"] == api.get(url("tournament-standings", tournament["id"])).json()
    assert result["story"] == api.get(url("tournament-story", tournament["id"])).json()
    assert api.get(url("vote-list")).json()["count"] == 3
    token = api.post(url("tournament-share", tournament["id"])).json()["token"]
    shared = client.get(url("result", token)).json()
    assert shared["champion"] == result["champion"]
    assert shared["listener"] == "Owner"
    assert "owner@example.org" not in str(shared)
    assert client.get(shared["audio"])["Content-Type"] == "audio/flac"
    assert api.delete(url("tournament-share", tournament["id"])).status_code == 204
    assert client.get(url("result", token)).status_code == 404
    assert client.get(url("result-audio", token)).status_code == 404


def test_an_idempotency_key_starts_one_tournament(api: APIClient, song: Song) -> None:
    body = {"song": str(song.pk), "battle_budget": 5}
    key = {"Idempotency-Key": "start-1"}
    first = api.post(url("tournament-list"), body, headers=key)
    again = api.post(url("tournament-list"), body, headers=key)
    other = api.post(url("tournament-list"), body | {"battle_budget": 6}, headers=key)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert Tournament.objects.count() == 1


def test_a_demo_is_tried(api: APIClient, song: Song, stranger: User, api_of: ApiOf) -> None:
    assert api.post(url("tournament-try-demo")).json()["code"] == "no_demo_song"
    Song.objects.filter(pk=song.pk).update(demo_slug="demo", visibility="public")
    answer = api_of(stranger).post(url("tournament-try-demo"))
    assert answer.status_code == 200
    assert answer.json()["song"] == str(song.pk)


def test_a_tournament_waits_for_previews(
    api: APIClient, owner: User, song: Song, tournament: Tournament
) -> None:
    song.mixes.filter(section="preview").exclude(mixer__name="Warm").update(state="queued")
    answer = api.post(url("tournament-next", tournament.pk)).json()
    assert answer == {"state": "waiting", "battle": None}
    shown = api.get(url("tournament-detail", tournament.pk)).json()
    assert shown["progress"]["previews_ready"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"song": "nonsense"},
        {"song": None},
        {"battle_budget": 5},
        {"battle_budget": 2},
        {"battle_budget": "many"},
        {"owner": str(uuid4())},
        {"seed": 1},
    ],
)
def test_a_bad_start_is_refused(api: APIClient, song: Song, body: dict[str, Any]) -> None:
    if "song" not in body and "battle_budget" not in body and body:
        body = body | {"song": str(song.pk)}
    if body.get("battle_budget") in (2, "many"):
        body = body | {"song": str(song.pk)}
    assert api.post(url("tournament-list"), body).status_code == 400
    assert not Tournament.objects.exists()


def test_v1_twice_the_same_vote_and_another_one(api: APIClient, heard: Battle) -> None:
    first, again, other = vote(api, heard, "a"), vote(api, heard, "a"), vote(api, heard, "b")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "already_voted"
    assert Vote.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_v1_parallel_posts_are_one_vote(heard: Battle, owner: User, api_of: ApiOf) -> None:
    def post(_: int) -> tuple[int, str]:
        try:
            answer = vote(api_of(owner), heard, "tie")
            return answer.status_code, answer.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert {row for _, row in answers} == {str(Vote.objects.get().pk)}


def test_v2_closed_unknown_and_never_assigned(
    api: APIClient, heard: Battle, owner: User, stranger: User, api_of: ApiOf
) -> None:
    foreign = vote(api_of(stranger), heard)
    unknown = api.post(url("battle-votes", uuid4()), {"choice": "a"})
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    # Who asks cannot tell a battle of somebody else from one that never was.
    assert foreign.json() == unknown.json()
    services.close_tournament(tournament=heard.tournament, by=owner)
    closed = vote(api, heard)
    assert (closed.status_code, closed.json()["code"]) == (410, "battle_closed")
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "choice", ["c", "", "A", "a b", ["a", "b"], ["a"], {"a": 1}, 1, 0, True, None, "a\u0000"]
)
def test_v3_a_choice_outside_the_four(api: APIClient, heard: Battle, choice: Any) -> None:
    answer = vote(api, heard, {"choice": choice})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_choice")
    assert not Vote.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b'"a"', b"{", b"[1,2]", b"null"])
def test_v3_bodies_that_are_no_vote(api: APIClient, heard: Battle, body: bytes) -> None:
    target = url("battle-votes", heard.pk)
    answer = api.post(target, body, content_type="application/json")
    assert answer.status_code == 400
    assert not Vote.objects.exists()


def test_v4_the_listening_floor(api: APIClient, battle: Battle) -> None:
    answer = vote(api, battle)
    assert answer.status_code == 422
    assert answer.json() == {
        "code": "not_heard",
        "message": "Listen to both sides before you vote.",
        "need_a_s": 1.5,
        "need_b_s": 1.5,
    }


@pytest.mark.parametrize(
    "extra", [{"heard_a_s": 99}, {"seconds": 5}, {"at": "2020-01-01T00:00:00Z"}, {"position": 29}]
)
def test_v4_a_forged_total_is_refused(
    api: APIClient, battle: Battle, extra: dict[str, Any]
) -> None:
    body = {"event": "play", "side": "a"} | extra
    answer = api.post(url("battle-listening", battle.pk), body)
    assert answer.status_code == 400
    battle.listening.refresh_from_db()
    assert battle.listening.heard_a_ms == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": "rewind"},
        {"event": "play"},
        {"event": "play", "side": "c"},
        {"event": "pause", "side": "a"},
        {"event": "region", "start_s": 2},
        {"event": "region", "start_s": -1, "stop_s": 2},
        {"event": "region", "start_s": 1, "stop_s": 9},
        {"event": "region", "start_s": "nan", "stop_s": 2},
        {"event": ["play"]},
    ],
)
def test_listening_that_makes_no_sense(
    api: APIClient, battle: Battle, body: dict[str, Any]
) -> None:
    assert api.post(url("battle-listening", battle.pk), body).status_code == 400


def test_v5_a_vote_for_somebody_else_or_by_another_site(
    heard: Battle, owner: User, stranger: User, api_of: ApiOf
) -> None:
    """There is no vote token and no side map to forge: the session and the server hold both."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    target = url("battle-votes", heard.pk)
    posted = browser.post(target, {"choice": "a"}, content_type="application/json")
    assert posted.status_code == 403
    assert Client().post(target, {"choice": "a"}).status_code == 401
    forged = {"choice": "a", "side_a": str(heard.side_b_id), "side_b": str(heard.side_a_id)}
    assert vote(api_of(owner), heard, forged).status_code == 400
    assert vote(api_of(stranger), heard).status_code == 404
    assert not Vote.objects.exists()


def test_v6_a_vote_on_ones_own_mixer_says_that_it_does_not_count(
    api: APIClient, heard: Battle, owner: User
) -> None:
    mixer = heard.side_b.mixer
    mixer.owner = owner
    mixer.save()
    Tournament.objects.filter(pk=heard.tournament_id).update(format="arena", voters="everybody")
    answer = vote(api, heard, "b")
    assert answer.status_code == 201
    assert (answer.json()["counted"], answer.json()["why_not_counted"]) == (False, "own_mixer")


def test_v7_too_many_votes(
    api: APIClient, tournament: Tournament, owner: User, clock: Clock
) -> None:
    """200 votes in ten minutes: undo and vote again, the fastest way there is."""
    play(tournament, clock, battles=1)
    codes = []
    for _ in range(100):
        undone = api.post(url("tournament-undo", tournament.pk)).json()
        clock.advance(2)
        answer = api.post(url("battle-votes", undone["id"]), {"choice": "a"})
        codes.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert codes == [201] * 59 + [429]
    assert answer.json()["code"] == "rate_limited"
    assert 0 < int(answer["Retry-After"]) <= 600


def test_v8_a_mix_that_is_gone_and_a_voided_battle(api: APIClient, heard: Battle) -> None:
    Mix.objects.filter(pk=heard.mix_a.preview_id).update(state=JobState.FAILED)
    for _ in range(2):
        answer = vote(api, heard)
        assert (answer.status_code, answer.json()["code"]) == (409, "battle_voided")
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "extra",
    [
        {"weight": 100},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"listener": str(uuid4())},
        {"mixer": str(uuid4())},
        {"counted": True},
        {"heard_a_s": 30},
        {"first_side": "b"},
    ],
)
def test_v9_nothing_but_the_choice_is_taken(
    api: APIClient, heard: Battle, extra: dict[str, Any]
) -> None:
    answer = vote(api, heard, {"choice": "a"} | extra)
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == extra.keys()
    assert not Vote.objects.exists()


def test_undo_and_its_refusal(api: APIClient, heard: Battle) -> None:
    target = url("tournament-undo", heard.tournament_id)
    assert api.post(target).json()["code"] == "nothing_to_undo"
    vote(api, heard, "a")
    undone = api.post(target)
    assert undone.status_code == 200
    assert (undone.json()["id"], undone.json()["state"]) == (str(heard.pk), "open")
    assert undone.json()["may_vote"]
    assert api.get(url("battle-reveal", heard.pk)).status_code == 409
    assert vote(api, heard, "b").status_code == 201


def test_the_result_waits_for_the_end(api: APIClient, battle: Battle) -> None:
    early = api.get(url("tournament-result", battle.tournament_id))
    assert (early.status_code, early.json()["code"]) == (409, "not_finished")
    shared = api.post(url("tournament-share", battle.tournament_id))
    assert (shared.status_code, shared.json()["code"]) == (409, "not_finished")
    closed = api.post(url("tournament-close", battle.tournament_id)).json()
    assert closed["state"] == "closed"
    assert api.get(url("tournament-result", battle.tournament_id)).json() == {
        "champion": None,
        "standings": [],
        "story": [],
    }


OWNERS = [
    ("get", "tournament-detail", ()),
    ("post", "tournament-next", ()),
    ("post", "tournament-undo", ()),
    ("post", "tournament-close", ()),
    ("get", "tournament-standings", ()),
    ("get", "tournament-story", ()),
    ("get", "tournament-result", ()),
    ("post", "tournament-share", ()),
    ("delete", "tournament-share", ()),
    ("get", "tournament-live", ()),
]
LISTENERS = [
    ("get", "battle-detail", ()),
    ("get", "battle-audio", ("a",)),
    ("post", "battle-listening", ()),
    ("post", "battle-votes", ()),
    ("get", "battle-reveal", ()),
]


@pytest.mark.parametrize(("method", "name", "args"), OWNERS + LISTENERS)
def test_a_stranger_finds_nothing_and_nobody_must_log_in(
    battle: Battle,
    stranger: User,
    staff: User,
    api_of: ApiOf,
    method: str,
    name: str,
    args: tuple[str, ...],
) -> None:
    row = battle.tournament_id if name.startswith("tournament") else battle.pk
    unknown = getattr(api_of(stranger), method)(url(name, uuid4(), *args))
    for somebody in (stranger, staff):
        answer = getattr(api_of(somebody), method)(url(name, row, *args))
        assert answer.status_code == 404
        assert answer.json() == unknown.json()
    assert getattr(APIClient(), method)(url(name, row, *args)).status_code == 401


def test_lists_show_only_ones_own(
    tournament: Tournament, stranger: User, api: APIClient, api_of: ApiOf, clock: Clock
) -> None:
    play(tournament, clock, battles=1)
    assert api.get(url("tournament-list")).json()["count"] == 1
    for name in ("tournament-list", "vote-list"):
        assert api_of(stranger).get(url(name)).json()["count"] == 0
        assert APIClient().get(url(name)).status_code == 401
    row = Vote.objects.get()
    assert api.get(url("vote-detail", row.pk)).json()["choice"] == "a"
    assert api_of(stranger).get(url("vote-detail", row.pk)).status_code == 404


@pytest.mark.parametrize("side", ["c", "A", "ab", "a.wav"])
def test_there_are_two_sides(api: APIClient, battle: Battle, side: str) -> None:
    address = url("battle-audio", battle.pk, "a").replace("audio/a/", f"audio/{side}/")
    assert api.get(address).status_code == 404


def test_clips_answer_byte_ranges(api: APIClient, battle: Battle) -> None:
    address = url("battle-audio", battle.pk, "a")
    whole = b"".join(api.get(address))
    part = api.get(address, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert b"".join(part) == whole[100:200]


def test_the_live_snapshot_names_no_side(api: APIClient, battle: Battle) -> None:
    live = api.get(url("tournament-live", battle.tournament_id)).json()
    assert live["topic"] == f"tournament:{battle.tournament_id}"
    assert live["data"] == {
        "state": "battle",
        "number": 1,
        "of": 7,
        "decided": 0,
        "previews_ready": 5,
        "previews_total": 5,
    }


def test_named_mixes_are_refused_during_a_battle(
    api: APIClient, battle: Battle, owner: User, clock: Clock
) -> None:
    mix = battle.mix_a.preview
    audio = reverse("mix-audio", args=[mix.pk])
    refused = api.get(audio)
    assert (refused.status_code, refused.json()["code"]) == (403, "blind")
    hear(battle, clock)
    services.cast_vote(battle=battle, listener=owner, choice="a")
    assert api.get(audio).status_code == 200


def test_the_schema_describes_it_all(db: None) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    paths = {path for path in schema["paths"] if "/tournaments/" in path or "/battles/" in path}
    assert len(paths) == 28
    blind = schema["components"]["schemas"]["BlindBattle"]["properties"]
    assert not {"side_a", "side_b", "mixer", "entry", "settings"} & blind.keys()


def test_a_song_mixed_again_starts_a_new_tournament(
    api: APIClient, song: Song, owner: User, tournament: Tournament
) -> None:
    song.stems.update(role="bass", role_source="person")
    mix_all(song, owner)
    body = {"song": str(song.pk), "battle_budget": 7}
    assert api.post(url("tournament-list"), body).json()["id"] != str(tournament.pk)
