"""``manage.py install_demo_songs``: songs to try the product with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.refusals import Refusal


class Command(BaseCommand):
    help = "Synthesise the demo songs and preview them with every mixer; safe to run again."

    def handle(self, **_: Any) -> None:
        from mixing.demo_songs import DemoFailed, install_demo_songs

        try:
            songs = install_demo_songs(self._say)
        except (DemoFailed, Refusal) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Demo songs: {', '.join(map(str, songs))}.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
