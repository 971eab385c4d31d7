"""Alarms for runs of votes that favour one entry, and for votes nobody can have listened to."""

import numpy as np

from tournaments.integrity.bursts import bursts, hasty
from tournaments.integrity.votelog import Cast, VoteLog
from tournaments.ratings import Comparison, Votes, fit


def votes(seed: int, *, raid: bool) -> list[Cast]:
    """A day of votes between eight equal entries; in a raid a quarter of it is for entry 3."""
    rng = np.random.default_rng(seed)
    casts = []
    for k in range(600):
        a, b = (int(entry) for entry in rng.choice(8, 2, replace=False))
        score = float(rng.random() < 0.5)
        if raid and 300 <= k < 450 and 3 in (a, b):
            score = 1.0 if a == 3 else 0.0
        casts.append(Cast(k % 40, a, b, score, at_s=k * 144.0))
    return casts


def alarms(casts: list[Cast]) -> list[int]:
    posterior = fit(8, Votes.of(Comparison(c.a, c.b, c.score or 0.0) for c in casts))
    return [burst.entry for burst in bursts(VoteLog.of(8, casts), posterior)]


def test_a_raid_is_seen_and_quiet_days_are_quiet() -> None:
    assert alarms(votes(1, raid=True)) == [3]
    assert sum(len(alarms(votes(seed, raid=False))) for seed in range(40)) <= 1


def test_a_burst_says_when_and_who() -> None:
    casts = votes(1, raid=True)
    posterior = fit(8, Votes.of(Comparison(c.a, c.b, c.score or 0.0) for c in casts))
    (burst,) = bursts(VoteLog.of(8, casts), posterior)
    assert burst.won > burst.expected + 5
    assert 200 * 144 < burst.start_s < burst.stop_s < 500 * 144
    assert burst.listeners


def test_votes_without_a_time_raise_no_alarm() -> None:
    casts = [cast._replace(at_s=float("nan")) for cast in votes(1, raid=True)]
    assert alarms(casts) == []
    assert hasty(VoteLog.of(8, casts)) == []


def test_hasty_listeners() -> None:
    fast = [Cast(1, 0, 1, 1.0, at_s=5.0 * k) for k in range(100)]
    slow = [Cast(2, 0, 1, 1.0, at_s=30.0 * k) for k in range(100)]
    (haste,) = hasty(VoteLog.of(2, fast + slow))
    assert (haste.listener, haste.votes) == (1, 100)
