import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.supervisor import Backoff, Supervisor, Timetable
from tests.processes import PATIENCE_S, until

# A worker in miniature: a leader with one pool child, both of which say who they are.
WORKER = """
import os, signal, sys, time
pid = os.fork()
if pid:
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()} {pid}\\n")
time.sleep(600)
"""


def lives(pid: int) -> bool:
    return bool(psutil.pid_exists(pid)) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


class Run:
    """A supervisor over the miniature worker, and what happened to it."""

    def __init__(self, folder: Path, script: str = WORKER) -> None:
        self.log = folder / "pids"
        self.log.touch()
        self.busy = False
        self.supervisor = Supervisor(
            command=[sys.executable, "-c", script, str(self.log)],
            environment={},
            is_busy=lambda: self.busy,
        )

    def generations(self) -> list[tuple[int, int]]:
        lines = self.log.read_text().splitlines()
        return [(int(leader), int(child)) for leader, child in map(str.split, lines)]

    def is_over(self) -> bool:
        return not any(lives(pid) for pid in self.generations()[0])


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.supervisor.stop(0)


def test_backoff_doubles_up_to_half_a_minute_and_starts_again_after_a_long_life() -> None:
    backoff = Backoff()
    assert [backoff.after_life_of(0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff.after_life_of(61) == 1
    assert backoff.after_life_of(0) == 2


def test_a_killed_worker_starts_again_without_its_old_children(run: Run) -> None:
    run.supervisor.start()
    until(run.generations, PATIENCE_S, "the worker starts")
    leader, child = run.generations()[0]
    os.kill(leader, signal.SIGKILL)
    until(lambda: len(run.generations()) == 2, PATIENCE_S, "it starts again")
    assert not lives(child)
    assert lives(run.generations()[1][0])


def test_stopping_ends_an_idle_worker_at_once(run: Run) -> None:
    run.supervisor.start()
    until(run.generations, PATIENCE_S, "the worker starts")
    began = time.monotonic()
    run.supervisor.stop(grace_s=300)
    assert time.monotonic() - began < 300, "an idle worker was given the grace of a busy one"
    until(run.is_over, PATIENCE_S, "all it started is gone")


def test_stopping_waits_for_a_busy_worker_only_so_long(run: Run) -> None:
    run.busy = True
    run.supervisor.command = [
        *run.supervisor.command[:2],
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WORKER,
        str(run.log),
    ]
    run.supervisor.start()
    until(run.generations, PATIENCE_S, "the worker starts")
    began = time.monotonic()
    run.supervisor.stop(grace_s=0.5)
    assert time.monotonic() - began >= 0.5
    until(run.is_over, PATIENCE_S, "all it started is gone")


def test_stopping_ends_the_wait_when_the_last_job_is_done(run: Run) -> None:
    run.busy = True
    run.supervisor.start()
    until(run.generations, PATIENCE_S, "the worker starts")
    threading.Timer(0.3, lambda: setattr(run, "busy", False)).start()
    began = time.monotonic()
    run.supervisor.stop(grace_s=300)
    assert time.monotonic() - began < 300, "the grace ran although nothing was left to wait for"


def test_a_timetable_sends_each_name_at_its_own_pace() -> None:
    sent: list[str] = []
    timetable = Timetable({"often": 0.02, "seldom": 0.5}, sent.append, lambda: True)
    timetable.start()
    until(lambda: "seldom" in sent, PATIENCE_S, "the seldom one is sent")
    timetable.stop()
    # About 25; a busy machine lets some rounds pass.
    assert sent.index("seldom") >= 2


def test_a_timetable_sends_nothing_while_nobody_listens_and_survives_errors() -> None:
    wanted = False
    calls = 0

    def send(name: str) -> None:
        nonlocal calls
        calls += 1
        raise OSError("the broker is away")

    timetable = Timetable({"sweep": 0.02}, send, lambda: wanted)
    timetable.start()
    time.sleep(0.1)
    assert calls == 0
    wanted = True
    until(lambda: calls >= 2, PATIENCE_S, "it goes on after an error")
    timetable.stop()
