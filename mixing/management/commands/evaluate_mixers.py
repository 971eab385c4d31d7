"""``manage.py evaluate_mixers``: measure trained mixers on songs they never heard."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mixing.management.training_options import add_material_arguments, material_of
from mixing.networks.checkpoints import WEIGHTS
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.sources.songs import DataUnusable


class Command(BaseCommand):
    help = (
        "Print the held-out errors of the house mixers, by groups of parameters and beside simple"
        " rivals that learn from the training songs: as one line of JSON, or as tables."
    )
    requires_system_checks = ()  # the database is touched only by --data songs

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_material_arguments(parser)
        parser.add_argument("--weights", type=Path, default=WEIGHTS)
        parser.add_argument("--text", action="store_true", help="print tables instead of JSON")
        parser.add_argument(
            "--write-card", action="store_true",
            help="also put the figures into the model card beside the weights",
        )  # fmt: skip

    def handle(self, **options: Any) -> None:
        # torch takes seconds to import: only when the command really runs.
        from mixing.networks.house_evaluation import evaluate_house
        from mixing.networks.model_card import figures_as_markdown

        try:
            found = evaluate_house(
                material_of(options, self.stderr.write), options["weights"],
                write_card=options["write_card"],
            )  # fmt: skip
        except (DataUnusable, ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(figures_as_markdown(found) if options["text"] else json.dumps(found))
