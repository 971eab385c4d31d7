"""What admins decide about community mixers: promote, roll back, reject, quarantine, retire.

Every decision locks the mixer's row first and the slot's second, checks what it assumed, and is
written down with its reason. Who may decide is the caller's question.
"""

from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from evolution import evidence, safety, slots
from evolution.models import Promotion, PromotionRule
from evolution.refusals import (
    AlreadyDecided,
    HoldsSlot,
    NoListeningCopies,
    NothingToRollBack,
    NotPromotable,
    PersonalMixer,
    ReasonNeeded,
    SlotMoved,
    UnsafeMixer,
)
from evolution.slots import Decision
from mixing.models import Mix, Mixer, Slot

PROMOTABLE: Final = (Mixer.Status.CANDIDATE, Mixer.Status.LISTED)


@transaction.atomic
def promote(
    mixer: Mixer, *, slot: str, expected: UUID, decision: Decision, checked: bool = True
) -> Promotion:
    """Give a community slot to this mixer.

    Args:
        expected: the incumbent that the decider saw (`slots.incumbent`).
        checked: require listening copies that pass the safety checks.

    Raises:
        BadSlot, ReasonNeeded, PersonalMixer, NotPromotable, AlreadyThere, SlotMoved,
        NoListeningCopies, UnsafeMixer.
    """
    slots.check_community_slot(slot)
    mixer = _locked(mixer, decision)
    if mixer.status not in PROMOTABLE:
        raise NotPromotable
    incumbent = slots.found(slot)
    if checked:
        _check_safety(mixer, incumbent)
    told = {"votes": _told(mixer, incumbent), **decision.evidence}
    decision = Decision(decision.reason, decision.by, decision.rule, told)
    return slots.move(slot, mixer, decision, expected=expected)


@transaction.atomic
def roll_back(*, slot: str, expected: UUID, decision: Decision) -> Promotion:
    """Give a community slot back to whom it had before; the present holder is retired.

    Raises BadSlot, ReasonNeeded, NothingToRollBack, SlotMoved.
    """
    slots.check_community_slot(slot)
    _check_reason(decision)
    held = Slot.objects.select_for_update().filter(name=slot).first()
    if held is not None and held.mixer_id != expected:
        raise SlotMoved(incumbent=str(held.mixer_id))
    before = slots.previous(slot)
    if held is None or before is None:
        raise NothingToRollBack
    return slots.move(slot, before, decision, kind=Promotion.Kind.ROLLBACK, expected=held.mixer_id)


def reject(mixer: Mixer, decision: Decision) -> Promotion:
    """A candidate that shall not come back. Raises AlreadyDecided."""
    return _dismiss(mixer, decision, Promotion.Kind.REJECT, (Mixer.Status.CANDIDATE,))


def quarantine(mixer: Mixer, decision: Decision) -> Promotion:
    """A mixer that does harm: it mixes nothing any more. Raises AlreadyDecided, HoldsSlot."""
    return _dismiss(
        mixer,
        decision,
        Promotion.Kind.QUARANTINE,
        (Mixer.Status.CANDIDATE, Mixer.Status.LISTED, Mixer.Status.RETIRED),
    )


def retire(mixer: Mixer, decision: Decision) -> Promotion:
    """A listed mixer that is not needed any more. Raises AlreadyDecided, HoldsSlot."""
    return _dismiss(mixer, decision, Promotion.Kind.RETIRE, (Mixer.Status.LISTED,))


@transaction.atomic
def set_rule(
    *,
    slot: str,
    by: User,
    reason: str,
    least_probability: float = 0.95,
    least_votes: int = 20,
    enabled: bool = True,
) -> PromotionRule:
    """Let a slot move by itself when fresh votes say so. Raises BadSlot, ReasonNeeded."""
    slots.check_community_slot(slot)
    _check_reason(Decision(reason, by))
    rule, _ = PromotionRule.objects.update_or_create(
        slot=slot,
        defaults={
            "least_probability": least_probability,
            "least_votes": least_votes,
            "enabled": enabled,
            "set_by": by,
            "reason": reason[:300],
        },
    )
    return rule


@transaction.atomic
def _dismiss(
    mixer: Mixer, decision: Decision, kind: Promotion.Kind, allowed: tuple[str, ...]
) -> Promotion:
    mixer = _locked(mixer, decision)
    if mixer.status not in allowed:
        raise AlreadyDecided
    if Slot.objects.filter(mixer=mixer).exists():
        raise HoldsSlot
    end = Mixer.Status.QUARANTINED if kind == Promotion.Kind.QUARANTINE else Mixer.Status.RETIRED
    mixer.status = end
    mixer.save(update_fields=["status"])
    return slots.record(kind, decision, left=mixer)


def _locked(mixer: Mixer, decision: Decision) -> Mixer:
    """The community mixer's row, held until the transaction ends."""
    _check_reason(decision)
    row = Mixer.objects.select_for_update(of=("self",)).get(pk=mixer.pk)
    if row.owner_id is not None:
        raise PersonalMixer
    return row


def _check_reason(decision: Decision) -> None:
    if not decision.reason.strip():
        raise ReasonNeeded


def _check_safety(mixer: Mixer, incumbent: Mixer) -> None:
    copies = safety.listening_copies(mixer)
    if not copies:
        raise NoListeningCopies
    beside = Mix.objects.as_mixed().filter(
        mixer=incumbent,
        section=Mix.Section.PREVIEW,
        song__in=[copy.song_id for copy in copies],
    )
    failed = [check for check in safety.checks(copies, beside) if not check.passed]
    if failed:
        raise UnsafeMixer(checks=[check.as_json() for check in failed])


def _told(mixer: Mixer, incumbent: Mixer) -> dict[str, object]:
    """The votes as they stood at the decision."""
    votes = evidence.fresh_votes(mixer, incumbent)
    found = evidence.community_evidence(votes)
    return {"incumbent": str(incumbent.pk), **evidence.told(votes, found)}
