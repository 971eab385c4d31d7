"""The whole product in real processes, embedded or scaled, and what tests ask of it."""

import hashlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from tests import processes
from tests.installed import copied, environment_of
from tests.processes import free_port, run_python, tail, until

START_S = 90

# What `installed` holds but another database does not.
FILL = """
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
call_command("install_house_mixers", verbosity=0)
"""
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

    installed: Path
    folder: Path
    stores: dict[str, str] = field(default_factory=dict)
    """DATABASE_URL and REDIS_URL; empty: the embedded arrangement."""

    def __post_init__(self) -> None:
        self.port = free_port()
        self.environment = environment_of(self.folder, WORKER_CONCURRENCY="2", **self.stores)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._songs: dict[tuple[Path, ...], str] = {}
        copied(self.installed, self.folder)
        self.person = self.ask(PERSON if self.is_embedded else FILL + PERSON)

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
        until(self.answers, START_S, lambda: f"the server answers\n{self.log()}")

    def start_worker(self) -> None:
        queues = ("-Q", "short,render,evolve", "--concurrency", "2")
        self.run("worker", "-m", "celery", "-q", "-A", "config", "worker", *queues)

    def keep_running(self) -> None:
        """Start a worker anew that ended by itself, as whatever runs it in production does: kombu
        may end one whose Redis is killed while a message is in its hands."""
        worker = self.processes.get("worker")
        if worker is not None and worker.poll() is not None:
            self.start_worker()

    def run(self, name: str, *command: str) -> None:
        self.processes[name] = processes.start(
            [sys.executable, *command],
            log=self.folder / f"{name}.log",
            environment=self.environment,
        )

    def worker_pid(self) -> int:
        """The worker's leader, whose process group holds its pool."""
        if not self.is_embedded:
            return self.processes["worker"].pid
        server = psutil.Process(self.processes["server"].pid)
        return int(next(p.pid for p in server.children() if "celery" in " ".join(p.cmdline())))

    def kill_worker_while(self, condition: Callable[[], bool], what: str) -> None:
        """What a power cut does to the worker, at a moment when the condition holds for sure."""
        group = self.worker_pid()
        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline, f"{what}: never\n{self.log()}"
            if condition():
                os.killpg(group, signal.SIGSTOP)
                time.sleep(0.1)  # What was already on its way to the database arrives.
                if condition():
                    break
                os.killpg(group, signal.SIGCONT)
            time.sleep(0.02)
        os.killpg(group, signal.SIGKILL)
        if not self.is_embedded:
            self.processes["worker"].wait(10)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            processes.end(process, self.folder / f"{name}.log")

    def log(self) -> str:
        return "\n".join(tail(path) for path in sorted(self.folder.glob("*.log")))

    # --- Questions --------------------------------------------------------------------------------

    def ask(self, script: str) -> Any:
        """Run lines inside Django in another process; what they call `answer` comes back."""
        frame = "import django, json\ndjango.setup()\n{}\nprint(json.dumps(answer, default=str))"
        said = run_python("-c", frame.format(script), environment=self.environment)
        return json.loads(said.splitlines()[-1])

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

    def answers(self) -> bool:
        # Not whether all is ready: that answer is kept for seconds, and work may wait.
        assert self.processes["server"].poll() is None, self.log()
        try:
            return self.call("GET", "/health/live").status == 200
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
            lambda: f"the song is ready to mix\n{self.log()}",
        )
        return song

    def song_of(self, files: Sequence[Path]) -> str:
        """A song of these stems, brought once and shared by the tests of this installation."""
        key = tuple(files)
        if key not in self._songs:
            self._songs[key] = self.bring_song(files)
        return self._songs[key]

    def order_mixes(self, song: str, *, mixers: int) -> list[dict[str, Any]]:
        """Ask so many mixers that have not mixed the song yet."""
        asked = {mix["mixer"]["id"] for mix in self.mixes_of(song)}
        every = [mixer["id"] for mixer in self.must("GET", "/api/v1/mixers/")["results"]]
        new = [mixer for mixer in every if mixer not in asked][:mixers]
        assert len(new) == mixers, "all mixers have mixed this song"
        ordered: list[dict[str, Any]] = self.must(
            "POST", f"/api/v1/songs/{song}/mixes/", {"mixers": new}
        )
        return ordered

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

        def done() -> bool:
            self.keep_running()
            return all(mix["state"] in ended for mix in self.mixes_of(song))

        until(
            done,
            seconds,
            lambda: f"the mixes are done\n{self.log()}",
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
