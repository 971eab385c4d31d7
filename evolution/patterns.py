"""What winning mixes have in common, and which tastes there are: the community's votes in words."""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from django.core.cache import cache

from evolution import beliefs
from evolution.lineage import Trait, in_common, taste_groups
from evolution.models import PreferenceModel
from evolution.sounds import known_descriptors
from tournaments.judgements import comparisons

GROUPS_KEY: Final = "evolution:taste-groups"
GROUPS_KEPT_S: Final = 7 * 86_400
LEAST_VOTES: Final = 6
"""Of a listener, before their taste is counted among the groups."""


@dataclass(frozen=True, slots=True)
class Group:
    """Listeners who want the same: how many, what share, and what of."""

    listeners: int
    share: float
    words: tuple[str, ...]


def winners_in_common() -> list[Trait]:
    """In what the mixes that won blind battles differ from those that lost, clearest first."""
    won, weights = [], []
    for pair in comparisons():
        if pair.score in (0.0, 1.0) and pair.weight > 0:
            sides = (pair.mix_a_id, pair.mix_b_id)
            won.append(sides if pair.score == 1.0 else sides[::-1])
            weights.append(pair.weight)
    heard = known_descriptors({mix for sides in won for mix in sides})
    known = [k for k, (winner, loser) in enumerate(won) if winner in heard and loser in heard]
    if not known:
        return []
    return in_common(
        np.stack([heard[won[k][0]] for k in known]),
        np.stack([heard[won[k][1]] for k in known]),
        np.array([weights[k] for k in known]),
    )


def groups() -> list[Group]:
    """The groups that were found last; none until a worker looked for them."""
    return [
        Group(one["listeners"], one["share"], tuple(one["words"]))
        for one in cache.get(GROUPS_KEY, [])
    ]


def find_groups() -> list[Group]:
    """Divide the listeners by taste and remember it for the pages: a worker's work."""
    rows = PreferenceModel.objects.filter(
        is_current=True, listener__isnull=False, votes__gte=LEAST_VOTES
    )
    means = [beliefs.load_taste(row).mean for row in rows.order_by("scope")]
    found = taste_groups(np.stack(means)) if means else []
    told = [
        Group(len(group.members), len(group.members) / len(means), group.words)
        for group in found
        if len(found) > 1
    ]
    cache.set(GROUPS_KEY, [asdict(group) for group in told], GROUPS_KEPT_S)
    return told
