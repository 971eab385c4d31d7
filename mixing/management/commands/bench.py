"""``manage.py bench``: measure speed beside a named peer; one JSON object on standard output."""

import json
import os
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mixing.audio.parameters import MAX_STRIPS
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Measure rendering, features or inference against a peer; prints one line of JSON."
    requires_system_checks = ()  # neither database nor urls are touched

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("render", "features", "inference"))
        parser.add_argument("--stems", type=_between(1, MAX_STRIPS), default=8, help="stereo stems")
        parser.add_argument("--seconds", type=_between(1, 900), default=180, help="of the song")
        parser.add_argument("--runs", type=_between(1, 100), default=3, help="medians are of these")
        parser.add_argument(
            "--threads", type=_between(1, os.cpu_count() or 1),
            help="cores for rendering (all unless given; the rest of the benchmarks uses one)",
        )  # fmt: skip

    def handle(self, *, what: str, **options: Any) -> None:
        size = options["stems"], float(options["seconds"]), options["runs"]
        # Each brings heavy libraries: only the one that is asked for is imported.
        if what == "render":
            from mixing.benchmarks import render

            found = render.measure(render.Job(*size, options["threads"]), self._say)
        elif what == "features":
            from mixing.benchmarks import features

            found = features.measure(*size, self._say)
        else:
            from mixing.benchmarks import inference

            try:
                found = inference.measure(*size, Path(settings.MODELS_ROOT), self._say)
            except (ModelInvalid, ModelUnavailable) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(found))

    def _say(self, what: str) -> None:
        self.stderr.write(what)


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"give a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return read
