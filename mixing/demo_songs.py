"""The demo songs: synthesised, brought in like anybody's song, previewed, then made public.

A song becomes public as the last step, so one that is not was interrupted and is made anew.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

from accounts.models import User
from mixing import analysis, preparation, rendering, services, storage
from mixing.demo_sessions import Session, SessionStem, record
from mixing.jobs import JobState
from mixing.models import Mix, Song
from mixing.synthesis.demos import DEMOS, LICENCE
from mixing.uploads import CHUNK_BYTES

Say = Callable[[str], None]
EMAIL: Final = "demos@mixarena.invalid"
_POLL_S: Final = 0.2
_PATIENCE_S: Final = 600.0


class DemoFailed(Exception):
    """A demo song could not be made; the message says why."""


def install_demo_songs(say: Say) -> list[Song]:
    """Make the demo songs that are missing and the previews that they lack; safe to run again.

    Raises DemoFailed, and what `request_mixes` refuses (no mixers are installed).
    """
    owner = _owner()
    for song in owner.songs.exclude(visibility=Song.Visibility.PUBLIC):
        services.delete_song(song)
    known = set(owner.songs.values_list("demo_slug", flat=True))
    missing = [demo.slug for demo in DEMOS if demo.slug not in known]
    with storage.scratch() as folder:
        for session in _synthesise(missing, folder, say):
            _bring_in(owner, session)
            say(f"{session.title}: {len(session.stems)} stems analysed.")
    songs = list(owner.songs.order_by("created_at"))
    for song in songs:
        _preview(song, owner, say)
    return songs


def _owner() -> User:
    """Who the demo songs belong to: nobody can log in as them."""
    owner = User.objects.filter(email=EMAIL).first()
    return owner or User.objects.create_user(EMAIL, name="Mixarena", is_active=False)


def _synthesise(slugs: list[str], folder: Path, say: Say) -> Iterator[Session]:
    """The sessions, one process each, as they get done."""
    if not slugs:
        return
    started = time.monotonic()
    say(f"Synthesising {len(slugs)} demo songs …")
    # A fresh process: the database connection of this one must not be shared.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(slugs), mp_context=context) as pool:
        for done in as_completed([pool.submit(record, slug, folder) for slug in slugs]):
            session = done.result()
            say(f"{session.title}: synthesised after {time.monotonic() - started:.0f} s.")
            yield session


def _bring_in(owner: User, session: Session) -> None:
    song = services.create_song(
        owner=owner, title=session.title, artist=session.artist, genre=session.genre
    )
    song.demo_slug, song.licence, song.tempo_bpm = session.slug, LICENCE, session.tempo_bpm
    song.save(update_fields=["demo_slug", "licence", "tempo_bpm"])
    for stem in session.stems:
        _upload(song, stem)
    _analyse(song)


def _upload(song: Song, stem: SessionStem) -> None:
    size = stem.path.stat().st_size
    upload = services.begin_upload(song=song, name=f"{stem.name}.flac", size=size)
    with stem.path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            upload = services.receive_chunk(upload=upload, offset=upload.received, chunk=chunk)
    assert upload.stem is not None
    services.set_role(stem=upload.stem, role=stem.role)


def _analyse(song: Song) -> None:
    with ThreadPoolExecutor(settings.WORKER_CONCURRENCY) as pool:
        list(pool.map(_analyse_one, map(str, song.stems.values_list("pk", flat=True))))
    # A worker may have been faster with some of them.
    _wait(lambda: not song.stems.unfinished().exists(), f"{song}: its stems are not done.")
    preparation.prepare(str(song.pk))
    song.refresh_from_db()
    if not song.is_ready() or song.stems.exclude(state=JobState.READY).exists():
        raise DemoFailed(f"{song}: a stem could not be analysed.")


def _analyse_one(stem_id: str) -> None:
    try:
        analysis.analyse(stem_id)
    finally:
        connection.close()


def _preview(song: Song, owner: User, say: Say) -> None:
    """Previews by all listed mixers, now; full mixes wait for a worker."""
    wanted = services.request_mixes(song=song, by=owner)
    previews = Mix.objects.filter(pk__in=[mix.pk for mix in wanted if mix.is_preview()])
    made = previews.unfinished().count()
    while previews.filter(state=JobState.QUEUED).exists():
        rendering.render_next()
    _wait(lambda: not previews.unfinished().exists(), f"{song}: its previews are not done.")
    failed = previews.exclude(state=JobState.READY).first()
    if failed is not None:
        raise DemoFailed(f"{failed}: {failed.error_message}")
    Song.objects.filter(pk=song.pk).update(visibility=Song.Visibility.PUBLIC)
    say(f"{song}: {made} previews rendered." if made else f"{song}: ready.")


def _wait(is_done: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not is_done():
        if time.monotonic() > deadline:
            raise DemoFailed(complaint)
        time.sleep(_POLL_S)
