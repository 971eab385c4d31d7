"""Ordering mixes and downloads: rows that say what is wanted, handed to workers by the outbox."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from mixing import downloads, intake, live, outbox, overrides, selectors, storage
from mixing.audio import RENDERER_VERSION
from mixing.identity import cache_key, multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Export, Mix, Mixer, Song, Stem
from mixing.refusals import (
    AlreadyFinished,
    EncoderMissing,
    MixNotReady,
    NoMixers,
    NotRetryable,
    NotYourSong,
    QueueFull,
    SongNotReady,
    SongSilent,
    SongWithoutStems,
)

# Enough for a tournament of 33 mixers on two songs, previews and full mixes.
MAX_WAITING_PER_PERSON: Final = 140
MAX_WAITING: Final = 1000


@transaction.atomic
def request_mixes(*, song: Song, by: User, mixers: Iterable[Mixer] | None = None) -> list[Mix]:
    """A preview and a full mix by each mixer (all listed ones), previews first.

    The same request again gives the same mixes; those that failed or were stopped start anew.

    Raises: NotYourSong, SongNotReady, SongWithoutStems, SongSilent, NoMixers, QueueFull.
    """
    song = intake.lock(song.pk)
    if not song.is_mixable_by(by):
        raise NotYourSong
    stems = _mixable_stems(song)
    chosen = list(selectors.listed_mixers(by) if mixers is None else mixers)
    if not chosen:
        raise NoMixers
    multitrack = multitrack_sha256(stems)
    mixes = [
        _wanted(song, multitrack, mixer, section)
        for section in (Mix.Section.PREVIEW, Mix.Section.FULL)
        for mixer in chosen
    ]
    _check_queue(song)
    live.announce_song(song)
    return mixes


@transaction.atomic
def request_adjusted_mix(
    *,
    song: Song,
    by: User,
    mixer: Mixer,
    changes: dict[str, Any],
    section: Mix.Section = Mix.Section.PREVIEW,
) -> Mix:
    """What the mixer makes of the song with a person's changes (see `mixing.overrides`).

    The same request gives the same mix. Without changes it is the mixer's own mix. Raises
    SettingsInvalid, and what `request_mixes` refuses.
    """
    song = intake.lock(song.pk)
    if not song.is_mixable_by(by):
        raise NotYourSong
    stems = _mixable_stems(song)
    overrides.check(changes, strips=len(stems))
    mix = _wanted(song, multitrack_sha256(stems), mixer, section, changes)
    _check_queue(song)
    live.announce_song(song)
    return mix


@transaction.atomic
def cancel_mix(mix: Mix) -> Mix:
    """Stop a mix that waits or is being made. Raises AlreadyFinished."""
    if not Mix.objects.filter(pk=mix.pk).cancel():
        raise AlreadyFinished
    return _told(mix)


@transaction.atomic
def retry_mix(mix: Mix) -> Mix:
    """Let a mix that failed or was stopped wait for its turn again. Raises NotRetryable."""
    if not Mix.objects.filter(pk=mix.pk).restart():
        raise NotRetryable
    outbox.enqueue_job(mix)
    return _told(mix)


@transaction.atomic
def request_export(*, mix: Mix, kind: str) -> Export:
    """The mix in a form to take away; the same request gives the same row.

    A FLAC is ready at once, because it is the mix's own file. Raises MixNotReady, EncoderMissing.
    """
    if not mix.is_ready():
        raise MixNotReady
    if not downloads.is_makeable(kind):
        raise EncoderMissing
    export, is_new = Export.objects.get_or_create(mix=mix, kind=Export.Kind(kind))
    if is_new and export.kind == Export.Kind.FLAC:
        export.file, export.state = mix.audio_file, JobState.READY
        export.bytes = storage.media_path(mix.audio_file).stat().st_size
        export.save(update_fields=["file", "state", "bytes"])
    elif is_new or Export.objects.filter(pk=export.pk).restart():
        outbox.enqueue_job(export)
        export.refresh_from_db()
    return export


def _mixable_stems(song: Song) -> list[Stem]:
    """The ready stems, or the reason why they cannot be mixed."""
    stems = list(song.stems.all())
    ready = [stem for stem in stems if stem.is_ready()]
    if not song.is_ready():
        raise SongNotReady if stems else SongWithoutStems
    if all(stem.is_silent() for stem in ready):
        raise SongSilent
    return ready


def _wanted(
    song: Song,
    multitrack: str,
    mixer: Mixer,
    section: Mix.Section,
    changes: dict[str, Any] | None = None,
) -> Mix:
    changed = overrides.digest(changes or {})
    mix, is_new = Mix.objects.get_or_create(
        cache_key=cache_key(song, multitrack, mixer, section, changed),
        defaults={
            "song": song,
            "mixer": mixer,
            "section": section,
            "renderer_version": RENDERER_VERSION,
            "multitrack_sha256": multitrack,
            "overrides": changes if changed else {},
            "overrides_sha256": changed,
        },
    )
    if is_new or Mix.objects.filter(pk=mix.pk).restart():
        outbox.enqueue_job(mix)
        mix.refresh_from_db()
    return mix


def _check_queue(song: Song) -> None:
    """Shed early: a queue without end makes everybody wait. Refusing undoes what was ordered."""
    waiting = Mix.objects.unfinished()
    if waiting.count() > MAX_WAITING:
        raise QueueFull
    if waiting.filter(song__owner=song.owner_id).count() > MAX_WAITING_PER_PERSON:
        raise QueueFull("Many of your mixes are waiting already. Let some of them finish first.")


def _told(mix: Mix) -> Mix:
    mix.refresh_from_db()
    live.announce_mixes([mix])
    return mix
