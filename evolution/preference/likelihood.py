"""The chance of a vote: Davidson's model of paired comparisons with ties, and careless votes.

With d the log-odds of A over B and nu how readily a listener says "no difference",

    P(A) : P(tie) : P(B)  =  exp(d/2) : nu : exp(-d/2)              (Davidson, JASA 65, 1970)

and with probability `lapse` the vote has nothing to do with the mixes and falls as `careless` says
(Wichmann and Hill, Perception & Psychophysics 63, 2001: without a lapse rate, a few slips of the
finger flatten the whole curve). d = features(A) - features(B) times weights, plus habits: a pull to
side A and to the mix heard first.

All functions take a `Panel`: listeners × votes, padded with votes of no weight, so that one matrix
product serves every listener.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evolution.preference.judgements import Floats, Integers, Judgements

HABITS: Final = ("side_a", "first_heard", "log_nu")
"""What a listener does whatever the mixes sound like; the last entries of the parameters."""

A, TIE, B = 0, 1, 2
_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(5)
_SHARES = _SHARES / _SHARES.sum()
_USUAL_TIES: Final = (0.2, 5.0)
"""Share of ties among careless votes before any is seen, and the votes that guess is worth."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Votes of L listeners, at most n each; P parameters = F feature weights and the habits."""

    listener: Integers
    """(L,) their ids, ascending."""
    design: Floats
    """(L, n, P - 1): feature differences, 1 for side A, and who was heard first."""
    outcome: Integers
    """(L, n): A, TIE or B."""
    strength: Floats
    """(L, n): how much each vote counts; 0 for padding."""
    careless: Floats
    """(L, 3): how a careless vote of theirs falls on A, TIE and B."""
    row: Integers
    """(L, n): the judgement behind each vote; any for padding."""

    def only(self, chosen: NDArray[np.bool_]) -> Panel:
        """The same listeners with the chosen judgements (n,) alone; the others count nothing."""
        strength = np.where(chosen[self.row], self.strength, 0.0)
        return replace(self, strength=strength, careless=_careless(self.outcome, strength))


class Slopes(NamedTuple):
    """Of the log likelihood in (d, log nu), per vote (…, L, n)."""

    d: Floats
    log_nu: Floats
    dd: Floats
    """Expected (Fisher) information, never negative; likewise `dn` and `nn`."""
    dn: Floats
    nn: Floats


def panels(judgements: Judgements, half_life_days: float) -> Iterator[Panel]:
    """Listeners with about as many votes (within a factor two) together, ids ascending."""
    order = judgements.canonical_order()
    votes = judgements.where(order)
    ids, start, count = np.unique(votes.listener, return_index=True, return_counts=True)
    size = np.ceil(np.log2(np.maximum(count, 1))).astype(np.int64)
    columns = np.column_stack((votes.differences(), np.ones(len(votes)), votes.first))
    outcome = (2 - 2 * votes.score).astype(np.int64)
    strength = votes.strength(half_life_days)
    for each in np.unique(size):
        chosen = np.flatnonzero(size == each)
        slots = np.arange(count[chosen].max())
        real = slots < count[chosen][:, None]
        at = np.where(real, start[chosen][:, None] + slots, 0)
        weight = np.where(real, strength[at], 0.0)
        yield Panel(
            listener=ids[chosen],
            design=columns[at] * real[..., None],
            outcome=outcome[at],
            strength=weight,
            careless=_careless(outcome[at], weight),
            row=order[at],
        )


def _careless(outcome: Integers, strength: Floats) -> Floats:
    """A listener who does not listen still has a habit of ties, but no side they know of."""
    share, worth = _USUAL_TIES
    ties = np.sum(strength * (outcome == TIE), axis=1) + share * worth
    tie = ties / (strength.sum(axis=1) + worth)
    return np.stack(((1 - tie) / 2, tie, (1 - tie) / 2), axis=1)


def davidson(d: Floats, log_nu: Floats) -> tuple[Floats, Floats, Floats]:
    """Chances of A, tie and B at log-odds and log nu that broadcast."""
    top = np.maximum(np.abs(d) / 2, log_nu)
    a, tie, b = np.exp(d / 2 - top), np.exp(log_nu - top), np.exp(-d / 2 - top)
    total = a + tie + b
    return a / total, tie / total, b / total


def variance_of(panel: Panel, covariance: Floats) -> Floats:
    """Of d of every vote, (L, n), for parameters of covariance (L, P, P)."""
    known = np.matmul(panel.design, covariance[:, :-1, :-1])
    return np.asarray(np.einsum("lnp,lnp->ln", known, panel.design), dtype=np.float64)


def log_odds(panel: Panel, parameters: Floats) -> Floats:
    """d of every vote, (L, n), for parameters (L, P)."""
    d: Floats = np.matmul(panel.design, parameters[:, :-1, None])[..., 0]
    return d


def slopes(panel: Panel, d: Floats, log_nu: Floats, lapse: Floats) -> Slopes:
    """First slopes and expected information at log-odds (…, L, n), log nu and lapse rates (L,)."""
    attentive = (1 - lapse)[:, None]
    a, tie, b = davidson(d, log_nu[:, None])
    lead = (a - b) / 2
    in_d = (a * (0.5 - lead), -tie * lead, -b * (0.5 + lead))
    in_nu = (-a * tie, tie * (1 - tie), -b * tie)
    chances = [
        attentive * meant + (lapse * panel.careless[:, k])[:, None]
        for k, meant in enumerate((a, tie, b))
    ]

    def seen(slope: tuple[Floats, ...]) -> Floats:
        relative = [attentive * one / p for one, p in zip(slope, chances, strict=True)]
        return np.choose(panel.outcome, relative)

    def information(one: tuple[Floats, ...], other: tuple[Floats, ...]) -> Floats:
        each = (x * y / p for x, y, p in zip(one, other, chances, strict=True))
        return np.asarray(attentive**2 * sum(each), dtype=np.float64)

    return Slopes(
        d=seen(in_d),
        log_nu=seen(in_nu),
        dd=information(in_d, in_d),
        dn=information(in_d, in_nu),
        nn=information(in_nu, in_nu),
    )


def expected_slopes(
    panel: Panel, d: Floats, variance: Floats, log_nu: Floats, lapse: Floats
) -> Slopes:
    """`slopes` on average over normal log-odds of mean d and variance (L, n), times strength."""
    nodes = d + _NODES[:, None, None] * np.sqrt(variance)
    each = slopes(panel, nodes, log_nu, lapse)
    return Slopes(*(panel.strength * np.tensordot(_SHARES, part, axes=1) for part in each))


def gradient(panel: Panel, slope: Slopes) -> Floats:
    """Of the log likelihood in the parameters, (L, P)."""
    weights = np.matmul(slope.d[:, None, :], panel.design)[:, 0]
    return np.concatenate((weights, slope.log_nu.sum(axis=1)[:, None]), axis=1)


def information(panel: Panel, slope: Slopes) -> Floats:
    """Expected information about the parameters, (L, P, P)."""
    size = panel.design.shape[2]
    matrix = np.empty((len(panel.listener), size + 1, size + 1))
    turned = np.swapaxes(panel.design, 1, 2)
    matrix[:, :size, :size] = np.matmul(turned * slope.dd[:, None, :], panel.design)
    border = np.matmul(turned, slope.dn[..., None])[..., 0]
    matrix[:, :size, size] = border
    matrix[:, size, :size] = border
    matrix[:, size, size] = slope.nn.sum(axis=1)
    return matrix
