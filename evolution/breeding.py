"""One generation: read, breed, and store it whole or not at all.

Breeding reads rows, computes for a second or two without holding anything, and then one transaction
checks that the population is still the one that was read and writes the next. A process that dies
on the way leaves the population it found. All that breeding read is written down, so the same
generation can be bred again from its seed and compared to the bit.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from accounts.models import User
from evolution import beliefs, judging, reading, registry, slots, sounds, storing
from evolution.choosing import p_better, replacement
from evolution.console_space import GENERATIONS, ConsoleSpace
from evolution.descriptors import DESCRIPTOR_VERSION
from evolution.genome import Basis
from evolution.harm import audition
from evolution.models import (
    OVERALL,
    EvolutionRun,
    Generation,
    Individual,
    PreferenceModel,
    StoredBasis,
    StoredSound,
    scope_of_genre,
    scope_of_listener,
)
from evolution.packing import genome_bytes, genome_from, pack, sha256_of, unpack
from evolution.preference import Taste
from evolution.refusals import (
    FoundersCannotRerun,
    InputsGone,
    NoMixersToBreed,
    NoSongsToBreed,
)
from evolution.storing import Litter, Offer, inputs_json
from evolution.strategy import Individual as Bred
from mixing.models import Mixer
from mixing.networks.genome import Genome

logger = logging.getLogger(__name__)

PROBE_SONGS: Final = 16
BREEDING_VERSION: Final = 2
"""Raised whenever the same inputs would breed other genomes."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What breeding reads besides the taste and the population, as ids of rows that never
    change."""

    base: str
    """Id of the mixer to improve upon."""
    house: tuple[str, ...]
    """Ids of mixers whose weights may be merged in."""
    basis: int
    songs: tuple[int, ...]
    rounds: int
    descriptor_version: int
    breeding_version: int = 1

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Inputs":
        lists = {"house": tuple(data["house"]), "songs": tuple(data["songs"])}
        return cls(**{**data, **lists})


@dataclass(frozen=True, slots=True)
class Rerun:
    """A generation bred again."""

    generation: Generation
    stored: tuple[str, ...]
    again: tuple[str, ...]
    """sha256 of the genomes, in order."""

    @property
    def identical(self) -> bool:
        return self.stored == self.again


def run_of(listener: User) -> EvolutionRun:
    """The listener's population, begun if there is none."""
    return _run(scope_of_listener(listener.pk), listener)


def run_for_everybody(genre: str = "") -> EvolutionRun:
    """The community's population, overall or for a genre."""
    return _run(scope_of_genre(genre) if genre else OVERALL, None)


def breed(run: EvolutionRun, taste: PreferenceModel, *, offer: Offer) -> Generation:
    """Breed and store the run's next generation.

    Raises:
        NoMixersToBreed, NoSongsToBreed: nothing to begin with. GenerationTaken: another worker
        stored it first. ModelUnavailable, ModelInvalid: a mixer's files.
    """
    parent = _latest(run) or _found(run)
    inputs = _inputs(run)
    posterior = beliefs.load_taste(taste)
    space = _space(inputs)
    bred = _breed(space, parent, posterior)
    rival = registry.genome_of_mixer(offer.rival)
    heard, harm = space.audition(np.stack([*(one.genome for one in bred), rival]))
    litter = Litter(
        run=run,
        parent=parent,
        taste=taste,
        inputs=inputs_json(inputs),
        bred=bred,
        p_better=p_better(posterior, heard, harm).tolist(),
        rival=heard[-1].mean(axis=0),
        votes=_votes_since(parent, taste),
    )
    return storing.store(litter, offer)


