"""What winning mixers have in common: in words with uncertainty, and as one merged mixer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evolution.descriptors import DESCRIPTORS, Descriptor
from evolution.lineage.errors import LineageInvalid
from evolution.operators import merge_average
from mixing.networks.genome import Genome

Floats = NDArray[np.float64]

CERTAIN: Final = 0.95
"""Expected share of true statements among those made (one minus the false discovery rate)."""
FEWEST_BATTLES: Final = 6


@dataclass(frozen=True)
class Trait:
    """A quality in which winners differ from losers.

    Attributes:
        descriptor: which quality.
        amount: mean difference in steps, winners less losers of the same battles.
        low, high: 95 % interval of it.
        p_value: of no difference, two-sided.
    """

    descriptor: Descriptor
    amount: float
    low: float
    high: float
    p_value: float

    @property
    def words(self) -> str:
        """For people: "Winners are brighter: 1.2 dB (0.7 to 1.7)"."""
        towards = self.descriptor.more if self.amount > 0 else self.descriptor.less
        near, far = sorted((abs(self.low), abs(self.high)))
        step = self.descriptor.step
        return (
            f"Winners: {towards} by {self.descriptor.amount(self.amount)} "
            f"({near * step:.1f} to {far * step:.1f})"
        )


def in_common(winners: ArrayLike, losers: ArrayLike, weights: ArrayLike = 1.0) -> list[Trait]:
    """The traits of winners that are not chance, clearest first.

    A paired t-test per descriptor over the battles; of a dozen descriptors some would look clear
    by luck, so the false discovery rate is held (Y. Benjamini, Y. Hochberg, JRSS B 57(1), 1995).

    Args:
        winners, losers: (battles, D) descriptors of the two mixes of each battle, in steps.
        weights: (battles,) or one number: how much each battle counts.

    Returns:
        Nothing for fewer than ``FEWEST_BATTLES`` battles.
    """
    gaps = np.asarray(winners, np.float64) - np.asarray(losers, np.float64)
    if gaps.ndim != 2 or gaps.shape[1] != len(DESCRIPTORS):
        raise LineageInvalid(f"Descriptors are (battles, {len(DESCRIPTORS)}), not {gaps.shape}.")
    share = np.broadcast_to(np.asarray(weights, np.float64), len(gaps))
    counted = share > 0
    gaps, share = gaps[counted], share[counted]
    if len(gaps) < FEWEST_BATTLES:
        return []
    traits = [_trait(d, gaps[:, column], share) for column, d in enumerate(DESCRIPTORS)]
    ranked = sorted(traits, key=lambda trait: trait.p_value)
    allowed = (1 - CERTAIN) * np.arange(1, len(ranked) + 1) / len(ranked)
    passing = np.flatnonzero([t.p_value for t in ranked] <= allowed)
    return ranked[: passing[-1] + 1] if len(passing) else []


def soup(winners: Sequence[Genome], strengths: Sequence[float] | None = None) -> Genome:
    """One mixer of several winners: the mean of their weights.

    M. Wortsman et al., "Model soups", ICML 2022; J. Jang et al., "Personalized soups", 2023.

    Args:
        strengths: Bradley-Terry log-strengths; winners count by exp(strength). Alike if not given.
    """
    if not winners:
        raise LineageInvalid("A soup needs winners.")
    logs = np.zeros(len(winners)) if strengths is None else np.asarray(strengths, np.float64)
    return merge_average(winners, np.exp(logs - logs.max()).tolist())


def _trait(descriptor: Descriptor, gaps: Floats, weights: Floats) -> Trait:
    """Weighted mean of the gaps with Student's interval at Kish's effective number of battles."""
    shares = weights / weights.sum()
    count = 1.0 / np.square(shares).sum()
    mean = float(shares @ gaps)
    variance = float(shares @ np.square(gaps - mean)) * count / max(count - 1.0, 1e-9)
    error = np.sqrt(max(variance, 1e-12) / count)
    freedom = max(count - 1.0, 1.0)
    reach = float(special.stdtrit(freedom, 0.975)) * error
    p_value = 2.0 * float(special.stdtr(freedom, -abs(mean) / error))
    return Trait(descriptor, mean, float(mean - reach), float(mean + reach), p_value)
