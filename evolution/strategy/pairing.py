"""Which two mixers a listener should hear next on a song.

One of them is the best by the posterior mean, so every battle has good music in it. The other is
the rival with the largest expected utility of the better of the two (EUBO: Z. J. Lin et al.,
"Preference exploration for efficient Bayesian optimization with multiple outcomes", AISTATS 2022;
R. Astudillo et al., "qEUBO", AISTATS 2023), among those that could really be better and that sound
different. That is a good mix of which something is left to learn.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from evolution.harm import Stage
from evolution.preference.judgements import features
from evolution.strategy.trial import Believed, Floats, StageMaker
from mixing.networks.genome import Genome

DRAWS: Final = 128
LEAST_HOPE: Final = 0.15
"""A challenger is better than the best with at least this probability."""
LEAST_DIFFERENCE: Final = 1.0
"""Euclidean distance of two mixes' descriptors, in audible steps, that can be told apart."""


def next_pair(
    taste: Believed,
    population: Sequence[Genome],
    song: Any,
    rng: np.random.Generator,
    *,
    base: Genome | None = None,
    stage: StageMaker = Stage,
) -> tuple[int, int]:
    """Indices of the best mixer of the population on this song and of its challenger.

    Args:
        population: at least two genomes, as a breeding gives them: the mean's niche first.
        base: beside whose console harm is judged; the first of the population when not given.
        stage: how the song tries mixers out.
    """
    if len(population) < 2:
        raise ValueError("A pair needs two mixers to choose from.")
    trial = stage(song, population[0] if base is None else base)
    rows, faults = trial.try_out(np.stack(population))
    harm = faults.sum(axis=1).astype(np.float64)
    expected = taste.utility(rows) - harm
    drawn = features(rows) @ taste.draws(rng, DRAWS).T - harm[:, None]
    best = int(np.argmax(expected))
    gaps = np.linalg.norm(rows - rows[best], axis=1)
    return best, _challenger(best, expected, drawn, gaps)


def _challenger(best: int, expected: Floats, drawn: Floats, gaps: Floats) -> int:
    """The rules fall one by one when nobody keeps them: different, then hopeful."""
    others = np.arange(len(expected)) != best
    differs = others & (gaps >= LEAST_DIFFERENCE)
    hopeful = differs & ((drawn > drawn[best]).mean(axis=1) >= LEAST_HOPE)
    eubo = np.maximum(drawn, drawn[best]).mean(axis=1)
    if hopeful.any():
        return int(np.argmax(np.where(hopeful, eubo, -np.inf)))
    allowed = differs if differs.any() else others
    return int(np.argmax(np.where(allowed, expected, -np.inf)))
