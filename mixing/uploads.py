"""Files on their way in: chunked, resumable, counted against the quota from the first moment.

A part file under UPLOAD_ROOT grows chunk by chunk; the row says how much of it is good. A chunk
that is refused, or whose request dies half way, leaves bytes beyond that point, which the next one
overwrites. The last chunk turns the file into a stem, or hands an archive to a worker.
"""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, Final

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from mixing import intake, live, outbox, quota, storage
from mixing.audio.decoding import Limits
from mixing.audio.errors import AudioRejected
from mixing.audio.names import display_name
from mixing.audio.sniffing import sniff
from mixing.intake import Offered
from mixing.jobs import JobState
from mixing.models import Song, Upload
from mixing.refusals import (
    ChecksumMismatch,
    ChunkTooLarge,
    EmptyFile,
    FileTooLarge,
    NoSpace,
    OffsetMismatch,
    PastEnd,
    TooManyStems,
    TooManyUploads,
    UploadBusy,
    UploadEnded,
)
from mixing.selectors import MAX_STEMS

CHUNK_BYTES: Final = 8 * 1024 * 1024
SONG_BYTES: Final = 2 * 1024**3
# Room for every stem once, and for the retries of a flaky connection.
MAX_ARRIVING: Final = 2 * MAX_STEMS

_READ_BYTES: Final = 1 << 18


@transaction.atomic
def begin_upload(*, song: Song, name: str, size: int) -> Upload:
    """Make room for a file of `size` bytes; chunks may follow.

    Raises EmptyFile, FileTooLarge (per file and per song), TooManyStems, TooManyUploads,
    QuotaExceeded.
    """
    if size <= 0:
        raise EmptyFile
    if size > Limits().max_bytes:
        raise FileTooLarge(limit_bytes=Limits().max_bytes)
    song = intake.lock(song.pk)
    _check_room(song, size)
    quota.take(song.owner_id, size)
    upload = Upload.objects.create(
        song=song,
        name=display_name(name),
        kind=_kind(name),
        size=size,
        counted_bytes=size,
    )
    live.announce_song(song)
    return upload


def receive_chunk(
    *, upload: Upload, offset: int, chunk: bytes | BinaryIO, sha256: str | None = None
) -> Upload:
    """Append a chunk that starts at `offset`; the last one completes the file.

    Args:
        chunk: bytes, or a stream that is read no further than a chunk may reach.
        sha256: hex digest of the chunk, checked before it counts.

    Raises:
        OffsetMismatch: it does not continue what arrived; `details["offset"]` is where to go on.
        ChecksumMismatch, ChunkTooLarge, PastEnd, NoSpace: nothing of it counts.
        UploadBusy, UploadEnded: another chunk is arriving, or none is wanted any more.
        AudioRejected: the complete file is nothing we read; the upload is gone.
    """
    stream = BytesIO(chunk) if isinstance(chunk, bytes) else chunk
    with _part_file(upload) as part:
        _check_place(upload, offset)
        count, digest = _write(part, stream, offset, upload.size - offset)
        if sha256 is not None and digest != sha256.lower():
            raise ChecksumMismatch(offset=offset)
        upload.received += count
        if upload.is_complete():
            _complete(upload)
        else:
            _advance(upload)
    return upload


@transaction.atomic
def cancel_upload(upload: Upload) -> None:
    """Forget a file that is arriving or waits to be unpacked; nothing of it stays."""
    song = intake.lock(upload.song_id)
    row = song.uploads.filter(pk=upload.pk).first()
    if row is not None:
        discard_upload(row)
        live.announce_song(song)


def discard_upload(upload: Upload) -> None:
    """Remove the row, and with the commit its file, unless the file became a stem's; give back
    its quota."""
    quota.give_back(upload.song.owner_id, upload.counted_bytes)
    if upload.stem_id is None:
        storage.discard_incoming_on_commit(upload.pk)
    upload.delete()


def _kind(name: str) -> Upload.Kind:
    """What is promised; what arrives is judged by its content."""
    return Upload.Kind.ARCHIVE if name.lower().endswith(".zip") else Upload.Kind.STEM


