"""Votes as the preference model takes them: descriptors of both mixes, who judged, and how."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.models import User
from evolution.descriptors import COUNT
from evolution.models import PreferenceModel, TasteSettings
from evolution.preference import Judgements
from evolution.sounds import descriptors_of
from mixing.models import Song
from tournaments.judgements import JudgedPair, comparisons

_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Judged:
    """Votes and, row by row, the same votes as numbers."""

    pairs: tuple[JudgedPair, ...]
    judgements: Judgements

    @property
    def sha256(self) -> str:
        """One hash for these votes, in whatever order: two equal ones teach the same."""
        lines = sorted(f"{p.vote_id} {p.score} {p.weight!r} {p.first}" for p in self.pairs)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def horizon(self) -> datetime | None:
        """When the latest vote was cast."""
        return max((pair.cast_at for pair in self.pairs), default=None)

    @property
    def listeners(self) -> int:
        return len({pair.listener_id for pair in self.pairs})

    def cast_before(self, moment: datetime | None) -> NDArray[np.bool_]:
        """(n,): which votes were cast up to this moment."""
        early = [moment is not None and pair.cast_at <= moment for pair in self.pairs]
        return np.array(early, dtype=np.bool_)


def votes_of(listener: User) -> Judged:
    """All that this listener's taste is learnt from: votes since they last started anew."""
    reset_at = (
        TasteSettings.objects.filter(listener=listener).values_list("reset_at", flat=True).first()
    )
    return judged(comparisons(listener=listener, since=reset_at))


def votes_of_everybody(keep: Callable[[JudgedPair], bool] = lambda pair: True) -> Judged:
    """Every vote that counts, for the crowd (or, by `keep`, a part of it)."""
    return judged([pair for pair in comparisons() if keep(pair)])


def votes_in(model: PreferenceModel, *, since: datetime | None) -> Judged:
    """The votes of a model's scope that were cast after a moment and before its horizon."""
    genre = model.scope.partition(":")[2] if model.scope.startswith("genre:") else ""
    songs = set(Song.objects.filter(genre__iexact=genre).values_list("pk", flat=True))
    pairs = comparisons(listener=model.listener, since=since)
    return judged(
        [
            pair
            for pair in pairs
            if (since is None or pair.cast_at > since)
            and (model.horizon is None or pair.cast_at <= model.horizon)
            and (not genre or pair.song_id in songs)
        ]
    )


def judged(pairs: Sequence[JudgedPair]) -> Judged:
    """The votes that say which mix was better, about mixes whose sound is known."""
    told = [pair for pair in pairs if pair.score is not None and pair.weight > 0]
    sounds = descriptors_of({mix for pair in told for mix in (pair.mix_a_id, pair.mix_b_id)})
    known = tuple(pair for pair in told if pair.mix_a_id in sounds and pair.mix_b_id in sounds)
    if not known:
        return Judged((), Judgements.none(COUNT))
    # Ages are counted from the latest vote: the same votes are the same numbers on any day.
    latest = max(pair.cast_at for pair in known)
    number = {
        listener: n for n, listener in enumerate(sorted({pair.listener_id for pair in known}))
    }
    judgements = Judgements.of(
        a=[sounds[pair.mix_a_id] for pair in known],
        b=[sounds[pair.mix_b_id] for pair in known],
        score=[_score(pair) for pair in known],
        listener=[number[pair.listener_id] for pair in known],
        first=[pair.first for pair in known],
        weight=[pair.weight for pair in known],
        age_days=[(latest - pair.cast_at).total_seconds() / _SECONDS_PER_DAY for pair in known],
    )
    return Judged(known, judgements)


def favour(pair: JudgedPair, mixer_ids: set[UUID]) -> float | None:
    """The vote's score for the side that is one of these mixers; None unless exactly one is."""
    a, b = pair.mixer_a_id in mixer_ids, pair.mixer_b_id in mixer_ids
    if a == b or pair.score is None:
        return None
    return pair.score if a else 1.0 - pair.score


def _score(pair: JudgedPair) -> float:
    assert pair.score is not None  # `judged` left the others out.
    return pair.score
