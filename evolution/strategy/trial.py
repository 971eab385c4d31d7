"""What candidates are worth: believed utility over many songs, less the harm they do."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from evolution.harm import Stage
from evolution.preference.judgements import features
from mixing.networks.genome import Genome

Array = NDArray[np.float32]
Floats = NDArray[np.float64]

_NEARBY: Final = 0.25
_DIGITS: Final = 5
"""Fitness is rounded: libraries that add up in another order then still choose the same."""


class Believed(Protocol):
    """What breeding asks of a taste (``preference.Taste``, or a crowd's)."""

    def utility(self, descriptors: NDArray[np.floating]) -> Floats:
        """Expected utility (m,) of mixes with these descriptors (m, D)."""
        ...

    def draws(self, rng: np.random.Generator, k: int) -> Floats:
        """(k, F) weights of ``features`` drawn from what is believed."""
        ...


class Tries(Protocol):
    """A song that shows what heads make of it (``harm.Stage``)."""

    def try_out(self, genomes: Array) -> tuple[Array, Array]:
        """Descriptors (heads, D) and penalties (heads, kinds of harm)."""
        ...


StageMaker = Callable[[Any, Genome], Tries]
"""Makes a stage of a song and the base; breeding looks into songs only through it, so that a
simulator may bring its own kind of songs and mixers."""


class Trial:
    """Songs on which candidates are tried, with a taste and draws from it as judges.

    Column 0 of all utilities is the posterior mean, the others are draws from the posterior.
    """

    def __init__(
        self,
        taste: Believed,
        songs: Sequence[Any],
        base: Genome,
        draws: int,
        rng: np.random.Generator,
        stage: StageMaker = Stage,
    ) -> None:
        self._taste = taste
        self._stages = [stage(song, base) for song in songs]
        self._draws = taste.draws(rng, draws)

    def judge(self, genomes: Array) -> tuple[Floats, Array, Floats]:
        """Utilities less harm (heads, 1 + draws), mean descriptors (heads, D), harm (heads,)."""
        tried = [stage.try_out(genomes) for stage in self._stages]
        rows = np.stack([descriptors for descriptors, _ in tried], axis=1)
        faults = np.stack([faults.sum(axis=1) for _, faults in tried])
        harm = np.asarray(faults.mean(axis=0), np.float64)
        heads, songs, width = rows.shape
        expected = self._taste.utility(rows.reshape(-1, width)).reshape(heads, songs).mean(axis=1)
        drawn = features(rows).mean(axis=1) @ self._draws.T
        utilities = np.column_stack([expected, drawn]) - harm[:, None]
        return np.round(utilities, _DIGITS), rows.mean(axis=1), harm

    def uphill(self, descriptors: Array, niche: int) -> Floats:
        """(D,) slope of a niche's believed utility at mean descriptors (D,), per step."""
        nudges = np.eye(len(descriptors)) * _NEARBY
        around = np.concatenate([descriptors + nudges, descriptors - nudges])
        if niche == 0:
            liked = self._taste.utility(around)
        else:
            liked = features(around) @ self._draws[niche - 1]
        ahead, behind = np.split(np.asarray(liked, np.float64), 2)
        return np.asarray((ahead - behind) / (2 * _NEARBY))
