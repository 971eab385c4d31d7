"""A listener's own mixer: made when the taste foresees it, replaced when fresh votes say so.

Levels, not events: `learn` looks at what is in the database and does what is due, so it may run
twice, late, or after a crash, and the next run goes on from what the last one stored.
"""

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from evolution import beliefs, breeding, evidence, live, slots
from evolution.advising import is_paused
from evolution.models import EvolutionRun, Generation, PreferenceModel, Promotion
from evolution.pacing import (
    FIRST_VOTES,
    HOPELESS,
    MOST_CHALLENGERS,
    VOTES_PER_GENERATION,
)
from evolution.promotion_test import Decision as Verdict
from evolution.refusals import (
    AlreadyThere,
    GenerationTaken,
    NoMixersToBreed,
    NoSongsToBreed,
    SlotMoved,
)
from evolution.slots import Decision, personal_slot
from evolution.storing import Offer
from mixing import outbox
from mixing.models import Mixer, SlotMove
from tournaments.judgements import comparisons

logger = logging.getLogger(__name__)

RULE_FORESEEN: Final = "foreseen"
RULE_FRESH_VOTES: Final = "fresh_votes"


def learn(listener_id: UUID) -> PreferenceModel | None:
    """After votes: refresh the taste, settle who is the personal mixer, breed if it is time.

    None when the listener is gone or paused.
    """
    listener = User.objects.filter(pk=listener_id).first()
    if listener is None or is_paused(listener):
        return None
    row = beliefs.refresh_taste(listener)
    settle(listener)
    if is_due(listener, row):
        outbox.enqueue("evolution.tasks.breed_for", str(listener.pk))
    live.announce_taste(listener.pk)
    return row


def is_due(listener: User, row: PreferenceModel, *, closing: bool = False) -> bool:
    """Whether enough votes are new since the last generation; a tournament's end needs one."""
    if row.votes < FIRST_VOTES:
        return False
    last = _last_generation(listener)
    if last is None or last.taste is None:
        return True
    new = _votes_since(listener, last.votes_horizon)
    return new >= (1 if closing else VOTES_PER_GENERATION)


def breed_for(listener_id: UUID, *, closing: bool = False) -> Generation | None:
    """The listener's next generation, if it is due, and what it offers to hear.

    None when there is nothing to do. Raises ModelUnavailable or ModelInvalid.
    """
    listener = User.objects.filter(pk=listener_id).first()
    if listener is None or is_paused(listener):
        return None
    row = beliefs.refresh_taste(listener)
    if not is_due(listener, row, closing=closing):
        return None
    try:
        generation = breeding.breed(breeding.run_of(listener), row, offer=_offer(listener))
    except (GenerationTaken, NoMixersToBreed, NoSongsToBreed) as refusal:
        logger.info("no generation for %s: %s", listener.pk, refusal.code)
        return None
    settle(listener)
    live.announce_taste(listener.pk)
    return generation


def settle(listener: User) -> list[Promotion]:
    """Move the personal slot where the evidence says: replace, take back, or fill it first."""
    decisions: list[Promotion] = []
    for settle_one in (_take_back, _replace, _make_first):
        try:
            decision = settle_one(listener)
        except (SlotMoved, AlreadyThere, NoMixersToBreed) as refusal:
            logger.info("slot of %s: %s", listener.pk, refusal.code)
            continue
        if decision is not None:
            decisions.append(decision)
    if decisions:
        live.announce_taste(listener.pk)
    return decisions


def _make_first(listener: User) -> Promotion | None:
    """A challenger that the taste foresees to beat everybody's mixer, if it is sure enough."""
    slot = personal_slot(listener.pk)
    if slots.holder(slot) is not None or _was_taken_back_by_votes(listener):
        return None
    champion = slots.incumbent()
    found = breeding.foreseen(listener, _challengers(listener), champion)
    if found is None:
        return None
    best, chance = found
    decision = Decision(
        reason=f"Your votes foresee that it beats everybody's mixer ({chance:.0%}).",
        rule=RULE_FORESEEN,
        evidence={"p_better": chance, "against": str(champion.pk)},
    )
    return slots.move(slot, best, decision, expected=None)


