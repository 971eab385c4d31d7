"""``manage.py collect_models``: remove model files and decisions that nobody needs."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from mixing import collecting


class Command(BaseCommand):
    help = (
        "Remove model files that no mixer names, variants of mixers that no longer mix and old "
        "decisions; weights and networks of mixers that pages show stay. Prints JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        self.stdout.write(json.dumps(collecting.collect(dry_run=dry_run).to_json()))
