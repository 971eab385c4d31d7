"""The crowd's taste and the community's populations: refreshed now and then, promoted by rules."""

import logging
from typing import Final

from django.db.models import Q

from evolution import beliefs, breeding, deciding, evidence, live, registry, slots
from evolution.lineage import soup
from evolution.models import (
    CROWD,
    OVERALL,
    Generation,
    PreferenceModel,
    Promotion,
    PromotionRule,
)
from evolution.packing import sha256_of
from evolution.promotion_test import COMMUNITY
from evolution.promotion_test import Decision as Verdict
from evolution.promotion_test import PromotionRule as Rule
from evolution.refusals import (
    AlreadyThere,
    GenerationTaken,
    NoListeningCopies,
    NoMixersToBreed,
    NoSongsToBreed,
    NotPromotable,
    SlotMoved,
    UnsafeMixer,
)
from evolution.registry import Birth
from evolution.slots import Decision, champion_slot
from evolution.storing import Offer
from mixing.models import Mixer, Slot, SlotMove, Song
from tournaments.judgements import comparisons

logger = logging.getLogger(__name__)

LEAST_NEW_SHARE: Final = 0.05
"""The crowd is fitted anew when so much of it is new; single votes hardly move it."""
LEAST_NEW_VOTES: Final = 10
FIRST_VOTES: Final = 30
VOTES_PER_GENERATION: Final = 40
LEAST_LISTENERS: Final = 3
"""One loud listener is not a community."""
CANDIDATES: Final = 3
"""Candidates of one population that wait for votes at a time."""
LEAST_WINNERS: Final = 3
BLEND: Final = "blend"
RULE: Final = "rule"
REGRET: Final = "fresh_votes"


