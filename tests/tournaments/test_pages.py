"""The tournaments' pages: the whole way through, and what each of three people may see."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tests.tournaments.conftest import NAMES, Clock, hear, make_song, mix_all, play
from tournaments import selectors, services
from tournaments.models import Battle, Tournament, Vote

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def window(owner: User, client_of: ClientOf) -> Client:
    return client_of(owner)


@pytest.fixture
def closed(tournament: Tournament, clock: Clock) -> Tournament:
    play(tournament, clock)
    tournament.refresh_from_db()
    assert not tournament.is_open()
    return tournament


def url(name: str, *args: object) -> str:
    return reverse(f"tournaments:{name}", args=args)


def tell(window: Client, battle: Battle, **event: Any) -> Any:
    return window.post(
        url("listening", battle.pk),
        json.dumps(event),
        content_type="application/json",
        headers={"Accept": "application/json"},
    )


def test_somebody_without_an_account_gets_a_battle(client: Client, mixers: list[Mixer]) -> None:
    host = User.objects.create_user("host@example.org", "correct horse 7")
    demo = make_song(host, demo_slug="demo", visibility=Song.Visibility.PUBLIC)
    mix_all(demo, host)
    page = client.post(url("try"), follow=True)
    assert page.status_code == 200
    assert "Which mix is better?" in page.content.decode()
    battle = Battle.objects.get()
    assert battle.listener.is_guest


def test_starting_leads_to_the_first_battle(window: Client, song: Song) -> None:
    page = window.post(url("start", song.pk), {"battle_budget": "5"}, follow=True)
    assert page.redirect_chain[-1][0] == url("battle", Battle.objects.get().pk)
    assert Tournament.objects.get().battle_budget == 5


@pytest.mark.parametrize("budget", ["2", "16", "many"])
def test_a_wrong_number_of_battles_starts_nothing(window: Client, song: Song, budget: str) -> None:
    answer = window.post(url("start", song.pk), {"battle_budget": budget})
    assert answer.status_code in {302, 400}
    assert not Tournament.objects.exists()


def test_a_battle_page_names_nobody_before_the_vote(window: Client, battle: Battle) -> None:
    page = window.get(url("battle", battle.pk)).content.decode()
    entries = [battle.side_a, battle.side_b]
    hidden = [str(x) for entry in entries for x in (entry.pk, entry.mixer_id)]
    hidden += [str(mix.preview_id) for mix in (battle.mix_a, battle.mix_b) if mix is not None]
    assert not [name for name in (*NAMES, *hidden) if name in page]


def test_clips_are_ranged_and_never_stored(window: Client, battle: Battle) -> None:
    whole = window.get(url("clip", battle.pk, "a"))
    part = window.get(url("clip", battle.pk, "a"), headers={"Range": "bytes=0-43"})
    assert whole.status_code == 200
    assert part.status_code == 206
    assert "no-store" in whole["Cache-Control"]
    assert whole["Content-Type"] == "audio/wav"
    assert window.get(url("clip", battle.pk, "c")).status_code == 404


def test_listening_is_counted_and_opens_the_ballot(
    window: Client, battle: Battle, clock: Clock
) -> None:
    first = tell(window, battle, event="play", side="a").json()
    assert first == {"heard_a_s": 0.0, "heard_b_s": 0.0, "need_s": 1.5, "can_vote": False}
    clock.advance(2)
    assert tell(window, battle, event="switch", side="b").json()["heard_a_s"] == 2.0
    clock.advance(2)
    assert tell(window, battle, event="pause").json()["can_vote"] is True


@pytest.mark.parametrize(
    "body", ["not json", "[]", '{"event": "win"}', '{"event": "play", "side": "c"}']
)
def test_nonsense_from_a_player_is_refused(window: Client, battle: Battle, body: str) -> None:
    answer = window.post(
        url("listening", battle.pk),
        body,
        content_type="application/json",
        headers={"Accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_event")


def test_a_vote_leads_to_the_reveal(window: Client, heard: Battle) -> None:
    page = window.post(url("vote", heard.pk), {"choice": "b"}, follow=True).content.decode()
    assert heard.side_a.mixer.name in page
    assert heard.side_b.mixer.name in page
    assert "Take it back" in page
    assert 'class="eq-line"' in page


def test_a_script_votes_with_json(window: Client, heard: Battle) -> None:
    answer = window.post(
        url("vote", heard.pk),
        {"choice": "tie", "weight": 99},
        content_type="application/json",
        headers={"Accept": "application/json"},
    )
    assert answer.json() == {"next": url("battle", heard.pk)}
    assert Vote.objects.get().choice == "tie"


def test_a_vote_before_listening_is_refused(window: Client, battle: Battle) -> None:
    answer = window.post(
        url("vote", battle.pk), {"choice": "a"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "not_heard")
    assert window.post(url("vote", battle.pk), {"choice": "a"}).status_code == 422


def test_undo_opens_the_battle_again(window: Client, heard: Battle) -> None:
    window.post(url("vote", heard.pk), {"choice": "a"})
    page = window.post(url("undo", heard.tournament_id), follow=True)
    assert page.redirect_chain[-1][0] == url("battle", heard.pk)
    assert "Which mix is better?" in page.content.decode()
    assert not Vote.objects.standing().exists()


def test_a_tournament_that_waits_says_for_what(window: Client, owner: User, mixers: Any) -> None:
    tournament = services.start_tournament(owner=owner, song=make_song(owner))
    page = window.get(url("detail", tournament.pk)).content.decode()
    assert "0 of 5 previews are ready" in page
    partial = window.get(url("detail", tournament.pk), headers={"HX-Request": "true"})
    assert "<html" not in partial.content.decode()
    mix_all(tournament.song, owner)
    ready = window.get(url("detail", tournament.pk), headers={"HX-Request": "true"})
    assert ready["HX-Redirect"] == url("battle", Battle.objects.get().pk)


def test_the_result_tells_champion_standings_and_story(window: Client, closed: Tournament) -> None:
    assert window.get(url("detail", closed.pk)).url == url("result", closed.pk)
    page = window.get(url("result", closed.pk)).content.decode()
    champion = selectors.champion(closed)
    assert champion is not None
    assert re.search(rf"<h1>{champion.entry.mixer.name}\s", page)
    assert page.count('class="story"') == closed.battle_budget
    assert page.count('class="standing-interval"') == len(selectors.standings(closed))


def test_a_result_without_votes_has_no_champion(window: Client, tournament: Tournament) -> None:
    window.post(url("finish", tournament.pk))
    assert "No champion" in window.get(url("result", tournament.pk)).content.decode()


def test_a_champion_whose_full_mix_is_not_ready_shows_progress(
    window: Client, closed: Tournament
) -> None:
    champion = selectors.champion(closed)
    assert champion is not None
    Mix.objects.filter(pk=champion.full.pk).update(state=JobState.RUNNING)
    assert "The full mix is being made" in window.get(url("result", closed.pk)).content.decode()
    Mix.objects.filter(pk=champion.full.pk).update(state=JobState.FAILED, error_message="Disk.")
    assert "The full mix failed" in window.get(url("result", closed.pk)).content.decode()


def test_a_shared_result_is_public_until_it_is_not(
    window: Client, client: Client, closed: Tournament, owner: User
) -> None:
    window.post(url("share", closed.pk), {"share": "on"})
    closed.refresh_from_db()
    link = url("public", closed.share_token)
    page = client.get(link).content.decode()
    assert "is the champion" in page
    assert owner.email is not None
    assert owner.email not in page
    assert str(closed.pk) not in page
    audio = client.get(url("public-audio", closed.share_token))
    assert (audio.status_code, audio["Content-Type"]) == (200, "audio/flac")
    window.post(url("share", closed.pk), {"share": "off"})
    assert client.get(link).status_code == 404
    assert client.get(url("public-audio", "x" * 43)).status_code == 404


def test_a_stranger_finds_nothing(
    stranger: User, client_of: ClientOf, heard: Battle, tournament: Tournament
) -> None:
    visitor = client_of(stranger)
    for name in ("detail", "result"):
        assert visitor.get(url(name, tournament.pk)).status_code == 404
    assert visitor.get(url("battle", heard.pk)).status_code == 404
    assert visitor.get(url("clip", heard.pk, "a")).status_code == 404
    assert visitor.post(url("vote", heard.pk), {"choice": "a"}).status_code == 404
    assert visitor.post(url("undo", tournament.pk)).status_code == 404
    assert visitor.post(url("start", tournament.song_id)).status_code == 404
    assert visitor.get(url("battle", uuid.uuid4())).status_code == 404
    assert not Vote.objects.exists()


def test_the_list_shows_own_tournaments_only(
    window: Client, stranger: User, client_of: ClientOf, closed: Tournament
) -> None:
    assert "7 / 7" in window.get(url("list")).content.decode()
    assert "No tournament yet" in client_of(stranger).get(url("list")).content.decode()


def test_pages_stay_within_ten_queries(
    window: Client, battle: Battle, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10):
        window.get(url("battle", battle.pk))
    hear(battle, clock)
    services.cast_vote(battle=battle, listener=battle.listener, choice="a")
    with django_assert_max_num_queries(10):
        window.get(url("battle", battle.pk))


def test_a_result_stays_within_ten_queries(
    window: Client, closed: Tournament, django_assert_max_num_queries: Any
) -> None:
    window.get(url("result", closed.pk))  # The table is kept from then on.
    with django_assert_max_num_queries(10):
        window.get(url("result", closed.pk))
