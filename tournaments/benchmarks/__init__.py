"""Benchmarks of tournaments, for ``manage.py bench``."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from mixing.benchmarking import Figures, Progress, between, register


def register_all() -> None:
    register(
        "pairing",
        "Votes needed until the best mix is found, by way of choosing pairs.",
        _pairing_arguments,
        _pairing,
    )


def _pairing_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--entries", type=between(2, 100), nargs="+", default=[8, 16, 32], help="field sizes"
    )
    parser.add_argument("--runs", type=between(2, 10_000), default=200, help="tournaments each")
    parser.add_argument(
        "--percent", type=between(1, 99), default=80, help="share of runs that find the best"
    )
    parser.add_argument("--seed", type=between(0, 2**31), default=0)


def _pairing(options: Mapping[str, Any], progress: Progress) -> Figures:
    from tournaments.benchmarks import pairing

    return pairing.measure(
        options["entries"], options["runs"], options["percent"] / 100, options["seed"], progress
    )
