"""The benchmarks of ``manage.py bench``, by name. Apps add theirs when they are ready.

    benchmarking.register("pairing", "Votes needed to find the winner.", add_arguments, measure)

``measure`` brings the heavy imports itself, so that a benchmark costs nothing until it is run.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]
"""What was found: anything JSON can say."""
Progress = Callable[[str], None]
"""Told what is being done."""


class BenchmarkFailed(Exception):
    """A benchmark cannot run; the message says what is missing."""

    code = "benchmark_failed"


@dataclass(frozen=True, slots=True)
class Benchmark:
    name: str
    summary: str
    add_arguments: Callable[[ArgumentParser], None]
    measure: Callable[[Mapping[str, Any], Progress], Figures]
    """Takes the parsed options by name. Raises BenchmarkFailed."""


_benchmarks: dict[str, Benchmark] = {}


def register(
    name: str,
    summary: str,
    add_arguments: Callable[[ArgumentParser], None],
    measure: Callable[[Mapping[str, Any], Progress], Figures],
) -> None:
    """Add a benchmark; one of the same name is replaced."""
    _benchmarks[name] = Benchmark(name, summary, add_arguments, measure)


def registered() -> list[Benchmark]:
    """All benchmarks, by name."""
    return sorted(_benchmarks.values(), key=lambda benchmark: benchmark.name)


def between(low: int, high: int) -> Callable[[str], int]:
    """An argument's type: a whole number from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"give a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return read
