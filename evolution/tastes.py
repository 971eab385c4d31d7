"""What a listener sees of their taste: claims, the votes behind them, their mixer, its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from scipy.stats import beta

from accounts.models import User
from evolution import beliefs, judging, own_taste, slots, stories
from evolution.advising import is_paused
from evolution.descriptors import DESCRIPTORS, Descriptor
from evolution.families import Relative, ancestors_of
from evolution.judging import Judged
from evolution.models import EvolutionRun, Promotion, TasteSettings
from evolution.pacing import FIRST_VOTES, VOTES_PER_GENERATION
from evolution.preference import Claim, Taste, claims, influence
from evolution.slots import personal_slot
from mixing.models import Mixer, Slot, SlotMove
from tournaments.judgements import JudgedPair
from tournaments.models import Vote

SURE: Final = 0.8
"""Claims below it are shown as guesses."""
MOST_VOTES_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class VoteBehind:
    """A vote that made a claim surer, or speaks against it."""

    vote_id: UUID
    battle_id: UUID
    tournament_id: UUID
    song_title: str
    cast_at: datetime
    influence: float
    """In deviations of what is believed; below 0 it speaks against the claim."""

    @property
    def agrees(self) -> bool:
        return self.influence > 0


@dataclass(frozen=True, slots=True)
class TasteClaim:
    """One thing the model believes: "brighter by 2.0 dB"."""

    descriptor: Descriptor
    words: str
    amount: str
    steps: float
    low: float
    high: float
    """90 % interval, in steps; `amount` and these count from the mixer everybody has."""
    probability: float
    """Of the direction."""
    gain: float
    crowd_steps: float
    is_own: bool
    """Whether it is the listener's own taste, surely other than the crowd's."""
    votes: tuple[VoteBehind, ...]

    @property
    def is_sure(self) -> bool:
        return self.probability >= SURE

    def in_units(self, steps: float) -> float:
        """Steps in the descriptor's unit."""
        return steps * self.descriptor.step


@dataclass(frozen=True, slots=True)
class BlindRecord:
    """Battles of the listener's own mixer against the community's, judged blind."""

    wins: int
    ties: int
    losses: int
    share: float | None
    """Of battles won, a tie is half; None before the first."""
    low: float
    high: float
    """95 %."""

    @property
    def battles(self) -> int:
        return self.wins + self.ties + self.losses


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A personal mixer came or went."""

    mixer: Mixer
    moved_at: datetime
    reason: str
    is_rollback: bool


@dataclass(frozen=True, slots=True)
class PersonalMixer:
    """The listener's mixer, where it comes from, and how it does."""

    mixer: Mixer
    since: datetime | None
    record: BlindRecord
    changes: tuple[str, ...]
    """Beside the mixer everybody has, in words."""
    ancestors: tuple[Relative, ...]
    history: tuple[SlotChange, ...]


@dataclass(frozen=True, slots=True)
class MyTaste:
    """The "My taste" page."""

    settings: TasteSettings
    votes: int
    version: int
    """Of the fit; 0 before the first vote."""
    updated_at: datetime | None
    starts_from_crowd: bool
    """No vote of their own yet: everything shown is the crowd's."""
    crowd_votes: int
    crowd_listeners: int
    reliability: float
    """How far the listener's votes are foreseen by each other, 0 to 1."""
    claims: tuple[TasteClaim, ...]
    """The surest first, all descriptors."""
    personal: PersonalMixer | None
    challengers: tuple[Mixer, ...]
    run_id: UUID | None
    generation: int | None
    votes_to_next_generation: int | None

    @property
    def sure_claims(self) -> list[TasteClaim]:
        return [claim for claim in self.claims if claim.is_sure]

    @property
    def is_paused(self) -> bool:
        return self.settings.paused


def my_taste(listener: User) -> MyTaste:
    """Everything the page shows; about a dozen queries."""
    everybody = beliefs.crowd()
    known = beliefs.taste_of(listener)
    seen = judging.votes_of(listener) if known.row is not None else None
    run = EvolutionRun.objects.filter(listener=listener).first()
    last = None if run is None else run.generations.order_by("-number").first()
    started_from = everybody.posterior if known.row is None else beliefs.load_crowd(known.row.crowd)
    bred = Mixer.objects.filter(owner=listener, status=Mixer.Status.CANDIDATE)
    return MyTaste(
        settings=own_taste.settings_of(listener),
        votes=known.votes,
        version=0 if known.row is None else known.row.version,
        updated_at=None if known.row is None else known.row.created_at,
        starts_from_crowd=known.votes == 0,
        crowd_votes=everybody.votes,
        crowd_listeners=0 if everybody.row is None else everybody.row.listeners,
        reliability=known.posterior.reliability.weight,
        claims=_claims(known.posterior, claims(known.posterior, started_from), seen),
        personal=_personal(listener, seen),
        challengers=tuple(bred.order_by("generation", "created_at")),
        run_id=None if run is None else run.pk,
        generation=None if last is None else last.number,
        votes_to_next_generation=_missing(listener, known.votes, 0 if last is None else last.votes),
    )


