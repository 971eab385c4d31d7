"""Who must not hear or read which mix belongs to which mixer right now.

While a listener has an open blind battle on a song, naming its mixes elsewhere would give the
answer away. This app knows no battles: whoever runs them registers a check, and selectors, pages,
API and audio endpoints ask `is_blind`. Mixes then tell how far they are and nothing else.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from accounts.models import User
from mixing.models import Song

Check = Callable[[User, Collection[UUID]], set[UUID]]

_checks: list[Check] = []


def register(check: Check) -> None:
    """Add a check: of these songs (ids), which does this viewer judge blind right now?"""
    if check not in _checks:
        _checks.append(check)


def is_blind(viewer: object, song: Song) -> bool:
    """Whether this viewer may only learn how far the song's mixes are."""
    return bool(blind_songs(viewer, [song.pk]))


def blind_songs(viewer: object, songs: Collection[UUID]) -> set[UUID]:
    """Those of the songs whose mixes must stay nameless for this viewer."""
    if not isinstance(viewer, User):
        return set()
    return set().union(*(check(viewer, songs) for check in _checks))
