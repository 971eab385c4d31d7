"""The broker goes away: what was accepted stays accepted."""

from pathlib import Path

import pytest

from tests.services.installation import Installation
from tests.services.stores import PrivateRedis

RECOVERED_S = 120


@pytest.fixture
def redis(scaled: Installation, private_redis: PrivateRedis) -> PrivateRedis:
    """The scaled installation's own Redis."""
    if scaled.stores["REDIS_URL"] != private_redis.url:
        pytest.skip("TEST_REDIS_URL names a Redis that tests may not kill")
    return private_redis


def test_work_is_accepted_while_redis_is_away_and_done_when_it_is_back(
    scaled: Installation, redis: PrivateRedis, short_stems: list[Path]
) -> None:
    song = scaled.bring_song(short_stems, title="While away")
    redis.kill()
    try:
        # Answered without waiting for the broker: the call gives up long before Redis is back.
        mixes = scaled.must("POST", f"/api/v1/songs/{song}/mixes/", {})
        assert len(mixes) == 10
        assert scaled.call("GET", "/health/ready").status == 503
        assert scaled.call("GET", "/health/live").status == 200
    finally:
        redis.start()
    assert {mix["state"] for mix in scaled.wait_for_mixes(song, RECOVERED_S)} == {"ready"}
    scaled.check_invariants()


def test_a_killed_redis_loses_no_job(
    scaled: Installation, redis: PrivateRedis, stems: list[Path]
) -> None:
    song = scaled.song_of(stems)
    scaled.order_mixes(song, mixers=2)
    redis.kill()
    redis.start()
    assert {mix["state"] for mix in scaled.wait_for_mixes(song, RECOVERED_S)} == {"ready"}
    scaled.check_invariants()
