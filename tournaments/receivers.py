"""What tournaments do when something happens to people and battles."""

from functools import partial
from typing import Any

from django.db import transaction

from accounts.models import User
from tournaments import clips, recordings, services
from tournaments.models import Battle, Recording


def take_over_tournaments(sender: object, *, guest: User, user: User, **_: Any) -> None:
    """A guest turned out to be somebody with an account: their votes stay theirs."""
    services.move_to(guest=guest, user=user)


def remove_clips(sender: object, *, instance: Battle, **_: Any) -> None:
    """A battle goes (with its song or its listener): so does what was made for it."""
    transaction.on_commit(partial(clips.discard, instance.pk))


def remove_recording(sender: object, *, instance: Recording, **_: Any) -> None:
    """A person's mix or an anchor goes (with its song or its owner): so do its files."""
    recordings.discard_files(instance)
