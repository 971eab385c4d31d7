"""Tournaments for many over the API, from the first request to the last file."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from mixing.audio import SAMPLE_RATE
from mixing.audio.encoding import write_wav
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tests.tournaments.conftest import make_mixer, make_song, mix_all
from tests.tournaments.crowd import Ears, listen, people
from tournaments import anchors, recordings
from tournaments.models import Battle, Entry, Tournament, Vote

ApiOf = Callable[[User], APIClient]


def url(name: str, *args: object) -> str:
    return reverse(name, args=args)


@pytest.fixture
def api(owner: User, api_of: ApiOf) -> APIClient:
    return api_of(owner)


def start(api: APIClient, song: Song, **body: Any) -> dict[str, Any]:
    body = {"song": str(song.pk), "format": "arena", "voters": "everybody", **body}
    answer = api.post(url("tournament-list"), body)
    assert answer.status_code == 201, answer.json()
    started: dict[str, Any] = answer.json()
    return started


def vote(api: APIClient, tournament: str, choose: Callable[[Battle], str] = lambda _: "a") -> Any:
    """The next battle heard and decided; None if there is none."""
    answer = api.post(url("tournament-next", tournament)).json()
    if answer["battle"] is None:
        return None
    battle = Battle.objects.get(pk=answer["battle"]["id"])
    listen(battle)
    cast = api.post(url("battle-votes", battle.pk), {"choice": choose(battle)})
    assert cast.status_code == 201, cast.json()
    return cast.json()


@pytest.mark.slow
def test_a_double_elimination_of_sixteen_on_two_songs_with_twenty_listeners_and_a_failed_render(
    owner: User, api: APIClient, api_of: ApiOf
) -> None:
    _double_elimination(owner, api, api_of, mixers=16, listeners=20)


def test_a_double_elimination_of_six_on_two_songs_with_five_listeners_and_a_failed_render(
    owner: User, api: APIClient, api_of: ApiOf
) -> None:
    _double_elimination(owner, api, api_of, mixers=6, listeners=5)


def _double_elimination(
    owner: User, api: APIClient, api_of: ApiOf, *, mixers: int, listeners: int
) -> None:
    names = [f"Mixer{n:02}" for n in range(mixers)]
    for name in names:
        make_mixer(name)
    songs = [make_song(owner, title=title, seconds=1.0) for title in ("One", "Two")]
    for song in songs:
        mix_all(song, owner, but=("Mixer03",))
    started = api.post(
        url("tournament-list"),
        {
            "songs": [str(song.pk) for song in songs],
            "format": "double_elimination",
            "voters": "everybody",
            "title": "The great one",
            "votes_per_match": 3,
        },
    ).json()
    tournament = Tournament.objects.get(pk=started["id"])
    Mix.objects.filter(mixer__name="Mixer03").update(state=JobState.FAILED)
    anchors.prepare(tournament)
    ears = Ears({name: -0.7 * n for n, name in enumerate(names)}, np.random.default_rng(9))
    crowd = [api_of(person) for person in people(listeners)]
    for _ in range(400):
        heard = [vote(listener, started["id"], ears) for listener in crowd]
        if not any(heard):
            break
    detail = api.get(url("tournament-detail", started["id"])).json()
    assert (detail["state"], detail["ended_because"]) == ("closed", "format")
    bracket = api.get(url("tournament-bracket", started["id"])).json()
    assert bracket["winner"] is not None
    assert bracket["votes_left"] == 0
    assert {match["status"] for part in bracket["rounds"] for match in part["matches"]} == {
        "decided"
    }
    failed = next(e["id"] for e in detail["entries"] if e["name"] == "Mixer03")
    result = api.get(url("tournament-result", started["id"])).json()
    assert failed not in [row["entry"]["id"] for row in result["standings"]]
    assert result["champion"]["entry"]["name"] in names[:3]
    battles = Battle.objects.filter(tournament=tournament, state="decided", kind="real")
    assert set(battles.values_list("song", flat=True)) == {song.pk for song in songs}
    # Every vote once, and each battle's listener is who voted in it.
    votes = Vote.objects.standing().filter(battle__tournament=tournament)
    assert votes.count() == votes.values("battle", "listener").distinct().count()
    decided = tournament.battles.filter(state="decided").count()
    assert votes.count() == decided


def test_three_people_and_a_guest_by_link(
    song: Song, api: APIClient, api_of: ApiOf, listener: User, stranger: User
) -> None:
    started = start(api, song, voters="link", format="round_robin", votes_per_match=4)
    assert started["join_token"]
    guest = User.objects.create_guest()
    crowd = [api_of(person) for person in (listener, stranger, guest)]
    for somebody in crowd:
        assert somebody.get(url("tournament-detail", started["id"])).status_code == 404
        joined = somebody.post(url("tournament-join"), {"token": started["join_token"]})
        assert joined.status_code == 200
        assert joined.json()["join_token"] is None
        assert joined.json()["progress"]["number"] == 1
    for _ in range(15):
        for somebody in (api, *crowd):
            vote(somebody, started["id"])
    detail = api.get(url("tournament-detail", started["id"])).json()
    assert (detail["state"], detail["ended_because"]) == ("closed", "format")
    cells = crowd[0].get(url("tournament-head-to-head", started["id"])).json()
    assert len(cells) == 10
    assert {cell["first_wins"] + cell["second_wins"] for cell in cells} == {4}
    insights = crowd[0].get(url("tournament-insights", started["id"])).json()
    assert insights["goal"] == 0.95
    assert insights["without"]["listeners"] == 1
    assert isinstance(insights["circles"], list)
    card = crowd[0].get(url("tournament-card", started["id"])).json()
    assert card["is_finished"]
    assert len(card["choices"]) == 10
    assert {choice["others"] for choice in card["choices"]} == {3}
    wrong = api_of(stranger).post(url("tournament-join"), {"token": "nonsense"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "no_such_link")


def test_a_vote_is_changed_explained_and_taken_back(
    song: Song, api: APIClient, listener: User, api_of: ApiOf
) -> None:
    started, mine = start(api, song), api_of(listener)
    cast = vote(mine, started["id"])
    votes = url("battle-votes", cast["battle"])
    changed = mine.put(votes, {"choice": "b"}).json()
    assert (changed["choice"], changed["is_informed"]) == ("b", True)
    assert mine.put(votes, {"choice": "b"}).json()["id"] == changed["id"]
    chips = url("battle-chips", cast["battle"])
    assert mine.put(chips, {"chips": ["punch", "vocals"]}).json()["chips"] == ["vocals", "punch"]
    again = mine.put(votes, {"choice": "a"}).json()
    assert again["chips"] == ["vocals", "punch"]
    assert Vote.objects.count() == 3
    assert Vote.objects.standing().count() == 1
    undone = mine.post(url("tournament-undo", started["id"]))
    assert undone.status_code == 200
    assert Vote.objects.standing().count() == 0
    refused = mine.put(votes, {"choice": "a"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_voted")


def test_after_thirty_seconds_a_vote_among_others_stays(
    song: Song, api: APIClient, listener: User, api_of: ApiOf
) -> None:
    started, mine = start(api, song), api_of(listener)
    vote(mine, started["id"])
    Vote.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    refused = mine.post(url("tournament-undo", started["id"]))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_late")
    assert Vote.objects.standing().count() == 1


def test_a_settled_round_stays_settled(song: Song, api: APIClient, api_of: ApiOf) -> None:
    started = start(api, song, format="single_elimination", votes_per_match=1)
    crowd = [api_of(person) for person in people(4)]
    cast = [(somebody, vote(somebody, started["id"])) for somebody in crowd]
    somebody, first = next((s, v) for s, v in cast if v is not None)
    for other in crowd:
        vote(other, started["id"])
    changed = somebody.put(url("battle-votes", first["battle"]), {"choice": "b"})
    assert changed.json()["code"] in {"round_closed", "battle_closed"}
    assert Vote.objects.get(pk=first["id"]).withdrawn_at is None


def test_a_skip_is_no_vote(song: Song, api: APIClient, listener: User, api_of: ApiOf) -> None:
    started, mine = start(api, song), api_of(listener)
    battle = mine.post(url("tournament-next", started["id"])).json()["battle"]
    skip = url("battle-skip", battle["id"])
    for body in ({}, {"reason": "bored"}, {"reason": 3}, []):
        assert mine.post(skip, body).status_code == 400
    for _ in range(2):
        assert mine.post(skip, {"reason": "cannot_hear"}).status_code == 204
    late = mine.post(url("battle-votes", battle["id"]), {"choice": "a"})
    assert (late.status_code, late.json()["code"]) == (410, "battle_closed")
    other = mine.post(url("tournament-next", started["id"])).json()["battle"]
    assert other["id"] != battle["id"]
    assert other["number"] == battle["number"] == 1
    assert not Vote.objects.exists()


def test_names_are_hidden_from_who_is_listening(
    song: Song, api: APIClient, listener: User, api_of: ApiOf
) -> None:
    started, mine = start(api, song, format="round_robin"), api_of(listener)
    vote(mine, started["id"])
    tables = [
        url(f"tournament-{n}", started["id"]) for n in ("standings", "bracket", "head-to-head")
    ]
    assert {mine.get(table).status_code for table in tables} == {200}
    mine.post(url("tournament-next", started["id"]))
    for table in tables:
        refused = mine.get(table)
        assert (refused.status_code, refused.json()["code"]) == (409, "hidden_while_listening")
        assert api.get(table).status_code == 200


BAD_STARTS: list[tuple[dict[str, Any], int, str]] = [
    ({"song": None}, 400, "invalid"),
    ({"songs": []}, 400, "bad_tournament"),
    ({"format": "lottery"}, 400, "invalid"),
    ({"format": "personal", "voters": "everybody"}, 400, "bad_tournament"),
    ({"votes_per_match": 0}, 400, "invalid"),
    ({"stop_at": 1.0}, 400, "invalid"),
    ({"stop_at": "nan"}, 400, "invalid"),
    ({"ends_at": "2001-01-01T00:00:00Z"}, 400, "bad_tournament"),
    ({"ends_at": "tomorrow"}, 400, "invalid"),
    ({"is_community": True}, 400, "bad_tournament"),
    ({"mixers": [str(uuid4())]}, 404, "not_found"),
    ({"mixers": []}, 409, "too_few_mixers"),
    ({"human_mixes": [{"label": "Mine", "recordings": [str(uuid4())]}]}, 404, "not_found"),
    ({"human_mixes": [{"label": "Mine"}]}, 400, "invalid"),
    ({"title": "x" * 121}, 400, "invalid"),
    ({"seed": 1}, 400, "invalid"),
    ({"owner": str(uuid4())}, 400, "invalid"),
]


def test_a_bad_start_leaves_nothing(song: Song, api: APIClient) -> None:
    for change, status, code in BAD_STARTS:
        body = {"song": str(song.pk), "format": "arena", "voters": "everybody", **change}
        if "songs" in change:
            del body["song"]
        answer = api.post(url("tournament-list"), body)
        assert answer.status_code == status, (change, answer.json())
        if code != "invalid":
            assert answer.json()["code"] == code, change
    assert not Tournament.objects.exists()


def test_a_guest_starts_nothing_for_others(song: Song, owner: User, api_of: ApiOf) -> None:
    guest = User.objects.create_guest()
    Song.objects.update(visibility="public")
    body = {"song": str(song.pk), "format": "arena", "voters": "everybody"}
    answer = api_of(guest).post(url("tournament-list"), body)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_needed")


def wav(frames: int, *, level: float = 0.1, tmp: Any) -> bytes:
    noise = np.random.default_rng(0).standard_normal((2, frames)).astype(np.float32) * level
    path = tmp / f"{frames}-{level}.wav"
    write_wav(np.clip(noise, -1, 1), path, SAMPLE_RATE, bits=16)
    body: bytes = path.read_bytes()
    return body


def test_a_persons_mix_competes_unnamed(
    song: Song,
    api: APIClient,
    api_of: ApiOf,
    listener: User,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bring(body: bytes) -> Any:
        file = SimpleUploadedFile("mix.wav", body)
        return api.post(
            url("recording-list"), {"song": str(song.pk), "file": file}, format="multipart"
        )

    frames = song.frames - 1000
    recording = bring(wav(frames, tmp=tmp_path))
    assert recording.status_code == 201
    assert recording.json()["frames"] == (song.section_stop or 0) - (song.section_start or 0)
    assert bring(wav(frames, tmp=tmp_path)).json() == recording.json()
    for body, reason in (
        (b"", "empty_audio"),
        (b"not audio at all", "unsupported_type"),
        (wav(frames // 8, tmp=tmp_path), "wrong_length"),
        (wav(frames, level=0.0, tmp=tmp_path), "silent"),
    ):
        refused = bring(body)
        assert refused.status_code in {400, 422}, refused.json()
        if refused.status_code == 422:
            assert (refused.json()["code"], refused.json()["reason"]) == (
                "human_mix_refused",
                reason,
            )

    monkeypatch.setattr(recordings, "MOST_RECORDINGS", 1)
    refused = bring(wav(frames + 9, tmp=tmp_path))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_recordings")
    assert bring(wav(frames, tmp=tmp_path)).status_code == 201

    human = {"label": "Jane’s mix", "recordings": [recording.json()["id"]]}
    started = start(
        api,
        song,
        human_mixes=[human],
        mixers=[str(Mixer.objects.get(name="Warm").pk)],
        hidden_checks=False,
    )
    assert "Jane" not in str(started)
    mine = api_of(listener)
    battle = mine.post(url("tournament-next", started["id"])).json()["battle"]
    sizes = set()
    for side in ("a", "b"):
        clip = mine.get(battle["audio"][side])
        assert clip.status_code == 200
        sizes.add(len(b"".join(clip)))  # type: ignore[call-overload]
    assert len(sizes) == 1
    assert "Jane" not in str(battle)
    cast = vote(mine, started["id"], lambda b: "a" if b.side_a.kind == Entry.Kind.HUMAN else "b")
    reveal = mine.get(url("battle-reveal", cast["battle"])).json()
    assert {reveal["a"]["name"], reveal["b"]["name"]} == {"Jane’s mix", "Warm"}
    # Its maker's own vote does not lift it.
    own = vote(api, started["id"])
    assert (own["counted"], own["why_not_counted"]) == (False, "own_mixer")
    api.post(url("tournament-close", started["id"]))
    result = api.get(url("tournament-result", started["id"])).json()
    assert result["champion"]["entry"]["name"] == "Jane’s mix"
    assert result["champion"]["state"] == "ready"


def test_the_completion_code_works_once(song: Song, api: APIClient, api_of: ApiOf) -> None:
    started = start(api, song, battle_budget=3, hidden_checks=False)
    mine = api_of(people(1)[0])
    code_url = url("tournament-completion-code", started["id"])
    assert mine.post(code_url).json()["code"] == "session_not_finished"
    for _ in range(3):
        vote(mine, started["id"])
    code = mine.post(code_url).json()["code"]
    assert mine.post(code_url).json()["code"] == code
    use = url("tournament-use-code", started["id"])
    assert mine.post(use, {"code": code}).status_code == 404
    assert api.post(use, {"code": code.lower()}).status_code == 204
    assert api.post(use, {"code": code}).json()["code"] == "bad_completion_code"


def test_votes_are_taken_away_and_brought_back(
    song: Song, api: APIClient, api_of: ApiOf, listener: User, staff: User
) -> None:
    started, mine = start(api, song), api_of(listener)
    for _ in range(3):
        vote(mine, started["id"])
    export = url("tournament-export", started["id"])
    assert mine.get(export).status_code == 404
    for kind in ("csv", "json", "parquet"):
        file = api.get(export, {"kind": kind})
        assert file.status_code == 200
        assert file["Content-Disposition"].endswith(f'.{kind}"')
    assert api.get(export, {"kind": "xlsx"}).json()["code"] == "bad_export_kind"
    api.post(url("tournament-close", started["id"]))
    assert mine.get(export).status_code == 200
    Tournament.objects.all().delete()
    bring = url("tournament-import")
    body = BytesIO(file.content).getvalue()
    octets = {"content_type": "application/octet-stream"}
    assert mine.post(bring, body, **octets).status_code == 403
    answer = api_of(staff).post(bring, body, **octets)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["state"] == "closed"
    refused = api_of(staff).post(bring, b"nothing", **octets)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_import")


def test_boards_and_records(song: Song, api: APIClient, api_of: ApiOf) -> None:
    Song.objects.update(genre="Rock", visibility="public")
    started = start(api, song, hidden_checks=False, battle_budget=5)
    ears = Ears({"Warm": 4.0, "Spacious": -4.0}, np.random.default_rng(4))
    crowd = [api_of(person) for person in people(6)]
    for _ in range(8):
        for somebody in crowd:
            vote(somebody, started["id"], ears)
    api.post(url("tournament-close", started["id"]))
    assert APIClient().get(url("leaderboard-genres")).json() == {"genres": ["Rock"]}
    for genre in ("", "rock"):
        board = APIClient().get(url("leaderboard"), {"genre": genre}).json()
        assert board["votes"] == 48
        assert board["voters"] == 6
        lows = [row["low"] for row in board["rows"] if not row["preliminary"]]
        assert lows == sorted(lows, reverse=True)
        assert board["rows"][0]["mixer"]["name"] == "Warm"
    assert APIClient().get(url("leaderboard"), {"genre": "polka"}).json()["rows"] == []
    warm = Mixer.objects.get(name="Warm")
    record = APIClient().get(url("mixer-record", warm.pk)).json()
    assert record["standing"]["rank"] == 1
    assert [song["title"] for song in record["best_songs"]] == ["Song"]
    assert record["champion_mixes"]
    assert "master.target_lufs" in record["typical_settings"] or record["typical_settings"]
    assert APIClient().get(url("mixer-record", uuid4())).status_code == 404
    mine = crowd[0].get(url("listener-record")).json()
    assert (mine["finished"], mine["votes"], mine["streak"]) == (1, 8, 1)
    assert mine["agreement"] > 0.5
    assert {title["key"] for title in mine["titles"] if title["earned"]} == {"first"}
    assert APIClient().get(url("listener-record")).status_code == 401
