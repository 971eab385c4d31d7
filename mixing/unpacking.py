"""From an uploaded archive to stems that wait to be analysed."""

import os
import secrets
from typing import Final

from django.db import transaction

from mixing import intake, live, quota, storage
from mixing.audio.archives import ArchiveMember, unpack
from mixing.intake import Offered
from mixing.jobs import JobState
from mixing.models import Upload
from mixing.work import Craft, LeaseLost, Stage, Work, perform


def unpack_upload(upload_id: str) -> None:
    """Unpack the archive if it waits for that; its files become stems, all of them or none."""
    upload = Upload.objects.claim(upload_id)
    if upload is not None:
        perform(upload, CRAFT)


def _unpack(work: Work[Upload]) -> None:
    upload = work.job
    work.enter("unpacking")
    archive = storage.incoming_path(upload.pk)
    with storage.scratch() as folder:
        members = unpack(archive, folder).members
        work.enter("sorting")
        offered = [_take(member, upload.position + place) for place, member in enumerate(members)]
    try:
        _store(upload, offered)
    except BaseException:
        for file in offered:
            storage.incoming_path(file.file).unlink(missing_ok=True)
        raise


def _take(member: ArchiveMember, position: int) -> Offered:
    """Move an unpacked file among the uploads, under a name of ours."""
    sha256, size = storage.sha256_of(member.path), member.path.stat().st_size
    name = secrets.token_hex(16)
    os.replace(member.path, storage.incoming_path(name))
    return Offered(member.display_name, name, sha256, size, position)


@transaction.atomic
def _store(upload: Upload, offered: list[Offered]) -> None:
    """Stems for all files and the end of the upload. Raises TooManyStems, QuotaExceeded."""
    song = intake.lock(upload.song_id)
    counted = sum(file.bytes for file in offered)
    quota.recount(song.owner_id, before=upload.counted_bytes, after=counted)
    if not upload.finish(JobState.READY, counted_bytes=0):
        raise LeaseLost
    for file in offered:
        intake.add_stem(song, file)
    storage.discard_incoming_on_commit(upload.pk)


@transaction.atomic
def _refuse(upload: Upload, code: str, message: str) -> None:
    """The row stays to tell why; file and quota do not."""
    song = intake.lock(upload.song_id)
    counted = upload.counted_bytes
    if upload.fail(code, message, counted_bytes=0):
        storage.discard_incoming_on_commit(upload.pk)
        quota.give_back(song.owner_id, counted)


def _tell(upload: Upload) -> None:
    live.announce_song(upload.song)


CRAFT: Final[Craft[Upload]] = Craft(
    stages=(Stage("unpacking", "Unpacking", 0.8), Stage("sorting", "Sorting the files", 0.2)),
    do=_unpack,
    tell=_tell,
    fail=_refuse,
)
