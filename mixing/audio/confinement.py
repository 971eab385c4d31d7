"""Locks that a process turns on itself before it touches bytes from outside.

After `confine` the process can compute and use the descriptors it already has, and little else: no
new file, no socket, no network name space with a way out, a bounded address space, CPU time and
file size, and it dies with its parent. Linux does all of it; other systems keep the limits.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


def confine(*, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Give up everything that decoding does not need. There is no way back.

    Import what you need before: with no new descriptor allowed, a late import fails.
    """
    if sys.platform == "linux":
        _leave_the_network()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_NPROC, 0)  # no fork, except for root
    _limit(resource.RLIMIT_NOFILE, 0)  # no open(), no socket(); those already open keep working


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (allowed, allowed))


def _leave_the_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # An empty network name space needs privilege or a user name space; where neither is granted
    # (hardened containers), RLIMIT_NOFILE alone forbids every socket.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