def rerun(generation: Generation) -> Rerun:
    """Breed a stored generation again from what it was bred from; nothing is stored.

    Raises FoundersCannotRerun, InputsGone.
    """
    if generation.number == 0 or generation.taste is None:
        raise FoundersCannotRerun
    parent = generation.run.generations.get(number=generation.number - 1)
    inputs = Inputs.from_json(generation.inputs)
    if (inputs.descriptor_version, inputs.breeding_version) != (
        DESCRIPTOR_VERSION,
        BREEDING_VERSION,
    ):
        raise InputsGone
    try:
        bred = _breed(_space(inputs), parent, beliefs.load_taste(generation.taste))
    except (StoredSound.DoesNotExist, StoredBasis.DoesNotExist, Mixer.DoesNotExist):
        raise InputsGone from None
    stored = generation.individuals.order_by("place").values_list("genome_sha256", flat=True)
    again = tuple(sha256_of(genome_bytes(one.genome)) for one in bred)
    return Rerun(generation, tuple(stored), again)


def chances(listener: User, mixers: Sequence[Mixer], rival: Mixer) -> list[tuple[Mixer, float]]:
    """P(each beats the rival over music in general), by what the taste knows now."""
    if not mixers:
        return []
    tried = _audition(listener, mixers, rival)
    if tried is None:
        return [(mixer, 0.5) for mixer in mixers]
    found = p_better(beliefs.taste_of(listener).posterior, *tried)
    return list(zip(mixers, found.tolist(), strict=True))


def foreseen(listener: User, mixers: Sequence[Mixer], rival: Mixer) -> tuple[Mixer, float] | None:
    """The mixer that the learner would give instead of the rival, and how surely it is better;
    None as long as none passes the gate."""
    tried = _audition(listener, mixers, rival) if mixers else None
    if tried is None:
        return None
    taste = beliefs.taste_of(listener).posterior
    best = replacement(taste, *tried)
    return None if best is None else (mixers[best], float(p_better(taste, *tried)[best]))


def prepare() -> bool:
    """Read the public songs and build function space before the first listener waits for it.

    False while there are no mixers or songs. Raises ModelUnavailable or ModelInvalid.
    """
    try:
        _basis_row(slots.incumbent())
    except (NoMixersToBreed, NoSongsToBreed):
        return False
    return True


def seed_of(run: EvolutionRun, number: int) -> int:
    """Seed of one generation's chance."""
    return int(np.random.SeedSequence((run.seed, number)).generate_state(1, np.uint64)[0])


def _run(scope: str, listener: User | None) -> EvolutionRun:
    run, _ = EvolutionRun.objects.get_or_create(
        scope=scope, defaults={"listener": listener, "seed": secrets.randbits(62)}
    )
    return run


def _latest(run: EvolutionRun) -> Generation | None:
    return run.generations.order_by("-number").first()


def _found(run: EvolutionRun) -> Generation:
    """Generation 0: the mixers everybody has."""
    founders = _founders()
    if not founders:
        raise NoMixersToBreed
    try:
        with transaction.atomic():
            generation = Generation.objects.create(run=run, number=0)
            Individual.objects.bulk_create(
                Individual(
                    generation=generation,
                    place=place,
                    genome=data,
                    genome_sha256=sha256_of(data),
                    operator="founder",
                    mixer=mixer,
                )
                for place, (mixer, data) in enumerate(
                    (mixer, genome_bytes(registry.genome_of_mixer(mixer))) for mixer in founders
                )
            )
    except IntegrityError:
        found = _latest(run)
        if found is None:
            raise
        return found
    return generation


def _founders() -> list[Mixer]:
    """The community's listed mixers of one encoder: what merging can bring together."""
    champion = slots.incumbent()
    listed = Mixer.objects.filter(
        owner=None,
        status=Mixer.Status.LISTED,
        encoder_onnx_sha256=champion.encoder_onnx_sha256,
    ).exclude(genome_file="")
    return list(listed.order_by("created_at", "name"))


