"""The product's processes on a data folder that goes away with them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from config.open_files import allow_many_files
from mixing.benchmarking import BenchmarkFailed

START_S = 120.0
STOP_S = 30.0
INSIDE = ("-m", "config.load.inside")


@dataclass(frozen=True, slots=True)
class Scratch:
    """A data folder and what its processes are told by their environment."""

    folder: Path
    stores: dict[str, str]
    """DATABASE_URL and REDIS_URL; empty: the embedded arrangement."""

    @property
    def environment(self) -> dict[str, str]:
        path = [str(settings.BASE_DIR / "platform"), str(settings.BASE_DIR)]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(path),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(self.folder),
            "NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"],
            "OMP_NUM_THREADS": "1",
            "WORKER_CONCURRENCY": "1",
            **self.stores,
        }

    def ask(self, *arguments: str) -> Any:
        """The JSON that `config.load.inside` prints. Raises BenchmarkFailed."""
        done = subprocess.run(
            [sys.executable, *INSIDE, *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchmarkFailed(f"{arguments[0]} failed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def start(self, name: str, *arguments: str, piped: bool = False) -> subprocess.Popen[bytes]:
        """A Python process whose complaints go to `name`.log (and all it says, unless piped)."""
        with (self.folder / f"{name}.log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else log,
                stderr=log,
                start_new_session=True,
            )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-2000:]


@contextmanager
def serving(scratch: Scratch) -> Iterator[tuple[int, int]]:
    """The running product: port and process id of what serves pages and sockets."""
    allow_many_files()
    port = _free_port()
    processes = [scratch.start("server", "manage.py", "serve", "--port", str(port))]
    try:
        if scratch.stores:
            queues = ("-Q", "short,render,evolve", "--concurrency", "1")
            worker = ("-m", "celery", "-q", "-A", "config", "worker", *queues)
            processes.append(scratch.start("worker", *worker))
        _wait_for(port, processes[0], scratch)
        yield port, processes[0].pid
    finally:
        for process in processes:
            _end(process)


@contextmanager
def probing(scratch: Scratch, topic: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that announces an event for each line it is sent."""
    process = scratch.start("probe", *INSIDE, "probe", topic, piped=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.readline()  # It is ready.
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        _end(process)


def resident_mb(pid: int) -> float | None:
    """Memory of a process in MB, where the system tells it so (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return round(int(line.split()[1]) * 1024 / 1e6, 1)


def _wait_for(port: int, server: subprocess.Popen[bytes], scratch: Scratch) -> None:
    deadline = time.monotonic() + START_S
    while not _answers(port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise BenchmarkFailed(f"the server did not start:\n{scratch.log('server')}")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; its whole session goes if it does not, or leaves children behind."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
