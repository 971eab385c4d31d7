"""``manage.py train_mixers``: train the house mixers from nothing."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mixing.management.training_options import add_material_arguments, material_of
from mixing.networks.checkpoints import WEIGHTS
from mixing.networks.sources.songs import DataUnusable


class Command(BaseCommand):
    help = "Train the encoder, the five house mixers and the role model; write weights and card."
    requires_system_checks = ()  # the database is touched only by --data songs

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_material_arguments(parser)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--base-steps", type=int, default=None)
        parser.add_argument("--style-steps", type=int, default=None)
        parser.add_argument(
            "--patience", type=int, default=None,
            help="looks at the validation songs without a better one that end a stage (0: none)",
        )  # fmt: skip
        parser.add_argument(
            "--mask-time", type=int, default=0, metavar="VIEWS",
            help="also hear this many time-masked versions of every stem",
        )  # fmt: skip
        parser.add_argument(
            "--mask-bands", type=int, default=0, metavar="BANDS",
            help="mask up to this many of the 128 frequency bands of every stem",
        )  # fmt: skip
        parser.add_argument(
            "--compare", nargs="+", default=[], choices=["encoders", "augmentations"],
            help="also train others briefly and write into the card how they compare",
        )  # fmt: skip
        parser.add_argument("--output", type=Path, default=WEIGHTS)
        parser.add_argument(
            "--run-dir", type=Path, default=settings.DATA_DIR / "training" / "run",
            help="where checkpoint.pt and training.csv go",
        )  # fmt: skip
        parser.add_argument(
            "--resume", action="store_true", help="continue the checkpoint in --run-dir"
        )

    def handle(self, **options: Any) -> None:
        # torch takes seconds to import: only when the command really runs.
        from mixing.networks.batches import TRAINING
        from mixing.networks.comparisons import VIEWS
        from mixing.networks.house_training import train_house
        from mixing.networks.journal import Journal, TrainingChanged
        from mixing.networks.recipe import Recipe

        given = {name: options[name] for name in ("base_steps", "style_steps", "patience")}
        changed = {name: value for name, value in given.items() if value is not None}
        masks, views = options["mask_bands"], options["mask_time"]
        compared = VIEWS if "augmentations" in options["compare"] else 0
        try:
            card = train_house(
                material_of(options, self.stderr.write, views=max(views, compared)),
                Recipe(seed=options["seed"], **changed),
                options["output"],
                severity=replace(TRAINING, mask_bands=masks, mask_time=views > 0),
                journal=Journal(options["run_dir"]),
                resume=options["resume"],
                compare=options["compare"],
            )
        except (DataUnusable, TrainingChanged) as error:
            raise CommandError(str(error)) from error
        found = {name: card[name] for name in ("mixers", "distances", "roles")}
        self.stdout.write(json.dumps(found | {"output": str(options["output"])}))