def _replace(listener: User) -> Promotion | None:
    """A challenger that beat the personal mixer in enough fresh votes takes its place; one that
    did not is dropped."""
    slot = personal_slot(listener.pk)
    held = slots.holder(slot)
    if held is None:
        return None
    for challenger in _challengers(listener):
        votes = evidence.fresh_votes(challenger, held, listener=listener)
        found = evidence.personal_evidence(votes)
        if found.decision is Verdict.PROMOTE:
            decision = Decision(
                reason=f"It won {votes.wins} of {len(votes.scores)} fresh battles against yours.",
                rule=RULE_FRESH_VOTES,
                evidence=evidence.told(votes, found),
            )
            return slots.move(slot, challenger, decision, expected=held.pk)
        if found.decision is Verdict.REJECT:
            _drop(challenger, "Your mixer beats it.", evidence.told(votes, found))
    return None


def _take_back(listener: User) -> Promotion | None:
    """The personal mixer goes when fresh votes say that what was there before is better."""
    slot = personal_slot(listener.pk)
    held = slots.holder(slot)
    if held is None:
        return None
    before = slots.previous(slot)
    rival = before or slots.incumbent()
    votes = evidence.fresh_votes(held, rival, listener=listener, since=_held_since(slot))
    found = evidence.regret(votes)
    if found.decision is not Verdict.PROMOTE:
        return None
    decision = Decision(
        reason=f"It lost {votes.losses} of {len(votes.scores)} battles since it became yours.",
        rule=RULE_FRESH_VOTES,
        evidence=evidence.told(votes, found),
    )
    if before is None:
        return slots.clear(slot, decision, expected=held.pk)
    return slots.move(slot, before, decision, kind=Promotion.Kind.ROLLBACK, expected=held.pk)


def _offer(listener: User) -> Offer:
    """How many heads of the next generation people shall hear: as many as challengers are
    missing, hopeless ones making room."""
    rival = slots.personal_mixer(listener.pk) or slots.incumbent()
    for mixer, p_better in breeding.chances(listener, _challengers(listener), rival):
        if p_better < HOPELESS:
            _drop(mixer, "Your newer votes expect it to lose.", {"p_better": p_better})
    return Offer(
        owner=listener,
        name="Your mixer",
        rival=rival,
        places=MOST_CHALLENGERS - len(_challengers(listener)),
    )


def _challengers(listener: User) -> list[Mixer]:
    """Mixers bred for this listener that wait for votes."""
    mixers = Mixer.objects.filter(owner=listener, status=Mixer.Status.CANDIDATE)
    return list(mixers.order_by("generation", "created_at", "pk"))


@transaction.atomic
def _drop(challenger: Mixer, reason: str, told: dict[str, object]) -> None:
    waiting = Mixer.objects.filter(pk=challenger.pk, status=Mixer.Status.CANDIDATE)
    if waiting.update(status=Mixer.Status.RETIRED):
        decision = Decision(reason, rule=RULE_FRESH_VOTES, evidence=told)
        slots.record(Promotion.Kind.REJECT, decision, left=challenger)


def _last_generation(listener: User) -> Generation | None:
    run = EvolutionRun.objects.filter(listener=listener).first()
    if run is None:
        return None
    return run.generations.select_related("taste").order_by("-number").first()


def _votes_since(listener: User, moment: datetime | None) -> int:
    votes = comparisons(listener=listener, since=moment)
    return sum(
        pair.score is not None and (moment is None or pair.cast_at > moment) for pair in votes
    )


def _held_since(slot: str) -> datetime | None:
    moves = SlotMove.objects.filter(slot__name=slot).order_by("-moved_at", "-pk")
    return moves.values_list("moved_at", flat=True).first()


def _was_taken_back_by_votes(listener: User) -> bool:
    """After a mixer was taken back, prediction alone fills the slot only from a newer taste."""
    slot = personal_slot(listener.pk)
    last = Promotion.objects.filter(slot=slot).order_by("-created_at").first()
    if last is None or last.kind != Promotion.Kind.ROLLBACK:
        return False
    return not Mixer.objects.filter(
        owner=listener, status=Mixer.Status.CANDIDATE, created_at__gt=last.created_at
    ).exists()
