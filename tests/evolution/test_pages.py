"""Pages of taste, families and review: what each person sees, and that every button works."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from evolution import beliefs, personal, slots
from evolution.models import EvolutionRun, Generation, Promotion, PromotionRule, TasteSettings
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from mixing.networks.shapes import HEAD
from mixing.storage import model_path
from tests.evolution import building
from tests.evolution.building import likes
from tests.tournaments.conftest import make_mixer
from tournaments.models import Battle, Tournament

ClientOf = Callable[[User], Client]
BRIGHT = likes(brightness=4.0, air=2.0)
REASON = "It sounds better."


def url(name: str, *args: object) -> str:
    return reverse(f"evolution:{name}", args=args)


def page_of(window: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    answer = window.get(url(name, *args), query)
    assert answer.status_code == status, (name, answer.status_code)
    return answer.content.decode()


def after(window: Client, page: str, /, *args: object, **fields: Any) -> str:
    """The page that a form leads to."""
    answer = window.post(url(page, *args), fields, follow=True)
    assert answer.status_code == 200, (page, answer.status_code)
    assert answer.redirect_chain
    return answer.content.decode()


@pytest.fixture
def learnt(listener: User, songs: list[Song], house: list[Mixer]) -> Generation:
    """Twenty votes of a listener who likes it bright, and a generation bred from them."""
    building.listen(listener, songs, house, BRIGHT, 20)
    personal.learn(listener.pk)
    generation = personal.breed_for(listener.pk)
    assert generation is not None
    return generation


@pytest.fixture
def candidate(mixers: list[Mixer], plain_song: Song) -> Mixer:
    """A community candidate whose listening copy is safe."""
    mixer = make_mixer("Candidate")
    Mixer.objects.filter(pk=mixer.pk).update(status=Mixer.Status.CANDIDATE)
    mixer.refresh_from_db()
    building.mix_of(plain_song, mixer)
    return mixer


# --- Who may see what ---------------------------------------------------------------------------

OWN = ("taste", "forget", "export")


@pytest.mark.parametrize("name", [*OWN, "review"])
def test_visitors_log_in_first(db: None, client: Client, name: str) -> None:
    answer = client.get(url(name))
    assert answer.status_code == 302
    assert reverse("accounts:login") in answer["Location"]


@pytest.mark.parametrize("name", ["teach", "pause", "reset", "delete", "bring-mixer"])
def test_nothing_changes_for_a_visitor_or_by_looking(
    listener: User, client: Client, client_of: ClientOf, name: str
) -> None:
    assert reverse("accounts:login") in client.post(url(name))["Location"]
    assert client_of(listener).get(url(name)).status_code == 405
    assert not TasteSettings.objects.exists()


def test_review_does_not_exist_for_others(
    listener: User, candidate: Mixer, client_of: ClientOf
) -> None:
    window = client_of(listener)
    page_of(window, "review", status=404)
    for name, args in (
        ("decide", (candidate.pk,)), ("audition", (candidate.pk,)), ("roll-back", ()),
        ("rule", ()), ("review-bring", ()), ("rerun", (uuid4(),)),
    ):  # fmt: skip
        told = window.post(url(name, *args), {"decision": "promote", "reason": REASON})
        assert told.status_code == 404, name
    assert not Promotion.objects.exists()
    assert "Review" not in page_of(window, "families")


def test_a_taste_and_its_family_are_the_listeners_alone(
    listener: User, stranger: User, staff: User, client: Client, client_of: ClientOf,
    learnt: Generation,
) -> None:  # fmt: skip
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    assert own.name in page_of(client_of(listener), "family", learnt.run_id)
    page_of(client_of(listener), "generation", learnt.pk)
    for window in (client, client_of(stranger), client_of(staff)):
        page_of(window, "family", learnt.run_id, status=404)
        page_of(window, "generation", learnt.pk, status=404)
        assert str(learnt.run_id) not in page_of(window, "families")
    for other in (stranger, staff):
        for name in ("taste", "families"):
            page = page_of(client_of(other), name)
            assert own.name not in page
            assert str(own.pk) not in page
    assert str(own.pk) not in page_of(client_of(staff), "review")


# --- My taste -----------------------------------------------------------------------------------


def test_with_no_votes_at_all_the_page_says_so(
    listener: User, mixers: list[Mixer], client_of: ClientOf
) -> None:
    page = page_of(client_of(listener), "taste")
    assert "nothing is known yet" in page
    assert "Nobody has voted here so far" in page
    assert "more votes until mixers are bred for you" in page


def test_somebody_new_starts_from_everybody(
    listener: User, stranger: User, songs: list[Song], house: list[Mixer], client_of: ClientOf
) -> None:
    building.listen(listener, songs, house, BRIGHT, 12)
    beliefs.refresh_crowd()
    page = page_of(client_of(stranger), "taste")
    assert "this starts from everybody: 12 votes of 1 listener" in page
    assert "What everybody likes" in page
    assert "Start voting" in page
    assert "Votes behind it" not in page


def test_my_taste_names_what_the_votes_say(
    listener: User, client_of: ClientOf, learnt: Generation
) -> None:
    page = page_of(client_of(listener), "taste")
    assert "Learnt from your 20 votes" in page
    bright = page[page.index('id="claim-brightness"') :].split("</li>\n")[0]
    assert "<strong>Brighter</strong>" in bright
    assert " sure" in bright
    # Drawn: where it is believed to be lies right of the middle, inside its interval.
    low, high = map(float, found(r'claim-interval" d="M([\d.]+) 12H([\d.]+)"', bright))
    (mean,) = map(float, found(r'claim-mean" d="M([\d.]+) ', bright))
    assert mean > 100
    assert low <= mean <= high
    # And behind it, the battles it was learnt from.
    assert re.search(r'href="/battles/[0-9a-f-]{36}/"', bright)
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    assert own.name in page
    assert "Bred from" in page
    assert url("family", learnt.run_id) in page


def found(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match.groups()


def test_the_blind_record_of_the_own_mixer(
    listener: User, songs: list[Song], house: list[Mixer], client_of: ClientOf, learnt: Generation
) -> None:
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    assert "no battle yet" in page_of(client_of(listener), "taste")
    for score in (1.0, 1.0, 1.0, 0.0):
        building.judge(listener, songs[0], (own, house[0]), score)
    beliefs.refresh_taste(listener)
    page = page_of(client_of(listener), "taste")
    assert re.search(r"75 % <small>of 4 battles, likely \d+ % to \d+ %", page)


def test_my_taste_asks_the_database_a_bounded_number_of_times(
    listener: User,
    songs: list[Song],
    house: list[Mixer],
    client_of: ClientOf,
    learnt: Generation,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    window = client_of(listener)
    with django_assert_max_num_queries(40) as before:
        page_of(window, "taste")
    building.listen(listener, songs, house, BRIGHT, 20)
    beliefs.refresh_taste(listener)
    with django_assert_max_num_queries(len(before)):
        page_of(window, "taste")


def test_pause_and_continue(listener: User, mixers: list[Mixer], client_of: ClientOf) -> None:
    window = client_of(listener)
    paused = after(window, "pause")
    assert "Learning is paused." in paused
    assert "Pause learning" not in paused
    assert TasteSettings.objects.get(listener=listener).paused
    going_on = after(window, "pause", resume="1")
    assert "Learning is paused." not in going_on
    assert "Pause learning" in going_on
    assert not TasteSettings.objects.get(listener=listener).paused


@pytest.mark.parametrize(("name", "paused"), [("reset", False), ("delete", True)])
def test_forgetting_is_asked_for_and_done(
    listener: User, client_of: ClientOf, learnt: Generation, name: str, paused: bool
) -> None:
    window = client_of(listener)
    asked = page_of(window, "forget")
    assert url(name) in asked
    assert EvolutionRun.objects.filter(listener=listener).exists()
    page = after(window, name)
    assert "You have not voted yet" in page
    assert ("Learning is paused." in page) is paused
    assert slots.personal_mixer(listener.pk) is None
    assert not EvolutionRun.objects.filter(listener=listener).exists()
    assert set(Mixer.objects.filter(owner=listener).values_list("status", flat=True)) <= {"retired"}


def test_a_taste_can_be_taken_along(
    listener: User, client_of: ClientOf, learnt: Generation
) -> None:
    answer = client_of(listener).get(url("export"))
    assert answer["Content-Disposition"] == 'attachment; filename="my-taste.zip"'
    assert "no-store" in answer["Cache-Control"]
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    assert {"taste.json", "model.safetensors", f"mixers/{own.pk}.safetensors"} <= set(names)


def test_the_battle_that_teaches_most_is_on_a_demo_song(
    listener: User, songs: list[Song], client_of: ClientOf
) -> None:
    window = client_of(listener)
    assert "demo" in after(window, "teach").lower()  # None is here: the page says so.
    Song.objects.filter(pk=songs[0].pk).update(demo_slug="first")
    answer = window.post(url("teach"))
    tournament = Tournament.objects.get(owner=listener)
    assert tournament.song == songs[0]
    assert answer["Location"] == reverse("tournaments:detail", args=[tournament.pk])


def test_guests_vote_and_are_asked_to_sign_up(db: None, client_of: ClientOf) -> None:
    guest = User.objects.create_guest()
    page = page_of(client_of(guest), "taste")
    assert "You are a guest." in page
    assert "Bring a mixer" not in page


def test_a_mixer_from_a_file_waits_in_quarantine(
    listener: User, house: list[Mixer], client_of: ClientOf
) -> None:
    window = client_of(listener)
    weights = model_path(house[2].genome_file).read_bytes()
    page = after(window, "bring-mixer", name="From home", file=upload(weights))
    assert "From home</strong>" in page
    assert "in quarantine" in page
    mixer = Mixer.objects.get(owner=listener)
    assert mixer.status == Mixer.Status.QUARANTINED


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("mixer.safetensors", content)


@pytest.mark.parametrize("community", [False, True])
def test_a_file_that_is_no_mixer_says_why(
    staff: User, house: list[Mixer], client_of: ClientOf, community: bool
) -> None:
    window = client_of(staff)
    name = "review-bring" if community else "bring-mixer"
    answer = window.post(url(name), {"name": "Virus", "file": upload(b"\x80\x04" + bytes(400))})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "safetensors or ONNX files, nothing else" in page
    assert "open" in page[page.index("Bring a mixer") - 120 : page.index("Bring a mixer")]
    answer = window.post(url(name), {"name": "../up", "file": upload(bytes(HEAD.genome_size))})
    assert "1 to 80 letters" in answer.content.decode()
    assert window.post(url(name), {"name": "Empty"}).status_code == 400
    assert not Mixer.objects.filter(origin=Mixer.Origin.IMPORTED).exists()


# --- Suggestions --------------------------------------------------------------------------------


@pytest.fixture
def mix(listener: User, songs: list[Song], house: list[Mixer]) -> Mix:
    """Everybody's mix, for a listener who likes it brighter."""
    building.listen(listener, songs, house, BRIGHT, 20)
    beliefs.refresh_taste(listener)
    return building.mix_of(songs[0], house[0])