def _check_room(song: Song, size: int) -> None:
    arriving = song.uploads.unfinished()
    if arriving.count() >= MAX_ARRIVING:
        raise TooManyUploads
    coming = arriving.filter(kind=Upload.Kind.STEM).count()
    if song.stems.exclude(state=JobState.FAILED).count() + coming >= MAX_STEMS:
        raise TooManyStems
    held = arriving.aggregate(bytes=Sum("size"))["bytes"] or 0
    stored = song.stems.aggregate(bytes=Sum("source_bytes"))["bytes"] or 0
    if held + stored + size > SONG_BYTES:
        raise FileTooLarge(
            "This song's files are larger than 2 GiB together.", limit_bytes=SONG_BYTES
        )


@contextmanager
def _part_file(upload: Upload) -> Iterator[BinaryIO]:
    """The file so far, for one writer at a time."""
    path = storage.incoming_path(upload.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        with os.fdopen(descriptor, "r+b") as part:
            _lock(part)
            yield part
    except OSError as error:  # Also from closing the file, which writes what is buffered.
        if error.errno == errno.ENOSPC:
            raise NoSpace from error
        raise


def _lock(part: BinaryIO) -> None:
    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UploadBusy from None


def _check_place(upload: Upload, offset: int) -> None:
    """Read the row anew, now that no other chunk can move it, and see that this one is next."""
    try:
        upload.refresh_from_db()
    except Upload.DoesNotExist:  # Cancelled: opening the part file has just made it again.
        storage.incoming_path(upload.pk).unlink(missing_ok=True)
        raise UploadEnded from None
    if upload.state != JobState.QUEUED or upload.is_complete():
        raise UploadEnded(offset=upload.received)
    if offset != upload.received:
        raise OffsetMismatch(offset=upload.received)


def _write(part: BinaryIO, stream: BinaryIO, offset: int, room: int) -> tuple[int, str]:
    """Write the stream at `offset`; returns (bytes, sha256). Reads one piece too many at most."""
    digest = hashlib.sha256()
    count = 0
    part.truncate(offset)
    part.seek(offset)
    while piece := stream.read(_READ_BYTES):
        count += len(piece)
        if count > CHUNK_BYTES:
            raise ChunkTooLarge(limit_bytes=CHUNK_BYTES, offset=offset)
        if count > room:
            raise PastEnd(offset=offset)
        digest.update(piece)
        part.write(piece)
    part.flush()
    return count, digest.hexdigest()


def _advance(upload: Upload) -> None:
    """Count the chunk, unless the upload was cancelled while it arrived."""
    row = Upload.objects.filter(pk=upload.pk, state=JobState.QUEUED)
    if not row.update(received=upload.received, updated_at=timezone.now()):
        raise UploadEnded


def _complete(upload: Upload) -> None:
    """The whole file is here: refuse it for good, or let it become a stem or an unpacking job."""
    path = storage.incoming_path(upload.pk)
    try:
        is_archive = sniff(path) == "zip"
        sha256 = "" if is_archive else storage.sha256_of(path)
        with transaction.atomic():
            song = intake.lock(upload.song_id)
            _advance(upload)
            if is_archive:
                _hand_over(upload)
            else:
                _become_stem(upload, song, sha256)
            live.announce_song(song)
    except (AudioRejected, TooManyStems):
        cancel_upload(upload)
        raise


def _hand_over(upload: Upload) -> None:
    upload.kind = Upload.Kind.ARCHIVE
    upload.save(update_fields=["kind", "updated_at"])
    outbox.enqueue_job(upload)


def _become_stem(upload: Upload, song: Song, sha256: str) -> None:
    file = str(upload.pk)
    offered = Offered(upload.name, file, sha256, upload.size, upload.position)
    upload.stem = intake.add_stem(song, offered)
    upload.kind = Upload.Kind.STEM
    upload.counted_bytes = 0  # The stem holds them now, or they were given back.
    upload.state = JobState.READY
    upload.finished_at = timezone.now()
    upload.save(
        update_fields=["stem", "kind", "counted_bytes", "state", "finished_at", "updated_at"]
    )
