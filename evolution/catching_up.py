"""What is due because of tournaments, songs and lost messages."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from evolution import beliefs, personal, reading, slots, sounds
from evolution.models import PreferenceModel, TasteSettings, scope_of_listener
from evolution.refusals import NoMixersToBreed
from mixing import outbox
from mixing.models import Song
from tournaments.models import Tournament, Vote

logger = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(days=2)


def finish(tournament_id: UUID) -> None:
    """A personal tournament's listener gets their mixer anew from its votes."""
    tournament = Tournament.objects.filter(pk=tournament_id).first()
    if tournament is None or tournament.format != Tournament.Format.PERSONAL:
        return
    personal.learn(tournament.owner_id)
    personal.breed_for(tournament.owner_id, closing=True)


def hear(song_id: UUID) -> None:
    """Read the song's stems and the mixes of it that were not read yet.

    Raises ModelUnavailable or ModelInvalid.
    """
    song = Song.objects.filter(pk=song_id, status=Song.Status.READY).first()
    if song is None:
        return
    try:
        reading.sounds_of([song], slots.incumbent())
    except NoMixersToBreed:
        return
    sounds.descriptors_of(song.mixes.values_list("pk", flat=True))


def catch_up() -> int:
    """Enqueue learning for listeners whose latest vote is newer than their taste; how many.

    A taste also lags behind a crowd that was fitted anew: it follows at the next vote.
    """
    since = timezone.now() - LOOK_BACK
    latest = (
        Vote.objects.standing()
        .filter(created_at__gte=since, counted=True)
        .values("listener")
        .annotate(cast=Max("created_at"))
        .values_list("listener", "cast")
    )
    paused = set(TasteSettings.objects.filter(paused=True).values_list("listener", flat=True))
    count = 0
    for listener_id, cast in latest:
        model = PreferenceModel.objects.current(scope_of_listener(listener_id))
        lags = model is None or model.created_at < cast
        if lags and listener_id not in paused:
            outbox.enqueue("evolution.tasks.learn", str(listener_id))
            count += 1
    for scope in PreferenceModel.objects.values_list("scope", flat=True).distinct():
        beliefs.prune_versions(scope)
    return count
