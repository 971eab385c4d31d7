"""Breeding with known tastes."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from evolution.descriptors import COLUMN, COUNT, describe_genomes
from evolution.harm import penalties
from evolution.operators import OPERATORS
from evolution.strategy import Breeder, Individual, Plan, key_of
from evolution.strategy.breeder import _select
from evolution.strategy.population import Candidate
from tests.evolution.sounds import basis, house, probe_songs, unseen_songs
from tests.evolution.tastes import KnownTaste, likes

WANTED = {"vocal_level": 3.0, "brightness": -3.0, "wetness": -2.0}


def breeder(seed: int = 1) -> Breeder:
    return Breeder(house()[0], house()[1:], basis(), probe_songs()[:6], seed)


def bred(taste: KnownTaste, generations: int = 5, seed: int = 1) -> list[Individual]:
    return breeder(seed).breed(taste, house()[1:3], generations)


def test_a_few_generations_find_what_is_liked_and_it_holds_on_unseen_songs() -> None:
    taste = likes(**WANTED)
    best = bred(taste)[0]
    sung_songs = [song for song in unseen_songs() if "vocal" in song.roles]
    rows = describe_genomes(np.stack([house()[0], best.genome]), sung_songs)
    before, after = taste.utility(rows).mean(axis=1)
    # The reference misses its best in three qualities: 0.08 (9 + 9 + 4) = 1.76 of utility.
    assert best.utility - taste.utility(np.zeros((1, COUNT)))[0] > 1.0
    assert after - before > 0.5
    sung = rows[1].mean(axis=0)
    assert sung[COLUMN["vocal_level"]] > 1
    assert sung[COLUMN["brightness"]] < -1
    assert sung[COLUMN["wetness"]] < -0.7
    assert penalties(best.genome[None], unseen_songs(), house()[0]).sum(axis=2).mean() < 0.3


def test_who_likes_the_base_keeps_it() -> None:
    best = bred(likes(spread=0.01))[0]
    assert best.key == key_of(house()[0])
    assert best.operator == "founder"
    assert best.parents == (best.key,)


def test_the_best_never_gets_worse() -> None:
    maker = breeder()
    maker.breed(likes(**WANTED), [], 6)
    best = maker.logbook.select("best")
    assert len(best) == 7
    assert best == sorted(best)
    assert best[-1] > best[0]


def test_the_same_seed_breeds_the_same_genomes_and_another_seed_others() -> None:
    first, again, other = (bred(likes(**WANTED), 3, seed) for seed in (1, 1, 2))
    assert [i.key for i in first] == [i.key for i in again]
    assert [i.key for i in first] != [i.key for i in other]


def test_two_processes_breed_the_same_to_the_bit(tmp_path: Path) -> None:
    """Neither memory addresses nor hash seeds nor the number of threads may show."""
    np.savez(tmp_path / "basis.npz", **basis().to_arrays())
    program = """
import sys
import numpy as np
from evolution.genome import Basis
from evolution.strategy import Breeder
from mixing.networks.checkpoints import shipped_genome
from tests.evolution.tastes import likes
basis = Basis.from_arrays(dict(np.load(sys.argv[1])))
house = [shipped_genome(name) for name in ("warm", "bright", "punchy", "spacious")]
breeder = Breeder(shipped_genome("balanced"), house, basis, basis.songs[:4], 9)
for individual in breeder.breed(likes(vocal_level=3.0, air=-2.0), house[:2], 3):
    print(individual.key, individual.niche, individual.operator, individual.utility)
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "basis.npz")],
            stdout=subprocess.PIPE,
            env={
                "PYTHONHASHSEED": different,
                "OMP_NUM_THREADS": different,
                "PYTHONPATH": ":".join(sys.path),
                "PATH": "",
            },
        )
        for different in ("1", "2")
    ]
    first, second = (process.communicate(timeout=120)[0] for process in running)
    assert len(first.splitlines()) >= 6
    assert first == second


def test_survivors_say_where_they_come_from() -> None:
    founders = {key_of(genome) for genome in house()}
    survivors = bred(likes(**WANTED))
    assert {i.operator for i in survivors} <= {*OPERATORS, "founder"}
    for individual in survivors:
        assert individual.parents
        assert set(individual.parents) <= founders
        assert individual.key == key_of(individual.genome)
        assert (individual.generation == 0) == (individual.operator == "founder")
        assert individual.descriptors.shape == (COUNT,)


def test_niches_hold_different_mixers() -> None:
    unsure = likes(spread=0.4, **WANTED)
    survivors = bred(unsure)
    niches = [i.niche for i in survivors]
    assert niches == sorted(niches)
    assert set(niches) == set(range(1 + Plan().draws))
    assert len({i.key for i in survivors}) == len(survivors)
    best = [next(i for i in survivors if i.niche == niche) for niche in range(5)]
    gaps = [np.linalg.norm(best[0].descriptors - one.descriptors) for one in best[1:]]
    assert min(gaps) > Plan().apart_steps


def test_generations_can_wait_for_votes_between_asking_and_telling() -> None:
    maker = breeder()
    trial = maker.trial(likes(**WANTED))
    survivors = maker.tell(maker.found(house()[1:]), trial)
    children = maker.ask(survivors, trial)
    assert len(children) == Plan().children
    assert not any(child.utilities.size for child in children)
    later = maker.trial(likes(brightness=4.0))  # taste has changed meanwhile
    everybody = [
        Candidate(c.genome, c.operator, c.founders, c.born) for c in (*survivors, *children)
    ]
    best = maker.individuals(maker.tell(everybody, later))[0]
    assert best.descriptors[COLUMN["brightness"]] > 0.3


def test_survivors_of_a_niche_keep_their_distance() -> None:
    """Utilities 5, 4, 3, 2 at places 0, 0.1, 2, 4 on a line: 4 stands too close to 5."""
    places, worth = [0.0, 0.1, 2.0, 4.0], [5.0, 4.0, 3.0, 2.0]
    candidates = [
        Candidate(
            np.zeros(1, np.float32), utilities=np.array([u]), descriptors=np.array([p], np.float32)
        )
        for p, u in zip(places, worth, strict=True)
    ]
    chosen = _select(candidates, 0, places=(3,), apart=0.5)
    assert [float(c.utilities[0]) for c in chosen] == [5.0, 3.0, 2.0]
    crowded = _select(candidates[:2], 0, places=(3,), apart=0.5)
    assert [float(c.utilities[0]) for c in crowded] == [5.0, 4.0]


def test_keys_are_names_of_numbers() -> None:
    assert key_of(house()[0]) == key_of(house()[0].astype(">f4"))
    assert len({key_of(genome) for genome in house()}) == 5
    assert len(key_of(house()[0])) == 32
