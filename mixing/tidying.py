"""What nobody needs any more: abandoned uploads, old exports, files that belong to no row."""

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mixing import storage
from mixing.jobs import FINAL
from mixing.models import Export, Mix, Song, Stem, Upload
from mixing.uploads import discard_upload

# Long enough to go on after a night, for a person who lost the connection.
ABANDONED_UPLOAD: Final = timedelta(hours=24)
# Until then an upload that ended can still be asked what became of it.
ENDED_UPLOAD: Final = timedelta(hours=24)
KEPT_EXPORT: Final = timedelta(days=7)
# Files younger than this may belong to work or a transaction that is not over.
ORPHAN_AGE: Final = timedelta(hours=1)


def end_uploads() -> int:
    """Forget uploads that nobody continued, and those that ended a while ago; how many."""
    now = timezone.now()
    abandoned = Upload.objects.arriving().filter(updated_at__lt=now - ABANDONED_UPLOAD)
    ended = Upload.objects.filter(state__in=FINAL, updated_at__lt=now - ENDED_UPLOAD)
    count = 0
    for upload in (abandoned | ended).select_related("song"):
        with transaction.atomic():
            discard_upload(upload)
        count += 1
    return count


def end_exports() -> int:
    """Remove exports that were made a while ago; asking again makes them again."""
    old = Export.objects.older_than(timezone.now() - KEPT_EXPORT)
    # A FLAC export is the mix's own file.
    files = list(old.exclude(kind=Export.Kind.FLAC).values_list("pk", "file"))
    for pk, file in files:
        with transaction.atomic():
            Export.objects.filter(pk=pk).delete()
            storage.discard_on_commit(file)
    return len(files)


def remove_orphans() -> int:
    """Remove files that no row names and that are old enough to be nobody's work; how many."""
    return sum(map(_remove, _old([*_orphaned_media(), *_orphaned_uploads()])))


def _orphaned_media() -> Iterator[Path]:
    yield from _children(storage.media_path(storage.SCRATCH))
    songs = {str(pk) for pk in Song.objects.values_list("pk", flat=True)}
    for folder in _children(storage.media_path("songs")):
        if folder.name in songs:
            named = _named_files(folder.name)
            yield from (f for f in folder.rglob("*") if f.is_file() and _name(f) not in named)
        else:
            yield folder


def _orphaned_uploads() -> Iterator[Path]:
    needed = {str(pk) for pk in Upload.objects.unfinished().values_list("pk", flat=True)}
    needed |= set(Stem.objects.exclude(source_file="").values_list("source_file", flat=True))
    yield from (f for f in _children(Path(settings.UPLOAD_ROOT)) if f.name not in needed)


def _named_files(song_id: str) -> set[str]:
    """Every stored name that a row of the song knows."""
    stems = Stem.objects.filter(song_id=song_id).values_list("audio_file", "spectrogram_file")
    names = {name for pair in stems for name in pair}
    names |= set(Mix.objects.filter(song_id=song_id).values_list("audio_file", flat=True))
    names |= set(Export.objects.filter(mix__song_id=song_id).values_list("file", flat=True))
    return names


def _old(paths: list[Path]) -> Iterator[Path]:
    before = time.time() - ORPHAN_AGE.total_seconds()
    for path in paths:
        try:
            if path.stat().st_mtime < before:
                yield path
        except FileNotFoundError:
            continue


def _remove(path: Path) -> int:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return 1


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _name(path: Path) -> str:
    return path.relative_to(settings.MEDIA_ROOT).as_posix()
