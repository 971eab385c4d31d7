"""The house mixers in the registry: shipped weights as ONNX files, a row and a slot for each.

Exporting needs torch, so only commands import this.
"""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from mixing.models import Mixer, Slot, SlotMove
from mixing.networks.export import ExportedMixer, export_house_mixers

ARCHITECTURE = "pooled-encoder-mlp-head"


def install_house_mixers() -> list[Mixer]:
    """Export what is missing and list the shipped mixers; safe to run again.

    New weights become a new mixer, to which the slot `house:<style>` moves; the one before is
    retired and keeps its mixes. What was decided since about mixers that are known already
    (retired, a taught one promoted in their place) stays. Raises ModelUnavailable or ModelInvalid.
    """
    root = Path(settings.MODELS_ROOT)
    return [_install(exported, root) for exported in export_house_mixers(root)]


@transaction.atomic
def _install(exported: ExportedMixer, root: Path) -> Mixer:
    house = exported.house
    told = {
        "slug": house.slug,
        "name": house.label,
        "description": house.description,
        "metrics": house.metrics,
    }
    networks = {
        "head_onnx_file": exported.head_onnx.name,
        "head_onnx_sha256": exported.head_sha256,
        "encoder_onnx_file": exported.encoder_onnx.name,
        "encoder_onnx_sha256": exported.encoder_sha256,
    }
    made = {
        "architecture": ARCHITECTURE,
        "encoder_version": house.encoder_version,
        "genome_file": _keep_genome(house.weights, house.sha256, root),
        "status": Mixer.Status.LISTED,
    }
    mixer, is_new = Mixer.objects.update_or_create(
        genome_sha256=house.sha256,
        defaults=told,
        create_defaults={**told, **networks, **made},
    )
    if not is_new and any(getattr(mixer, name) != value for name, value in networks.items()):
        # Its files were lost and made again, perhaps by another version of the exporter.
        Mixer.objects.filter(pk=mixer.pk).exported_anew(**networks)
        mixer.refresh_from_db()
    slot = f"house:{house.slug}"
    if is_new or not Slot.objects.filter(name=slot).exists():
        _move_slot(slot, mixer)
    return mixer


def _keep_genome(weights: Path, sha256: str, root: Path) -> str:
    """A copy beside the ONNX files, so that a later release still has this mixer's weights."""
    name = f"{weights.stem}-{sha256[:16]}{weights.suffix}"
    if not (root / name).exists():
        part = root / f"{name}.part"
        shutil.copyfile(weights, part)
        os.replace(part, root / name)
    return name


def _move_slot(name: str, mixer: Mixer) -> None:
    slot = Slot.objects.select_for_update().filter(name=name).select_related("mixer").first()
    if slot is not None and slot.mixer_id == mixer.pk:
        return
    if slot is not None:
        Mixer.objects.filter(pk=slot.mixer_id).update(status=Mixer.Status.RETIRED)
    slot, _ = Slot.objects.update_or_create(name=name, defaults={"mixer": mixer})
    SlotMove.objects.create(slot=slot, to_mixer=mixer, reason="Shipped with this release.")
