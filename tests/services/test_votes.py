"""One vote per battle and listener, however many requests race."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.services.installation import Answer, Installation

PARALLEL = 8

# The minutes of listening that a vote needs, told to the database instead of spent here.
LISTENED = """
from tournaments.models import Listening
Listening.objects.filter(battle="{battle}").update(heard_a_ms=60_000, heard_b_ms=60_000)
answer = Listening.objects.filter(battle="{battle}").count()
"""


def open_battle(installation: Installation, stems: list[Path]) -> str:
    """A battle that the person has listened to; its id."""
    song = installation.bring_song(stems, title="Contest")
    tournament = installation.must("POST", "/api/v1/tournaments/", {"song": song})["id"]
    installation.wait_for_mixes(song, 120)
    battle: str = installation.must("POST", f"/api/v1/tournaments/{tournament}/next/")["battle"][
        "id"
    ]
    installation.must(
        "POST", f"/api/v1/battles/{battle}/listening/", {"event": "play", "side": "a"}
    )
    assert installation.ask(LISTENED.format(battle=battle)) == 1
    return battle


def votes_at_once(installation: Installation, battle: str, choices: list[str]) -> list[Answer]:
    def vote(choice: str) -> Answer:
        return installation.call("POST", f"/api/v1/battles/{battle}/votes/", {"choice": choice})

    with ThreadPoolExecutor(len(choices)) as pool:
        return list(pool.map(vote, choices))


def test_the_same_vote_sent_many_times_at_once_counts_once(
    installation: Installation, short_stems: list[Path]
) -> None:
    battle = open_battle(installation, short_stems)
    answers = votes_at_once(installation, battle, ["a"] * PARALLEL)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: PARALLEL - 1}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert installation.rows(counted(installation, battle)) == [(1,)]


def test_of_different_votes_at_once_one_wins_and_the_others_are_told(
    installation: Installation, short_stems: list[Path]
) -> None:
    battle = open_battle(installation, short_stems)
    answers = votes_at_once(installation, battle, ["a", "b", "tie", "neither"] * 2)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 1, 409: 6}
    refused = {answer.body["code"] for answer in answers if answer.status == 409}
    assert refused == {"already_voted"}
    assert installation.rows(counted(installation, battle)) == [(1,)]


def counted(installation: Installation, battle: str) -> str:
    # SQLite keeps a UUID as 32 characters, PostgreSQL reads them as one.
    return f"SELECT count(*) FROM tournaments_vote WHERE battle_id = '{battle.replace('-', '')}'"
