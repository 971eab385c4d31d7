"""What a confined process can no longer do, tried in real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

CONFINE = """
import errno, os, socket, sys
from mixing.audio.confinement import confine
confine(memory_bytes=512 << 20, cpu_seconds=1, file_bytes=1 << 20)
"""


def run_confined(code: str, **keywords: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", CONFINE + code],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        **keywords,
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 80))",
        "os.pipe()",
    ],
)
def test_no_file_and_no_socket_can_be_opened(attempt: str) -> None:
    outcome = run_confined(f"try: {attempt}\nexcept OSError as e: print(errno.errorcode[e.errno])")
    assert outcome.stdout.strip() in (b"EMFILE", b"ENETUNREACH"), outcome.stderr


def test_memory_is_bounded() -> None:
    outcome = run_confined("try: bytearray(600 << 20)\nexcept MemoryError: print('refused')")
    assert outcome.stdout.strip() == b"refused"


def test_an_endless_loop_is_ended_by_the_kernel() -> None:
    assert run_confined("while True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_files_that_are_open_already_work_and_do_not_grow_without_bound(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("wb") as file:
        outcome = run_confined(
            "os.write(3, b'kept')\n"
            "try:\n for _ in range(64): os.write(3, bytes(1 << 16))\n"
            "except OSError as e: print(errno.errorcode[e.errno])".replace(
                "3,", f"{file.fileno()},"
            ),
            pass_fds=(file.fileno(),),
        )
    assert outcome.stdout.strip() == b"EFBIG"
    assert path.stat().st_size == 1 << 20
