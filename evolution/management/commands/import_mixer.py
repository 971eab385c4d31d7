"""``manage.py import_mixer``: bring a mixer from a file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.refusals import Refusal


class Command(BaseCommand):
    help = "Import a mixer's weights from a safetensors or ONNX file and try it on the demo songs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", required=True, help="what people will read")
        parser.add_argument("--by", required=True, help="e-mail address of who brings it")
        parser.add_argument("--sha256", default="", help="the sum that the file must have")
        parser.add_argument(
            "--community", action="store_true", help="a candidate for everybody (administrators)"
        )

    def handle(self, **options: Any) -> None:
        from evolution import gate, importing

        by = User.objects.filter(email__iexact=options["by"]).first()
        if by is None:
            raise CommandError(f"There is no account {options['by']}.")
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        try:
            mixer = importing.import_mixer(
                file=options["file"],
                name=options["name"],
                by=by,
                sha256=options["sha256"],
                for_community=options["community"],
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        # The worker may have been quicker: then there is nothing left to settle.
        gate.settle(mixer.pk)
        mixer.refresh_from_db()
        told = {"id": str(mixer.pk), "name": mixer.name, "status": mixer.status}
        self.stdout.write(json.dumps(told | {"sha256": mixer.genome_sha256}))
