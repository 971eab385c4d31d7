"""Leaderboards, mixers' and listeners' pages, and results that leave the house."""

import csv
import io
import json
import re
import struct
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from mixing.models import Mixer, Song
from tests.tournaments.conftest import Clock, make_mixer
from tests.tournaments.test_pages import ClientOf, url
from tests.tournaments.test_pages_community import fill, make, page_of, vote_as
from tournaments import services
from tournaments.leaderboards import record_strengths
from tournaments.models import Tournament, Vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(song: Song, owner: User, clock: Clock) -> Tournament:
    tournament = make(song, owner, format="arena", title="The evening")
    fill(tournament, clock, 6)
    services.close_tournament(tournament=tournament, by=owner)
    services.share(tournament=tournament, by=owner)
    tournament.refresh_from_db()
    return tournament


def test_the_board_ranks_mixers_and_knows_genres(
    client: Client, song: Song, owner: User, clock: Clock
) -> None:
    assert "No votes here yet" in page_of(client, "leaderboard")
    Song.objects.filter(pk=song.pk).update(genre="rock")
    tournament = make(song, owner, format="arena")
    fill(tournament, clock, 8)
    record_strengths()
    board = page_of(client, "leaderboard", genre="rock")
    assert board.count('class="standing-interval"') == 5
    assert "preliminary" in board
    assert 'aria-current="page">Rock' in board


def test_a_board_may_be_of_one_kind_of_device_only(
    client: Client, song: Song, owner: User, clock: Clock
) -> None:
    Song.objects.filter(pk=song.pk).update(genre="rock")
    tournament = make(song, owner, format="arena")
    fill(tournament, clock, 8)
    heard_with = list(Vote.objects.order_by("created_at").values_list("pk", flat=True))[:3]
    Vote.objects.filter(pk__in=heard_with).update(device="headphones")
    board = page_of(client, "leaderboard", genre="rock", device="headphones")
    assert "3 counted votes" in board
    assert 'aria-current="page">Headphones' in board
    assert "?device=speakers&amp;genre=rock" in board
    assert "No votes here yet" in page_of(client, "leaderboard", device="speakers")
    assert "8 counted votes" in page_of(client, "leaderboard", device="telephone")  # Nothing known.
    address = "/api/v1/leaderboard/"
    assert client.get(address, {"device": "headphones"}).json()["votes"] == 3
    assert client.get(address).json() | {"rows": []} == {
        "genre": "", "device": "", "votes": 8, "voters": 8, "rows": []
    }  # fmt: skip


def test_a_mixers_page_tells_its_record_and_its_console(
    client: Client, shared: Tournament, clock: Clock
) -> None:
    mixer = Mixer.objects.get(name="Warm")
    record_strengths()
    page = page_of(client, "mixer", mixer.pk)
    assert "<h1>Warm</h1>" in page
    assert "What it usually does" in page
    assert 'class="eq-line"' in page


def test_a_personal_mixer_is_its_owners_alone(
    client: Client, listener: User, stranger: User, client_of: ClientOf
) -> None:
    mine = make_mixer("Mine", owner=listener)
    candidate = make_mixer("Bred", owner=listener, metrics={})
    Mixer.objects.filter(pk=candidate.pk).update(status=Mixer.Status.CANDIDATE)
    assert "<h1>Mine</h1>" in page_of(client_of(listener), "mixer", mine.pk)
    for visitor in (client, client_of(stranger)):
        assert visitor.get(url("mixer", mine.pk)).status_code == 404
    assert client_of(listener).get(url("mixer", candidate.pk)).status_code == 404


def test_a_listeners_page_is_for_themselves(
    client: Client, listener: User, client_of: ClientOf, song: Song, owner: User, clock: Clock
) -> None:
    assert client.get(url("listener")).status_code == 302
    tournament = make(song, owner, format="arena", battle_budget=3)
    for _ in range(3):
        vote_as(tournament, listener, clock)
    page = page_of(client_of(listener), "listener")
    assert "First result" in page
    assert page.count("title-card earned") == 1


# ---- Out of the house


def test_a_shared_link_carries_a_picture(client: Client, shared: Tournament) -> None:
    page = page_of(client, "public", shared.share_token)
    picture = re.search(r'property="og:image" content="([^"]+)"', page)
    assert picture is not None
    assert picture.group(1).startswith("http://testserver/")
    answer = client.get(picture.group(1))
    assert answer["Content-Type"] == "image/png"
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", answer.content[16:24]) == (1200, 630)
    assert client.head(picture.group(1)).status_code == 200


def test_only_the_widget_may_be_framed(client: Client, shared: Tournament) -> None:
    widget = client.get(url("embed", shared.share_token))
    assert "frame-ancestors *" in widget["Content-Security-Policy"]
    assert "script-src" not in widget["Content-Security-Policy"]
    assert "X-Frame-Options" not in widget
    assert "<script" not in widget.content.decode()
    public = client.get(url("public", shared.share_token))
    assert "frame-ancestors 'none'" in public["Content-Security-Policy"]
    assert public["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["public", "preview", "embed"])
def test_a_link_taken_back_shows_nothing(
    client: Client, shared: Tournament, owner: User, name: str
) -> None:
    assert client.get(url(name, shared.share_token)).status_code == 200
    services.unshare(tournament=shared, by=owner)
    assert client.get(url(name, shared.share_token)).status_code == 404


def test_a_shared_page_names_no_listener(client: Client, shared: Tournament) -> None:
    pages = [page_of(client, name, shared.share_token) for name in ("public", "embed")]
    people = User.objects.exclude(email=None).values_list("email", flat=True)
    assert not [person for person in people for page in pages if person and person in page]


def test_votes_are_taken_away_as_files(
    client: Client, shared: Tournament, owner: User, client_of: ClientOf
) -> None:
    table = client.get(url("export", shared.pk, "csv"))
    assert "attachment" in table["Content-Disposition"]
    lines = [line for line in table.content.decode().splitlines() if not line.startswith("#")]
    assert len(list(csv.DictReader(io.StringIO("\n".join(lines))))) == 6
    data = json.loads(client.get(url("export", shared.pk, "json")).content)
    assert len(data["votes"]) == 6
    assert client.get(url("export", shared.pk, "parquet")).content[:4] == b"PAR1"
    assert client.get(url("export", shared.pk, "xlsx")).status_code == 400


def test_open_votes_are_the_owners_only(
    client: Client, song: Song, owner: User, client_of: ClientOf
) -> None:
    tournament = make(song, owner)
    assert client.get(url("export", tournament.pk, "csv")).status_code == 409
    assert client_of(owner).get(url("export", tournament.pk, "csv")).status_code == 200


def test_the_board_asks_a_bounded_number_of_questions(
    client: Client, shared: Tournament, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10):
        page_of(client, "leaderboard")