def test_suggestions_become_a_preview_that_arrives_by_itself(
    listener: User, mix: Mix, client_of: ClientOf
) -> None:
    window = client_of(listener)
    page = page_of(window, "advice", mix.pk)
    number, text = found(
        r'name="number" value="(\d)"><input [^>]*name="text" value="([^"]+)"', page
    )
    assert text in ("All of it together", found(r"<strong>([+−][^<]+)</strong>", page)[0])
    assert "every 1s" not in page
    waiting = after(window, "hear", mix.pk, number=number, text=text)
    assert "Making the preview" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    preview = Mix.objects.exclude(overrides={}).get()
    assert (preview.song, preview.mixer, preview.section) == (mix.song, mix.mixer, "preview")
    ready = {"state": JobState.READY, "frames": 44_100, "audio_file": "songs/none.flac"}
    Mix.objects.filter(pk=preview.pk).update(**ready)
    arrived = page_of(window, "advice", mix.pk)
    assert reverse("mix-audio", args=[preview.pk]) in arrived
    assert "every 1s" not in arrived
    assert "Making the preview" not in arrived


def test_a_preview_that_failed_says_so_and_can_be_tried_again(
    listener: User, mix: Mix, client_of: ClientOf
) -> None:
    window = client_of(listener)
    page = page_of(window, "advice", mix.pk)
    number, text = found(
        r'name="number" value="(\d)"><input [^>]*name="text" value="([^"]+)"', page
    )
    after(window, "hear", mix.pk, number=number, text=text)
    failed = {"state": JobState.FAILED, "error_message": "The disk is full."}
    Mix.objects.exclude(overrides={}).update(**failed)
    page = page_of(window, "advice", mix.pk)
    assert "The preview was not made. The disk is full." in page
    assert "Try again" in page
    assert "Making the preview" in after(window, "hear", mix.pk, number=number, text=text)


