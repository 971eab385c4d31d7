"""The movable aliases that evolution moves: the community's champions and personal mixers.

Promotion and rollback move the alias, never the weights. Every move writes a SlotMove and, with its
evidence, a Promotion; callers hold the slot's row, so that of two moves at once one sees the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from evolution.models import Promotion
from evolution.refusals import AlreadyThere, BadSlot, NoMixersToBreed, SlotMoved
from mixing.models import Mixer, Slot, SlotMove

CHAMPION: Final = "champion"
HOUSE: Final = "house"
PERSONAL: Final = "personal"
FIRST_CHAMPION: Final = "house:balanced"
"""Who counts as champion before anybody was promoted."""
MOST_GENRE: Final = 60


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, on what evidence and why."""

    reason: str
    by: User | None = None
    rule: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def personal_slot(listener_id: UUID) -> str:
    return f"{PERSONAL}:{listener_id}"


def champion_slot(genre: str = "") -> str:
    """The community's place for all music or for a genre."""
    return f"{CHAMPION}:{genre.strip().lower()}" if genre.strip() else CHAMPION


def check_community_slot(name: str) -> None:
    """A champion's place, or the place of a house style that exists. Raises BadSlot."""
    if name.startswith(f"{HOUSE}:") and Slot.objects.filter(name=name).exists():
        return
    prefix, colon, genre = name.partition(":")
    named = bool(genre) and genre == genre.strip().lower() and genre.isprintable()
    if prefix != CHAMPION or (colon and not named) or len(genre) > MOST_GENRE:
        raise BadSlot


def holder(name: str) -> Mixer | None:
    """Whom the slot points to; None while it was never filled."""
    slot = Slot.objects.filter(name=name).select_related("mixer").first()
    return None if slot is None else slot.mixer


def personal_mixer(listener_id: UUID) -> Mixer | None:
    return holder(personal_slot(listener_id))


def incumbent(name: str = CHAMPION) -> Mixer:
    """Whom a challenger has to beat: the holder, else the overall champion, else a house mixer.

    Raises NoMixersToBreed when no mixer is installed.
    """
    for slot in dict.fromkeys((name, CHAMPION, FIRST_CHAMPION)):
        mixer = holder(slot)
        if mixer is not None:
            return mixer
    community = Mixer.objects.filter(owner=None, status=Mixer.Status.LISTED)
    first = community.order_by("created_at", "pk").first()
    if first is None:
        raise NoMixersToBreed
    return first


def previous(name: str) -> Mixer | None:
    """Who would hold the slot after a rollback: the latest former holder that may still work."""
    moves = SlotMove.objects.filter(slot__name=name).select_related("to_mixer")
    now = holder(name)
    passed = _rolled_back(name)
    for move in moves.order_by("-moved_at", "-pk"):
        mixer = move.to_mixer
        fit = mixer.status != Mixer.Status.QUARANTINED and mixer.pk not in passed
        if fit and (now is None or mixer.pk != now.pk):
            return mixer
    return None


@transaction.atomic
def move(
    name: str,
    to: Mixer,
    decision: Decision,
    *,
    kind: Promotion.Kind = Promotion.Kind.PROMOTE,
    expected: UUID | None = None,
) -> Promotion:
    """Point the slot to this mixer and list it; whoever held the slot is retired.

    Args:
        expected: the mixer the decider saw in the slot; None when it was empty.

    Raises:
        SlotMoved: somebody else moved it meanwhile. AlreadyThere.
    """
    slot = Slot.objects.select_for_update().filter(name=name).first()
    held = None if slot is None else slot.mixer_id
    if held == to.pk:
        raise AlreadyThere
    if held != expected:
        raise SlotMoved(incumbent=None if held is None else str(held))
    if slot is None:
        try:
            with transaction.atomic():
                slot = Slot.objects.create(name=name, mixer=to)
        except IntegrityError:
            raise SlotMoved from None
    else:
        slot.mixer = to
        slot.save(update_fields=["mixer"])
    Mixer.objects.filter(pk=to.pk).update(status=Mixer.Status.LISTED)
    to.status = Mixer.Status.LISTED
    left = None if held is None else Mixer.objects.get(pk=held)
    if left is not None:
        retire_unless_needed(left)
    SlotMove.objects.create(
        slot=slot, to_mixer=to, moved_by=decision.by, reason=decision.reason[:300]
    )
    return record(kind, decision, slot=name, to=to, left=left)


@transaction.atomic
def found(name: str) -> Mixer:
    """The slot's holder; a community slot that was never filled begins with whom everybody has,
    so that the first promotion can be rolled back. Raises NoMixersToBreed."""
    mixer = incumbent(name)
    slot, is_new = Slot.objects.get_or_create(name=name, defaults={"mixer": mixer})
    if is_new:
        SlotMove.objects.create(slot=slot, to_mixer=mixer, reason="Everybody's mixer so far.")
    return slot.mixer


@transaction.atomic
def clear(name: str, decision: Decision, *, expected: UUID) -> Promotion:
    """Empty the slot; its holder is retired. Raises SlotMoved."""
    slot = Slot.objects.select_for_update().filter(name=name).first()
    if slot is None or slot.mixer_id != expected:
        raise SlotMoved
    left = slot.mixer
    slot.delete()
    retire_unless_needed(left)
    return record(Promotion.Kind.ROLLBACK, decision, slot=name, left=left)


def record(
    kind: Promotion.Kind,
    decision: Decision,
    *,
    slot: str = "",
    to: Mixer | None = None,
    left: Mixer | None = None,
) -> Promotion:
    """Write a decision down."""
    return Promotion.objects.create(
        kind=kind,
        slot=slot,
        from_mixer=left,
        to_mixer=to,
        evidence=dict(decision.evidence),
        by=decision.by,
        rule=decision.rule,
        reason=decision.reason[:300],
    )


def retire_unless_needed(mixer: Mixer) -> None:
    """Take a mixer off the list unless it still holds a slot (house mixers hold their own)."""
    if not Slot.objects.filter(mixer=mixer).exists():
        Mixer.objects.filter(pk=mixer.pk, status=Mixer.Status.LISTED).update(
            status=Mixer.Status.RETIRED
        )


def _rolled_back(name: str) -> set[UUID]:
    """Mixers that lost this slot by a rollback: going back to them would undo it."""
    lost = Promotion.objects.filter(slot=name, kind=Promotion.Kind.ROLLBACK)
    return {pk for pk in lost.values_list("from_mixer", flat=True) if pk is not None}
