"""How it is measured: medians after a warm-up, CPU time beside wall time, fresh processes."""

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

Figures = dict[str, Any]
"""Plain data, as it is printed."""

Progress = Callable[[str], None]
"""Hears what is being measured."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall and CPU seconds of one piece of work, all threads together."""

    seconds: float
    cpu_seconds: float

    def against(self, song_s: float) -> Figures:
        """The figures, and how many times faster than listening to ``song_s`` that is."""
        return {
            "seconds": round(self.seconds, 4),
            "cpu_seconds": round(self.cpu_seconds, 4),
            "times_real_time": round(song_s / self.seconds, 1),
        }


def once(work: Callable[[], object]) -> Timing:
    """The time of a single call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def median(work: Callable[[], object], runs: int) -> Timing:
    """The medians of ``runs`` calls; warm up before."""
    timings = [once(work) for _ in range(runs)]
    return Timing(
        statistics.median(timing.seconds for timing in timings),
        statistics.median(timing.cpu_seconds for timing in timings),
    )


def in_fresh_process(
    work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """What a function of a module returns in a new interpreter; its exceptions come through."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *args, **kwargs).result()


def confine(cores: int | None) -> int:
    """Keep this process to so many cores (all it may use if None); how many it has got.

    Where the system cannot do that, the process keeps all. Threads that run already are not moved.
    """
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count() or 1
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    os.sched_setaffinity(0, allowed)
    return len(allowed)


def peak_rss_mib() -> float:
    """The most memory this process has held, in MiB.

    Linux' own figure is preferred: there a new process inherits ``ru_maxrss`` from its parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if "VmHWM" in lines:
            return int(lines["VmHWM"].split()[0]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def conditions() -> Figures:
    """What else a reader of the figures must know: cores, and how busy they are already."""
    load = os.getloadavg()[0]
    return {"cores": os.cpu_count() or 1, "load_before": round(load, 2)}
