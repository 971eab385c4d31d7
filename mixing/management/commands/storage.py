"""``manage.py storage``: what the library takes on disk."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand

from mixing import library_size


class Command(BaseCommand):
    help = "Print files and bytes by kind, against 16-bit WAV, and the result caches' counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="instead of text")

    def handle(self, *, as_json: bool, **_: Any) -> None:
        found = library_size.figures()
        self.stdout.write(json.dumps(found) if as_json else "\n".join(_lines(found)))


def _lines(found: Mapping[str, Any]) -> list[str]:
    lines = [f"{'kind':10} {'files':>8} {'MB':>10}  against 16-bit WAV"]
    for name, kind in found["kinds"].items():
        share = kind.get("smaller_than_wav")
        wav = "" if share is None else f"{abs(share):.1%} {'smaller' if share >= 0 else 'larger'}"
        lines.append(f"{name:10} {kind['files']:8,} {kind['bytes'] / 1e6:10,.1f}  {wav}".rstrip())
    for name, counts in found["caches"].items():
        lines.append(f"cache of {name}: {counts['hits']:,} hits, {counts['misses']:,} misses")
    return lines
