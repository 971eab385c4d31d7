"""``manage.py quantise_mixers``: the fp16 and int8 variants that listed mixers lack."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mixing import variants
from mixing.inference_models import ModelVariant
from mixing.models import Mixer
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Make and measure the variants that listed mixers lack; prints all of them as JSON."

    def handle(self, **_: Any) -> None:
        listed = Mixer.objects.filter(status=Mixer.Status.LISTED).exclude(head_onnx_file="")
        try:
            for mixer in listed:
                variants.make_missing(mixer)
        except (ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps([_line(mixer) for mixer in listed]))


def _line(mixer: Mixer) -> dict[str, Any]:
    return {
        "mixer": mixer.name,
        "id": str(mixer.pk),
        "encoder": _figures(mixer.encoder_onnx_sha256),
        "head": _figures(mixer.head_onnx_sha256),
    }


def _figures(sha256: str) -> dict[str, Any]:
    rows = {row.precision: row for row in ModelVariant.objects.of(sha256)}
    found: dict[str, Any] = {
        row.precision: {
            "bytes": row.bytes,
            "microseconds": row.microseconds,
            "worst_steps": row.worst_steps,
            **({"problem": row.problem} if row.problem else {}),
        }
        for row in rows.values()
    }
    usable = {precision: row for precision, row in rows.items() if row.file}
    return {**found, "loaded": variants.best(usable)}
