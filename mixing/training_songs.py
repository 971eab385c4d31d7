"""Songs of this installation as training material: only those whose owners agreed."""

from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from mixing import storage
from mixing.audio import spectrogram
from mixing.models import Song, Stem
from mixing.networks.sources import songs as source
from mixing.networks.sources.songs import DataUnusable, Hearing, Listing, drawn_part

_LEFT_OUT: Final = "The song's owner took the permission back."


@dataclass(frozen=True)
class AgreedSongs:
    """Every prepared song with its owner's permission.

    Nothing of it is kept in a cache, and the permission is looked at again when a song is heard,
    so one that was taken back counts at once.
    """

    name: str = "songs"

    def listing(self) -> Listing:
        ids = _agreed().order_by("created_at", "pk").values_list("pk", flat=True)
        if not ids:
            raise DataUnusable(
                "No prepared song has its owner's permission: they give it on the song's page."
            )
        return Listing(tuple(_song(song_id) for song_id in ids))


def _agreed() -> QuerySet[Song]:
    return Song.objects.filter(training_agreed_at__isnull=False, status=Song.Status.READY)


def _song(song_id: UUID) -> source.Song:
    # By its id: people give songs any title, and no two songs here are taken for one.
    title = f"song {song_id}"
    return source.Song(title, drawn_part(title), partial(_hear, song_id), keep_as=None)


def _hear(song_id: UUID) -> Hearing:
    if not _agreed().filter(pk=song_id).exists():
        return Hearing((), (f"song {song_id}: {_LEFT_OUT}",))
    stems, faults = [], []
    for stem in Stem.objects.filter(song=song_id).ready():
        try:
            stems.append(_stem(stem))
        except _Outdated as outdated:
            faults.append(f"song {song_id}, {stem.name}: left out. {outdated}")
    return Hearing(tuple(stems), tuple(faults))


class _Outdated(Exception):
    """What is stored of a stem does not suit this version."""


def _stem(stem: Stem) -> source.Stem:
    if stem.front_end_version != spectrogram.FRONT_END_VERSION:
        raise _Outdated("It was heard by another version; analyse it anew.")
    try:
        mel = spectrogram.load(storage.media_path(stem.spectrogram_file))
    except OSError as error:
        raise _Outdated("Its spectrogram is not there.") from error
    return source.Stem(stem.role, np.asarray(mel, np.float32), stem.stereo_width)
