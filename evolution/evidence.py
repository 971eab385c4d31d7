"""What fresh votes say of a challenger: only those cast after it was made, against the incumbent.

The votes that bred a mixer say nothing about it any more (they were chosen for agreeing with it),
and none of them can be fresh: they are older than the mixer's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log, sqrt

from accounts.models import User
from evolution.judging import favour
from evolution.promotion_test import (
    COMMUNITY,
    PERSONAL,
    Evidence,
    PromotionRule,
    rollback_test,
    sequential_test,
)
from mixing.models import Mixer
from tournaments.judgements import JudgedPair, comparisons


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """Votes between a challenger and an incumbent, oldest first; 1 is a win of the challenger."""

    pairs: tuple[JudgedPair, ...]
    scores: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def wins(self) -> int:
        return sum(score == 1.0 for score in self.scores)

    @property
    def ties(self) -> int:
        return sum(score == 0.5 for score in self.scores)

    @property
    def losses(self) -> int:
        return sum(score == 0.0 for score in self.scores)


def fresh_votes(
    challenger: Mixer,
    incumbent: Mixer,
    *,
    listener: User | None = None,
    since: datetime | None = None,
    votes: Sequence[JudgedPair] | None = None,
) -> HeadToHead:
    """Votes between the two since the challenger was made (or since a later moment).

    Args:
        listener: only theirs, for a personal mixer.
        votes: votes read already, to look at many challengers with one query.
    """
    begin = max(filter(None, (challenger.created_at, since)))
    if votes is None:
        votes = comparisons(listener=listener, since=begin)
    pairs, scores = [], []
    for pair in votes:
        between = {pair.mixer_a_id, pair.mixer_b_id} == {challenger.pk, incumbent.pk}
        score = favour(pair, {challenger.pk})
        if between and score is not None and pair.weight > 0 and pair.cast_at >= begin:
            pairs.append(pair)
            scores.append(score)
    return HeadToHead(tuple(pairs), tuple(scores), tuple(pair.weight for pair in pairs))


@dataclass(frozen=True, slots=True)
class Record:
    """How a mixer did against all that it met; strength in logits, None before any vote."""

    battles: int
    strength: float | None
    error: float | None


def record_of(mixer: Mixer, votes: Sequence[JudgedPair] | None = None) -> Record:
    """From votes cast since the mixer was made; of its owner only, for a personal one.

    Half a win and half a loss are added, so that one vote does not make infinite strength.
    """
    if votes is None:
        votes = comparisons(listener=mixer.owner, since=mixer.created_at)
    scores = [
        (score, pair.weight)
        for pair in votes
        if (score := favour(pair, {mixer.pk})) is not None and pair.weight > 0
    ]
    if not scores:
        return Record(0, None, None)
    won = 0.5 + sum(score * weight for score, weight in scores)
    lost = 0.5 + sum((1 - score) * weight for score, weight in scores)
    return Record(len(scores), log(won / lost), sqrt(1 / won + 1 / lost))


def community_evidence(votes: HeadToHead, rule: PromotionRule = COMMUNITY) -> Evidence:
    """Whether a community slot may move."""
    return sequential_test(votes.scores, votes.weights, rule=rule)


def personal_evidence(votes: HeadToHead) -> Evidence:
    """Whether a listener's own slot may move."""
    return sequential_test(votes.scores, votes.weights, rule=PERSONAL)


def regret(votes: HeadToHead) -> Evidence:
    """Whether a mixer that was promoted has to go again: PROMOTE is said of its predecessor."""
    return rollback_test(votes.scores, votes.weights)


def told(votes: HeadToHead, found: Evidence) -> dict[str, object]:
    """The evidence as a decision keeps it."""
    return {
        "wins": votes.wins,
        "ties": votes.ties,
        "losses": votes.losses,
        "p_better": found.p_better,
        "fresh_votes": found.fresh_votes,
        "votes_needed": found.votes_needed,
    }
