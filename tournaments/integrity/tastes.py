"""How well an honest taste explains a listener's votes, whatever that taste is.

Davidson's model (see `davidson`) with strengths drawn around the crowd's for each listener, and a
habit of ties of their own; both are integrated out by Laplace's method. All listeners at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tournaments.comparisons import Floats

_STEPS: Final = 40
_STEP_LIMIT: Final = 2.0  # Logits: far from the mode Newton's steps may be too long.
_TOLERANCE: Final = 1e-7
_AT_ONCE: Final = 2**20  # Entries of a matrix per listener that are in memory at once.


def log_evidence(
    counts: Floats, strengths: Floats, log_nu: float, *, taste_sd: float, log_nu_sd: float
) -> Floats:
    """Log marginal likelihood of each listener's votes, (listeners,).

    `counts` (listeners, pairs, 3): per pair, in the order of `np.triu_indices(entries, 1)`, how
    often the lower entry won, there was no difference, the higher won. `strengths` (entries,) and
    `log_nu` are the crowd's.
    """
    mean = np.append(strengths, log_nu)
    precision = np.append(np.full(strengths.size, taste_sd**-2.0), log_nu_sd**-2.0)
    batch = max(1, _AT_ONCE // mean.size**2)
    parts = [
        _part(counts[start : start + batch], mean, precision)
        for start in range(0, len(counts), batch)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _part(counts: Floats, mean: Floats, precision: Floats) -> Floats:
    n = mean.size - 1
    low, high = np.triu_indices(n, 1)
    lead, ties, total = (counts[..., 0] - counts[..., 2]) / 2, counts[..., 1], counts.sum(axis=2)
    x = np.tile(mean, (len(counts), 1))
    for _ in range(_STEPS):
        half = (x[:, low] - x[:, high]) / 2
        scale = np.logaddexp(np.logaddexp(half, -half), x[:, n:])
        p_low, p_high = np.exp(half - scale), np.exp(-half - scale)
        p_lead, p_tie = (p_low - p_high) / 2, np.exp(x[:, n:] - scale)
        spread = total * ((p_low + p_high) / 4 - p_lead**2)
        gradient = -precision * (x - mean)
        gradient[:, :n] += _per_entry(lead - total * p_lead, n)
        gradient[:, n] += (ties - total * p_tie).sum(axis=1)
        information = np.tile(np.diag(precision), (len(counts), 1, 1))
        information[:, low, high] -= spread
        information[:, high, low] -= spread
        entries = np.arange(n)
        information[:, entries, entries] += _per_entry(spread, n, sign=1.0)
        border = _per_entry(-total * p_lead * p_tie, n)
        information[:, :n, n] += border
        information[:, n, :n] += border
        information[:, n, n] += (total * p_tie * (1 - p_tie)).sum(axis=1)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        if np.abs(step).max() < _TOLERANCE:
            break
        x += np.clip(step, -_STEP_LIMIT, _STEP_LIMIT)
    likelihood = (lead * 2 * half + ties * x[:, n:] - total * scale).sum(axis=1)
    prior = -(precision * (x - mean) ** 2).sum(axis=1) / 2
    volume = (np.log(precision).sum() - np.linalg.slogdet(information)[1]) / 2
    evidence: Floats = likelihood + prior + volume
    return evidence


def _per_entry(values: Floats, entries: int, sign: float = -1.0) -> Floats:
    """Sums over each entry's pairs, (listeners, entries): `sign` times where it is the higher."""
    square = np.zeros((len(values), entries, entries))
    square[:, *np.triu_indices(entries, 1)] = values
    sums: Floats = square.sum(axis=2) + sign * square.sum(axis=1)
    return sums
