"""Votes that come too fast, and runs of votes that suddenly favour one entry.

These are alarms for people to look at; no vote loses its weight by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binom

from tournaments.comparisons import Floats, Integers
from tournaments.integrity.votelog import VoteLog
from tournaments.ratings import Posterior

RUNS: Final = (12, 25, 50)
"""Lengths of runs looked at, in votes with the entry."""
FALSE_ALARMS: Final = 0.01
"""Expected number of runs found in a tournament in which nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A run of votes with an entry in which it won more than all votes together explain."""

    entry: int
    start_s: float
    stop_s: float
    votes: int
    won: int
    expected: float
    listeners: frozenset[int]
    p_value: float
    """Chance of such a run, all runs looked at considered."""


@dataclass(frozen=True, slots=True)
class Haste:
    """A listener who cast more votes in a window of time than can be listened to."""

    listener: int
    votes: int
    start_s: float


def bursts(log: VoteLog, posterior: Posterior) -> list[Burst]:
    """The most unlikely run of each entry, if any is unlikely. `at_s` must be known."""
    order = np.argsort(log.at_s, kind="stable")
    order = order[np.isfinite(log.at_s[order])]
    looked_at = sum(
        max(0, int(np.sum((log.a == entry) | (log.b == entry))) - length + 1)
        for entry in range(log.entries)
        for length in RUNS
    )
    found = []
    for entry in range(log.entries):
        rows = order[(log.a[order] == entry) | (log.b[order] == entry)]
        best = _worst_run(log, posterior, entry, rows)
        if best is not None and best.p_value * looked_at < FALSE_ALARMS:
            found.append(best)
    return found


def hasty(log: VoteLog, *, window_s: float = 600.0, most: int = 60) -> list[Haste]:
    """Listeners with more than `most` votes within `window_s`: usually 10 s for each vote."""
    found = []
    for listener in np.unique(log.listener).tolist():
        times = np.sort(log.at_s[(log.listener == listener) & np.isfinite(log.at_s)])
        if not times.size:
            continue
        inside = np.searchsorted(times, times + window_s, side="right") - np.arange(times.size)
        busiest = int(inside.argmax())
        if inside[busiest] > most:
            found.append(Haste(listener, int(inside[busiest]), float(times[busiest])))
    return found


def _worst_run(log: VoteLog, posterior: Posterior, entry: int, rows: Integers) -> Burst | None:
    """The run of least chance. Its probability to win is the mean of the battles in it."""
    as_a = log.a[rows] == entry
    other = np.where(as_a, log.b[rows], log.a[rows])
    won = np.where(as_a, log.outcome[rows] == 0, log.outcome[rows] == 2).astype(np.float64)
    half = (posterior.strengths[entry] - posterior.strengths[other]) / 2
    chance = np.exp(half) / (np.exp(half) + np.exp(-half) + np.exp(posterior.tie.mean))
    best: Burst | None = None
    for length in RUNS:
        if rows.size < length:
            continue
        wins, expected = _moving(won, length), _moving(chance, length)
        p_values = binom.sf(wins - 1, length, np.clip(expected / length, 1e-9, 1.0))
        k = int(p_values.argmin())
        if best is None or p_values[k] < best.p_value:
            run = rows[k : k + length]
            best = Burst(
                entry=entry,
                start_s=float(log.at_s[run[0]]),
                stop_s=float(log.at_s[run[-1]]),
                votes=length,
                won=int(wins[k]),
                expected=float(expected[k]),
                listeners=frozenset(log.listener[run].tolist()),
                p_value=float(p_values[k]),
            )
    return best


def _moving(values: Floats, length: int) -> Floats:
    total = np.concatenate(([0.0], np.cumsum(values)))
    sums: Floats = total[length:] - total[:-length]
    return sums
