"""What descriptors know of songs and mixes, remembered per state of the stems.

Reading a song for the first time is a worker's work (`reading`). From then on it is one row of a
few kilobytes, and every mix of it a row of a few numbers.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from evolution import descriptors
from evolution.descriptors import DESCRIPTOR_VERSION
from evolution.models import HeardMix, StoredSound
from evolution.packing import unpack
from mixing.audio.parameters import Settings
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Mix, Song

if TYPE_CHECKING:
    from evolution.descriptors import SongSound

T = TypeVar("T")
Array = NDArray[np.float32]

_IDS_PER_QUERY: Final = 1000
MOST_SONGS: Final = 32
"""So many songs judge a generation; more say nothing new and cost time."""


def load_sound(row: StoredSound) -> "SongSound":
    return descriptors.SongSound.from_arrays(unpack(row.arrays))


def load_sounds(ids: Sequence[int]) -> "list[SongSound]":
    """The sounds in this order. Raises StoredSound.DoesNotExist if one is gone."""
    rows = StoredSound.objects.in_bulk(ids)
    missing = set(ids) - set(rows)
    if missing:
        raise StoredSound.DoesNotExist(f"Sounds are gone: {sorted(missing)}.")
    return [load_sound(rows[pk]) for pk in ids]


def songs_to_judge(listener_id: UUID | None, *, genre: str = "") -> list[Song]:
    """Songs that stand for music in general: public ones, and the listener's own."""
    seen = Q(visibility=Song.Visibility.PUBLIC)
    if listener_id is not None:
        seen |= Q(owner=listener_id)
    songs = Song.objects.filter(seen, status=Song.Status.READY)
    if genre:
        songs = songs.filter(genre__iexact=genre)
    # The oldest ones: the choice stays as it is when somebody adds a song.
    return list(songs.order_by("created_at", "pk")[:MOST_SONGS])


def descriptors_of(mix_ids: Iterable[UUID], *, read: bool = True) -> dict[UUID, Array]:
    """Descriptors (D,) of these mixes as heard; mixes of an earlier state of a song are left out.

    One query per thousand mixes when all are known.

    Args:
        read: a worker may read songs it does not know yet; a web request leaves them out.
    """
    wanted = set(mix_ids)
    found = known_descriptors(wanted)
    unknown = wanted - set(found)
    if not unknown:
        return found
    sounds: dict[tuple[UUID, str, str], SongSound | None] = {}
    fresh = []
    for mix in _finished(unknown):
        key = (mix.song_id, mix.multitrack_sha256, mix.mixer.encoder_onnx_sha256)
        if key not in sounds:
            sounds[key] = _sound_of_state(mix, read)
        sound = sounds[key]
        if sound is not None:
            settings = Settings.from_json(mix.settings)
            row = np.asarray(descriptors.heard(settings, mix.measurements, sound), np.float32)
            found[mix.pk] = row
            fresh.append(
                HeardMix(mix=mix, descriptor_version=DESCRIPTOR_VERSION, descriptors=row.tobytes())
            )
    if fresh:
        HeardMix.objects.bulk_create(fresh, ignore_conflicts=True)
    return found


def known_descriptors(mix_ids: Iterable[UUID]) -> dict[UUID, Array]:
    """Descriptors of those of these mixes that were heard before: nothing is computed."""
    found: dict[UUID, Array] = {}
    for part in batched(mix_ids, _IDS_PER_QUERY):
        rows = HeardMix.objects.filter(mix__in=part, descriptor_version=DESCRIPTOR_VERSION)
        for mix_id, data in rows.values_list("mix_id", "descriptors"):
            found[mix_id] = np.frombuffer(bytes(data), np.float32)
    return found


def _finished(mix_ids: Collection[UUID]) -> Iterator[Mix]:
    for part in batched(mix_ids, _IDS_PER_QUERY):
        mixes = Mix.objects.filter(pk__in=part, state=JobState.READY, settings__isnull=False)
        yield from mixes.select_related("song", "mixer")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most so many items: databases limit the parameters of a query."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def _sound_of_state(mix: Mix, read: bool) -> "SongSound | None":
    """The song as it was mixed; None when its stems are others now and nobody read them then."""
    row = StoredSound.objects.filter(
        song=mix.song_id,
        multitrack_sha256=mix.multitrack_sha256,
        encoder_sha256=mix.mixer.encoder_onnx_sha256,
        descriptor_version=DESCRIPTOR_VERSION,
    ).first()
    is_current = read and multitrack_sha256(mix.song.stems.ready()) == mix.multitrack_sha256
    if row is None and is_current:
        # It needs the encoder and the spectrograms, which the web process never loads.
        from evolution.reading import sounds_of

        rows = sounds_of([mix.song], mix.mixer)
        row = rows[0] if rows else None
    return None if row is None else load_sound(row)
