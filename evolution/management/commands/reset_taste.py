"""``manage.py reset_taste``: forget what was learnt of a listener, on their request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from evolution import services


class Command(BaseCommand):
    help = "Forget a listener's taste, population and personal mixers; they start from the crowd."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--delete", action="store_true", help="And learn nothing more.")

    def handle(self, **options: Any) -> None:
        listener = User.objects.filter(email=options["email"].lower()).first()
        if listener is None:
            raise CommandError("There is no account with this e-mail address.")
        forget = services.delete_taste if options["delete"] else services.reset_taste
        forget(listener=listener)
        self.stdout.write(f"The taste of {listener} is forgotten.")
