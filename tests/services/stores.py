"""A PostgreSQL and a Redis of our own, started from installed binaries on Unix sockets."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import redis

from config.load.stores import binary, unprivileged
from tests.processes import end, start, tail, until

START_S = 30


class PrivatePostgres:
    """A cluster in a folder that goes away with it. Not durable: it is for tests."""

    def __init__(self) -> None:
        initdb, self._postgres = binary("initdb", "postgresql"), binary("postgres", "postgresql")
        self.folder = Path(tempfile.mkdtemp(prefix="mixarena-postgres-"))
        self._run_as = unprivileged()
        if self._run_as is not None:
            shutil.chown(self.folder, self._run_as)
        self._check(
            initdb, "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        self._log = self.folder / "log"
        self._process = start(
            [
                *(self._postgres, "-D", "data", "-k", str(self.folder)),
                *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"),
            ],
            log=self._log,
            folder=self.folder,
            user=self._run_as,
            last_signal=signal.SIGINT,  # A fast shutdown, which does not wait for its clients.
        )
        self.url = f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres"
        until(self._answers, START_S, "PostgreSQL answers")

    def stop(self) -> None:
        end(self._process, self._log, seconds=START_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _check(self, *command: str) -> None:
        subprocess.run(
            command,
            cwd=self.folder,
            user=self._run_as,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
        )

    def _answers(self) -> bool:
        assert self._process.poll() is None, tail(self._log)
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


class Database:
    """A fresh database on a server, dropped afterwards."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self.name = f"mixarena_{uuid4().hex}"
        self.url = f"{server_url.rsplit('/', 1)[0]}/{self.name}"
        self._execute(f"CREATE DATABASE {self.name}")

    def drop(self) -> None:
        self._execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement)


class PrivateRedis:
    """A server that writes an append-only file, as a broker should, and can be killed."""

    def __init__(self) -> None:
        self._binary = binary("redis-server", "redis-server")
        self.folder = Path(tempfile.mkdtemp(prefix="mixarena-redis-"))
        self._log = self.folder / "log"
        self.url = f"unix://{self.folder}/redis.sock?db=0"
        self.start()

    def start(self) -> None:
        self._process = start(
            [
                *(self._binary, "--port", "0", "--unixsocket", f"{self.folder}/redis.sock"),
                *("--dir", str(self.folder), "--appendonly", "yes", "--save", ""),
                *("--maxmemory-policy", "noeviction"),
            ],
            log=self._log,
        )
        until(self._answers, START_S, "Redis answers")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(START_S)

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process.poll() is None, tail(self._log)
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.ConnectionError:
            return False
