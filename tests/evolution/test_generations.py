"""A generation is stored whole or not at all, once, and can be bred again to the bit."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from accounts.models import User
from evolution import beliefs, breeding, personal, registry, services, slots, storing
from evolution.models import (
    EvolutionRun,
    Generation,
    Individual,
    PreferenceModel,
    StoredBasis,
)
from evolution.refusals import FoundersCannotRerun, GenerationTaken, InputsGone, NoSongsToBreed
from evolution.storing import Litter, Offer
from mixing import collecting
from mixing.models import Mixer, Song
from tests.evolution import building
from tests.evolution.building import likes

BRIGHT = likes(brightness=4.0, air=2.0)


class Died(BaseException):
    """The process is gone: nothing may catch it."""


@contextmanager
def dying_at(statement: int, die: Any) -> Iterator[list[str]]:
    """Die before the given SQL statement (from 0) is sent; the statements sent so far."""
    sent: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if len(sent) == statement:
            die()
        sent.append(sql.split(" ", 1)[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield sent


def raise_died() -> None:
    raise Died


@pytest.fixture
def due(listener: User, songs: list[Song], house: list[Mixer]) -> PreferenceModel:
    """A taste of eight votes, from which a generation is due; the founders are stored."""
    building.listen(listener, songs, house, BRIGHT, 8)
    row = beliefs.refresh_taste(listener)
    breeding._found(breeding.run_of(listener))
    return row


def offer(listener: User, places: int = 2) -> Offer:
    return Offer(owner=listener, name="Yours", rival=slots.incumbent(), places=places)


def litter_of(listener: User, taste: PreferenceModel, monkeypatch: pytest.MonkeyPatch) -> Litter:
    """What breeding would store."""
    caught: list[Litter] = []
    with monkeypatch.context() as patch:
        patch.setattr(storing, "store", lambda litter, offer: caught.append(litter))
        breeding.breed(breeding.run_of(listener), taste, offer=offer(listener))
    return caught[0]


def state() -> tuple[Any, ...]:
    """All of the populations, as somebody sees who looks later."""
    return (
        list(Generation.objects.order_by("number").values_list("number", "state")),
        list(Individual.objects.order_by("pk").values_list("pk", "genome_sha256", "mixer_id")),
        Individual.parents.through.objects.count(),
        list(Mixer.objects.order_by("pk").values_list("pk", "status")),
    )


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_leaves_the_old_population_or_the_new_one(
    listener: User, due: PreferenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every statement of storing a generation, 30 at least."""
    litter = litter_of(listener, due, monkeypatch)
    old = state()
    died = 0
    while True:
        try:
            with dying_at(died, raise_died):
                generation = storing.store(litter, offer(listener))
        except Died:
            assert state() == old, f"statement {died}"
            died += 1
            continue
        break
    assert died >= 30
    # The one that lived is whole, although files of the dead lay around.
    assert generation.individuals.count() == len(litter.bred)
    assert state()[0] == [(0, "closed"), (1, "listening")]
    for individual in generation.individuals.exclude(mixer=None).select_related("mixer"):
        assert individual.mixer is not None
        assert registry.genome_of_mixer(individual.mixer).tobytes() == bytes(individual.genome)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", [3, 15, 29, 1000])
