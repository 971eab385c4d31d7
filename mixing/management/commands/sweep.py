"""``manage.py sweep``: what the server does by itself every few seconds, and tidying up."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from mixing import sweeper


class Command(BaseCommand):
    help = "Hand out abandoned jobs again, publish what waits, remove what nobody needs."

    def handle(self, **_: Any) -> None:
        swept = asdict(sweeper.sweep(tidy=True))
        done = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in swept.items())
        self.stdout.write(f"Swept: {done}.")
