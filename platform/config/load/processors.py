"""Processor time of the product's parts while it is measured, where the system tells it (Linux)."""

import os
from collections import Counter
from pathlib import Path
from typing import Final

# By what is in a process's command line; the first that fits. What is left is the benchmark itself.
_PARTS: Final = (
    ("config.load.inside", "clients"),
    ("celery", "worker"),
    ("config.siblings", "web"),
    ("manage.py serve", "web"),
    ("postgres", "stores"),
    ("redis-server", "stores"),
)
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s() -> dict[str, float]:
    """Seconds used so far by this process and all it started: clients, web, worker, stores.

    Empty where the system does not tell.
    """
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        parents[int(folder.name)] = int(after_name[1])
        # Fields 14 to 17 of proc(5): its own time, and that of children that ended.
        used[int(folder.name)] = sum(map(int, after_name[11:15])) * _TICK_S
    found = Counter[str]()
    for pid, seconds in used.items():
        if _is_ours(pid, parents):
            found[_part_of(pid)] += seconds  # type: ignore[assignment] # Counters add floats, too.
    return dict(found)


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == os.getpid():
            return True
        pid = parents.get(pid, 0)
    return False


def _part_of(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "clients"
    if pid == os.getpid():
        return "clients"
    return next((part for words, part in _PARTS if words in command), "clients")
