"""Processes that tests start: none outlives the test run, however that ends."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60
"""Enough on the busiest machine for what takes a moment; what takes longer never comes."""

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def until(condition: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    """Wait for something that must come true; AssertionError names it if it does not.

    Asks often at first and ever less often: a question costs its server time.
    """
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not condition():
        if time.monotonic() > deadline:
            name = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {seconds:.0f} s: {name}")
        time.sleep(pause)
        pause = min(0.5, 1.2 * pause)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    user: str | None = None,
    last_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Run a program whose output goes to the end of `log`.

    It leads a session of its own, and gets `last_signal` should the tests die before they end it.
    """

    def prepare() -> None:
        # A shell that starts the tests in the background leaves Ctrl-C ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(last_signal))

    with log.open("a") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,
        )


def end(process: subprocess.Popen[bytes], log: Path, *, seconds: float = 20) -> None:
    """Ask it to stop; AssertionError with the end of its log if it does not."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(seconds)
        raise AssertionError(f"{process.args} did not stop\n{tail(log)}") from None


def tail(log: Path, characters: int = 3000) -> str:
    return f"{log.name}:\n{log.read_text()[-characters:]}"


def run_python(
    *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = 300
) -> str:
    """What a Python process prints; AssertionError with its complaints if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{arguments[:3]}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it and its session at once; its worker notices by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_S)
