"""The whole product in real processes, embedded or scaled, and what tests ask of it."""

import hashlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from tests.services.stores import until

ROOT = Path(__file__).resolve().parents[2]
START_S = 90
STOP_S = 20

PERSON = """
from importlib import import_module
from django.conf import settings
from accounts.models import User
from accounts import services
user = User.objects.create_user("studio@example.org", "correct horse 7", name="Studio")
token, secret = services.issue_token(user=user, name="tests")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session.update({
    "_auth_user_id": str(user.pk),
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": user.get_session_auth_hash(),
})
session.save()
answer = {"user": str(user.pk), "token": secret, "session": session.session_key}
"""


@dataclass(slots=True)
class Answer:
    status: int
    body: Any


@dataclass
class Installation:
    """Processes on one data folder, one person who brings songs, and direct looks at the rows."""

    folder: Path
    stores: dict[str, str] = field(default_factory=dict)
    """DATABASE_URL and REDIS_URL; empty: the embedded arrangement."""

    def __post_init__(self) -> None:
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", str(self.folder)),
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(self.folder),
            "NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"],
            "OMP_NUM_THREADS": "1",
            "WORKER_CONCURRENCY": "2",
            **self.stores,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.manage("migrate", "--verbosity", "0")
        self.manage("install_house_mixers")
        self.person = self.ask(PERSON)

    # --- Processes --------------------------------------------------------------------------------

    @property
    def is_embedded(self) -> bool:
        return not self.stores

    def start(self) -> None:
        if self.is_embedded:
            self.run("server", "manage.py", "serve", "--port", str(self.port))
        else:
            address = ("-b", "127.0.0.1", "-p", str(self.port))
            self.run("server", "-m", "daphne", *address, "config.asgi:application")
            schedule = str(self.folder / "schedule")
            self.run("beat", "-m", "celery", "-A", "config", "beat", "-s", schedule)
            self.start_worker()
        until(self.is_ready, START_S, f"ready\n{self.log()}")

    def start_worker(self) -> None:
        queues = ("-Q", "short,render", "--concurrency", "2")
        self.run("worker", "-m", "celery", "-q", "-A", "config", "worker", *queues)

    def run(self, name: str, *command: str) -> None:
        self.processes[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdout=(self.folder / f"{name}.log").open("a"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def worker_pid(self) -> int:
        """The worker's leader, whose process group holds its pool."""
        if not self.is_embedded:
            return self.processes["worker"].pid
        server = psutil.Process(self.processes["server"].pid)
        return int(next(p.pid for p in server.children() if "celery" in " ".join(p.cmdline())))

    def kill_worker(self) -> None:
        """What a power cut does to it: the leader and its pool at one stroke."""
        os.killpg(self.worker_pid(), signal.SIGKILL)
        if not self.is_embedded:
            self.processes["worker"].wait(STOP_S)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(STOP_S)
                raise AssertionError(f"{name} did not stop\n{self.log()}") from None

    def log(self) -> str:
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in self._logs())

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    # --- Questions --------------------------------------------------------------------------------

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, script: str) -> Any:
        """Run lines inside Django in another process; what they call `answer` comes back."""
        frame = "import django, json\ndjango.setup()\n{}\nprint(json.dumps(answer, default=str))"
        done = subprocess.run(
            [sys.executable, "-c", frame.format(script)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of the database itself, whichever it is."""
        if "DATABASE_URL" in self.stores:
            with psycopg.connect(self.stores["DATABASE_URL"]) as connection:
                return connection.execute(query).fetchall()
        connection_ = sqlite3.connect(self.folder / "mixarena.sqlite3", timeout=20)
        try:
            return connection_.execute(query).fetchall()
        finally:
            connection_.close()

    def is_ready(self) -> bool:
        assert self.processes["server"].poll() is None, self.log()
        try:
            return self.call("GET", "/health/ready").status == 200
        except OSError:
            return False

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request with the person's token; bytes are sent as they are, the rest as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(
                method,
                path,
                None if body is None else content,
                {
                    "Authorization": f"Bearer {self.person['token']}",
                    "Content-Type": "application/json",
                    **(headers or {}),
                },
            )
            response = connection.getresponse()
            text = response.read()
            return Answer(response.status, json.loads(text) if text else None)
        finally:
            connection.close()

    def must(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """A call that has to succeed; the body of its answer."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.call(method, path, body, names)
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return answer.body

    @contextmanager
    def watching(self, topic: str) -> Iterator["Watcher"]:
        """The person's live socket, subscribed to a topic."""
        address = f"127.0.0.1:{self.port}"
        with connect(
            f"ws://{address}/ws/",
            origin=Origin(f"http://{address}"),
            additional_headers={"Cookie": f"sessionid={self.person['session']}"},
        ) as client:
            yield Watcher(client, topic)

    # --- Songs ------------------------------------------------------------------------------------

    def bring_song(self, files: Sequence[Path], title: str = "Song") -> str:
        """Upload the stems as a browser would and wait until they were heard; the song's id."""
        song: str = self.must("POST", "/api/v1/songs/", {"title": title})["id"]
        for path in files:
            self._upload(song, path)
        until(
            lambda: self.must("GET", f"/api/v1/songs/{song}/")["status"] == "ready",
            120,
            "the song is ready to mix",
        )
        return song

    def _upload(self, song: str, path: Path) -> None:
        content = path.read_bytes()
        form = {"name": path.name, "size": len(content)}
        upload = self.must("POST", f"/api/v1/songs/{song}/uploads/", form)
        for offset in range(0, len(content), 4 << 20):
            self.must(
                "PATCH",
                f"/api/v1/uploads/{upload['id']}/",
                content[offset : offset + (4 << 20)],
                Content_Type="application/offset+octet-stream",
                Upload_Offset=str(offset),
            )

    def mixes_of(self, song: str) -> list[dict[str, Any]]:
        mixes: list[dict[str, Any]] = self.must("GET", f"/api/v1/mixes/?song={song}")["results"]
        return mixes

    def wait_for_mixes(self, song: str, seconds: float) -> list[dict[str, Any]]:
        """Wait until every mix of the song has ended; how they ended."""
        ended = {"ready", "failed", "cancelled"}
        until(
            lambda: all(mix["state"] in ended for mix in self.mixes_of(song)),
            seconds,
            f"the mixes are done\n{self.log()}",
        )
        return self.mixes_of(song)

    def check_invariants(self) -> None:
        """Every accepted job ended; one file per ready mix, with the bytes its row promises."""
        media = self.folder / "media"
        waiting = "SELECT count(*) FROM mixing_{} WHERE state IN ('queued', 'running')"
        for table in ("upload", "stem", "mix", "export"):
            assert self.rows(waiting.format(table)) == [(0,)], table
        ready = self.rows("SELECT audio_file, audio_sha256 FROM mixing_mix WHERE state = 'ready'")
        assert ready
        for name, sha256 in ready:
            assert hashlib.sha256((media / name).read_bytes()).hexdigest() == sha256


class Watcher:
    """A subscribed socket and what it has heard."""

    def __init__(self, client: ClientConnection, topic: str) -> None:
        self._client = client
        self.topic = topic
        client.send(json.dumps({"type": "subscribe", "topic": topic, "last_sequence": None}))
        self.snapshot = self._next(10)
        assert self.snapshot["type"] == "snapshot", self.snapshot

    def until_event(self, kind: str, seconds: float, **data: object) -> list[dict[str, Any]]:
        """Everything heard up to the first event of this kind whose data holds `data`."""
        deadline = time.monotonic() + seconds
        heard = []
        while True:
            heard.append(self._next(deadline - time.monotonic()))
            last = heard[-1]
            if last["kind"] == kind and data.items() <= (last["data"] or {}).items():
                return heard

    def _next(self, seconds: float) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._client.recv(timeout=max(0.01, seconds)))
        return frame


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
