"""Battles: choosing the next one, and counting what is heard of it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mixing import events
from tournaments import clips, listening, selectors
from tournaments.formats import FORMATS, Drawn, Field
from tournaments.models import Battle, Entry, Listening, Tournament, Vote
from tournaments.progress import entries_of, must_wait
from tournaments.refusals import BadEvent, NotAssigned
from tournaments.standings import heard_battle


@transaction.atomic
def next_battle(*, tournament: Tournament, listener: User) -> Battle | None:
    """The battle to hear now: the open one, or a new one.

    None when the tournament is over, or waits for a preview that is still being made: see
    `selectors.progress`. Two requests at once get the same battle. Raises NotAssigned.
    """
    tournament = lock(tournament)
    if tournament.owner_id != listener.pk:
        raise NotAssigned
    if not tournament.is_open():
        return None
    open_battle = (
        selectors.battles_of(listener)
        .filter(tournament=tournament, state=Battle.State.OPEN)
        .first()
    )
    if open_battle is not None:
        if is_playable(open_battle):
            return open_battle
        void(open_battle)
    entries = entries_of(tournament)
    if must_wait(entries, list(tournament.battles.that_stand())):
        return None
    field, chance = _field(tournament, entries), _chance(tournament)
    drawn = FORMATS[tournament.format].next_battle(field, chance)
    if not isinstance(drawn, Drawn):
        close(tournament)
        return None
    sides = (entries[drawn.a], entries[drawn.b])
    return _open(tournament, sides, number=len(field.heard) + 1, chance=chance)


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
    row = (
        Listening.objects.select_for_update(of=("self",))
        .select_related("battle")
        .get(battle=battle)
    )
    if not row.battle.is_open():
        return row
    if event == "region":
        _set_region(row, start_s, stop_s, battle.duration_s)
    _advance(row, event, side)
    return row


def settle(row: Listening) -> None:
    """Count what played until now, and stop: the vote was cast."""
    _advance(row, "pause", "")


def is_playable(battle: Battle) -> bool:
    """Whether both sides can still be heard."""
    return clips.is_playable(battle.side_a.preview) and clips.is_playable(battle.side_b.preview)


def lock(tournament: Tournament) -> Tournament:
    """The row, locked until the transaction ends: whoever changes a tournament takes turns."""
    return Tournament.objects.select_for_update().get(pk=tournament.pk)


def void(battle: Battle) -> None:
    """The battle never counts and gives its number back."""
    battle.state = Battle.State.VOIDED
    battle.save(update_fields=["state"])
    announce(battle.tournament)


def close(tournament: Tournament, now: datetime | None = None) -> None:
    """End the tournament. A battle that is still open is voided."""
    tournament.state = Tournament.State.CLOSED
    tournament.closed_at = now or timezone.now()
    tournament.save(update_fields=["state", "closed_at"])
    tournament.battles.filter(state=Battle.State.OPEN).update(state=Battle.State.VOIDED)
    announce(tournament)


def announce(tournament: Tournament) -> None:
    events.announce(tournament.topic, "tournament.changed")


def _field(tournament: Tournament, entries: Sequence[Entry]) -> Field:
    place = {entry.pk: k for k, entry in enumerate(entries)}
    votes = (
        Vote.objects.standing()
        .filter(battle__tournament=tournament, battle__state=Battle.State.DECIDED)
        .select_related("battle")
        .order_by("battle__number")
    )
    heard = (heard_battle(vote, place) for vote in votes)
    return Field(
        entries=len(entries),
        audible=(frozenset(k for k, e in enumerate(entries) if clips.is_playable(e.preview)),),
        heard=tuple(heard),
        budget=tournament.battle_budget,
    )


def _chance(tournament: Tournament) -> np.random.Generator:
    """The same for requests that race, another one for every battle that was ever made."""
    return np.random.default_rng((tournament.seed, tournament.battles.count()))


def _open(
    tournament: Tournament,
    sides: tuple[Entry, Entry],
    *,
    number: int,
    chance: np.random.Generator,
) -> Battle:
    previews = (sides[0].preview, sides[1].preview)
    battle = Battle.objects.create(
        tournament=tournament,
        number=number,
        side_a=sides[0],
        side_b=sides[1],
        listener=tournament.owner,
        clip_lufs=clips.matched_lufs(previews, chance),
        clip_frames=min(preview.frames or 0 for preview in previews),
    )
    Listening.objects.create(battle=battle)
    announce(tournament)
    return battle


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
