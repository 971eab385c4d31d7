"""Fitted posteriors in the database: the crowd's, genres' and each listener's.

A fit reads all votes that stand and writes a new version if they changed, so running it twice, or
from two workers at once, leaves one. Earlier versions stay as long as a generation refers to them.
"""

import time
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db import IntegrityError, transaction

from accounts.models import User
from evolution.choosing import average_taste
from evolution.descriptors import COUNT, DESCRIPTOR_VERSION
from evolution.judging import Judged, votes_of, votes_of_everybody
from evolution.models import (
    CROWD,
    Generation,
    PreferenceModel,
    scope_of_genre,
    scope_of_listener,
)
from evolution.packing import pack, unpack
from evolution.preference import FEATURE_VERSION, Crowd, Taste, fit_crowd, fit_taste
from mixing.models import Song

KEPT_VERSIONS: Final = 5
"""Versions that nothing refers to are kept this far back, to look at what changed."""

P = TypeVar("P", Crowd, Taste)


@dataclass(frozen=True, slots=True)
class Known(Generic[P]):
    """A posterior and its row; no row when nobody voted yet."""

    row: PreferenceModel | None
    posterior: P

    @property
    def votes(self) -> int:
        return 0 if self.row is None else self.row.votes


def crowd() -> Known[Crowd]:
    """What is known of everybody's taste."""
    row = _current(CROWD)
    if row is None:
        return Known(None, Crowd.initial(COUNT))
    return Known(row, Crowd.from_arrays(unpack(row.arrays)))


def taste_of(listener: User) -> Known[Taste]:
    """What is known of this listener; somebody who never voted is like the crowd."""
    return _taste(scope_of_listener(listener.pk))


def taste_of_genre(genre: str) -> Known[Taste]:
    """What the votes on songs of a genre say; without any, the crowd's taste."""
    return _taste(scope_of_genre(genre))


def load_taste(row: PreferenceModel) -> Taste:
    """A taste of any version; of the crowd's row, the average listener's."""
    arrays = unpack(row.arrays)
    if row.scope == CROWD:
        return average_taste(Crowd.from_arrays(arrays))
    return Taste.from_arrays(arrays)


def load_crowd(row: PreferenceModel | None) -> Crowd:
    """The crowd of this row, or of before any vote."""
    return Crowd.initial(COUNT) if row is None else Crowd.from_arrays(unpack(row.arrays))


def refresh_crowd() -> PreferenceModel:
    """Fit the crowd anew if its votes changed."""
    seen = votes_of_everybody()
    started = time.perf_counter()
    current = _current(CROWD)
    if current is not None and current.votes_sha256 == seen.sha256:
        return current
    fitted = fit_crowd(seen.judgements)
    return _store(CROWD, pack(fitted.to_arrays()), seen, started)


def refresh_taste(listener: User) -> PreferenceModel:
    """Fit this listener's taste anew if their votes or the crowd changed."""
    return _refresh(scope_of_listener(listener.pk), votes_of(listener), listener)


def refresh_genre(genre: str) -> PreferenceModel:
    """A genre's taste: its votes together move it away from the crowd's, as a listener's do."""
    songs = set(Song.objects.filter(genre__iexact=genre).values_list("pk", flat=True))
    seen = votes_of_everybody(lambda pair: pair.song_id in songs)
    return _refresh(scope_of_genre(genre), _as_one(seen), None)


def prune_versions(scope: str) -> int:
    """Forget old versions that no generation was bred from; how many."""
    used = Generation.objects.filter(taste__scope=scope).values("taste")
    started_from = PreferenceModel.objects.filter(crowd__scope=scope).values("crowd")
    old = (
        PreferenceModel.objects.filter(scope=scope, is_current=False)
        .exclude(pk__in=used)
        .exclude(pk__in=started_from)
        .order_by("-version")
        .values_list("pk", flat=True)[KEPT_VERSIONS:]
    )
    return PreferenceModel.objects.filter(pk__in=list(old)).delete()[0]


def _refresh(scope: str, seen: Judged, listener: User | None) -> PreferenceModel:
    started = time.perf_counter()
    everybody = crowd()
    current = _current(scope)
    crowd_id = None if everybody.row is None else everybody.row.pk
    if current is not None and current.votes_sha256 == seen.sha256 and current.crowd_id == crowd_id:
        return current
    horizon = None if everybody.row is None else everybody.row.horizon
    fitted = fit_taste(everybody.posterior, seen.judgements, known=seen.cast_before(horizon))
    arrays = pack(fitted.to_arrays())
    return _store(scope, arrays, seen, started, crowd_row=everybody.row, listener=listener)


def _store(
    scope: str,
    arrays: bytes,
    seen: Judged,
    started: float,
    *,
    crowd_row: PreferenceModel | None = None,
    listener: User | None = None,
) -> PreferenceModel:
    """The next version. If another worker was faster, theirs: it was fitted just now."""
    fit_ms = round(1000 * (time.perf_counter() - started), 2)
    try:
        with transaction.atomic():
            rows = PreferenceModel.objects.filter(scope=scope)
            latest = rows.order_by("-version").values_list("version", flat=True).first() or 0
            rows.filter(is_current=True).update(is_current=False)
            return PreferenceModel.objects.create(
                scope=scope,
                listener=listener,
                version=latest + 1,
                arrays=arrays,
                feature_version=FEATURE_VERSION,
                descriptor_version=DESCRIPTOR_VERSION,
                crowd=crowd_row,
                votes=len(seen.pairs),
                listeners=seen.listeners,
                votes_sha256=seen.sha256,
                horizon=seen.horizon,
                fit_ms=fit_ms,
            )
    except IntegrityError:
        return PreferenceModel.objects.get(scope=scope, is_current=True)


def _taste(scope: str) -> Known[Taste]:
    row = _current(scope)
    if row is None:
        return Known(None, Taste.of_crowd(crowd().posterior))
    return Known(row, Taste.from_arrays(unpack(row.arrays)))


def _current(scope: str) -> PreferenceModel | None:
    """The current version, unless its numbers mean something else by now."""
    row = PreferenceModel.objects.current(scope)
    if row is None:
        return None
    versions = (row.feature_version, row.descriptor_version)
    return row if versions == (FEATURE_VERSION, DESCRIPTOR_VERSION) else None


def _as_one(seen: Judged) -> Judged:
    """All votes as if one listener had cast them."""
    columns = seen.judgements
    together = type(columns)(
        listener=columns.listener * 0,
        a=columns.a,
        b=columns.b,
        score=columns.score,
        first=columns.first,
        weight=columns.weight,
        age_days=columns.age_days,
    )
    return Judged(seen.pairs, together)