def test_a_suggestion_that_is_out_of_date_is_not_applied(
    listener: User, mix: Mix, client_of: ClientOf
) -> None:
    page = after(client_of(listener), "hear", mix.pk, number="1", text="+9 dB of everything")
    assert "Your taste has moved on" in page
    assert not Mix.objects.exclude(overrides={}).exists()


def test_without_votes_there_is_nothing_to_suggest(
    stranger: User, mix: Mix, client: Client, client_of: ClientOf
) -> None:
    assert "vote in a few battles first" in page_of(client_of(stranger), "advice", mix.pk)
    assert reverse("accounts:login") in client.get(url("advice", mix.pk))["Location"]


def test_suggestions_hide_with_the_mix(
    listener: User, stranger: User, mix: Mix, client_of: ClientOf
) -> None:
    Song.objects.filter(pk=mix.song_id).update(visibility=Song.Visibility.PRIVATE)
    page_of(client_of(stranger), "advice", mix.pk, status=404)
    Song.objects.filter(pk=mix.song_id).update(visibility=Song.Visibility.PUBLIC)
    Mixer.objects.filter(pk=mix.mixer_id).update(owner=listener)
    page_of(client_of(stranger), "advice", mix.pk, status=404)
    assert client_of(stranger).post(url("hear", mix.pk)).status_code == 404
    page_of(client_of(listener), "advice", mix.pk)


