"""What evolution does when votes arrive, tournaments ask and something happens to people.

Imports wait until somebody calls: most requests need no numerics.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from mixing import outbox
from mixing.models import Mixer, Song
from tournaments.models import Tournament


def learn_from_votes(sender: object, *, listener_id: UUID, **_: Any) -> None:
    """A vote was cast, edited or taken back: the listener's taste is learnt anew."""
    with transaction.atomic():
        outbox.enqueue("evolution.tasks.learn", str(listener_id))


def finish_tournament(sender: object, *, tournament_id: UUID, **_: Any) -> None:
    """A tournament is over: its listener's mixer is brought up to date."""
    with transaction.atomic():
        outbox.enqueue("evolution.tasks.finish", str(tournament_id))


def challengers(listener: User, song: Song) -> Sequence[Mixer]:
    """Whom to invite into this listener's tournament."""
    from evolution import advising

    return advising.challengers(listener, song)


def next_pair(
    tournament: Tournament,
    listener: User,
    mixers: Sequence[Mixer],
    heard: Sequence[tuple[int, int, float | None]],
) -> tuple[int, int] | None:
    """Which pair the listener should hear next."""
    from evolution import advising

    return advising.next_pair(tournament, listener, mixers, heard)


def take_over_taste(sender: object, *, guest: User, user: User, **_: Any) -> None:
    """A guest turned out to be somebody with an account: their taste is the account's."""
    from evolution import own_taste

    own_taste.take_over(guest=guest, user=user)


def remove_taste(sender: object, *, user: User, **_: Any) -> None:
    """An account goes, and with it all that was learnt and bred."""
    from evolution import own_taste

    own_taste.remove_person(user)
