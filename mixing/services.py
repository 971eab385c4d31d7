"""What people do with songs, stems and mixes: the one door for pages, API and commands.

Who may do it is the caller's question (`access`), except where the answer depends on the rows that
a service locks. Uploads and mixes have modules of their own and are offered here as well.
"""

from functools import partial

from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts.models import User
from mixing import intake, live, quota, storage
from mixing.audio.names import display_name
from mixing.audio.roles import ROLE_LABELS
from mixing.models import HandMix, Mixer, Preset, Song, Stem, Upload
from mixing.orders import (
    cancel_mix,
    request_adjusted_mix,
    request_export,
    request_mixes,
    retry_mix,
)
from mixing.refusals import UnknownRole
from mixing.uploads import begin_upload, cancel_upload, receive_chunk

__all__ = [
    "begin_upload",
    "cancel_mix",
    "cancel_upload",
    "create_song",
    "delete_song",
    "delete_songs_of",
    "move_songs",
    "receive_chunk",
    "remove_stem",
    "rename_song",
    "rename_stem",
    "request_adjusted_mix",
    "request_export",
    "request_mixes",
    "retry_mix",
    "set_role",
]


def create_song(*, owner: User, title: str, artist: str = "", genre: str = "") -> Song:
    """An empty song, waiting for stems. An empty title becomes "Untitled song"."""
    return Song.objects.create(
        owner=owner,
        title=_line(title, 200) or "Untitled song",
        artist=_line(artist, 200),
        genre=_line(genre, 60),
    )


@transaction.atomic
def rename_song(
    *, song: Song, title: str | None = None, artist: str | None = None, genre: str | None = None
) -> Song:
    """Change the texts that are given; an empty title keeps the old one."""
    if title is not None:
        song.title = _line(title, 200) or song.title
    if artist is not None:
        song.artist = _line(artist, 200)
    if genre is not None:
        song.genre = _line(genre, 60)
    song.save(update_fields=["title", "artist", "genre"])
    live.announce_song(song)
    return song


@transaction.atomic
def delete_song(song: Song) -> None:
    """The song, its stems, mixes and all their files go, and their quota is free again.

    Workers that are busy with it find their lease gone and clean up after themselves.
    """
    song = intake.lock(song.pk)
    held = _held_bytes(Song.objects.filter(pk=song.pk))
    quota.give_back(song.owner_id, held)
    for upload_id in song.uploads.values_list("pk", flat=True):
        storage.discard_incoming_on_commit(upload_id)
    for file in song.stems.values_list("source_file", flat=True):
        storage.discard_incoming_on_commit(file)
    transaction.on_commit(partial(storage.discard_song, song.pk))
    live.announce_song(song)
    song.delete()


def delete_songs_of(user: User) -> None:
    """Everything the person brought goes."""
    for song in Song.objects.owned_by(user):
        delete_song(song)


@transaction.atomic
def move_songs(*, guest: User, user: User) -> None:
    """Everything a guest brought belongs to the account from now on, storage included."""
    songs = Song.objects.owned_by(guest)
    quota.hand_over(guest.pk, user.pk, _held_bytes(songs))
    songs.update(owner=user)
    Mixer.objects.filter(owner=guest).update(owner=user)
    Preset.objects.owned_by(guest).update(owner=user)
    kept = HandMix.objects.filter(owner=user).values("full")
    HandMix.objects.filter(owner=guest).exclude(full__in=kept).update(owner=user)


@transaction.atomic
def set_role(*, stem: Stem, role: str) -> Stem:
    """What the stem plays, as a person says; mixes asked for from now on hear it so."""
    if role not in ROLE_LABELS:
        raise UnknownRole(roles=list(ROLE_LABELS))
    stem.role = role
    stem.role_source = Stem.RoleSource.PERSON
    stem.save(update_fields=["role", "role_source"])
    live.announce_song(stem.song)
    return stem


@transaction.atomic
def rename_stem(*, stem: Stem, name: str) -> Stem:
    stem.name = display_name(name)
    stem.save(update_fields=["name"])
    live.announce_song(stem.song)
    return stem


@transaction.atomic
def remove_stem(stem: Stem) -> None:
    """The stem and its files go; the song is prepared anew from those left."""
    song = intake.lock(stem.song_id)
    row = song.stems.filter(pk=stem.pk).first()
    if row is None:
        return
    quota.give_back(song.owner_id, row.counted_bytes)
    storage.discard_incoming_on_commit(row.source_file)
    storage.discard_on_commit(row.audio_file, row.spectrogram_file)
    row.delete()
    intake.settle(song)


def _held_bytes(songs: QuerySet[Song]) -> int:
    """What these songs' rows hold of their owner's quota."""
    counted = (
        rows.filter(song__in=songs).aggregate(bytes=Sum("counted_bytes"))["bytes"] or 0
        for rows in (Stem.objects, Upload.objects)
    )
    return sum(counted)


def _line(text: str, limit: int) -> str:
    """One line of visible text."""
    visible = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(visible.split())[:limit].strip()