# --- Families -----------------------------------------------------------------------------------


def test_a_family_is_drawn_told_and_heard(
    listener: User, client_of: ClientOf, learnt: Generation
) -> None:
    page = page_of(client_of(listener), "family", learnt.run_id)
    assert "founders" in page
    assert "generation 1" in page
    people = learnt.individuals.count()
    founders = learnt.run.generations.get(number=0).individuals.count()
    assert page.count('class="family-node') == people + founders
    edges = page.count('class="family-edge"')
    assert edges == sum(one.parents.count() for one in learnt.individuals.all())
    assert "Listen to them" in page
    assert page.count("<wave-player") == 5  # The house mixers made mixes of these songs.
    told = page_of(client_of(listener), "generation", learnt.pk)
    assert "20 new votes" in told
    assert "Breed it again" not in told
    assert "descend from them" in page_of(
        client_of(listener), "generation", learnt.run.generations.get(number=0).pk
    )


def test_what_winners_have_in_common_is_drawn(client: Client, learnt: Generation) -> None:
    page = page_of(client, "families")
    assert "What winners have in common" in page
    assert "Winners: brighter by" in page
    low, high = map(float, found(r'claim-interval" d="M([\d.]+) 12H([\d.]+)"', page))
    assert 0 <= low < high <= 200


