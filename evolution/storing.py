"""Writing a generation: all of it in one transaction, and only onto the population it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from accounts.models import User
from evolution import evidence, registry, stories
from evolution.models import EvolutionRun, Generation, Individual, PreferenceModel
from evolution.packing import genome_bytes, sha256_of
from evolution.refusals import GenerationTaken
from evolution.registry import Birth
from evolution.strategy import Individual as Bred
from evolution.strategy import key_of
from mixing.models import Mixer

KEPT: Final = "kept"
"""The operator of those that survived from the generation before."""
KEY_LENGTH: Final = len(key_of(np.zeros(1, np.float32)))
"""`strategy` names a genome by the beginning of its sha256."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Which heads of a new generation people shall hear, and as whose mixers."""

    owner: User | None
    name: str
    rival: Mixer
    """Whom they want to replace."""
    places: int


@dataclass(frozen=True, slots=True)
class Litter:
    """A generation that was bred and is not stored yet."""

    run: EvolutionRun
    parent: Generation
    taste: PreferenceModel
    inputs: Mapping[str, Any]
    bred: Sequence[Bred]
    p_better: Sequence[float]
    """Of each against the rival, by the taste."""
    rival: NDArray[np.floating]
    """(D,) mean descriptors of the rival on the songs."""
    votes: dict[str, int]
    """What the votes since the generation before said."""


def store(litter: Litter, offer: Offer) -> Generation:
    """The generation with its individuals and the mixers it offers.

    Raises GenerationTaken, ModelUnavailable, ModelInvalid.
    """
    try:
        with transaction.atomic():
            return _store(litter, offer)
    except IntegrityError:
        raise GenerationTaken from None


def _store(litter: Litter, offer: Offer) -> Generation:
    run = EvolutionRun.objects.select_for_update().get(pk=litter.run.pk)
    latest = run.generations.order_by("-number").first()
    if latest is None or latest.pk != litter.parent.pk:
        raise GenerationTaken
    _close(latest)
    generation = Generation.objects.create(
        run=run,
        number=latest.number + 1,
        taste=litter.taste,
        votes=litter.taste.votes,
        votes_horizon=litter.taste.horizon,
        inputs=dict(litter.inputs),
        story=stories.tell(litter.bred, litter.rival, litter.votes),
    )
    rows = _individuals(generation, litter)
    parents = _ancestors(run, latest)
    _link(rows, litter.bred, parents)
    _offer(rows, litter, offer, parents)
    return generation


def _close(generation: Generation) -> None:
    """What became of those that were heard, and the end of their turn."""
    for individual in generation.individuals.exclude(mixer=None).select_related("mixer__owner"):
        assert individual.mixer is not None
        record = evidence.record_of(individual.mixer)
        individual.battles = record.battles
        individual.strength, individual.strength_error = record.strength, record.error
        individual.save(update_fields=["battles", "strength", "strength_error"])
    generation.state = Generation.State.CLOSED
    generation.save(update_fields=["state"])


def _individuals(generation: Generation, litter: Litter) -> list[Individual]:
    data = [genome_bytes(one.genome) for one in litter.bred]
    return Individual.objects.bulk_create(
        Individual(
            generation=generation,
            place=place,
            genome=genome,
            genome_sha256=sha256_of(genome),
            operator=one.operator if one.generation else KEPT,
            niche="mean" if one.niche == 0 else f"draw {one.niche}",
            utility=one.utility,
            p_better=chance,
        )
        for place, (one, genome, chance) in enumerate(
            zip(litter.bred, data, litter.p_better, strict=True)
        )
    )


def _ancestors(run: EvolutionRun, latest: Generation) -> dict[str, Individual]:
    """Individuals by their genome's key; of equals the latest."""
    found = Individual.objects.filter(
        generation__run=run, generation__number__in=(0, latest.number)
    )
    rows = found.defer("genome").select_related("mixer").order_by("generation__number", "-place")
    return {row.genome_sha256[:KEY_LENGTH]: row for row in rows}


def _link(
    rows: Sequence[Individual], bred: Sequence[Bred], parents: Mapping[str, Individual]
) -> None:
    through = Individual.parents.through
    through.objects.bulk_create(
        through(from_individual_id=row.pk, to_individual_id=parents[key].pk)
        for row, one in zip(rows, bred, strict=True)
        for key in one.parents
        if key in parents
    )


def _offer(
    rows: Sequence[Individual],
    litter: Litter,
    offer: Offer,
    parents: Mapping[str, Individual],
) -> None:
    """Make mixers of the best newcomers: the one to deliver first, then another niche's best."""
    for row, one in _newcomers(rows, litter, offer.places):
        merged = len(one.parents) > 1
        birth = Birth(
            name=f"{offer.name} {row.generation.number}.{row.place + 1}",
            slug=f"bred-{row.genome_sha256[:12]}",
            description=_described(one, litter),
            owner=offer.owner,
            origin=Mixer.Origin.MERGED if merged else Mixer.Origin.EVOLVED,
            generation=row.generation.number,
            metrics={"utility": round(one.utility, 4), "p_better": round(row.p_better or 0.0, 4)},
            provenance={"scope": litter.run.scope, "generation": str(row.generation.number)},
        )
        known = [parents[key].mixer for key in one.parents if key in parents]
        row.mixer = registry.add_mixer(
            one.genome, offer.rival, birth, [mixer for mixer in known if mixer is not None]
        )
        row.save(update_fields=["mixer"])


def _described(one: Bred, litter: Litter) -> str:
    moved = np.asarray(one.descriptors, np.float64) - litter.rival
    return f"Beside the one it challenges: {stories.in_words(moved.tolist())}."


def _newcomers(
    rows: Sequence[Individual], litter: Litter, places: int
) -> list[tuple[Individual, Bred]]:
    """New heads that the taste expects to beat the rival, one per niche, likeliest niche first."""
    chosen: dict[int, tuple[Individual, Bred]] = {}
    for row, one in zip(rows, litter.bred, strict=True):
        hopeful = (row.p_better or 0.0) > 0.5
        if one.generation and hopeful and one.niche not in chosen:
            chosen[one.niche] = (row, one)
    return [chosen[niche] for niche in sorted(chosen)][: max(places, 0)]


def inputs_json(inputs: Any) -> dict[str, Any]:
    """A frozen dataclass of ids as the database keeps it."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(inputs).items()
    }
