"""Tournaments with many listeners, page by page: set up, join, watch, vote, and who sees what."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mixing.models import Song
from tests.tournaments.conftest import NAMES, Clock, hear
from tests.tournaments.test_pages import ClientOf, url
from tournaments import services
from tournaments.models import Battle, Tournament, Vote
from tournaments.services import Plan

pytestmark = pytest.mark.django_db
BLIND_NAME = re.compile(r"Mix [1-5]\b")


def make(song: Song, owner: User, **plan: Any) -> Tournament:
    usual: dict[str, Any] = {
        "format": "single_elimination",
        "voters": "everybody",
        "hidden_checks": False,
    }
    return services.create_tournament(owner=owner, songs=[song], plan=Plan(**usual | plan))


@pytest.fixture
def knockout(song: Song, owner: User) -> Tournament:
    return make(song, owner, title="Friday", votes_per_match=2)


def vote_as(
    tournament: Tournament, listener: User, clock: Clock, choice: str = "a"
) -> Battle | None:
    """This person hears their next battle and decides it."""
    battle = services.next_battle(tournament=tournament, listener=listener)
    if battle is None:
        return None
    hear(battle, clock)
    services.cast_vote(battle=battle, listener=listener, choice=choice)
    return battle


def fill(tournament: Tournament, clock: Clock, votes: int) -> list[User]:
    """So many votes, each of somebody else."""
    people = []
    for number in range(votes):
        person = User.objects.create_user(f"l{number}@example.org", "correct horse 7")
        if vote_as(tournament, person, clock, "ab"[number % 3 == 0]) is None:
            break
        people.append(person)
    return people


def page_of(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(url(name, *args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


# ---- Set up


def test_the_form_is_filled_in_and_one_click_starts(
    owner: User, client_of: ClientOf, song: Song
) -> None:
    window = client_of(owner)
    page = page_of(window, "new", song=str(song.pk))
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]+)"[^>]* checked', page):
        sent.setdefault(name, []).append(value)
    assert sent["songs"] == [str(song.pk)]
    assert len(sent["mixers"]) == 5
    stop = re.search(r'<option value="([\d.]+)" selected', page)
    assert stop is not None
    answer = window.post(url("new"), sent | {"stop_at": stop.group(1)})
    tournament = Tournament.objects.get()
    assert answer["Location"] == url("watch", tournament.pk)
    assert (tournament.format, tournament.voters, tournament.stop_at) == ("arena", "link", 0.95)
    assert tournament.entries.count() == 5
    assert reverse("tournaments:join", args=[tournament.join_token]) in page_of(
        window, "watch", tournament.pk
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"songs": []}, "Choose at least one song."),
        ({"mixers": []}, "at least two mixers"),
        ({"vote_budget": "1"}, "greater than or equal to 3"),
        ({"format": "personal"}, "A personal tournament has one listener."),
        ({"ends_at": "2001-01-01T10:00"}, "The end lies within the next year."),
    ],
)
def test_what_cannot_be_started_says_why_and_keeps_the_choices(
    owner: User, client_of: ClientOf, song: Song, change: dict[str, Any], reason: str
) -> None:
    mixers = [str(mix.mixer_id) for mix in song.mixes.all()]
    sent = {"songs": [str(song.pk)], "mixers": sorted(set(mixers)), "format": "swiss"}
    sent |= {"voters": "link", "title": "My evening"} | change
    answer = client_of(owner).post(url("new"), sent)
    assert 400 <= answer.status_code < 500
    page = answer.content.decode()
    assert reason in page
    assert 'value="My evening"' in page
    assert not Tournament.objects.exists()


def test_formats_tell_the_votes_they_need(owner: User, client_of: ClientOf) -> None:
    query = {"mixers": list("abcdefgh"), "songs": ["x"], "voters": "link", "votes_per_match": "3"}
    page = client_of(owner).get(url("formats"), query).content.decode()
    votes = dict(re.findall(r'value="(\w+)".*?class="figure">([^<]+)<', page, re.DOTALL))
    assert votes["single_elimination"] == "21 votes"
    assert votes["double_elimination"] == "45 votes"
    assert votes["round_robin"] == "84 votes"


# ---- Who may see what


def test_an_invitation_lets_a_guest_vote(
    client: Client, song: Song, owner: User, clock: Clock
) -> None:
    tournament = make(song, owner, voters="link")
    door = url("join", tournament.join_token)
    assert "Start listening" in client.get(door).content.decode()
    assert not User.objects.filter(is_guest=True).exists()
    page = client.post(door, follow=True)
    assert "Which mix is better?" in page.content.decode()
    assert Battle.objects.get().listener.is_guest


def test_a_wrong_invitation_opens_nothing(client: Client, song: Song, owner: User) -> None:
    assert client.get(url("join", "nonsense")).status_code == 404
    assert client.post(url("join", "nonsense")).status_code == 404


def test_what_is_open_to_everybody_is_found_and_entered(
    client: Client, knockout: Tournament
) -> None:
    assert "Friday" in page_of(client, "list")
    assert "Listen and vote" in page_of(client, "watch", knockout.pk)
    page = client.post(url("enter", knockout.pk), follow=True)
    assert "Which mix is better?" in page.content.decode()


@pytest.mark.parametrize("voters", ["owner", "link"])
def test_others_do_not_find_what_is_not_theirs(
    stranger: User, client: Client, client_of: ClientOf, song: Song, owner: User, voters: str
) -> None:
    tournament = make(song, owner, voters=voters, title="Hidden evening")
    for visitor in (client, client_of(stranger)):
        for name in ("watch", "card", "detail"):
            assert visitor.get(url(name, tournament.pk)).status_code in (302, 404)
        assert visitor.get(url("watch", tournament.pk)).status_code == 404
        assert visitor.get(url("votes", tournament.pk, 0, 1)).status_code == 404
        assert visitor.get(url("export", tournament.pk, "csv")).status_code == 404
        assert "Hidden evening" not in page_of(visitor, "list")


def test_whoever_hears_a_battle_sees_numbers_and_no_votes(
    client: Client, knockout: Tournament, listener: User, client_of: ClientOf, clock: Clock
) -> None:
    fill(knockout, clock, 3)
    services.next_battle(tournament=knockout, listener=listener)
    hearing = client_of(listener)
    page = page_of(hearing, "watch", knockout.pk)
    assert not [name for name in NAMES if name in page]
    assert len(set(BLIND_NAME.findall(page))) == 5
    assert "/votes/" not in page
    assert hearing.get(url("votes", knockout.pk, 0, 1)).status_code == 302
    seen = page_of(client, "watch", knockout.pk)
    assert all(name in seen for name in NAMES)
    vote = re.search(rf"{url('watch', knockout.pk)[:-6]}votes/\d+/\d+/", seen)
    assert vote is not None
    assert " over " in client.get(vote.group()).content.decode()


def test_the_moving_part_alone_is_fetched(client: Client, knockout: Tournament) -> None:
    part = client.get(url("watch", knockout.pk), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'class="bracket"' in part


@pytest.mark.parametrize("format_name", ["swiss", "round_robin", "double_elimination", "arena"])
def test_every_format_is_drawn(
    client: Client, song: Song, owner: User, clock: Clock, format_name: str
) -> None:
    tournament = make(song, owner, format=format_name, votes_per_match=1)
    fill(tournament, clock, 4)
    page = page_of(client, "watch", tournament.pk)
    assert ('class="bracket"' in page) == (format_name != "arena")
    assert page.count('class="standing-interval"') >= 2
    assert 'class="table matrix"' in page


def test_a_finished_bracket_names_both_winners(
    client: Client, knockout: Tournament, clock: Clock, owner: User, client_of: ClientOf
) -> None:
    fill(knockout, clock, 3)
    client_of(owner).post(url("finish", knockout.pk))
    page = page_of(client, "watch", knockout.pk)
    assert "won the bracket" in page
    assert re.search(r"best by all votes:? ?[^<]*\d+ %|best by all votes, \d+ %", page, re.I)


# ---- Voting and after


def test_a_vote_offers_chips_a_change_and_a_way_back(
    listener: User, client_of: ClientOf, knockout: Tournament, clock: Clock
) -> None:
    window = client_of(listener)
    battle = vote_as(knockout, listener, clock)
    assert battle is not None
    page = page_of(window, "battle", battle.pk)
    assert 'undo-timer seconds="30"' in page
    assert "Change my vote" in page
    window.post(url("chips", battle.pk), {"chips": ["vocals", "punch"]})
    assert Vote.objects.get().chips == ["vocals", "punch"]
    assert page_of(window, "battle", battle.pk).count("checked") == 2
    window.post(url("change", battle.pk), {"choice": "tie"})
    assert Vote.objects.standing().get().choice == "tie"
    clock.advance(31)
    assert "<undo-timer" not in page_of(window, "battle", battle.pk)


def test_an_unknown_chip_is_refused(
    listener: User, client_of: ClientOf, knockout: Tournament, clock: Clock
) -> None:
    battle = vote_as(knockout, listener, clock)
    assert battle is not None
    answer = client_of(listener).post(url("chips", battle.pk), {"chips": ["loudest"]})
    assert answer.status_code == 400
    assert Vote.objects.get().chips == []


def test_a_skip_leads_to_another_pair(
    listener: User, client_of: ClientOf, knockout: Tournament
) -> None:
    window = client_of(listener)
    first = services.next_battle(tournament=knockout, listener=listener)
    assert first is not None
    page = window.post(url("skip", first.pk), {"reason": "tired"}, follow=True)
    first.refresh_from_db()
    assert (first.state, first.reason) == ("skipped", "tired")
    assert page.status_code == 200
    assert window.post(url("skip", first.pk), {"reason": "because"}).status_code == 400


def test_the_device_of_the_sound_check_goes_with_the_vote(
    listener: User, client_of: ClientOf, knockout: Tournament, clock: Clock
) -> None:
    window = client_of(listener)
    assert "Headphones" in page_of(window, "sound-check")
    verdict = {"sides": "good", "middle": "good", "pitch": "headphones"}
    assert window.post(url("sound-check"), verdict).json()["device"] == "headphones"
    assert window.post(url("sound-check"), verdict | {"pitch": "loud"}).status_code == 400
    battle = services.next_battle(tournament=knockout, listener=listener)
    assert battle is not None
    hear(battle, clock)
    window.post(url("vote", battle.pk), {"choice": "b"})
    assert Vote.objects.get().device == "headphones"


def test_a_sound_check_leads_back_to_our_own_pages_only(client: Client) -> None:
    back = client.get(url("sound-check"), {"next": "/tournaments/"}).content.decode()
    assert 'href="/tournaments/"' in back
    away = client.get(url("sound-check"), {"next": "https://elsewhere.example/"})
    assert "elsewhere.example" not in away.content.decode()


def test_the_card_waits_for_the_end_of_the_session(
    listener: User, client_of: ClientOf, song: Song, owner: User, clock: Clock
) -> None:
    tournament = make(song, owner, format="arena", battle_budget=3)
    fill(tournament, clock, 4)
    window = client_of(listener)
    assert window.get(url("card", tournament.pk))["Location"] == url("watch", tournament.pk)
    vote_as(tournament, listener, clock)
    assert "wait until your session is over" in page_of(window, "card", tournament.pk)
    for _ in range(2):
        vote_as(tournament, listener, clock)
    card = page_of(window, "card", tournament.pk)
    code = re.search(r'value="([2-9A-Z]{10})"', card)
    assert code is not None
    assert card.count('class="story') >= 3
    assert code.group() in page_of(window, "card", tournament.pk)


def test_the_watch_page_asks_a_bounded_number_of_questions(
    client: Client, knockout: Tournament, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    fill(knockout, clock, 2)
    with django_assert_max_num_queries(16):
        page_of(client, "watch", knockout.pk)
    fill_more = [User.objects.create_user(f"m{k}@example.org", "correct horse 7") for k in range(4)]
    for person in fill_more:
        vote_as(knockout, person, clock)
    with django_assert_max_num_queries(16):
        page_of(client, "watch", knockout.pk)


def test_a_mix_made_by_hand_competes(
    owner: User, client_of: ClientOf, song: Song, tmp_path: Path
) -> None:
    path = tmp_path / "Mira by hand.flac"
    noise = np.random.default_rng(1).normal(0, 0.1, (song.frames or 0, 2))
    soundfile.write(path, noise, 44_100)
    mixers = sorted({str(mix.mixer_id) for mix in song.mixes.all()})[:1]
    sent = {"songs": [str(song.pk)], "mixers": mixers, "format": "arena", "voters": "owner"}
    with path.open("rb") as file:
        answer = client_of(owner).post(url("new"), sent | {"human_mix": file})
    assert answer.status_code == 302
    entries = list(Tournament.objects.get().entries.order_by("number"))
    assert [(entry.kind, entry.name) for entry in entries][1:] == [("human", "Mira by hand")]


def test_a_file_that_is_no_mix_says_why(owner: User, client_of: ClientOf, song: Song) -> None:
    mixers = sorted({str(mix.mixer_id) for mix in song.mixes.all()})
    sent = {"songs": [str(song.pk)], "mixers": mixers, "format": "arena", "voters": "owner"}
    broken = SimpleUploadedFile("Mix.wav", b"RIFF" + bytes(2000))
    answer = client_of(owner).post(url("new"), sent | {"human_mix": broken})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Tournament.objects.exists()
