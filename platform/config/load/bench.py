"""The benchmark `load`: one tournament, many sockets, many votes, in either arrangement."""

import asyncio
import os
import platform
import signal
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from mixing.benchmarking import BenchmarkFailed, Figures, Progress, between, register

USUAL: Final = {"scaled": (1000, 50), "embedded": (150, 10)}
"""Sockets and votes per second that an arrangement must carry on two cores."""


def register_load() -> None:
    register("load", "One tournament with many listeners, in a scratch folder.", _options, measure)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--mode", choices=sorted(USUAL), default="embedded", help="scaled needs both servers"
    )
    usual = "1000 scaled, 150 embedded"
    parser.add_argument("--sockets", type=between(1, 5000), help=f"that watch ({usual})")
    usual = "50 scaled, 10 embedded"
    parser.add_argument("--votes", type=between(1, 500), help=f"per second ({usual})")
    parser.add_argument("--seconds", type=between(1, 600), default=30, help="of voting")


def measure(options: Mapping[str, Any], progress: Progress) -> Figures:
    """Serve, fill, drive, look. Raises BenchmarkFailed if something needed is missing."""
    try:
        from tournaments.benchmarks.load import Load
    except ImportError as error:
        raise BenchmarkFailed(f"{error.name} is missing: make setup-dev") from error
    sockets, votes = USUAL[options["mode"]]
    load = Load(options["sockets"] or sockets, options["votes"] or votes, float(options["seconds"]))
    before = os.getloadavg()
    # Whoever ends the benchmark ends its servers, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        # Not under TMPDIR's depth: PostgreSQL's and Redis's sockets have short addresses.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mixarena-load-")))
        folder.chmod(0o711)  # PostgreSQL may run as somebody else.
        found = _run(load, options["mode"], folder, stack, progress)
    return {
        "mode": options["mode"],
        "seconds": load.seconds,
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            # Above the number of cores, others were working too: times are longer than they are.
            "load_average": {"before": before[0], "after": os.getloadavg()[0]},
        },
        **found,
    }


def _run(load: Any, mode: str, folder: Path, stack: ExitStack, progress: Progress) -> Figures:
    from config.load.processors import cpu_s
    from config.load.scratch import Scratch, probing, resident_mb, serving
    from config.load.stores import StoreMissing, private_stores
    from tournaments.benchmarks.costs import BATTLES
    from tournaments.benchmarks.load import Inside, Listener, Target, drive, figures

    data = folder / "data"
    data.mkdir()
    try:
        stores = stack.enter_context(private_stores(folder)) if mode == "scaled" else {}
    except StoreMissing as missing:
        raise BenchmarkFailed(f"{missing} --mode embedded measures without it.") from missing
    scratch = Scratch(data, stores)
    battles = load.votes + BATTLES
    people = max(load.sockets, battles)
    progress(f"filling: {people} listeners, {battles} battles …")
    made = scratch.ask("furnish", str(people), str(battles))
    port, pid = stack.enter_context(serving(scratch))
    memory = {"at_start": resident_mb(pid)}
    listeners = [Listener(session, battle) for session, battle in made["listeners"]]
    target = Target(port, made["tournament"], listeners)
    prober = stack.enter_context(probing(scratch, target.topic))

    def probe() -> None:
        assert prober.stdin is not None
        prober.stdin.write(b"\n")
        prober.stdin.flush()

    found = asyncio.run(drive(target, load, Inside(probe, cpu_s), progress))
    memory["at_end"] = resident_mb(pid)
    seen = scratch.ask("look", made["tournament"])
    return {
        **figures(found, set(seen["votes"])),
        "votes_in_database": len(seen["votes"]),
        "web_memory_mb": memory,
        "database": seen["database"],
    }
