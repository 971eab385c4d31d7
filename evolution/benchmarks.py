"""``manage.py bench evolution``: the learner against its rivals, on simulated listeners."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from mixing.benchmarking import BenchmarkFailed, Figures, Progress, between, register

KINDS = ("normal", "careless", "alike", "strong", "drifting", "first_heard", "ties")


def register_all() -> None:
    register(
        "evolution",
        "How good mixers become from votes, beside random search, a plain GA and CMA-ES.",
        _arguments,
        _measure,
    )


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="minutes: a few listeners, one world")
    parser.add_argument(
        "--worlds", nargs="+", choices=KINDS, metavar="KIND",
        help=f"kinds of worlds: {', '.join(KINDS)} (all; with --quick the first)",
    )  # fmt: skip
    parser.add_argument("--seeds", type=between(1, 100), help="worlds of each kind")
    parser.add_argument("--crowd", type=between(2, 1000), help="listeners who start together")
    parser.add_argument("--newcomers", type=between(2, 1000), help="listeners who join them")
    parser.add_argument("--processes", type=between(1, 256), default=1, help="worlds at a time")


def _measure(options: Mapping[str, Any], progress: Progress) -> Figures:
    try:
        from evolution.simulation import comparison
    except ModuleNotFoundError as error:
        raise BenchmarkFailed(f"{error.name} is missing: install the tools for tests.") from error

    size = comparison.QUICK if options["quick"] else comparison.FULL
    chosen = {name: options[name] for name in ("seeds", "crowd", "newcomers") if options[name]}
    kinds = options["worlds"] or (KINDS[:1] if options["quick"] else KINDS)
    cache = Path(settings.DATA_DIR) / "simulation"
    figures = comparison.compare(
        kinds,
        replace(size, **chosen),
        cache=cache,
        processes=options["processes"],
        say=progress,
    )
    progress(comparison.table(figures))
    costs = comparison.learning_costs(size, cache=cache)
    progress(
        f"Processor time: {1000 * costs['vote_s']:.0f} ms to learn a listener's vote number 200, "
        f"{costs['generation_s']:.2f} s to breed for them once."
    )
    return {**figures, "costs": costs}
