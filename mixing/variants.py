"""The registry's networks in fp32, fp16 and int8: made and measured once, chosen by what was found.

Nothing is measured when a mixer is loaded: `make_missing` stores error and time, `to_load` reads
them. Until a mixer has its variants, its exact file works.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count

from mixing import outbox
from mixing.inference_models import ModelVariant
from mixing.models import Mixer
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.formats import PRECISIONS, Precision
from mixing.storage import model_path, sha256_of

if TYPE_CHECKING:
    from mixing.networks.fidelity import Fidelity

    Judge = Callable[[Path], tuple[Fidelity, float]]
    """A variant's file to its error and its microseconds."""

logger = logging.getLogger(__name__)

AUTO: Final = "auto"
EXACT: Final = "fp32"
MOST_AT_ONCE: Final = 20
"""Mixers handed to workers in one round."""
ASK_AGAIN: Final = timedelta(hours=1)


def to_load(name: str, sha256: str) -> tuple[str, str]:
    """File and sum of the network to open for this exact file: the fastest variant whose error is
    below the threshold (`networks.fidelity.best`), or the one that MODEL_PRECISION names."""
    if not are_wanted():
        return name, sha256
    rows = {row.precision: row for row in ModelVariant.objects.of(sha256).exclude(file="")}
    chosen = rows.get(settings.MODEL_PRECISION if settings.MODEL_PRECISION != AUTO else best(rows))
    return (name, sha256) if chosen is None else (chosen.file, chosen.sha256)


def are_wanted() -> bool:
    """Whether anything but exact files may be loaded here."""
    return bool(settings.MODEL_PRECISION != EXACT)


def best(rows: dict[str, ModelVariant]) -> Precision:
    """Which of these variants of one network is worth loading."""
    from mixing.networks import fidelity  # heavy, and pages that name files need none of it

    found = [
        fidelity.Candidate(precision, rows[precision].microseconds, rows[precision].worst_steps)
        for precision in PRECISIONS
        if precision in rows
    ]
    return fidelity.best(found)


def make_missing(mixer: Mixer) -> int:
    """Make and measure what the mixer's encoder and head lack; how many. Safe to run again.

    Raises ModelUnavailable or ModelInvalid (the exact files are missing or damaged).
    """
    from mixing.networks import fidelity
    from mixing.networks.inference import Embedder, HeadSession

    encoder = Embedder(model_path(mixer.encoder_onnx_file), sha256=mixer.encoder_onnx_sha256)
    head = HeadSession(model_path(mixer.head_onnx_file), sha256=mixer.head_onnx_sha256)

    def judge_encoder(path: Path) -> tuple[Fidelity, float]:
        variant = Embedder(path)
        found = fidelity.encoder_fidelity(variant, encoder)
        return found, fidelity.encoder_microseconds(variant)

    def judge_head(path: Path) -> tuple[Fidelity, float]:
        variant = HeadSession(path)
        found = fidelity.head_fidelity(variant, head, encoder)
        return found, fidelity.head_microseconds(variant, encoder)

    made = _complete(mixer.encoder_onnx_file, mixer.encoder_onnx_sha256, judge_encoder)
    return made + _complete(mixer.head_onnx_file, mixer.head_onnx_sha256, judge_head)


def make_for(mixer_id: str) -> None:
    """What `make_missing` does, if the mixer is still there; one that cannot work is reported."""
    mixer = Mixer.objects.filter(pk=mixer_id).first()
    if mixer is None:
        return
    try:
        make_missing(mixer)
    except (ModelInvalid, ModelUnavailable) as error:
        logger.error("mixer %s has no variants: %s", mixer, error)


def ask_for_missing() -> int:
    """Have workers make the variants that listed mixers lack; how many mixers.

    Nothing to do where MODEL_PRECISION says that exact files are to be used.
    """
    if not are_wanted():
        return 0
    count = 0
    for pk in _incomplete():
        if count == MOST_AT_ONCE:
            break
        if cache.add(f"variants:asked:{pk}", True, ASK_AGAIN.total_seconds()):
            outbox.enqueue("mixing.tasks.make_variants", str(pk))
            count += 1
    return count


def _incomplete() -> Iterable[Any]:
    whole = set(
        ModelVariant.objects.values("of_sha256")
        .annotate(precisions=Count("pk"))
        .filter(precisions=len(PRECISIONS))
        .order_by()
        .values_list("of_sha256", flat=True)
    )
    listed = Mixer.objects.filter(status=Mixer.Status.LISTED).exclude(head_onnx_file="")
    for pk, *networks in listed.values_list("pk", "encoder_onnx_sha256", "head_onnx_sha256"):
        if not whole.issuperset(networks):
            yield pk


def _complete(name: str, sha256: str, judge: Judge) -> int:
    present = set(ModelVariant.objects.of(sha256).values_list("precision", flat=True))
    lacking = [precision for precision in PRECISIONS if precision not in present]
    for precision in lacking:
        ModelVariant.objects.get_or_create(
            of_sha256=sha256, precision=precision, defaults=_made(name, sha256, precision, judge)
        )
    return len(lacking)


def _made(name: str, sha256: str, precision: Precision, judge: Judge) -> dict[str, Any]:
    """The columns of a new variant; of one that cannot be made, why."""
    from mixing.networks.quantisation import make_variant

    try:
        path = make_variant(model_path(name), precision, sha256=sha256)
    except ModelInvalid as error:
        return {"problem": str(error)[:200]}
    found, microseconds = judge(path)
    if not math.isfinite(found.worst_steps):
        return {"problem": "Its answers are not finite."}
    return {
        "file": path.name,
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
        "microseconds": round(microseconds, 2),
        "worst_steps": found.worst_steps,
        "fidelity": found.to_json(),
    }
