"""`manage.py serve` as a process: what it says, what it refuses, how it ends."""

import os
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from tests import processes
from tests.installed import copied, environment_of
from tests.processes import free_port, tail, until

START_S = 60
# Generous on a busy machine, and far less than a job that would be waited for.
STOP_S = 30


class Server:
    """A started server and what it printed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.log = folder / f"serve-{port}.log"
        self.process = processes.start(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            log=self.log,
            environment=environment_of(folder, WORKER_CONCURRENCY="1"),
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

    def is_up(self) -> bool:
        return self.answers() and self.has_pool()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        until(condition, START_S, lambda: f"{condition.__name__}\n{tail(self.log)}")

    def end(self, signal_: signal.Signals) -> int:
        """The exit status, once the process and all it started are gone."""
        family = self.family()
        self.process.send_signal(signal_)
        status = self.process.wait(STOP_S)
        _gone, alive = psutil.wait_procs(family, timeout=STOP_S)
        assert not alive
        return status


@pytest.fixture(scope="module")
def folder(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the whole module."""
    return copied(installed, tmp_path_factory.mktemp("data"))


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


@contextmanager
def visitors(server: Server) -> Iterator[None]:
    """People who ask for one page after the other, so that some answer is always under way."""
    gone = threading.Event()
    reading = threading.Semaphore(0)

    def visit() -> None:
        while not gone.is_set():
            with suppress(OSError, HTTPException):
                urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=STOP_S).read()
                reading.release()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            assert reading.acquire(timeout=START_S)
        yield
    finally:
        gone.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_does_and_stops_all_it_started_within_seconds(
    serve: Serve, how: signal.Signals
) -> None:
    server = serve(free_port())
    server.wait_until(server.is_up)
    with visitors(server):
        assert server.end(how) == 0
    said = server.log.read_text()
    assert "Database: " in said
    assert "Worker started" in said
    assert f"Mixarena is at http://127.0.0.1:{server.port}" in said
    assert "Traceback" not in said


def test_a_worker_does_not_outlive_a_server_that_was_killed(serve: Serve) -> None:
    server = serve(free_port())
    server.wait_until(server.is_up)
    assert server.end(signal.SIGKILL) == -signal.SIGKILL


def test_a_killed_worker_is_replaced(serve: Serve) -> None:
    server = serve(free_port())
    server.wait_until(server.is_up)
    old = server.family()
    os.kill(old[0].pid, signal.SIGKILL)

    def is_replaced() -> bool:
        return server.has_pool() and not set(old) & set(server.family())

    server.wait_until(is_replaced)
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
    first.wait_until(first.answers)
    second = serve(free_port())
    assert second.process.wait(START_S) == 1
    assert f"already runs on {folder}" in second.log.read_text()
    assert first.answers()
    first.end(signal.SIGTERM)
