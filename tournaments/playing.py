"""What a listener's player tells, counted by the server's clock."""

from dataclasses import asdict
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from tournaments import listening
from tournaments.models import Battle, Listening
from tournaments.prepared import Prepared
from tournaments.refusals import BadEvent, NotAssigned

_HEARD: Final = Prepared(
    lambda battle: (
        Listening.objects.select_for_update(of=("self",))
        .select_related("battle")
        .filter(battle=battle)
    ),
    UUID,
)


@transaction.atomic
def record_listening(
    *,
    battle: Battle,
    listener: User,
    event: str,
    side: str = "",
    start_s: float | None = None,
    stop_s: float | None = None,
) -> Listening:
    """Count what a player tells; the server's clock alone says how long.

    `event` is one of listening.EVENTS; play, switch and tick name the side that plays, region a
    loop in seconds (none: the whole clip). After the vote nothing is counted any more.
    Raises NotAssigned, BadEvent.
    """
    if battle.listener_id != listener.pk:
        raise NotAssigned
    if event not in listening.EVENTS or (event in listening.SIDED) != (side in ("a", "b")):
        raise BadEvent
    row = heard_of(battle)
    if not row.battle.is_open():
        return row
    if event == "region":
        _set_region(row, start_s, stop_s, battle.duration_s)
    _advance(row, event, side)
    return row


def heard_of(battle: Battle) -> Listening:
    """What was heard of the battle, locked until the transaction ends; with the battle as it is.

    Raises Listening.DoesNotExist for an imported battle.
    """
    row = _HEARD.first(battle.pk)
    if row is None:
        raise Listening.DoesNotExist
    return row


def settle(row: Listening) -> None:
    """Count what played until now, and stop: the vote was cast."""
    _advance(row, "pause", "")


def _advance(row: Listening, event: str, side: str) -> None:
    names = listening.Listened.__dataclass_fields__
    before = listening.Listened(**{name: getattr(row, name) for name in names})
    now = listening.after(before, event, side, timezone.now())
    for name, value in asdict(now).items():
        setattr(row, name, value)
    row.save()


def _set_region(
    row: Listening, start_s: float | None, stop_s: float | None, duration_s: float
) -> None:
    if (start_s is None) != (stop_s is None):
        raise BadEvent("A region has a start and a stop.")
    if start_s is not None and stop_s is not None and not 0 <= start_s < stop_s <= duration_s:
        raise BadEvent(f"A region lies within the clip's {duration_s:.2f} seconds.")
    row.region_start_s, row.region_stop_s = start_s, stop_s
