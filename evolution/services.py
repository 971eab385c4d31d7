"""What people do with taste and evolution: the one door for pages, API, admin and commands."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from accounts.models import User
from evolution import deciding, own_taste, slots
from evolution.deciding import set_rule
from evolution.models import Generation, Promotion
from evolution.own_taste import delete, export, pause, reset, resume
from evolution.recommending import preview_of
from evolution.refusals import TastePaused
from evolution.slots import Decision
from mixing import outbox
from mixing import selectors as mixing_selectors
from mixing import services as mixing_services
from mixing.models import Mix, Mixer

if TYPE_CHECKING:
    from evolution.breeding import Rerun

__all__ = [
    "audition",
    "breed_now",
    "delete_taste",
    "export_taste",
    "pause_taste",
    "preview_of",
    "promote_mixer",
    "quarantine_mixer",
    "reject_mixer",
    "rerun_generation",
    "reset_taste",
    "resume_taste",
    "retire_mixer",
    "roll_back_slot",
    "set_rule",
]

delete_taste = delete
export_taste = export
pause_taste = pause
reset_taste = reset
resume_taste = resume

COPIES = 6
"""Demo songs that listening copies are made of."""


def promote_mixer(
    *, mixer: Mixer, slot: str, by: User | None, reason: str, expected: UUID | None = None
) -> Promotion:
    """Give a community slot to this mixer.

    Args:
        expected: the incumbent that the decider saw; without it, whoever holds the slot now.

    Raises:
        BadSlot, ReasonNeeded, PersonalMixer, NotPromotable, AlreadyThere, SlotMoved,
        NoListeningCopies, UnsafeMixer, NoMixersToBreed.
    """
    slots.check_community_slot(slot)
    seen = slots.incumbent(slot).pk if expected is None else expected
    return deciding.promote(mixer, slot=slot, expected=seen, decision=Decision(reason, by))


def roll_back_slot(
    *, slot: str, by: User | None, reason: str, expected: UUID | None = None
) -> Promotion:
    """Give a community slot back to whom it had before.

    Raises BadSlot, ReasonNeeded, NothingToRollBack, SlotMoved, NoMixersToBreed.
    """
    slots.check_community_slot(slot)
    seen = slots.incumbent(slot).pk if expected is None else expected
    return deciding.roll_back(slot=slot, expected=seen, decision=Decision(reason, by))


def reject_mixer(*, mixer: Mixer, by: User | None, reason: str) -> Promotion:
    """Raises ReasonNeeded, PersonalMixer, AlreadyDecided."""
    return deciding.reject(mixer, Decision(reason, by))


def quarantine_mixer(*, mixer: Mixer, by: User | None, reason: str) -> Promotion:
    """Raises ReasonNeeded, PersonalMixer, AlreadyDecided, HoldsSlot."""
    return deciding.quarantine(mixer, Decision(reason, by))


def retire_mixer(*, mixer: Mixer, by: User | None, reason: str) -> Promotion:
    """Raises ReasonNeeded, PersonalMixer, AlreadyDecided, HoldsSlot."""
    return deciding.retire(mixer, Decision(reason, by))


@transaction.atomic
def audition(*, mixer: Mixer, by: User) -> list[Mix]:
    """Order listening copies of a candidate and of the incumbent on demo songs.

    Raises what mixing refuses (queue full, …), NoMixersToBreed.
    """
    pair = [mixer, slots.incumbent()]
    ordered: list[Mix] = []
    for song in mixing_selectors.demo_songs()[:COPIES]:
        ordered += mixing_services.request_mixes(song=song, by=by, mixers=pair)
    return [mix for mix in ordered if mix.is_preview()]


@transaction.atomic
def breed_now(*, listener: User) -> None:
    """Ask for the listener's next generation without waiting for more votes.

    Raises TastePaused. A worker breeds it, if there is at least one new vote.
    """
    if own_taste.settings_of(listener).paused:
        raise TastePaused
    outbox.enqueue("evolution.tasks.breed_now", str(listener.pk))


def rerun_generation(*, generation: Generation) -> "Rerun":
    """Breed a stored generation again and compare; seconds of work.

    Raises FoundersCannotRerun, InputsGone.
    """
    # Numerics that most requests never need.
    from evolution.breeding import rerun

    return rerun(generation)
