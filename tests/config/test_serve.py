"""`manage.py serve` as a process: what it says, what it refuses, how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
START_S = 60


def restore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Server:
    """A started server and what it printed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.log = folder / f"serve-{port}.log"
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "DATA_DIR": str(folder),
                "NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"],
                "WORKER_CONCURRENCY": "1",
            },
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            # A shell that starts the tests in the background leaves Ctrl-C ignored.
            preexec_fn=restore_interrupt,
        )

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            url = f"http://127.0.0.1:{self.port}/health/live"
            return bool(urllib.request.urlopen(url, timeout=5).status == 200)
        except OSError:
            return False

    def family(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def has_pool(self) -> bool:
        """Whether the worker's own child has started."""
        return len(self.family()) >= 2

    def end(self, signal_: signal.Signals) -> tuple[int, float]:
        """Exit status and seconds until the process and all it started are gone."""
        family = self.family()
        began = time.monotonic()
        self.process.send_signal(signal_)
        status = self.process.wait(30)
        _gone, alive = psutil.wait_procs(family, timeout=10)
        assert not alive
        return status, time.monotonic() - began


def until(condition: Callable[[], object], seconds: float = START_S) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the whole module: the first start makes the database."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[[int], Server]]:
    started = []

    def start(port: int) -> Server:
        started.append(Server(folder, port))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(10)


Serve = Callable[[int], Server]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_does_and_stops_all_it_started_within_seconds(
    serve: Serve, how: signal.Signals
) -> None:
    server = serve(free_port())
    until(server.answers)
    until(server.has_pool)
    status, seconds = server.end(how)
    assert status == 0
    assert seconds < 8
    said = server.log.read_text()
    assert "Database: " in said
    assert "Worker started" in said
    assert f"Mixarena is at http://127.0.0.1:{server.port}" in said
    assert "Traceback" not in said


def test_a_worker_does_not_outlive_a_server_that_was_killed(serve: Serve) -> None:
    server = serve(free_port())
    until(server.answers)
    until(server.has_pool)
    status, seconds = server.end(signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert seconds < 5


def test_a_killed_worker_is_replaced(serve: Serve) -> None:
    server = serve(free_port())
    until(server.answers)
    until(server.has_pool)
    old = server.family()
    os.kill(old[0].pid, signal.SIGKILL)
    until(server.has_pool)
    until(lambda: not any(process.is_running() for process in old))
    server.end(signal.SIGTERM)


def test_a_taken_port_is_told_with_a_way_out(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = serve(port)
        assert server.process.wait(START_S) == 1
    said = server.log.read_text()
    assert f"make run PORT={port + 1}" in said
    assert "Traceback" not in said


def test_two_servers_do_not_share_a_data_folder(serve: Serve, folder: Path) -> None:
    first = serve(free_port())
    until(first.answers)
    second = serve(free_port())
    assert second.process.wait(START_S) == 1
    assert f"already runs on {folder}" in second.log.read_text()
    assert first.answers()
    first.end(signal.SIGTERM)
