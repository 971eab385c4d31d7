"""``manage.py evolve_once``: one round of learning and breeding, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from evolution import community, personal
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Refresh the crowd's taste, apply rules and breed what is due; or one listener's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--listener", help="E-mail address: only this listener.")
        parser.add_argument("--genre", default="", help="Only this genre's population.")
        parser.add_argument("--force", action="store_true", help="Also when it is not due.")

    def handle(self, **options: Any) -> None:
        try:
            if options["listener"]:
                self._one(options["listener"])
            else:
                self._everybody(options["genre"], force=options["force"])
        except (ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error

    def _one(self, email: str) -> None:
        listener = User.objects.filter(email=email.lower()).first()
        if listener is None:
            raise CommandError("There is no account with this e-mail address.")
        model = personal.learn(listener.pk)
        if model is None:
            raise CommandError("This listener has paused learning.")
        generation = personal.breed_for(listener.pk, closing=True)
        bred = "nothing new to breed from" if generation is None else str(generation)
        self.stdout.write(f"{model.votes} votes, version {model.version}; {bred}.")

    def _everybody(self, genre: str, *, force: bool) -> None:
        community.refresh()
        moves = [*community.take_back(), *community.apply_rules()]
        if genre or force:
            generation = community.breed(genre, force=force)
            bred = [] if generation is None else [generation]
        else:
            bred = community.breed_due()
        for generation in bred:
            self.stdout.write(f"Bred: {generation}.")
        for move in moves:
            self.stdout.write(f"{move.slot}: {move}. {move.reason}")
        if not bred and not moves:
            self.stdout.write("Nothing was due.")
