"""``manage.py rerun_generation``: breed a stored generation again and compare to the bit."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.refusals import Refusal
from evolution import services
from evolution.models import Generation


class Command(BaseCommand):
    help = "Breed a generation again from its seed; fails when a genome differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("generation", type=UUID)

    def handle(self, **options: Any) -> None:
        rows = Generation.objects.select_related("run", "taste")
        generation = rows.filter(pk=options["generation"]).first()
        if generation is None:
            raise CommandError("There is no such generation.")
        try:
            again = services.rerun_generation(generation=generation)
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        if not again.identical:
            raise CommandError(f"{generation}: other genomes than those stored.")
        self.stdout.write(f"{generation}: {len(again.again)} genomes, identical.")