def refresh() -> PreferenceModel | None:
    """Fit the crowd anew if enough is new; the row if it was."""
    votes = [pair for pair in comparisons() if pair.score is not None and pair.weight > 0]
    current = PreferenceModel.objects.current(CROWD)
    known = 0 if current is None else current.votes
    new = abs(len(votes) - known)
    if not votes or new < min(LEAST_NEW_VOTES, max(1, len(votes) // 2)):
        return None
    if current is not None and new < LEAST_NEW_SHARE * known:
        return None
    return beliefs.refresh_crowd()


def breed_due() -> list[Generation]:
    """Breed every community population that has enough new votes: all music, then genres."""
    generations = []
    for genre in ("", *_genres()):
        generation = breed(genre)
        if generation is not None:
            generations.append(generation)
    return generations


def breed(genre: str = "", *, force: bool = False) -> Generation | None:
    """The next generation of one population; None when it is not due or cannot be bred.

    Raises ModelUnavailable or ModelInvalid.
    """
    taste = beliefs.refresh_genre(genre) if genre else beliefs.refresh_crowd()
    run = breeding.run_for_everybody(genre)
    last = run.generations.order_by("-number").first()
    since = 0 if last is None else last.votes
    first = last is None or last.taste is None
    due = taste.votes >= FIRST_VOTES if first else taste.votes - since >= VOTES_PER_GENERATION
    if not force and not (due and taste.listeners >= LEAST_LISTENERS):
        return None
    slot = champion_slot(genre)
    try:
        rival = slots.incumbent(slot)
        waiting = Mixer.objects.filter(
            owner=None, status=Mixer.Status.CANDIDATE, individuals__generation__run=run
        )
        offer = Offer(
            owner=None,
            name=genre.title() or "Community",
            rival=rival,
            places=CANDIDATES - waiting.distinct().count(),
        )
        generation = breeding.breed(run, taste, offer=offer)
    except (GenerationTaken, NoMixersToBreed, NoSongsToBreed) as refusal:
        logger.info("no generation for %s: %s", run, refusal.code)
        return None
    live.announce_run(run)
    return generation


def blend_winners() -> Mixer | None:
    """A candidate merged from the personal mixers of several people, once for the same people.

    It does not say whose weights are in it, and three people are the fewest, so that nobody's
    mixer can be told from it. Raises ModelUnavailable or ModelInvalid.
    """
    try:
        champion = slots.incumbent()
    except NoMixersToBreed:
        return None
    winners = list(
        Mixer.objects.filter(
            slots__name__startswith=f"{slots.PERSONAL}:",
            encoder_onnx_sha256=champion.encoder_onnx_sha256,
        ).order_by("pk")
    )
    people = sha256_of(" ".join(str(mixer.pk) for mixer in winners).encode())
    slug = f"{BLEND}-{people[:12]}"
    waiting = Q(slug__startswith=f"{BLEND}-", status=Mixer.Status.CANDIDATE)
    if len(winners) < LEAST_WINNERS or Mixer.objects.filter(waiting | Q(slug=slug)).exists():
        return None
    records = [evidence.record_of(mixer) for mixer in winners]
    genome = soup(
        [registry.genome_of_mixer(mixer) for mixer in winners],
        [record.strength or 0.0 for record in records],
    )
    birth = Birth(
        name="Common ground",
        slug=slug,
        description=f"Merged from the personal mixers of {len(winners)} listeners.",
        origin=Mixer.Origin.MERGED,
        provenance={"scope": OVERALL, "people": str(len(winners))},
    )
    return registry.add_mixer(genome, champion, birth)


def apply_rules() -> list[Promotion]:
    """Move the slots that an admin set a rule for, where fresh votes pass it."""
    decisions = []
    for rule in PromotionRule.objects.filter(enabled=True):
        decision = _apply(rule)
        if decision is not None:
            decisions.append(decision)
    return decisions


def take_back() -> list[Promotion]:
    """Roll back champions that lose, with high probability, against whom they replaced."""
    decisions = []
    for slot in Slot.objects.filter(name__startswith=slots.CHAMPION).select_related("mixer"):
        before = slots.previous(slot.name)
        if before is None:
            continue
        since = SlotMove.objects.filter(slot=slot).order_by("-moved_at", "-pk").first()
        votes = evidence.fresh_votes(
            slot.mixer, before, since=None if since is None else since.moved_at
        )
        found = evidence.regret(votes)
        if found.decision is Verdict.PROMOTE:
            decision = Decision(
                reason=f"It lost {votes.losses} of {len(votes.scores)} battles since.",
                rule=REGRET,
                evidence=evidence.told(votes, found),
            )
            decisions.append(
                deciding.roll_back(slot=slot.name, expected=slot.mixer_id, decision=decision)
            )
    return decisions


def rule_test(rule: PromotionRule | None) -> Rule:
    """What fresh votes have to show: the usual test, or what an admin asked for."""
    if rule is None:
        return COMMUNITY
    return Rule(rule.least_probability, rule.least_votes, COMMUNITY.most_votes)


def _apply(rule: PromotionRule) -> Promotion | None:
    incumbent = slots.incumbent(rule.slot)
    candidates = Mixer.objects.filter(owner=None, status=Mixer.Status.CANDIDATE)
    best = None
    for mixer in candidates.order_by("created_at", "pk"):
        votes = evidence.fresh_votes(mixer, incumbent)
        found = evidence.community_evidence(votes, rule_test(rule))
        if found.decision is Verdict.PROMOTE and (best is None or found.p_better > best[0]):
            best = found.p_better, mixer, votes, found
    if best is None:
        return None
    _, mixer, votes, found = best
    decision = Decision(
        reason=f"Won {votes.wins} of {len(votes.scores)} fresh battles. {rule.reason}",
        rule=f"{RULE}:{rule.pk}",
        evidence=evidence.told(votes, found),
    )
    try:
        return deciding.promote(mixer, slot=rule.slot, expected=incumbent.pk, decision=decision)
    except (AlreadyThere, NoListeningCopies, NotPromotable, SlotMoved, UnsafeMixer) as refusal:
        logger.warning("rule for %s: %s", rule.slot, refusal.code)
        return None


def _genres() -> list[str]:
    """Genres with songs that breeding may use."""
    named = Song.objects.filter(
        visibility=Song.Visibility.PUBLIC, status=Song.Status.READY
    ).exclude(genre="")
    return sorted({genre.lower() for genre in named.values_list("genre", flat=True)})
