"""The learner against its rivals in the same worlds: how good mixers become, and for whom.

A job is one world: everybody starts from nothing together, then newcomers join those who are
trained. Rivals learn for every listener alone, so for them newcomers are like everybody.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evolution.console_space import ConsoleSpace
from evolution.learner import Learner
from evolution.simulation.baselines import EachAlone, PairedCma, PlainGenetics, RandomSearch, Rival
from evolution.simulation.ceilings import best_head_for_all, best_head_per_listener
from evolution.simulation.costs import costs
from evolution.simulation.listeners import KINDS
from evolution.simulation.songs import SimulatedSong, composed
from evolution.simulation.trial import Look, Trial
from evolution.simulation.world import OPTIMUM_WINS, World
from mixing.networks.genome import Genome

Progress = Callable[[str], None]
Figures = dict[str, Any]

LEARNER: Final = "learner"
RIVALS: Final[Mapping[str, Callable[..., Any]]] = {
    "random search, Elo": RandomSearch,
    "genetic algorithm on weights, Elo": PlainGenetics,
    "CMA-ES on weights": PairedCma,
}
_CEILING_STEPS: Final = 150


@dataclass(frozen=True)
class Size:
    """How much is simulated: listeners of the crowd, newcomers, votes, songs, worlds per kind."""

    crowd: int = 50
    newcomers: int = 24
    checkpoints: tuple[int, ...] = (10, 20, 40, 80)
    public_songs: int = 22
    held_out_songs: int = 14
    probe_songs: int = 8
    seeds: int = 3


FULL: Final = Size()
QUICK: Final = Size(crowd=24, newcomers=10, checkpoints=(10, 20, 40), seeds=1)


@dataclass(frozen=True)
class Job:
    """One world of a kind."""

    kind: str
    seed: int
    size: Size
    cache: Path


Looks = dict[tuple[str, str], list[Look]]
"""By method and scene ("cold" or "newcomers")."""


def compare(
    kinds: Sequence[str], size: Size, *, cache: Path, processes: int = 1, say: Progress
) -> Figures:
    """Figures by kind of world: ceilings, and what each method reached.

    Shares come as [mean, standard error over listeners]. ``cache`` keeps the composed songs.
    """
    composed(size.public_songs + size.held_out_songs, cache=cache, say=say)
    jobs = [Job(kind, seed, size, cache) for kind in kinds for seed in range(1, size.seeds + 1)]
    found: dict[str, list[tuple[dict[str, float], Looks]]] = {kind: [] for kind in kinds}
    for job, result in zip(jobs, _run(jobs, processes), strict=True):
        found[job.kind].append(result)
        say(f"{job.kind}, world {job.seed}: done")
    return {kind: _summary(results) for kind, results in found.items()}


def learning_costs(size: Size, *, cache: Path) -> dict[str, float]:
    """Processor seconds of a vote and of a generation (``costs``) on the songs of the worlds."""
    songs = composed(size.probe_songs, cache=cache)
    return costs(ConsoleSpace.of_house([song.sound for song in songs]))


def live_in(job: Job) -> tuple[dict[str, float], Looks]:
    """Ceilings of one world, and what every method saw in it."""
    size = job.size
    songs = composed(size.public_songs + size.held_out_songs, cache=job.cache)
    space = ConsoleSpace.of_house([song.sound for song in songs[: size.probe_songs]])
    world = _world(job, songs, space.base)
    single_share, single = best_head_for_all(world, _CEILING_STEPS)
    ceilings = {
        "own optimum, song by song": OPTIMUM_WINS,
        "best head per listener": best_head_per_listener(world, _CEILING_STEPS),
        "best single head for everybody": single_share,
    }
    crowd = range(size.crowd)
    newcomers = range(size.crowd, size.crowd + size.newcomers)
    learner = Learner(space, seed=job.seed)
    looks: Looks = {}
    for scene, who in (("cold", crowd), ("newcomers", newcomers)):
        trial = Trial(world, learner, who, single, job.seed)
        looks[LEARNER, scene] = trial.until(size.checkpoints)
    for name, make in RIVALS.items():
        rival: Rival = EachAlone(make, world.base, job.seed)
        looks[name, "cold"] = Trial(world, rival, crowd, single, job.seed).until(size.checkpoints)
    return ceilings, looks


def table(figures: Figures) -> str:
    """The figures for people: one block per kind of world, shares in percent."""
    lines = []
    for kind, found in figures.items():
        ceilings = ", ".join(f"{name} {100 * v:.0f} %" for name, v in found["ceilings"].items())
        lines += ["", f"World: {kind}. Possible against base: {ceilings}.", _HEADING]
        for row in found["methods"]:
            lines += [_line(row["method"], row["scene"], look) for look in row["looks"]]
    return "\n".join(lines)


_HEADING: Final = (
    f"{'method':34s} {'scene':10s} votes  against base  against best single  harmed  played"
)


def _line(method: str, scene: str, look: Mapping[str, Any]) -> str:
    base, single = (
        f"{100 * look[name][0]:5.1f} ±{100 * look[name][1]:4.1f}"
        for name in ("against_base", "against_best_single")
    )
    return (
        f"{method:34s} {scene:10s} {look['votes']:5d}   {base}   {single}        "
        f"{100 * look['harmed']:4.0f} %  {100 * look['played']:4.1f}"
    )


def _run(jobs: Sequence[Job], processes: int) -> Sequence[tuple[dict[str, float], Looks]]:
    if processes == 1:
        return [live_in(job) for job in jobs]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(live_in, jobs))


def _world(job: Job, songs: Sequence[SimulatedSong], base: Genome) -> World:
    return World.draw(
        KINDS[job.kind],
        base=base,
        songs=songs,
        held_out=job.size.held_out_songs,
        listeners=job.size.crowd + job.size.newcomers,
        seed=job.seed,
    )


def _summary(results: Sequence[tuple[dict[str, float], Looks]]) -> Figures:
    ceilings = {
        name: round(float(np.mean([found[name] for found, _ in results])), 4)
        for name in results[0][0]
    }
    methods = []
    for method, scene in results[0][1]:
        worlds = [looks[method, scene] for _, looks in results]
        looks = [_merged(list(same)) for same in zip(*worlds, strict=True)]
        methods.append({"method": method, "scene": scene, "looks": looks})
    return {"ceilings": ceilings, "worlds": len(results), "methods": methods}


def _merged(looks: Sequence[Look]) -> Figures:
    """The same checkpoint of several worlds as one."""
    against_base = np.concatenate([look.against_base for look in looks])
    return {
        "votes": looks[0].votes,
        "against_base": _mean(against_base),
        "against_best_single": _mean(np.concatenate([look.against_best_single for look in looks])),
        "harmed": round(float((against_base < 0.5).mean()), 4),
        "played": round(float(np.mean([look.played for look in looks])), 4),
    }


def _mean(shares: NDArray[np.float64]) -> list[float]:
    error = shares.std(ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0
    return [round(float(shares.mean()), 4), round(float(error), 4)]


__all__ = ["FULL", "QUICK", "Job", "Size", "compare", "learning_costs", "live_in", "table"]