def test_a_family_is_silent_on_songs_judged_blind(
    listener: User, songs: list[Song], client_of: ClientOf, learnt: Generation
) -> None:
    for song in songs:
        battle = Battle.objects.filter(listener=listener, song=song).first()
        assert battle is not None
        Battle.objects.filter(pk=battle.pk).update(state=Battle.State.OPEN)
    assert "<wave-player" not in page_of(client_of(listener), "family", learnt.run_id)


# --- Review -------------------------------------------------------------------------------------


def test_the_queue_shows_the_evidence(
    staff: User, listener: User, candidate: Mixer, mixers: list[Mixer], plain_song: Song,
    client_of: ClientOf,
) -> None:  # fmt: skip
    building.mix_of(plain_song, mixers[0])
    for score in (1.0, 1.0, 0.5, 0.0):
        building.judge(listener, plain_song, (candidate, mixers[0]), score)
    page = page_of(client_of(staff), "review")
    assert "All music: Balanced" in page
    assert "4 fresh votes (2–1–1)" in page
    assert "Weakest on Song (2–1–1)" in page
    assert "Compare by ear (1 song)" in page
    assert page.count("<wave-player") == 2
    assert "−14.0 to −14.0" in page
    assert "votes are undecided" in page


def test_promote_and_roll_back_with_reasons_in_the_trail(
    staff: User, candidate: Mixer, mixers: list[Mixer], client_of: ClientOf
) -> None:
    window = client_of(staff)
    page = page_of(window, "review")
    expected = found(r'name="expected" value="([^"]+)"', page)[0]
    assert expected == str(mixers[0].pk)
    given = {"slot": "champion", "expected": expected, "reason": REASON}
    page = after(window, "decide", candidate.pk, decision="promote", **given)
    assert "Candidate was promoted." in page
    assert "All music: Candidate" in page
    assert REASON in page
    assert slots.incumbent() == candidate
    back = {"slot": "champion", "expected": str(candidate.pk), "reason": "People complain."}
    page = after(window, "roll-back", **back)
    assert "All music: Balanced" in page
    assert "People complain." in page
    assert slots.incumbent() == mixers[0]
    kinds = list(Promotion.objects.order_by("created_at").values_list("kind", "by"))
    assert kinds == [("promote", staff.pk), ("rollback", staff.pk)]


def test_the_second_of_two_admins_is_told(
    staff: User, candidate: Mixer, mixers: list[Mixer], plain_song: Song, client_of: ClientOf
) -> None:
    second = make_mixer("Second")
    building.mix_of(plain_song, second)
    seen = {"slot": "champion", "expected": str(mixers[0].pk), "reason": REASON}
    window = client_of(staff)
    after(window, "decide", candidate.pk, decision="promote", **seen)
    page = after(window, "decide", second.pk, decision="promote", **seen)
    assert "Somebody else has just changed this place." in page
    assert slots.incumbent() == candidate


@pytest.mark.parametrize(
    ("decision", "status"), [("reject", "retired"), ("quarantine", "quarantined")]
)
def test_a_candidate_is_dismissed(
    staff: User, candidate: Mixer, client_of: ClientOf, decision: str, status: str
) -> None:
    window = client_of(staff)
    page = after(window, "decide", candidate.pk, decision=decision, reason=REASON)
    assert "No candidates" in page
    candidate.refresh_from_db()
    assert candidate.status == status
    page = after(window, "decide", candidate.pk, decision="reject", reason=REASON)
    assert "Somebody else has decided about this mixer already." in page


