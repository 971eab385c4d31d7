"""Who was bred from whom: families of mixers and populations, ready to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from accounts.models import User
from evolution import stories
from evolution.lineage import Ancestry, Node
from evolution.models import EvolutionRun, Generation, Individual
from evolution.stories import Change
from mixing.models import Mixer

MOST_GENERATIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Relative:
    """A mixer that others were bred from, and its share in the weights when parents count alike."""

    mixer: Mixer
    share: float


@dataclass(frozen=True, slots=True)
class Member:
    """One head in the tree."""

    id: UUID
    generation: int
    place: int
    operator: str
    words: str
    """How it came to be."""
    niche: str
    utility: float | None
    p_better: float | None
    strength: float | None
    low: float | None
    high: float | None
    """95 % interval of the strength, in logits; None before any vote."""
    battles: int
    mixer: Mixer | None
    """Set when it can be listened to."""
    parents: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A population's lineage: members by layer, founders first; edges point to parents."""

    run: EvolutionRun
    layers: tuple[tuple[Member, ...], ...]
    generations: int
    """How many there are in all; old ones that led nowhere are left out."""

    @property
    def members(self) -> list[Member]:
        return [member for layer in self.layers for member in layer]


@dataclass(frozen=True, slots=True)
class GenerationStory:
    """What one generation changed, and what the votes said."""

    generation: Generation
    changes: tuple[Change, ...]
    """Its best head beside the mixer it wants to replace, largest first."""
    operators: tuple[tuple[str, int], ...]
    """How its heads came to be, in words, and how many of each."""
    new_votes: int
    foreseen: int
    decided: int
    """Of the new votes with a winner, how many the taste before them had foreseen."""
    members: tuple[Member, ...]

    @property
    def foreseen_share(self) -> float | None:
        return self.foreseen / self.decided if self.decided else None


def runs_visible_to(user: object) -> list[EvolutionRun]:
    """The community's populations, and the person's own first."""
    runs = EvolutionRun.objects.filter(listener=None)
    own = EvolutionRun.objects.filter(listener=user) if isinstance(user, User) else runs.none()
    return [*own, *runs.order_by("scope")]


def tree(run: EvolutionRun) -> Tree:
    """The lineage of everybody alive and of all who were heard; three queries."""
    latest = run.generations.order_by("-number").values_list("number", flat=True).first() or 0
    rows = list(
        Individual.objects.filter(generation__run=run)
        .defer("genome")
        .select_related("generation", "mixer")
        .order_by("generation__number", "place")
    )
    parents = _parents(run)
    members = {row.pk: _member(row, parents.get(row.pk, ())) for row in rows}
    ancestry = Ancestry(
        Node(
            str(one.id),
            tuple(str(parent) for parent in one.parents if parent in members),
            one.operator,
            one.generation,
        )
        for one in members.values()
    )
    alive = {
        str(one.id)
        for one in members.values()
        if one.generation == latest or one.mixer is not None or one.generation == 0
    }
    wanted = alive.union(*(ancestry.ancestors(key) for key in alive))
    layers: list[list[Member]] = [[] for _ in range(latest + 1)]
    for row in ancestry.layers():
        for key in row:
            if key in wanted:
                one = members[UUID(key)]
                layers[one.generation].append(one)
    return Tree(run, tuple(tuple(layer) for layer in layers if layer), latest + 1)


def story(generation: Generation) -> GenerationStory:
    """One generation in words."""
    told: dict[str, Any] = generation.story
    rows = generation.individuals.defer("genome").select_related("mixer", "generation")
    parents = _parents(generation.run)
    votes = told.get("votes", {})
    return GenerationStory(
        generation=generation,
        changes=tuple(stories.changes(told.get("against_rival", []))),
        operators=tuple(
            (stories.operator_words(name), count)
            for name, count in sorted(
                told.get("operators", {}).items(), key=lambda item: (-item[1], item[0])
            )
        ),
        new_votes=votes.get("new", 0),
        foreseen=votes.get("foreseen", 0),
        decided=votes.get("decided", 0),
        members=tuple(_member(row, parents.get(row.pk, ())) for row in rows.order_by("place")),
    )


def recent_stories(run: EvolutionRun, count: int = MOST_GENERATIONS) -> list[GenerationStory]:
    """The latest generations, newest first, without the founders."""
    generations = run.generations.filter(number__gt=0).select_related("run").order_by("-number")
    return [story(generation) for generation in generations[:count]]


def ancestors_of(mixer: Mixer) -> tuple[Relative, ...]:
    """The mixers everybody had that this one was bred from, largest share first."""
    individual = mixer.individuals.defer("genome").order_by("generation__number").first()
    if individual is None:
        return tuple(Relative(parent, 1.0) for parent in mixer.parents.all())
    run = individual.generation.run
    rows = Individual.objects.filter(generation__run=run).defer("genome").select_related("mixer")
    by_id = {row.pk: row for row in rows}
    parents = _parents(run)
    ancestry = Ancestry(
        Node(str(pk), tuple(str(parent) for parent in parents.get(pk, ()) if parent in by_id))
        for pk in by_id
    )
    shares = ancestry.heritage(str(individual.pk))
    found = ((by_id[UUID(key)].mixer, share) for key, share in shares.items())
    return tuple(Relative(founder, share) for founder, share in found if founder is not None)


def _parents(run: EvolutionRun) -> dict[UUID, tuple[UUID, ...]]:
    links: Sequence[tuple[UUID, UUID]] = list(
        Individual.parents.through.objects.filter(from_individual__generation__run=run)
        .order_by("pk")
        .values_list("from_individual_id", "to_individual_id")
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for child, parent in links:
        found[child] = (*found.get(child, ()), parent)
    return found


def _member(row: Individual, parents: tuple[UUID, ...]) -> Member:
    reach = None if row.strength_error is None else 1.96 * row.strength_error
    known = row.strength is not None and reach is not None
    return Member(
        id=row.pk,
        generation=row.generation.number,
        place=row.place,
        operator=row.operator,
        words=stories.operator_words(row.operator),
        niche=row.niche,
        utility=row.utility,
        p_better=row.p_better,
        strength=row.strength,
        low=(row.strength or 0.0) - (reach or 0.0) if known else None,
        high=(row.strength or 0.0) + (reach or 0.0) if known else None,
        battles=row.battles,
        mixer=row.mixer,
        parents=parents,
    )
