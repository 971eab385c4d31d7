"""When all stems were heard: the song's length and its most interesting section."""

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from mixing import choices, intake, live, storage
from mixing.audio import spectrogram
from mixing.audio.section import choose_section
from mixing.models import Song
from mixing.refusals import SongGone


def prepare(song_id: str) -> None:
    """Make the song ready to mix, unless it was deleted or still has stems to hear.

    Safe to run twice: the same stems give the same result.
    """
    song = Song.objects.filter(pk=song_id).first()
    if song is None or song.stems.unfinished().exists():
        return
    stems = list(song.stems.ready())
    if not stems:
        return
    try:
        mels = [spectrogram.load(storage.media_path(stem.spectrogram_file)) for stem in stems]
        # Before anybody can ask for a mix, so that nobody waits for it.
        choices.decide_ahead(song, stems)
    except FileNotFoundError:
        return  # A stem was removed just now, which prepares the song anew.
    frames = max(stem.frames or 0 for stem in stems)
    start, stop = choose_section(mels, [stem.role for stem in stems], samples=frames)
    with suppress(SongGone):
        _store(song_id, [stem.pk for stem in stems], frames, start, stop)


@transaction.atomic
def _store(song_id: str, heard: list[UUID], frames: int, start: int, stop: int) -> None:
    song = intake.lock(song_id)
    unfinished = song.stems.unfinished().exists()
    ready = list(song.stems.ready().values_list("pk", flat=True))
    if unfinished or ready != heard:
        return  # Stems came or went meanwhile; whoever changed them has it prepared anew.
    song.frames, song.section_start, song.section_stop = frames, start, stop
    song.status = Song.Status.READY
    song.save(update_fields=["frames", "section_start", "section_stop", "status"])
    live.announce_song(song)