def test_a_listed_mixer_without_a_place_is_retired(
    staff: User, mixers: list[Mixer], client_of: ClientOf
) -> None:
    window = client_of(staff)
    assert "On the list" in page_of(window, "review")
    page = after(window, "decide", mixers[2].pk, decision="retire", reason=REASON)
    assert "Warm was retired." in page
    mixers[2].refresh_from_db()
    assert mixers[2].status == Mixer.Status.RETIRED
    page = after(window, "decide", mixers[0].pk, decision="retire", reason=REASON)
    assert "holds a place" in page


def test_decisions_need_a_reason_a_known_name_and_safe_sound(
    staff: User, candidate: Mixer, client_of: ClientOf
) -> None:
    window = client_of(staff)
    assert "Write down why" in after(window, "decide", candidate.pk, decision="promote", reason=" ")
    odd = window.post(url("decide", candidate.pk), {"decision": "burn", "reason": REASON})
    assert odd.status_code == 400
    Mix.objects.filter(mixer=candidate).update(true_peak_dbtp=0.4)
    page = page_of(window, "review")
    assert re.search(r'value="promote" type="submit" disabled', page)
    page = after(window, "decide", candidate.pk, decision="promote", reason=REASON)
    assert "fail the safety checks" in page
    candidate.refresh_from_db()
    assert candidate.status == Mixer.Status.CANDIDATE


def test_others_mixers_are_not_decided_about(
    staff: User, listener: User, candidate: Mixer, client_of: ClientOf
) -> None:
    Mixer.objects.filter(pk=candidate.pk).update(owner=listener)
    window = client_of(staff)
    assert str(candidate.pk) not in page_of(window, "review")
    told = window.post(url("decide", candidate.pk), {"decision": "reject", "reason": REASON})
    assert told.status_code == 404


def test_a_rule_is_set_and_turned_off(
    staff: User, mixers: list[Mixer], client_of: ClientOf
) -> None:
    window = client_of(staff)
    rule = {"slot": "champion", "least_probability": "0.97", "least_votes": "30", "reason": REASON}
    assert "Rule: 97 % and 30 votes" in after(window, "rule", **rule, enabled="1")
    assert "Set a rule" in after(window, "rule", **rule)
    stored = PromotionRule.objects.get()
    assert (stored.least_probability, stored.least_votes, stored.set_by) == (0.97, 30, staff)
    page = after(window, "rule", **{**rule, "least_probability": "0.2"})
    assert "from 0.8 to 0.999" in page
    assert PromotionRule.objects.get().least_probability == 0.97


def test_listening_copies_are_ordered_on_demo_songs(
    staff: User, candidate: Mixer, mixers: list[Mixer], songs: list[Song], client_of: ClientOf
) -> None:
    window = client_of(staff)
    Mix.objects.filter(mixer=candidate).delete()
    assert "no demo song" in after(window, "audition", candidate.pk)
    Song.objects.filter(pk=songs[0].pk).update(demo_slug="first")
    assert "Listening copies are being made" in after(window, "audition", candidate.pk)
    ordered = Mix.objects.filter(section=Mix.Section.PREVIEW, song=songs[0], mixer=candidate)
    assert ordered.count() == 1


def test_a_generation_is_bred_again_to_the_bit(
    staff: User, songs: list[Song], house: list[Mixer], client_of: ClientOf
) -> None:
    from evolution import community

    for number in range(3):
        person = User.objects.create_user(f"p{number}@example.org", "correct horse 7")
        building.listen(person, songs, house, BRIGHT, 10)
    generation = community.breed(force=True)
    assert generation is not None
    window = client_of(staff)
    assert "Breed it again" in page_of(window, "generation", generation.pk)
    assert "to the bit." in after(window, "rerun", generation.pk)
    founders = generation.run.generations.get(number=0)
    assert "nothing to run again" in after(window, "rerun", founders.pk)