def test_kill_9_in_the_middle_of_a_generation(
    listener: User, due: PreferenceModel, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    """A real process, really killed; the last one lives."""
    if connection.vendor != "sqlite":
        pytest.skip("a forked child needs a database it can open anew")
    litter = litter_of(listener, due, monkeypatch)
    old = state()
    connection.close()
    child = os.fork()
    if child == 0:
        with dying_at(statement, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            storing.store(litter, offer(listener))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert state() == old
    else:
        assert os.WEXITSTATUS(status) == 0
        assert state()[0] == [(0, "closed"), (1, "listening")]
        assert Generation.objects.get(number=1).individuals.count() == len(litter.bred)
    assert os.WIFSIGNALED(status) == (statement < 1000)


def test_two_workers_store_one_generation(
    listener: User, due: PreferenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    litter = litter_of(listener, due, monkeypatch)
    storing.store(litter, offer(listener))
    before = state()
    with pytest.raises(GenerationTaken):
        storing.store(litter, offer(listener))
    assert state() == before


def test_the_same_votes_and_seed_give_the_same_genomes(
    listener: User, due: PreferenceModel
) -> None:
    run = breeding.run_of(listener)
    first = breeding.breed(run, due, offer=offer(listener))
    second = breeding.breed(run, due, offer=offer(listener))
    for generation in (first, second):
        again = services.rerun_generation(generation=generation)
        assert len(again.stored) == generation.individuals.count() > 4
        assert again.identical
    assert set(again.stored) != {one.genome_sha256 for one in first.individuals.all()}


def test_another_seed_gives_other_genomes(listener: User, due: PreferenceModel) -> None:
    generation = breeding.breed(breeding.run_of(listener), due, offer=offer(listener))
    EvolutionRun.objects.update(seed=1)
    generation.run.refresh_from_db()
    assert not services.rerun_generation(generation=generation).identical


def test_what_cannot_be_bred_again_is_told(
    listener: User, due: PreferenceModel, songs: list[Song]
) -> None:
    generation = breeding.breed(breeding.run_of(listener), due, offer=offer(listener))
    with pytest.raises(FoundersCannotRerun):
        services.rerun_generation(generation=Generation.objects.get(number=0))
    Generation.objects.filter(pk=generation.pk).update(
        inputs={**generation.inputs, "songs": [*generation.inputs["songs"], 999_999]}
    )
    generation.refresh_from_db()
    with pytest.raises(InputsGone):
        services.rerun_generation(generation=generation)


def test_function_space_is_built_ahead_and_once(
    house: list[Mixer], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not breeding.prepare()  # Without songs there is nothing to hear.
    songs = building.make_songs(owner)
    building.give_basis(house[0], songs)
    monkeypatch.setattr(breeding.Basis, "build", None)  # It is there already.
    assert breeding.prepare()
    assert StoredBasis.objects.count() == 1


def test_without_songs_nothing_is_bred(listener: User, house: list[Mixer]) -> None:
    row = beliefs.refresh_taste(listener)
    with pytest.raises(NoSongsToBreed):
        breeding.breed(breeding.run_of(listener), row, offer=offer(listener))
    assert personal.breed_for(listener.pk, closing=True) is None


def test_only_what_may_win_is_offered_and_only_as_much_as_there_is_room(
    listener: User, due: PreferenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    litter = litter_of(listener, due, monkeypatch)
    full = storing.store(litter, offer(listener, places=0))
    assert not full.individuals.exclude(mixer=None).exists()
    nobody = Litter(**{**as_dict(litter), "p_better": [0.4] * len(litter.bred), "parent": full})
    none = storing.store(nobody, offer(listener))
    assert not none.individuals.exclude(mixer=None).exists()


def test_bred_files_that_nobody_names_are_tidied(listener: User, due: PreferenceModel) -> None:
    breeding.breed(breeding.run_of(listener), due, offer=offer(listener))
    root = Path(django_settings.MODELS_ROOT)
    orphan = root / f"{registry.PREFIX}-orphan.onnx"
    orphan.write_bytes(b"x")
    assert collecting.collect().files == 0  # It may be waiting for its row.
    for path in root.iterdir():
        os.utime(path, (1, 1))
    collecting.collect()
    assert not orphan.exists()
    for mixer in Mixer.objects.filter(owner=listener):
        registry.genome_of_mixer(mixer)


def as_dict(litter: Litter) -> dict[str, Any]:
    return {name: getattr(litter, name) for name in Litter.__dataclass_fields__}
