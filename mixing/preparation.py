"""When all stems were heard: the song's length and its most interesting section."""

from uuid import UUID

from django.db import transaction

from mixing import intake, listening, live, storage
from mixing.audio import spectrogram
from mixing.audio.section import choose_section
from mixing.models import Song, Stem
from mixing.refusals import SongGone


def prepare(song_id: str) -> None:
    """Make the song ready to mix, unless it was deleted, is ready, or still has stems to hear.

    Safe to run twice: the same stems give the same result.
    """
    stems = list(Stem.objects.ready().filter(song_id=song_id))
    if not stems:
        return
    frames = max(stem.frames or 0 for stem in stems)
    try:
        mels = [spectrogram.load(storage.media_path(stem.spectrogram_file)) for stem in stems]
    except FileNotFoundError:
        return  # A stem was removed just now, which prepares the song anew.
    start, stop = choose_section(mels, [stem.role for stem in stems], samples=frames)
    try:
        song = _store(song_id, [stem.pk for stem in stems], frames, start, stop)
    except SongGone:
        return
    if song.is_ready():
        listening.hear_ahead(song, stems)


@transaction.atomic
def _store(song_id: str, heard: list[UUID], frames: int, start: int, stop: int) -> Song:
    song = intake.lock(song_id)
    unfinished = song.stems.unfinished().exists()
    ready = list(song.stems.ready().values_list("pk", flat=True))
    if unfinished or ready != heard:
        return song  # Stems came or went meanwhile; whoever changed them has it prepared anew.
    song.frames, song.section_start, song.section_stop = frames, start, stop
    song.status = Song.Status.READY
    song.save(update_fields=["frames", "section_start", "section_stop", "status"])
    live.announce_song(song)
    return song
