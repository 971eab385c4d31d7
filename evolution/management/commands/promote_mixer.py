"""``manage.py promote_mixer``: give a community slot to a mixer."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.refusals import Refusal
from evolution import services
from evolution.slots import CHAMPION
from mixing.models import Mixer


class Command(BaseCommand):
    help = "Promote a candidate whose listening copies are safe. Writes down who it was and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mixer", type=UUID, help="Its id, as review_mixers prints it.")
        parser.add_argument("--slot", default=CHAMPION)
        parser.add_argument("--reason", required=True)

    def handle(self, **options: Any) -> None:
        mixer = Mixer.objects.filter(pk=options["mixer"]).first()
        if mixer is None:
            raise CommandError("There is no such mixer.")
        try:
            done = services.promote_mixer(
                mixer=mixer, slot=options["slot"], by=None, reason=options["reason"]
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        self.stdout.write(f"{done.slot}: {done.from_mixer} → {done.to_mixer}")
