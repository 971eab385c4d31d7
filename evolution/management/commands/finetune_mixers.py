"""``manage.py finetune_mixers``: teach the house mixers what won against them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mixing.models import Slot
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Teach house mixers the consoles that beat them; candidates pass a regression gate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mixer", help="one house mixer by its slug, like warm (default: all)")

    def handle(self, **options: Any) -> None:
        # torch takes seconds to import: only when the command really runs.
        from evolution import finetuning

        try:
            if options["mixer"] is None:
                results = finetuning.teach_all()
            else:
                slot = Slot.objects.filter(name=f"house:{options['mixer']}").first()
                if slot is None:
                    raise CommandError(f"There is no house mixer {options['mixer']}.")
                results = [finetuning.teach(slot.mixer)]
        except (ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        for taught in results:
            told = {
                "house": taught.house.slug,
                "lessons": taught.lessons,
                "candidate": None if taught.mixer is None else str(taught.mixer.pk),
                "status": None if taught.mixer is None else taught.mixer.status,
                "reason": taught.reason,
            }
            self.stdout.write(json.dumps(told))