def blind_record(listener: User, seen: Sequence[JudgedPair]) -> BlindRecord:
    """How all mixers that were this listener's own did against the community's."""
    slot = Slot.objects.filter(name=personal_slot(listener.pk)).first()
    moves = SlotMove.objects.filter(slot=slot).values_list("to_mixer", flat=True)
    own = set(moves) if slot is not None else set()
    community = set(Mixer.objects.filter(owner=None).values_list("pk", flat=True))
    scores = [
        score
        for pair in seen
        if ({pair.mixer_a_id, pair.mixer_b_id} & community)
        and (score := judging.favour(pair, own)) is not None
    ]
    return record_of(scores)


def record_of(scores: Sequence[float]) -> BlindRecord:
    """Wins (1), ties (0.5) and losses (0) with Jeffreys' interval, ties split."""
    wins = sum(score == 1.0 for score in scores)
    ties = sum(score == 0.5 for score in scores)
    losses = len(scores) - wins - ties
    won, lost = wins + ties / 2, losses + ties / 2
    low, high = beta.interval(0.95, won + 0.5, lost + 0.5)
    share = won / len(scores) if scores else None
    return BlindRecord(wins, ties, losses, share, float(low), float(high))


def _claims(taste: Taste, found: Sequence[Claim], seen: Judged | None) -> tuple[TasteClaim, ...]:
    battles = {} if seen is None else _battles(seen)
    return tuple(_claim(taste, claim, seen, battles) for claim in found)


def _claim(
    taste: Taste, claim: Claim, seen: Judged | None, battles: dict[UUID, tuple[UUID, str]]
) -> TasteClaim:
    descriptor = DESCRIPTORS[claim.descriptor]
    return TasteClaim(
        descriptor=descriptor,
        words=descriptor.more if claim.direction > 0 else descriptor.less,
        amount=descriptor.amount(claim.steps),
        steps=claim.steps,
        low=claim.low,
        high=claim.high,
        probability=claim.probability,
        gain=claim.gain,
        crowd_steps=claim.crowd_steps,
        is_own=not 1 - SURE < claim.p_above_crowd < SURE,
        votes=() if seen is None else _behind(taste, claim, seen, battles),
    )


def _behind(
    taste: Taste, claim: Claim, seen: Judged, battles: dict[UUID, tuple[UUID, str]]
) -> tuple[VoteBehind, ...]:
    """The votes that moved the claim most."""
    moved = influence(taste, claim, seen.judgements)
    order = np.argsort(-np.abs(moved), kind="stable")[:MOST_VOTES_SHOWN]
    return tuple(
        VoteBehind(
            vote_id=seen.pairs[k].vote_id,
            battle_id=battles[seen.pairs[k].vote_id][0],
            tournament_id=seen.pairs[k].tournament_id,
            song_title=battles[seen.pairs[k].vote_id][1],
            cast_at=seen.pairs[k].cast_at,
            influence=float(moved[k]),
        )
        for k in (int(k) for k in order)
        if abs(moved[k]) > 1e-3 and seen.pairs[k].vote_id in battles
    )


def _battles(seen: Judged) -> dict[UUID, tuple[UUID, str]]:
    rows = Vote.objects.filter(pk__in=[pair.vote_id for pair in seen.pairs])
    return {
        pk: (battle, title)
        for pk, battle, title in rows.values_list("pk", "battle_id", "battle__song__title")
    }


def _personal(listener: User, seen: Judged | None) -> PersonalMixer | None:
    slot = personal_slot(listener.pk)
    mixer = slots.holder(slot)
    if mixer is None:
        return None
    moves = list(
        SlotMove.objects.filter(slot__name=slot)
        .select_related("to_mixer")
        .order_by("-moved_at", "-pk")
    )
    backwards = set(
        Promotion.objects.filter(slot=slot, kind=Promotion.Kind.ROLLBACK).values_list(
            "to_mixer", flat=True
        )
    )
    individual = mixer.individuals.select_related("generation").order_by("generation").first()
    moved = [] if individual is None else individual.generation.story.get("against_rival", [])
    best = individual is not None and individual.place == 0
    told = stories.changes(moved) if best else []
    return PersonalMixer(
        mixer=mixer,
        since=moves[0].moved_at if moves else None,
        record=blind_record(listener, () if seen is None else seen.pairs),
        changes=tuple(f"{change.words} by {change.amount}" for change in told)
        or ((mixer.description,) if mixer.description else ()),
        ancestors=ancestors_of(mixer),
        history=tuple(
            SlotChange(move.to_mixer, move.moved_at, move.reason, move.to_mixer_id in backwards)
            for move in moves
        ),
    )


def _missing(listener: User, votes: int, bred_at: int) -> int | None:
    """Votes until the next generation; None while paused."""
    if is_paused(listener):
        return None
    if not bred_at:
        return max(0, FIRST_VOTES - votes)
    return max(0, bred_at + VOTES_PER_GENERATION - votes)
