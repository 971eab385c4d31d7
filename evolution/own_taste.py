"""What a listener decides about their taste: pause, continue, forget, take away.

Deleting removes everything that was learnt and bred: models, populations, mixers and their files.
Votes are the tournaments' and stay; they are older than the reset and teach nothing any more.
"""

import json
import zipfile
from io import BytesIO
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from evolution import beliefs, live, registry, slots
from evolution.descriptors import DESCRIPTORS
from evolution.models import (
    EvolutionRun,
    HoldBack,
    PreferenceModel,
    TasteSettings,
    scope_of_listener,
)
from evolution.slots import personal_slot
from mixing import outbox
from mixing import storage as mixing_storage
from mixing.models import Mix, Mixer, OutboxMessage, Slot, SlotMove
from mixing.storage import model_path
from tournaments.models import Entry, Tournament

EXPORT_FORMAT: Final = 1
FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)


def settings_of(listener: User) -> TasteSettings:
    """The listener's settings; nothing is written by looking."""
    found = TasteSettings.objects.filter(listener=listener).first()
    return found or TasteSettings(listener=listener)


@transaction.atomic
def pause(*, listener: User) -> TasteSettings:
    """Learn and breed nothing for this listener until they continue."""
    return _set(listener, paused=True)


@transaction.atomic
def resume(*, listener: User) -> TasteSettings:
    """Learn again, also from the votes cast meanwhile."""
    settings = _set(listener, paused=False)
    outbox.enqueue("evolution.tasks.learn", str(listener.pk))
    return settings


@transaction.atomic
def reset(*, listener: User) -> TasteSettings:
    """Forget what was learnt and start again from the crowd; everything bred goes."""
    forget(listener)
    settings = _set(listener, reset_at=timezone.now())
    live.announce_taste(listener.pk)
    return settings


@transaction.atomic
def delete(*, listener: User) -> None:
    """Forget everything and learn nothing more: as `reset`, and paused."""
    reset(listener=listener)
    _set(listener, paused=True)


def export(listener: User) -> bytes:
    """A zip of the settings and the model as JSON, the posterior and the personal mixers' weights
    as safetensors."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "taste.json", _document(listener))
        row = PreferenceModel.objects.current(scope_of_listener(listener.pk))
        if row is not None:
            _write(archive, "model.safetensors", bytes(row.arrays))
        for mixer in Mixer.objects.filter(owner=listener).order_by("created_at"):
            path = model_path(mixer.genome_file)
            if mixer.genome_file and path.is_file():
                _write(archive, f"mixers/{mixer.pk}.safetensors", path.read_bytes())
    return buffer.getvalue()


@transaction.atomic
def take_over(*, guest: User, user: User) -> None:
    """A guest logged in: what was learnt of them is the account's from now on.

    Votes and mixers move elsewhere. An account with a taste of its own keeps its population and
    personal mixer; the guest's votes are learnt with its own at the next fit.
    """
    HoldBack.objects.filter(listener=guest).update(listener=user)
    guests = TasteSettings.objects.filter(listener=guest).first()
    if guests is not None and not TasteSettings.objects.filter(listener=user).exists():
        TasteSettings.objects.create(listener=user, paused=guests.paused, reset_at=guests.reset_at)
    if EvolutionRun.objects.filter(listener=user).exists() or _has_slot(user):
        # Their mixers came along already, as the account's: they are challengers no more.
        _drop_slot(guest)
    else:
        EvolutionRun.objects.filter(listener=guest).update(
            listener=user, scope=scope_of_listener(user.pk)
        )
        Slot.objects.filter(name=personal_slot(guest.pk)).update(name=personal_slot(user.pk))
        tastes = PreferenceModel.objects.of_listener(guest)
        if not PreferenceModel.objects.of_listener(user).exists():
            tastes.update(listener=user, scope=scope_of_listener(user.pk))
    outbox.enqueue("evolution.tasks.learn", str(user.pk))
    live.announce_taste(user.pk)


@transaction.atomic
def forget(listener: User) -> None:
    """Remove models, populations, the slot, and every mixer bred for this listener.

    Mixes that somebody may still hear keep their audio and a mixer without weights; a mixer that
    made nothing is gone altogether.
    """
    EvolutionRun.objects.filter(listener=listener).delete()
    PreferenceModel.objects.of_listener(listener).delete()
    HoldBack.objects.filter(listener=listener).delete()
    _drop_slot(listener)
    mixers = list(Mixer.objects.filter(owner=listener, origin__in=_BRED))
    Mix.objects.filter(mixer__in=mixers).cancel()
    used = set(Mix.objects.filter(mixer__in=mixers).values_list("mixer", flat=True))
    used |= set(Entry.objects.filter(mixer__in=mixers).values_list("mixer", flat=True))
    Mixer.objects.filter(pk__in=used).update(status=Mixer.Status.RETIRED, metrics={})
    Mixer.objects.filter(pk__in={mixer.pk for mixer in mixers} - used).delete()
    transaction.on_commit(lambda: registry.remove_files(mixers))


@transaction.atomic
def remove_person(user: User) -> None:
    """An account goes: also the mixes that its mixers made of other people's songs.

    Its tournaments go with it, so nothing that stays refers to these mixes.
    """
    forget(user)
    # What is enqueued names the person, also for a while after it was sent.
    OutboxMessage.objects.filter(task__startswith="evolution.", args=[str(user.pk)]).delete()
    mixers = Mixer.objects.filter(owner=user)
    Tournament.objects.filter(owner=user).delete()
    SlotMove.objects.filter(to_mixer__in=mixers).delete()
    mixes = Mix.objects.filter(mixer__in=mixers)
    mixing_storage.discard_on_commit(*mixes.values_list("audio_file", flat=True))
    mixes.delete()


_BRED: Final = (Mixer.Origin.EVOLVED, Mixer.Origin.MERGED)


def _drop_slot(listener: User) -> None:
    """The slot with its history of moves goes; its holder is on no list any more."""
    slot = Slot.objects.filter(name=personal_slot(listener.pk)).first()
    if slot is not None:
        mixer = slot.mixer
        slot.delete()
        slots.retire_unless_needed(mixer)


def _has_slot(listener: User) -> bool:
    return Slot.objects.filter(name=personal_slot(listener.pk)).exists()


def _set(listener: User, **changes: Any) -> TasteSettings:
    settings, _ = TasteSettings.objects.update_or_create(listener=listener, defaults=changes)
    live.announce_taste(listener.pk)
    return settings


def _document(listener: User) -> bytes:
    settings = settings_of(listener)
    known = beliefs.taste_of(listener)
    mixer = slots.personal_mixer(listener.pk)
    document = {
        "format": EXPORT_FORMAT,
        "paused": settings.paused,
        "reset_at": settings.reset_at,
        "votes": known.votes,
        "feature_version": None if known.row is None else known.row.feature_version,
        "descriptors": [
            {"name": d.name, "label": d.label, "unit": d.unit, "step": d.step} for d in DESCRIPTORS
        ],
        "weights": {
            "linear": known.posterior.mean[: len(DESCRIPTORS)].tolist(),
            "squared": known.posterior.mean[len(DESCRIPTORS) :].tolist(),
        },
        "personal_mixer": None if mixer is None else str(mixer.pk),
        "mixers": [
            {"id": str(m.pk), "name": m.name, "status": m.status, "sha256": m.genome_sha256}
            for m in Mixer.objects.filter(owner=listener).order_by("created_at")
        ],
    }
    return json.dumps(document, indent=2, default=str).encode()


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, FIXED_DATE), data, zipfile.ZIP_DEFLATED)
