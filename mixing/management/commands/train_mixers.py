"""``manage.py train_mixers``: train the house mixers from nothing."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mixing.networks.checkpoints import WEIGHTS


class Command(BaseCommand):
    help = "Train the encoder, the five house mixers and the role model; write weights and card."
    requires_system_checks = ()  # neither database nor urls are touched

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--songs", type=int, default=600, help="songs to compose and train on")
        parser.add_argument("--held-out", type=int, default=64, help="songs to test on")
        parser.add_argument("--listened", type=int, default=12, help="test songs to render")
        parser.add_argument("--seconds", type=float, default=10.0, help="length of each song")
        parser.add_argument("--base-steps", type=int, default=None)
        parser.add_argument("--style-steps", type=int, default=None)
        parser.add_argument("--compare-encoders", action="store_true")
        parser.add_argument("--output", type=Path, default=WEIGHTS)
        parser.add_argument("--cache-dir", type=Path, default=settings.DATA_DIR / "training")

    def handle(self, **options: Any) -> None:
        # torch takes seconds to import: only when the command really runs.
        from mixing.networks.house_training import Material, train_house
        from mixing.networks.training import Recipe

        material = Material(
            options["cache_dir"], options["songs"], options["held_out"], options["listened"],
            options["seconds"],
        )  # fmt: skip
        given = {name: options[name] for name in ("base_steps", "style_steps")}
        steps = {name: value for name, value in given.items() if value is not None}
        card = train_house(
            material,
            Recipe(seed=options["seed"], **steps),
            options["output"],
            compare=options["compare_encoders"],
            progress=sys.stderr.isatty(),
        )
        found = {name: card[name] for name in ("mixers", "distances", "roles")}
        self.stdout.write(json.dumps(found | {"output": str(options["output"])}))
