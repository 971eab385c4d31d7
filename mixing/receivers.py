"""What mixing does when something happens to people."""

from typing import Any

from accounts.models import User
from mixing import services


def take_over_songs(sender: object, *, guest: User, user: User, **_: Any) -> None:
    """A guest turned out to be somebody with an account: their songs move there."""
    services.move_songs(guest=guest, user=user)


def remove_files(sender: object, *, user: User, **_: Any) -> None:
    """An account goes: rows would go with it, but files must be removed by us."""
    services.delete_songs_of(user)
