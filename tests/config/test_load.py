"""The load benchmark in small: the real product, a few sockets and a few votes."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from config.load import bench
from mixing.benchmarking import BenchmarkFailed
from tournaments.benchmarks.costs import BATTLES
from tournaments.benchmarks.load import Found, Listener, Target, Viewer, figures, percentiles


def options(**given: object) -> Mapping[str, Any]:
    return {"mode": "embedded", "sockets": 3, "votes": 2, "seconds": 2, **given}


@pytest.mark.slow
def test_every_vote_is_kept_and_every_socket_told(numba_cache: None) -> None:
    found = bench.measure(options(), lambda _: None)
    assert found["votes"]["sent"] == 4
    assert found["votes"]["accepted"] == 4
    assert found["votes_in_database"] == 4 + BATTLES
    assert (found["votes"]["lost"], found["votes"]["refused"]) == (0, {})
    assert (found["sockets"]["opened"], found["sockets"]["lost"]) == (3, 0)
    assert found["sockets"]["standings_per_second"]["mean"] > 0
    assert found["database"]["version"].startswith("SQLite")


@pytest.fixture
def numba_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server finds compiled functions, as every process of the run does."""
    if "NUMBA_CACHE_DIR" not in os.environ:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("numba")))


def test_without_its_servers_the_scaled_arrangement_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda path, pattern: iter(()))
    with pytest.raises(BenchmarkFailed, match="initdb is not installed"):
        bench.measure(options(mode="scaled"), lambda _: None)


def test_a_vote_that_was_accepted_and_is_not_there_is_lost() -> None:
    found = Found(accepted=["1", "2", "3"], sent=4, voting_s=2.0)
    votes = figures(found, {"1", "3"})["votes"]
    assert (votes["sent"], votes["accepted"], votes["lost"]) == (4, 3, 1)


def test_a_viewer_counts_what_it_was_not_told() -> None:
    viewer = Viewer(Target(1, "t", ()), Listener("s"))
    viewer._take({"type": "snapshot", "sequence": 3})
    for sequence in (4, 7, 8):
        viewer._take({"type": "event", "kind": "tournament.changed", "sequence": sequence})
    assert (viewer.missed, len(viewer.arrivals)) == (2, 3)


def test_percentiles() -> None:
    assert percentiles([]) is None
    assert percentiles(range(101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
