"""``manage.py install_house_mixers``: put the shipped mixers into the registry."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mixing import variants
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Export the shipped mixers for inference and list them; safe to run again."

    def handle(self, **_: Any) -> None:
        # torch takes seconds to import: only when the command really runs.
        from mixing.house_mixers import install_house_mixers

        try:
            mixers = install_house_mixers()
            for mixer in mixers if variants.are_wanted() else ():
                variants.make_missing(mixer)
        except (ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"House mixers: {', '.join(mixer.name for mixer in mixers)}.")
