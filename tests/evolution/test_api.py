"""The API of taste and review: who may do what, and what they are told."""

import io
import zipfile
from collections.abc import Callable
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from evolution import beliefs, personal, slots
from evolution.models import EvolutionRun, Generation, PromotionRule
from mixing.models import Mix, Mixer, Song
from tests.evolution import building
from tests.evolution.building import likes
from tests.evolution.conftest import Work
from tests.tournaments.conftest import make_mixer
from tournaments.models import Battle, Tournament

Api = Callable[[User], APIClient]
BRIGHT = likes(brightness=4.0, air=2.0)

STAFF_ONLY = (
    ("get", "/api/v1/evolution/review/"),
    ("get", "/api/v1/evolution/review/{mixer}/"),
    ("post", "/api/v1/evolution/review/{mixer}/promote/"),
    ("post", "/api/v1/evolution/review/{mixer}/reject/"),
    ("post", "/api/v1/evolution/review/{mixer}/quarantine/"),
    ("post", "/api/v1/evolution/review/{mixer}/retire/"),
    ("post", "/api/v1/evolution/review/{mixer}/audition/"),
    ("get", "/api/v1/evolution/slots/"),
    ("post", "/api/v1/evolution/slots/rollback/"),
    ("put", "/api/v1/evolution/slots/rule/"),
    ("get", "/api/v1/evolution/slots/decisions/"),
    ("get", "/api/v1/evolution/slots/worth/"),
    ("post", "/api/v1/evolution/generations/{generation}/rerun/"),
)
PERSONAL = (
    ("get", "/api/v1/taste/"),
    ("patch", "/api/v1/taste/"),
    ("delete", "/api/v1/taste/"),
    ("post", "/api/v1/taste/reset/"),
    ("get", "/api/v1/taste/export/"),
    ("post", "/api/v1/taste/breed/"),
    ("get", "/api/v1/taste/advice/{mixer}/"),
)


@pytest.fixture
def candidate(mixers: list[Mixer], plain_song: Song) -> Mixer:
    mixer = make_mixer("Candidate")
    Mixer.objects.filter(pk=mixer.pk).update(status=Mixer.Status.CANDIDATE)
    mixer.refresh_from_db()
    building.mix_of(plain_song, mixer)
    return mixer


@pytest.mark.parametrize(("method", "path"), STAFF_ONLY)
def test_review_is_for_staff(
    method: str, path: str, api_of: Api, owner: User, candidate: Mixer
) -> None:
    address = path.format(mixer=candidate.pk, generation=uuid4())
    assert getattr(APIClient(), method)(address).status_code == 401
    assert getattr(api_of(owner), method)(address).status_code == 403
    candidate.refresh_from_db()
    assert candidate.status == Mixer.Status.CANDIDATE


@pytest.mark.parametrize(("method", "path"), PERSONAL)
def test_taste_needs_somebody(method: str, path: str, db: None) -> None:
    response = getattr(APIClient(), method)(path.format(mixer=uuid4()))
    assert response.status_code == 401


