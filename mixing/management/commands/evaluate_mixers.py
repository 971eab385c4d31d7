"""``manage.py evaluate_mixers``: measure trained mixers on songs they never heard."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mixing.networks.checkpoints import WEIGHTS
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Print the held-out errors of the house mixers as one line of JSON."
    requires_system_checks = ()  # neither database nor urls are touched

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weights", type=Path, default=WEIGHTS)
        parser.add_argument("--songs", type=int, default=600, help="songs the rivals learn from")
        parser.add_argument("--held-out", type=int, default=64, help="songs to test on")
        parser.add_argument("--listened", type=int, default=12, help="test songs to render")
        parser.add_argument("--seconds", type=float, default=10.0, help="length of each song")
        parser.add_argument("--cache-dir", type=Path, default=settings.DATA_DIR / "training")

    def handle(self, **options: Any) -> None:
        # torch takes seconds to import: only when the command really runs.
        from mixing.networks.house_training import Material, evaluate_house

        material = Material(
            options["cache_dir"], options["songs"], options["held_out"], options["listened"],
            options["seconds"],
        )  # fmt: skip
        try:
            found = evaluate_house(material, options["weights"], progress=sys.stderr.isatty())
        except (ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(found))
