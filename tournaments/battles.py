"""Battles: who gets which pair next, and what becomes of battles that nobody finishes."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from tournaments import advice, checks, clips, endings, live, selectors
from tournaments.fields import field_of
from tournaments.formats import FORMATS, Drawn, Field, Nothing
from tournaments.membership import admit
from tournaments.models import Battle, EntryMix, Listening, Participant, Tournament
from tournaments.prepared import Prepared
from tournaments.rosters import Roster, roster_of

PATIENCE: Final = timedelta(minutes=15)
"""A pair that its listener does not decide for so long goes to somebody else as well."""

_COUNTS: Final = Prepared(
    lambda tournament, listener: (
        Battle.objects.filter(tournament=tournament, listener=listener)
        .order_by()
        .values("state")
        .annotate(times=Count("pk"))
        .values_list("state", "times")
    ),
    UUID,
    UUID,
)
"""How many battles this listener has had, by state."""


@transaction.atomic
def next_battle(*, tournament: Tournament, listener: User) -> Battle | None:
    """The battle this listener hears now: the open one, or a new one that nobody picked.

    None when the tournament is over, or there is nothing for this listener at the moment: see
    `selectors.progress`. Two requests at once get the same battle. Raises NotAssigned.
    """
    participant = admit(tournament, listener)
    tournament = participant.tournament
    if not tournament.is_open():
        return None
    open_battle = selectors.open_battle(tournament, listener)
    if endings.is_due(tournament):
        endings.close_if_over(tournament)
        return None
    if open_battle is not None:
        if is_playable(open_battle):
            return open_battle
        void(open_battle, "unplayable")
    return _assign(participant, roster_of(tournament))


def is_playable(battle: Battle) -> bool:
    """Whether both sides can still be heard."""
    return all(mix is not None and clips.is_playable(mix.sound) for mix in _mixes(battle))


def void(battle: Battle, reason: str) -> None:
    """The battle never counts and gives its number back."""
    battle.state, battle.reason = Battle.State.VOIDED, reason
    battle.save(update_fields=["state", "reason"])
    live.tell(battle.tournament)


def expire() -> int:
    """Void battles that nobody finished in time; the number of battles.

    Until then a late vote still counts: whoever listens slowly loses nothing while nobody else
    waits for the pair.
    """
    late = Battle.objects.filter(state=Battle.State.OPEN, expires_at__lt=timezone.now() - PATIENCE)
    return late.update(state=Battle.State.VOIDED, reason="expired")


def _assign(participant: Participant, roster: Roster) -> Battle | None:
    tournament, listener = participant.tournament, participant.listener
    mine = dict(_COUNTS(tournament.pk, listener.pk))
    chance = _chance(tournament, listener, sum(mine.values()))
    number = mine.get(Battle.State.DECIDED, 0) + 1
    check = checks.due(tournament, listener, roster, number)
    if check is not None:
        return _open(participant, check.mixes, number=number, chance=chance, check=check)
    field = field_of(tournament, roster, listener.pk)
    drawn = FORMATS[tournament.format].next_battle(field, chance)
    if drawn is Nothing.FINISHED:
        endings.close_finished(tournament)
        return None
    if not isinstance(drawn, Drawn):
        return None
    if tournament.is_personal():
        drawn = _advised(tournament, listener, roster, field, drawn, chance)
    mixes = (roster.mix(drawn.a, drawn.song), roster.mix(drawn.b, drawn.song))
    return _open(participant, mixes, number=number, chance=chance, match=drawn.match)


def _advised(
    tournament: Tournament,
    listener: User,
    roster: Roster,
    field: Field,
    drawn: Drawn,
    chance: np.random.Generator,
) -> Drawn:
    """The pair that another app thinks teaches more, on the same song; sides by chance."""
    audible = field.audible[drawn.song]
    numbers = [k for k in sorted(audible) if roster.entries[k].mixer is not None]
    mixers = [mixer for k in numbers if (mixer := roster.entries[k].mixer) is not None]
    among = {number: k for k, number in enumerate(numbers)}
    heard = [
        (among[battle.a], among[battle.b], battle.score)
        for battle in field.heard
        if battle.a in among and battle.b in among
    ]
    advised = advice.pair(tournament, listener, mixers, heard)
    if advised is None:
        return drawn
    a, b = (numbers[k] for k in advised)
    if chance.random() < 0.5:
        a, b = b, a
    return drawn._replace(a=a, b=b)


def _chance(tournament: Tournament, listener: User, battles: int) -> np.random.Generator:
    """The same for requests that race, another one for every battle that was ever made."""
    return np.random.default_rng((tournament.seed, listener.pk.int, battles))


def _open(
    participant: Participant,
    mixes: tuple[EntryMix, EntryMix],
    *,
    number: int,
    chance: np.random.Generator,
    match: int | None = None,
    check: "checks.Check | None" = None,
) -> Battle:
    tournament = participant.tournament
    sounds = (mixes[0].sound, mixes[1].sound)
    battle = Battle.objects.create(
        tournament=tournament,
        number=number,
        song_id=mixes[0].song_id,
        match=match,
        kind=check.kind if check else Battle.Kind.REAL,
        repeats_id=check.repeats_id if check else None,
        side_a=mixes[0].entry,
        side_b=mixes[1].entry,
        mix_a=mixes[0],
        mix_b=mixes[1],
        listener=participant.listener,
        clip_lufs=clips.matched_lufs(sounds, chance),
        clip_frames=min(sound.frames or 0 for sound in sounds),
        expires_at=None if tournament.is_personal() else timezone.now() + PATIENCE,
    )
    battle.listening = Listening.objects.create(battle=battle)
    live.tell(tournament)
    return battle


def _mixes(battle: Battle) -> tuple[EntryMix | None, EntryMix | None]:
    return battle.mix_a, battle.mix_b
