"""Garbage of the registry: model files that no row names, and variants that nobody loads.

What a page, an entry, a slot's history or a mix shows is a mixer's row, and what makes its mixes
again are its weights and exact networks: none of these is ever removed while the row is there. Only
what can be made again goes: fp16 and int8 files of mixers that no longer mix, decisions that nobody
read for weeks, and files left by a process that died before it wrote a row.
"""

import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from mixing.inference_models import ChosenSettings, ModelVariant
from mixing.models import Mixer, Slot

# Files younger than this may belong to a mixer whose row is not written yet.
ORPHAN_AGE: Final = timedelta(hours=6)
KEPT_SETTINGS: Final = timedelta(days=30)

_AT_ONCE: Final = 500
_AT_WORK: Final = (Mixer.Status.LISTED, Mixer.Status.CANDIDATE)


@dataclass(frozen=True, slots=True)
class Collected:
    """What was removed, or would be."""

    variants: int = 0
    files: int = 0
    bytes: int = 0
    settings: int = 0

    def to_json(self) -> dict[str, int]:
        return asdict(self)


def collect(*, dry_run: bool = False) -> Collected:
    """Remove the garbage, or only count it. May run at any time, by several processes at once."""
    needed = _needed_networks()
    variants = list(ModelVariant.objects.values_list("pk", "of_sha256", "file"))
    idle = [pk for pk, network, _ in variants if network not in needed]
    old = ChosenSettings.objects.filter(made_at__lt=timezone.now() - KEPT_SETTINGS)
    decisions = old.count()
    if not dry_run:
        # Rows first: a file without a row is garbage, a row without its file a fault.
        for first in range(0, len(idle), _AT_ONCE):
            ModelVariant.objects.filter(pk__in=idle[first : first + _AT_ONCE]).delete()
        old.delete()
    named = _named_by_mixers() | {file for _, network, file in variants if network in needed}
    files = size = 0
    for path in _orphans(named):
        with suppress(FileNotFoundError):
            length = path.stat().st_size
            if not dry_run:
                path.unlink()
            files, size = files + 1, size + length
    return Collected(len(idle), files, size, decisions)


def _needed_networks() -> set[str]:
    """Sums of the exact networks of mixers that mix, or that a slot points to."""
    needed = Q(status__in=_AT_WORK) | Q(pk__in=Slot.objects.values("mixer"))
    pairs = Mixer.objects.filter(needed).values_list("encoder_onnx_sha256", "head_onnx_sha256")
    return {sha256 for pair in pairs for sha256 in pair}


def _named_by_mixers() -> set[str]:
    """Weights and exact networks of every mixer that has a row, whatever became of it."""
    rows = Mixer.objects.values_list("genome_file", "head_onnx_file", "encoder_onnx_file")
    return {name for row in rows for name in row}


def _orphans(named: AbstractSet[str]) -> Iterator[Path]:
    root, before = Path(settings.MODELS_ROOT), time.time() - ORPHAN_AGE.total_seconds()
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        with suppress(FileNotFoundError):
            if path.is_file() and path.name not in named and path.stat().st_mtime < before:
                yield path
