"""Advice to tournaments: whom to invite for a listener, and which pair to play them next.

Three wishes in one order. A random tenth of the battles is held back: personal mixer against
champion, drawn before anything is known of the pair, so that the share the personal mixer wins
measures what personalisation is worth. A third lets a challenger meet the mixer it wants to
replace, because only such votes decide. The rest are the pairs that teach most about the
listener's taste among those that may be good to hear.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import Count, Q

from accounts.models import User
from evolution import beliefs, slots
from evolution.choosing import SLACK, telling_pair
from evolution.descriptors import COUNT
from evolution.models import HoldBack, StoredSound, TasteSettings
from evolution.refusals import NoMixersToBreed
from evolution.sounds import descriptors_of
from mixing import outbox
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tournaments.models import Tournament

HELD_BACK: Final = 0.1
DECIDING: Final = 0.35
"""Share of battles between a challenger and the mixer it wants to replace."""

Heard = Sequence[tuple[int, int, float | None]]


def challengers(listener: User, song: Song) -> list[Mixer]:
    """Mixers to invite into a tournament of this listener: their own one first."""
    if not StoredSound.objects.filter(song=song).exists():
        outbox.enqueue("evolution.tasks.hear_song", str(song.pk))
    own = slots.personal_mixer(listener.pk)
    invited = [] if own is None else [own]
    if not is_paused(listener):
        bred = Mixer.objects.filter(owner=listener, status=Mixer.Status.CANDIDATE)
        invited += list(bred.order_by("-generation", "created_at", "pk")[:1])
    invited += _least_heard_candidate(song)
    return invited


def next_pair(
    tournament: Tournament, listener: User, mixers: Sequence[Mixer], heard: Heard
) -> tuple[int, int] | None:
    """Two numbers of `mixers`; None leaves the choice to the tournament's format."""
    chance = np.random.default_rng((tournament.seed, len(heard), listener.pk.int & 0xFFFFFFFF))
    draw = float(chance.random())
    place = {mixer.pk: k for k, mixer in enumerate(mixers)}
    own = slots.personal_mixer(listener.pk)
    champion = _champion()
    both_play = own is not None and champion is not None and {own.pk, champion.pk} <= set(place)
    if draw < HELD_BACK and both_play and own != champion:
        assert own is not None
        assert champion is not None
        _hold_back(tournament, listener, len(heard), own, champion)
        return place[own.pk], place[champion.pk]
    if is_paused(listener):
        return None
    unheard = _unheard(len(mixers), heard)
    if draw < HELD_BACK + DECIDING:
        deciding = [
            pair for pair in _deciding(mixers, listener, own, champion) if _both(pair) in unheard
        ]
        if deciding:
            return deciding[0]
    return _most_telling(tournament.song, mixers, sorted(unheard), listener, chance)


def is_paused(listener: User) -> bool:
    return TasteSettings.objects.filter(listener=listener, paused=True).exists()


def _champion() -> Mixer | None:
    try:
        return slots.incumbent()
    except NoMixersToBreed:
        return None


def _least_heard_candidate(song: Song) -> list[Mixer]:
    """A community candidate waiting for votes: the one that mixed the fewest other songs."""
    waiting = Mixer.objects.filter(owner=None, status=Mixer.Status.CANDIDATE)
    elsewhere = Count("mixes", filter=~Q(mixes__song=song))
    return list(waiting.annotate(heard=elsewhere).order_by("heard", "created_at", "pk")[:1])


def _deciding(
    mixers: Sequence[Mixer], listener: User, own: Mixer | None, champion: Mixer | None
) -> list[tuple[int, int]]:
    """Challengers against the mixer they want to replace, personal ones first."""
    place = {mixer.pk: k for k, mixer in enumerate(mixers)}
    pairs = []
    for mixer in mixers:
        if mixer.status != Mixer.Status.CANDIDATE:
            continue
        mine = mixer.owner_id == listener.pk
        rival = (own or champion) if mine else champion
        if rival is not None and rival.pk in place and rival.pk != mixer.pk:
            pairs.append((not mine, place[mixer.pk], place[rival.pk]))
    return [(a, b) for _, a, b in sorted(pairs)]


def _most_telling(
    song: Song,
    mixers: Sequence[Mixer],
    pairs: Sequence[tuple[int, int]],
    listener: User,
    chance: np.random.Generator,
) -> tuple[int, int] | None:
    """The learner's choice: a pair that is good to hear and tells much about the listener."""
    previews = Mix.objects.as_mixed().filter(
        song=song,
        mixer__in=mixers,
        section=Mix.Section.PREVIEW,
        state=JobState.READY,
    )
    mix_of: dict[UUID, UUID] = dict(previews.values_list("mixer_id", "pk"))
    sounds = descriptors_of(mix_of.values(), read=False)
    found = [sounds.get(mix_of.get(mixer.pk, mixer.pk)) for mixer in mixers]
    known = [(a, b) for a, b in pairs if found[a] is not None and found[b] is not None]
    if not known:
        return None
    rows = np.array([np.zeros(COUNT) if row is None else row for row in found], np.float64)
    taste = beliefs.taste_of(listener).posterior
    # What was rendered was judged before it was listed: no harm is left to count.
    return telling_pair(taste, rows, np.zeros(len(rows)), chance, SLACK, among=known)


def _unheard(count: int, heard: Heard) -> set[tuple[int, int]]:
    met = {_both((a, b)) for a, b, _ in heard}
    return {pair for pair in combinations(range(count), 2) if pair not in met}


def _both(pair: tuple[int, int]) -> tuple[int, int]:
    return min(pair), max(pair)


def _hold_back(
    tournament: Tournament, listener: User, place: int, own: Mixer, champion: Mixer
) -> None:
    """Written in the transaction that makes the battle; asked twice, it is the same row."""
    HoldBack.objects.update_or_create(
        tournament=tournament,
        listener=listener,
        place=place,
        defaults={"personal": own, "community": champion},
    )
