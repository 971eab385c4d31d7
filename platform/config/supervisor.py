"""One child process kept alive, and periodic work sent on time: the embedded arrangement's care.

Knows no Django: what to run, what to send and when the child is busy come from the caller.
"""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

# Set for a supervised child, which sees the end of its parent as the end of its standard input.
SUPERVISED = "MIXARENA_SUPERVISED"

FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 30.0
# A child that lived this long did not fail at its start: the next restart waits little again.
SETTLED_S = 60.0
POLL_S = 0.1


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next start: 1, 2, 4 … 30 s, and 1 s again after a long life."""

    wait_s: float = FIRST_BACKOFF_S

    def after_life_of(self, lived_s: float) -> float:
        if lived_s >= SETTLED_S:
            self.wait_s = FIRST_BACKOFF_S
        wait_s = self.wait_s
        self.wait_s = min(LONGEST_BACKOFF_S, 2 * wait_s)
        return wait_s


@dataclass(slots=True)
class Supervisor:
    """Runs `command` in a session of its own and starts it again whenever it ends.

    The child holds the reading end of a pipe whose writing end dies with this process, so it can
    notice (see `config.worker`) even a SIGKILL of its parent. Its whole process group is killed
    before a restart: a worker's pool children outlive it.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    is_busy: Callable[[], bool]
    name: str = "worker"
    inherits: tuple[int, ...] = ()
    """Open files that the child gets under the same numbers."""
    _child: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def start(self) -> None:
        self._child = self._spawn()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def stop(self, grace_s: float) -> None:
        """End the child: at once when it is idle, else it gets `grace_s` to finish its jobs."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        child = self._child
        if child is None:
            return
        try:
            if child.poll() is None and self.is_busy():
                child.terminate()  # A warm shutdown: no new jobs, the running ones end.
                self._wait_while_busy(child, time.monotonic() + grace_s)
        finally:
            _end_group(child)

    def _wait_while_busy(self, child: subprocess.Popen[bytes], deadline: float) -> None:
        while child.poll() is None and time.monotonic() < deadline and self.is_busy():
            time.sleep(POLL_S)

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment, SUPERVISED: "1"},
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=self.inherits,
        )

    def _watch(self) -> None:
        backoff = Backoff()
        born = time.monotonic()
        while not self._stopping.wait(POLL_S):
            child = self._child
            if child is None or child.poll() is None:
                continue
            _end_group(child)
            wait_s = backoff.after_life_of(time.monotonic() - born)
            logger.error(
                "the %s ended (%s); it starts again in %g s", self.name, child.returncode, wait_s
            )
            if self._stopping.wait(wait_s):
                return
            self._child = self._spawn()
            born = time.monotonic()


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's session and collect it."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdin is not None:
        child.stdin.close()


@dataclass(slots=True)
class Timetable:
    """Calls `send(name)` for each name every so many seconds, while somebody can take it."""

    every_s: Mapping[str, float]
    send: Callable[[str], None]
    is_wanted: Callable[[], bool]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="timetable", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        due = {name: time.monotonic() + every_s for name, every_s in self.every_s.items()}
        while not self._stopping.wait(min(due.values()) - time.monotonic() if due else None):
            now = time.monotonic()
            for name in [name for name, at in due.items() if at <= now]:
                due[name] = now + self.every_s[name]
                self._send(name)

    def _send(self, name: str) -> None:
        if not self.is_wanted():
            return  # Messages nobody takes would pile up in the broker's folder.
        try:
            self.send(name)
        except Exception as error:  # The next round may find the broker well again.
            logger.warning("timetable: %s not sent: %s", name, error)
