"""Who must not hear or read which mix belongs to which mixer right now.

While a listener has an open blind battle on a song, naming its mixes elsewhere would give the
answer away. This app knows no battles: whoever runs them registers a check, and selectors, pages,
API and audio endpoints ask `is_blind`. Mixes then tell how far they are and nothing else.
"""

from collections.abc import Callable

from accounts.models import User
from mixing.models import Song

Check = Callable[[User, Song], bool]

_checks: list[Check] = []


def register(check: Check) -> None:
    """Add a check, called with the viewer and the song; True means names must stay hidden."""
    if check not in _checks:
        _checks.append(check)


def is_blind(viewer: object, song: Song) -> bool:
    """Whether this viewer may only learn how far the song's mixes are."""
    return isinstance(viewer, User) and any(check(viewer, song) for check in _checks)
