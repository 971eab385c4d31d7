"""``manage.py rollback_slot``: give a community slot back to whom it had before."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.refusals import Refusal
from evolution import services
from evolution.slots import CHAMPION


class Command(BaseCommand):
    help = "Undo the latest promotion of a slot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slot", default=CHAMPION)
        parser.add_argument("--reason", required=True)

    def handle(self, **options: Any) -> None:
        try:
            done = services.roll_back_slot(slot=options["slot"], by=None, reason=options["reason"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        self.stdout.write(f"{done.slot}: {done.from_mixer} → {done.to_mixer}")
