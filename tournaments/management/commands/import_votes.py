"""Bring an export of votes into this server."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from tournaments.importing import import_votes
from tournaments.refusals import BadImport


class Command(BaseCommand):
    help = "Import a file of votes (CSV, JSON or Parquet) as a closed tournament without audio."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", required=True, help="E-mail address of who will own it.")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email=options["owner"].lower()).first()
        if owner is None:
            raise CommandError(f"Nobody has the address {options['owner']}.")
        try:
            tournament = import_votes(owner=owner, body=options["file"].read_bytes())
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from error
        except BadImport as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{tournament.pk}  {tournament}")
