"""What personal mixers are worth: the battles that chance held back, and how they ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from evolution.advising import HELD_BACK
from evolution.judging import favour
from evolution.models import HoldBack as Held
from evolution.promotion_test import HoldBack, hold_back
from tournaments.judgements import JudgedPair, comparisons


@dataclass(frozen=True, slots=True)
class Worth:
    """The hold-back experiment so far."""

    held_back: float
    """Share of battles that chance takes."""
    assigned: int
    """Battles taken so far, also those that nobody has voted in yet."""
    result: HoldBack | None
    """Share won by personal mixers with its 95 % interval; None before the first vote."""

    @property
    def verdict(self) -> str:
        """In a word: better, worse, or unknown as long as the interval holds a half."""
        if self.result is None or self.result.low <= 0.5 <= self.result.high:
            return "unknown"
        return "better" if self.result.low > 0.5 else "worse"


def worth() -> Worth:
    """Two queries, over all listeners."""
    rows = list(Held.objects.order_by("created_at", "pk"))
    scores, listeners, weights = [], [], []
    if rows:
        votes = _by_tournament(comparisons(since=rows[0].created_at))
        for row in rows:
            vote = _take(votes.get((row.tournament_id, row.listener_id), []), row)
            if vote is not None:
                score = favour(vote, {row.personal_id})
                assert score is not None  # `_take` looks for it.
                scores.append(score)
                listeners.append(row.listener_id.int % 2**62)
                weights.append(min(1.0, vote.weight))
    return Worth(HELD_BACK, len(rows), hold_back(scores, listeners, weights))


def _by_tournament(votes: Sequence[JudgedPair]) -> dict[tuple[UUID, UUID], list[JudgedPair]]:
    found: dict[tuple[UUID, UUID], list[JudgedPair]] = {}
    for vote in votes:
        found.setdefault((vote.tournament_id, vote.listener_id), []).append(vote)
    return found


def _take(votes: list[JudgedPair], row: Held) -> JudgedPair | None:
    """The first vote on this very pair after chance had asked for it; each is taken once."""
    wanted = {row.personal_id, row.community_id}
    for vote in votes:
        between = {vote.mixer_a_id, vote.mixer_b_id} == wanted
        if between and vote.cast_at >= row.created_at and vote.score is not None:
            votes.remove(vote)
            return vote
    return None
