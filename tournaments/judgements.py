"""Votes as judgements between two mixers, for whoever learns from them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from tournaments.models import Battle, Tournament, Vote

SCORES: Final[dict[str, float]] = {
    Vote.Choice.A: 1.0,
    Vote.Choice.TIE: 0.5,
    Vote.Choice.B: 0.0,
}
"""Of side A; a choice that is missing ("both bad") says nothing of which mix is better."""
FIRST: Final = {"a": 1, "b": -1}


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """One vote that stands, on two mixers' previews of a song.

    `score` is 1 (A better), 0.5 (no difference), 0 (B better) or None (both bad); `first` 1 (A was
    heard first), -1 (B) or 0 (unknown); `weight` 0 to 1, and 0 for a vote left out of the fit.
    """

    vote_id: UUID
    listener_id: UUID
    song_id: UUID
    tournament_id: UUID
    personal: bool
    mix_a_id: UUID
    mix_b_id: UUID
    mixer_a_id: UUID
    mixer_b_id: UUID
    score: float | None
    first: int
    weight: float
    chips: tuple[str, ...]
    cast_at: datetime


def comparisons(*, listener: User | None = None, since: datetime | None = None) -> list[JudgedPair]:
    """Standing votes of real battles between mixers, oldest first (one query).

    A listener's vote on a mixer of their own counts in their personal tournaments, where it is
    how their taste is learnt, and weighs 0 elsewhere.
    """
    votes = _votes_between_mixers()
    if listener is not None:
        votes = votes.filter(listener=listener)
    if since is not None:
        votes = votes.filter(created_at__gte=since)
    return [_judged(vote) for vote in votes.iterator(chunk_size=2000)]


def _votes_between_mixers() -> QuerySet[Vote]:
    return (
        Vote.objects.standing()
        .filter(
            battle__kind=Battle.Kind.REAL,
            battle__state=Battle.State.DECIDED,
            battle__mix_a__preview__isnull=False,
            battle__mix_b__preview__isnull=False,
        )
        .select_related("battle__tournament", "battle__mix_a__entry", "battle__mix_b__entry")
        .order_by("created_at", "pk")
    )


def _judged(vote: Vote) -> JudgedPair:
    battle = vote.battle
    side_a, side_b = battle.mix_a, battle.mix_b
    assert side_a is not None  # All by the filter.
    assert side_b is not None
    mixer_a, mixer_b = side_a.entry.mixer_id, side_b.entry.mixer_id
    preview_a, preview_b = side_a.preview_id, side_b.preview_id
    assert mixer_a is not None
    assert mixer_b is not None
    assert preview_a is not None
    assert preview_b is not None
    return JudgedPair(
        vote_id=vote.pk,
        listener_id=vote.listener_id,
        song_id=battle.song_id,
        tournament_id=battle.tournament_id,
        personal=battle.tournament.format == Tournament.Format.PERSONAL,
        mix_a_id=preview_a,
        mix_b_id=preview_b,
        mixer_a_id=mixer_a,
        mixer_b_id=mixer_b,
        score=SCORES.get(vote.choice),
        first=FIRST.get(vote.first_side, 0),
        weight=vote.weight if vote.counted else 0.0,
        chips=tuple(vote.chips),
        cast_at=vote.created_at,
    )
