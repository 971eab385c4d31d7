"""Many listeners at once in one tournament: every vote once, none lost, whatever the database."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.services.installation import Answer, Installation

VOTERS = 6
AT_ONCE = 2

CROWD = """
from accounts.models import User
from accounts.services import issue_token
answer = []
for number in range({voters}):
    user = User.objects.create_user(f"voter{{number}}@example.org", None, name="Voter")
    answer.append(issue_token(user=user, name="races")[1])
"""

# The minutes of listening that votes need, told to the database instead of spent here.
LISTENED = """
from tournaments.models import Listening
answer = Listening.objects.update(heard_a_ms=60_000, heard_b_ms=60_000)
"""


@pytest.mark.slow
def test_a_crowd_that_votes_at_once_loses_no_vote_and_doubles_none(
    installation: Installation, short_stems: list[Path]
) -> None:
    song = installation.bring_song(short_stems, title="Crowd")
    started = installation.must(
        "POST",
        "/api/v1/tournaments/",
        {"song": song, "format": "arena", "voters": "everybody", "hidden_checks": False},
    )
    installation.wait_for_mixes(song, 120)
    tokens = installation.ask(CROWD.format(voters=VOTERS))
    tournament = f"/api/v1/tournaments/{started['id']}"

    def post(token: str, path: str, body: object = None) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return installation.call("POST", path, body, headers)

    for number in (1, 2):
        with ThreadPoolExecutor(VOTERS * AT_ONCE) as pool:
            given = list(pool.map(lambda t: post(t, f"{tournament}/next/"), tokens * AT_ONCE))
            assert {answer.status for answer in given} == {200}
            battles = [answer.body["battle"]["id"] for answer in given]
            # Two requests of one listener at once get one battle; no two listeners share one.
            assert battles[:VOTERS] == battles[VOTERS:]
            assert len(set(battles)) == VOTERS
            assert installation.ask(LISTENED) > 0
            votes = list(
                pool.map(
                    lambda pair: post(
                        pair[0], f"/api/v1/battles/{pair[1]}/votes/", {"choice": "a"}
                    ),
                    zip(tokens * AT_ONCE, battles, strict=True),
                )
            )
        assert Counter(answer.status for answer in votes) == {201: VOTERS, 200: VOTERS}
        rows = installation.rows(
            "SELECT listener_id, count(*) FROM tournaments_vote GROUP BY listener_id"
        )
        assert [count for _, count in rows] == [number] * VOTERS
    live = installation.must("GET", f"{tournament}/live/")["data"]
    assert (live["votes"], live["voters"]) == (2 * VOTERS, VOTERS)