def _inputs(run: EvolutionRun) -> Inputs:
    champion = slots.incumbent()
    house = [str(mixer.pk) for mixer in _founders() if mixer.pk != champion.pk]
    genre = run.scope.partition(":")[2] if run.scope.startswith("genre:") else ""
    songs = reading.sounds_of(sounds.songs_to_judge(run.listener_id, genre=genre), champion)
    if not songs:
        raise NoSongsToBreed
    return Inputs(
        base=str(champion.pk),
        house=tuple(house),
        basis=_basis_row(champion).pk,
        songs=tuple(row.pk for row in songs),
        rounds=GENERATIONS,
        descriptor_version=DESCRIPTOR_VERSION,
        breeding_version=BREEDING_VERSION,
    )


def _basis_row(champion: Mixer) -> StoredBasis:
    """Function space over public songs; built anew when twice as many probe songs are there."""
    probes = reading.sounds_of(sounds.songs_to_judge(None)[:PROBE_SONGS], champion)
    if not probes:
        raise NoSongsToBreed
    known = (
        StoredBasis.objects.filter(
            encoder_sha256=champion.encoder_onnx_sha256, descriptor_version=DESCRIPTOR_VERSION
        )
        .order_by("-songs", "pk")
        .first()
    )
    if known is not None and (known.songs >= PROBE_SONGS or len(probes) < 2 * known.songs):
        return known
    basis = Basis.build(
        registry.genome_of_mixer(champion), [sounds.load_sound(row) for row in probes]
    )
    return StoredBasis.objects.create(
        encoder_sha256=champion.encoder_onnx_sha256,
        descriptor_version=DESCRIPTOR_VERSION,
        songs=len(probes),
        arrays=pack(basis.to_arrays()),
    )


@lru_cache(maxsize=4)
def _basis(pk: int) -> Basis:
    return Basis.from_arrays(unpack(StoredBasis.objects.get(pk=pk).arrays))


def _space(inputs: Inputs) -> ConsoleSpace:
    """Where these inputs are bred and judged. Raises Mixer.DoesNotExist and the like."""
    mixers = Mixer.objects.in_bulk([UUID(pk) for pk in (inputs.base, *inputs.house)])
    if len(mixers) <= len(inputs.house):
        raise Mixer.DoesNotExist
    base, *house = (
        registry.genome_of_mixer(mixers[UUID(pk)]) for pk in (inputs.base, *inputs.house)
    )
    songs = tuple(sounds.load_sounds(inputs.songs))
    return ConsoleSpace(base, tuple(house), _basis(inputs.basis), songs, generations=inputs.rounds)


def _breed(space: ConsoleSpace, parent: Generation, taste: Taste) -> list[Bred]:
    return space.litter(taste, _genomes(parent), seed=seed_of(parent.run, parent.number + 1))


def _audition(
    listener: User, mixers: Sequence[Mixer], rival: Mixer
) -> tuple[NDArray[np.floating], NDArray[np.floating]] | None:
    """Descriptors and harm of the mixers, the rival last, on music in general; None without any."""
    rows = reading.sounds_of(sounds.songs_to_judge(listener.pk), rival)
    if not rows:
        return None
    genomes = [registry.genome_of_mixer(one) for one in (*mixers, rival)]
    songs = [sounds.load_sound(row) for row in rows]
    return audition(np.stack(genomes), songs, base=genomes[-1])


def _votes_since(parent: Generation, taste: PreferenceModel) -> dict[str, int]:
    """How many votes are new, and how many of them the taste before foresaw."""
    seen = judging.votes_in(taste, since=parent.votes_horizon)
    if parent.taste is None or not len(seen.judgements):
        return {"new": len(seen.pairs), "foreseen": 0, "decided": 0}
    before = beliefs.load_taste(parent.taste)
    columns = seen.judgements
    expected, _ = before.advantage(columns.a, columns.b)
    decided = columns.score != 0.5
    foreseen = (expected > 0) == (columns.score == 1.0)
    return {
        "new": len(seen.pairs),
        "foreseen": int(np.count_nonzero(foreseen & decided)),
        "decided": int(np.count_nonzero(decided)),
    }


def _genomes(generation: Generation) -> list[Genome]:
    rows = generation.individuals.order_by("place").values_list("genome", flat=True)
    return [genome_from(data) for data in rows]
