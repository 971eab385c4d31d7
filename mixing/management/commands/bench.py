"""``manage.py bench``: measure something; one JSON object on standard output."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mixing import benchmarking


class Command(BaseCommand):
    help = "Measure something, most often beside a peer; prints one line of JSON."
    requires_system_checks = ()  # neither database nor urls are touched

    def add_arguments(self, parser: ArgumentParser) -> None:
        parsers = parser.add_subparsers(dest="what", required=True, metavar="benchmark")
        for benchmark in benchmarking.registered():
            summary = benchmark.summary
            benchmark.add_arguments(
                parsers.add_parser(benchmark.name, help=summary, description=summary)
            )

    def handle(self, *, what: str, **options: Any) -> None:
        benchmarks = {benchmark.name: benchmark for benchmark in benchmarking.registered()}
        try:
            found = benchmarks[what].measure(options, self.stderr.write)
        except benchmarking.BenchmarkFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(found))