def test_my_taste_over_the_api(
    api_of: Api, listener: User, stranger: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    building.arrive(building.listen(listener, songs, house, BRIGHT, 12)[-1])
    work()
    told = api_of(listener).get("/api/v1/taste/").json()
    assert (told["votes"], told["paused"], told["generation"]) == (12, False, 1)
    bright = next(claim for claim in told["claims"] if claim["descriptor"] == "brightness")
    assert (bright["words"], bright["is_sure"], bright["label_text"]) == (
        "brighter", True, "Brightness",
    )  # fmt: skip
    assert bright["votes"][0]["song_title"].startswith("Song")
    assert api_of(stranger).get("/api/v1/taste/").json()["votes"] == 0
    runs = api_of(listener).get("/api/v1/evolution/runs/").json()["results"]
    assert [(run["id"], run["is_own"]) for run in runs] == [(told["run_id"], True)]
    tree = api_of(listener).get(f"/api/v1/evolution/runs/{told['run_id']}/tree/").json()
    assert {member["generation"] for member in tree["members"]} == {0, 1}
    rows = api_of(listener).get("/api/v1/evolution/generations/").json()["results"]
    story = api_of(listener).get(f"/api/v1/evolution/generations/{rows[0]['id']}/").json()
    assert story["new_votes"] == 12
    # A person's population does not exist for others.
    for who in (stranger, None):
        client = APIClient() if who is None else api_of(who)
        assert client.get("/api/v1/evolution/runs/").json()["results"] == []
        for path in (f"runs/{told['run_id']}/tree", f"generations/{rows[0]['id']}"):
            assert client.get(f"/api/v1/evolution/{path}/").status_code == 404


def test_pause_reset_and_delete(
    api_of: Api, listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 4)
    beliefs.refresh_taste(listener)
    api = api_of(listener)
    assert api.patch("/api/v1/taste/", {"paused": True}).json()["paused"] is True
    refused = api.post("/api/v1/taste/breed/")
    assert (refused.status_code, refused.json()["code"]) == (409, "taste_paused")
    assert api.patch("/api/v1/taste/", {"paused": False}).json()["paused"] is False
    assert api.post("/api/v1/taste/breed/").status_code == 202
    told = api.post("/api/v1/taste/reset/").json()
    assert (told["votes"], told["reset_at"] is not None) == (0, True)
    assert api.delete("/api/v1/taste/").status_code == 204
    assert api.get("/api/v1/taste/").json()["paused"] is True


@pytest.mark.parametrize("body", [{}, {"paused": "perhaps"}, {"paused": True, "votes": 3}, [1]])
def test_only_pausing_can_be_set(api_of: Api, listener: User, body: object) -> None:
    assert api_of(listener).patch("/api/v1/taste/", body).status_code == 400
    assert not hasattr(listener, "taste_settings")


def test_the_export_is_a_zip(api_of: Api, listener: User) -> None:
    response = api_of(listener).get("/api/v1/taste/export/", HTTP_ACCEPT="application/zip")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert zipfile.ZipFile(io.BytesIO(response.content)).namelist() == ["taste.json"]


def test_suggestions_become_an_audible_preview(
    api_of: Api, listener: User, stranger: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 20)
    beliefs.refresh_taste(listener)
    mix = building.mix_of(songs[0], house[0])
    path = f"/api/v1/taste/advice/{mix.pk}/"
    advice = api_of(listener).get(path).json()
    assert advice["suggestions"]
    ordered = api_of(listener).post(path, {"changes": advice["changes"]})
    assert ordered.status_code == 201
    preview = Mix.objects.get(pk=ordered.json()["id"])
    assert preview.is_adjusted()
    assert preview.mixer == house[0]
    assert ordered.json()["overrides"] == advice["changes"]
    again = api_of(listener).post(path, {"changes": advice["changes"]})
    assert again.json()["id"] == ordered.json()["id"]
    bad = api_of(listener).post(path, {"changes": {"strips": {"0": {"fader_db": 99}}}})
    assert (bad.status_code, bad.json()["code"]) == (422, "settings_invalid")
    new = api_of(stranger).get(path)
    assert (new.status_code, new.json()["code"]) == (409, "nothing_learnt")
    assert api_of(listener).get(f"/api/v1/taste/advice/{uuid4()}/").status_code == 404


def test_no_suggestions_while_the_song_is_judged_blind(
    api_of: Api, listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    vote = building.judge(listener, songs[0], (house[0], house[1]), 1.0)
    Battle.objects.filter(pk=vote.battle_id).update(state=Battle.State.OPEN)
    assert Tournament.objects.filter(state=Tournament.State.OPEN).exists()
    mix = building.mix_of(songs[0], house[0])
    refused = api_of(listener).get(f"/api/v1/taste/advice/{mix.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (403, "blind")


def test_a_review_from_queue_to_rollback(
    api_of: Api, staff: User, candidate: Mixer, mixers: list[Mixer], listener: User,
    plain_song: Song,
) -> None:  # fmt: skip
    building.judge(listener, plain_song, (candidate, mixers[0]), 1.0)
    api = api_of(staff)
    (review,) = api.get("/api/v1/evolution/review/").json()
    assert review["test"] == {
        "p_better": review["test"]["p_better"],
        "fresh_votes": 1,
        "votes_needed": review["test"]["votes_needed"],
        "decision": "continue",
    }
    assert review["votes"] == {"wins": 1, "ties": 0, "losses": 0}
    body = {"slot": "champion", "expected": review["incumbent"]["id"], "reason": "It won."}
    path = f"/api/v1/evolution/review/{candidate.pk}"
    done = api.post(f"{path}/promote/", body)
    assert done.status_code == 200
    assert (done.json()["kind"], done.json()["by"]) == ("promote", "Staff")
    late = api.post(f"{path}/promote/", body)
    assert (late.status_code, late.json()["code"]) == (409, "already_there")
    stale = {"slot": "champion", "expected": str(mixers[0].pk), "reason": "Back."}
    refused = api.post("/api/v1/evolution/slots/rollback/", stale)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_moved")
    back = api.post("/api/v1/evolution/slots/rollback/", stale | {"expected": str(candidate.pk)})
    assert back.json()["to_mixer"]["id"] == str(mixers[0].pk)
    trail = api.get("/api/v1/evolution/slots/decisions/").json()
    assert [one["kind"] for one in trail] == ["rollback", "promote"]
    (slot,) = api.get("/api/v1/evolution/slots/").json()
    assert (slot["incumbent"]["id"], slot["can_roll_back"]) == (str(mixers[0].pk), False)


def test_refusals_have_codes(api_of: Api, staff: User, candidate: Mixer) -> None:
    api = api_of(staff)
    path = f"/api/v1/evolution/review/{candidate.pk}"
    body = {"slot": "personal:x", "expected": str(uuid4()), "reason": "Why not."}
    assert api.post(f"{path}/promote/", body).json()["code"] == "bad_slot"
    assert api.post(f"{path}/promote/", body | {"slot": "champion"}).json()["code"] == "slot_moved"
    assert api.post(f"{path}/reject/", {"reason": " "}).status_code == 400
    assert api.get("/api/v1/evolution/review/?slot=x").json()["code"] == "bad_slot"
    assert api.post(f"{path}/reject/", {"reason": "Dull."}).status_code == 200
    assert api.post(f"{path}/reject/", {"reason": "Dull."}).json()["code"] == "already_decided"
    assert api.post(f"{path}/quarantine/", {"reason": "It clips."}).status_code == 200
    assert api.post(f"{path}/promote/", body | {"slot": "champion"}).status_code == 409
    Mixer.objects.filter(pk=candidate.pk).update(owner=staff)
    assert api.get(f"{path}/").status_code == 404  # Personal mixers are nobody else's.


def test_a_rule_over_the_api(api_of: Api, staff: User, mixers: list[Mixer]) -> None:
    api = api_of(staff)
    body = {"slot": "champion", "least_votes": 30, "reason": "Votes may decide."}
    assert api.put("/api/v1/evolution/slots/rule/", body).json()["least_votes"] == 30
    low = api.put("/api/v1/evolution/slots/rule/", body | {"least_probability": 0.5})
    assert low.status_code == 400
    rule = PromotionRule.objects.get()
    assert (rule.least_probability, rule.set_by) == (0.95, staff)


def test_listening_copies_are_ordered_on_demo_songs(
    api_of: Api, staff: User, candidate: Mixer, mixers: list[Mixer], plain_song: Song
) -> None:
    Song.objects.filter(pk=plain_song.pk).update(demo_slug="demo")
    Mix.objects.all().delete()
    mixes = api_of(staff).post(f"/api/v1/evolution/review/{candidate.pk}/audition/").json()
    assert {mix["mixer"]["id"] for mix in mixes} == {str(candidate.pk), str(mixers[0].pk)}
    assert {mix["section"] for mix in mixes} == {"preview"}


def test_a_generation_is_run_again(
    api_of: Api, staff: User, listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 6)
    personal.breed_for(listener.pk)
    founders, bred = Generation.objects.order_by("number")
    api = api_of(staff)
    told = api.post(f"/api/v1/evolution/generations/{bred.pk}/rerun/").json()
    assert told["identical"] is True
    refused = api.post(f"/api/v1/evolution/generations/{founders.pk}/rerun/")
    assert (refused.status_code, refused.json()["code"]) == (409, "founders")


def test_the_hold_back_is_told(api_of: Api, staff: User) -> None:
    told = api_of(staff).get("/api/v1/evolution/slots/worth/").json()
    assert told == {"held_back": 0.1, "assigned": 0, "verdict": "unknown", "result": None}


def test_personal_mixers_stay_private(
    api_of: Api, listener: User, stranger: User, mixers: list[Mixer], plain_song: Song
) -> None:
    own = make_mixer("Own", owner=listener)
    slots.move(slots.personal_slot(listener.pk), own, slots.Decision("Why."), expected=None)
    mix = building.mix_of(plain_song, own)
    assert api_of(listener).get(f"/api/v1/mixers/{own.pk}/").status_code == 200
    assert api_of(listener).get(f"/api/v1/mixes/{mix.pk}/").status_code == 200
    for who in (api_of(stranger), APIClient()):
        assert who.get(f"/api/v1/mixers/{own.pk}/").status_code == 404
        assert who.get(f"/api/v1/mixes/{mix.pk}/").status_code == 404
    assert not EvolutionRun.objects.exists()
