"""From complete files to stems: what an upload and an archive have in common."""

from dataclasses import dataclass
from uuid import UUID

from mixing import live, outbox, quota, storage
from mixing.audio.roles import guess_role_from_name
from mixing.jobs import JobState
from mixing.models import Song, Stem
from mixing.refusals import SongGone, TooManyStems
from mixing.selectors import MAX_STEMS


@dataclass(frozen=True, slots=True)
class Offered:
    """A complete file under UPLOAD_ROOT that may become a stem.

    Its `bytes` are already counted against the owner's quota. Stems stand in the order of
    `position`: when their upload began, so that files sent side by side keep their order.
    """

    name: str
    file: str
    sha256: str
    bytes: int
    position: int


def lock(song_id: UUID | str) -> Song:
    """The song, with its row held until the transaction ends; SongGone if it was deleted."""
    song = Song.objects.select_for_update().filter(pk=song_id).first()
    if song is None:
        raise SongGone
    return song


def add_stem(song: Song, offered: Offered) -> Stem:
    """A stem made of this file and waiting to be analysed, or the one the song has of it already.

    Call it inside a transaction that holds the song's row. For a stem that exists the file goes and
    its bytes are given back. Raises TooManyStems, and then file and bytes stay the caller's.
    """
    existing = song.stems.filter(source_sha256=offered.sha256).first()
    if existing is not None and existing.state != JobState.FAILED:
        quota.give_back(song.owner_id, offered.bytes)
        storage.discard_incoming_on_commit(offered.file)
        return existing
    if existing is not None:  # It failed before; the person tries again.
        existing.delete()
    if song.stems.exclude(state=JobState.FAILED).count() >= MAX_STEMS:
        raise TooManyStems
    stem = _create(song, offered)
    settle(song)
    outbox.enqueue_job(stem)
    return stem


def settle(song: Song) -> None:
    """The song's stems changed: say where it stands, and have it prepared once all were heard.

    Call it inside a transaction that holds the song's row.
    """
    unfinished = song.stems.unfinished().exists()
    ready = song.stems.ready().exists()
    if unfinished or ready:
        song.status = Song.Status.ANALYSING
    else:
        song.status = Song.Status.DRAFT
    song.save(update_fields=["status"])
    if ready and not unfinished:
        outbox.enqueue("mixing.tasks.prepare_song", str(song.pk))
    live.announce_song(song)


def role_of(name: str) -> dict[str, str]:
    """The columns that say what a stem of this name plays; `sound` leaves it to the ear."""
    role = guess_role_from_name(name)
    if role is None:
        return {"role": "other", "role_source": Stem.RoleSource.SOUND}
    return {"role": role, "role_source": Stem.RoleSource.NAME}


def _create(song: Song, offered: Offered) -> Stem:
    return Stem.objects.create(
        song=song,
        position=offered.position,
        name=offered.name,
        source_sha256=offered.sha256,
        source_bytes=offered.bytes,
        source_file=offered.file,
        counted_bytes=offered.bytes,
        **role_of(offered.name),
    )
