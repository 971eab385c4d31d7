"""Which battle teaches most about a listener, among mixes that are good to hear.

The expected gain of a vote is what it and the weights tell about each other (Lindley, Ann. Math.
Statist. 27, 1956; for preferences, Houlsby et al., arXiv 1112.5745): high where the model is unsure
which mix this listener prefers, zero where the listener would be unsure whatever the model knew.
Chasing it makes people listen to bad mixes, so it only chooses among pairs that are nearly as good
as the best. The expected utility of a pair's better mix (EUBO; Lin et al., arXiv 2203.11382) is
given too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, xlogy

from evolution.preference.judgements import Floats, Integers, features
from evolution.preference.likelihood import davidson
from evolution.preference.taste import Taste

GIVEN_UP: Final = 0.4
"""Log-odds that an average mix of a pair may be worse than that of the best pair: it then loses
three battles of five against that one."""

_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(16)
_SHARES = _SHARES / _SHARES.sum()


@dataclass(frozen=True, slots=True)
class Teaching:
    """Of k candidate pairs."""

    gain: Floats
    """(k,) bits a vote is expected to tell about the listener's weights."""
    expected_best: Floats
    """(k,) expected utility of the better mix of the pair, by the listener's own judgement."""
    average: Floats
    """(k,) expected utility of what is heard."""
    order: Integers
    """(k,) pairs to play first to last: good ones by gain, then the others by `average`."""


def most_informative(
    taste: Taste, a: ArrayLike, b: ArrayLike, *, given_up: float = GIVEN_UP
) -> Teaching:
    """Judge candidate battles of mixes with descriptors a and b, (k, D) each."""
    mean, deviation = taste.advantage(a, b)
    one, other = features(a) @ taste.mean, features(b) @ taste.mean
    average = (one + other) / 2
    gain = _gain(taste, mean, deviation)
    good = average >= average.max(initial=-np.inf) - given_up
    return Teaching(
        gain=gain,
        expected_best=_expected_best(one, other, mean, deviation),
        average=average,
        order=np.lexsort((-average, np.where(good, -gain, 0.0), ~good)),
    )


def _gain(taste: Taste, mean: Floats, deviation: Floats) -> Floats:
    """Entropy of the expected vote less the expected entropy of the vote."""
    lapse = taste.reliability.lapse
    odds = mean + _NODES[:, None] * deviation
    meant = np.stack(davidson(odds, taste.habits[-1]))
    chances = (1 - lapse) * meant + lapse / 3
    expected = np.tensordot(chances, _SHARES, axes=(1, 0))
    gain: Floats = _bits(expected) - _SHARES @ _bits(chances)
    return np.maximum(gain, 0.0)


def _bits(chances: Floats) -> Floats:
    entropy: Floats = -xlogy(chances, chances).sum(axis=0) / np.log(2)
    return entropy


def _expected_best(one: Floats, other: Floats, mean: Floats, deviation: Floats) -> Floats:
    """E[max] of two utilities whose difference is normal (Clark, Operations Research 9, 1961)."""
    apart = np.maximum(deviation, 1e-12)
    z = mean / apart
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    best: Floats = one * ndtr(z) + other * ndtr(-z) + apart * density
    return best
