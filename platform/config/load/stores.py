"""A PostgreSQL and a Redis of one's own on Unix sockets, from the binaries that are installed."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from mixing.benchmarking import BenchmarkFailed

START_S = 60.0


class StoreMissing(BenchmarkFailed):
    """A server is not installed here."""


@contextmanager
def private_stores(folder: Path) -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of servers that live in `folder` and end with the block.

    Raises BenchmarkFailed if a binary is missing or a server does not start.
    """
    with _postgres(folder / "postgres") as database, _redis(folder / "redis") as broker:
        yield {"DATABASE_URL": database, "REDIS_URL": broker}


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    initdb, server = binary("initdb", "postgresql"), binary("postgres", "postgresql")
    folder.mkdir()
    user = unprivileged()
    if user is not None:
        shutil.chown(folder, user)
    encoding = ("-E", "UTF8", "--locale=C.UTF-8")
    made = subprocess.run(
        [initdb, "-D", folder / "data", "-U", "postgres", "-A", "trust", *encoding],
        cwd=folder,
        user=user,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise BenchmarkFailed(f"initdb failed: {made.stderr.strip()[-500:]}")
    # Durable, as an installation is: what a commit costs belongs to what is measured.
    command = [server, "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses="]
    url = f"postgres://postgres@{quote(str(folder), safe='')}/postgres"

    def answers() -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return True
        return False

    with _running(command, folder, answers, user=user, last=signal.SIGINT):
        yield url


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    server = binary("redis-server", "redis-server")
    folder.mkdir()
    socket = folder / "redis.sock"
    url = f"unix://{socket}?db=0"
    listen = ("--port", "0", "--unixsocket", str(socket), "--dir", str(folder))
    command = [server, *listen, "--appendonly", "yes", "--save", ""]

    def answers() -> bool:
        with suppress(redis.ConnectionError):
            return bool(redis.Redis.from_url(url).ping())
        return False

    with _running(command, folder, answers):
        yield url


@contextmanager
def _running(
    command: Sequence[str],
    folder: Path,
    answers: Callable[[], bool],
    *,
    user: str | None = None,
    last: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_S
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkFailed(f"{command[0]} did not start: {log.read_text()[-500:]}")
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(last)
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def binary(name: str, package: str) -> str:
    """The path of a program, also where Debian keeps PostgreSQL's."""
    found = shutil.which(name)
    if found is None:
        versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = str(versions[-1]) if versions else None
    if found is None:
        raise StoreMissing(f"{name} is not installed (apt install {package}).")
    return found


def unprivileged() -> str | None:
    """Whom PostgreSQL runs as when we are root, which it refuses to be."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
