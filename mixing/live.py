"""What a song's watchers are told: built from rows, sent by services and workers alike."""

from collections.abc import Sequence
from uuid import UUID

from mixing import events, selectors
from mixing.jobs import JobState
from mixing.models import Mix, Song, Stem
from mixing.selectors import QueueView


def mix_progress(mix: Mix, line: QueueView) -> events.MixProgress:
    return {
        "mix_id": str(mix.pk),
        "section": "preview" if mix.is_preview() else "full",
        "state": mix.state,
        "stage": mix.stage,
        "percent": round(100 * mix.progress, 1),
        "seconds_left": line.seconds_left(mix),
        "queue_position": line.position(mix),
    }


def stem_progress(stem: Stem) -> events.StemProgress:
    return {
        "stem_id": str(stem.pk),
        "state": stem.state,
        "stage": stem.stage,
        "percent": round(100 * stem.progress, 1),
    }


def announce_song(song: Song) -> None:
    """The song's page is out of date: fetch it again."""
    events.announce(song.topic, "song.changed")


def announce_stem(stem: Stem) -> None:
    events.announce(f"song:{stem.song_id}", "stem.progress", stem_progress(stem))


def announce_mixes(mixes: Sequence[Mix]) -> None:
    line = selectors.queue(mixes)
    for mix in mixes:
        events.announce(f"song:{mix.song_id}", "mix.progress", mix_progress(mix, line))


def announce_line(song_id: UUID) -> None:
    """The queue moved: tell the song's waiting mixes where they stand now."""
    announce_mixes(list(Mix.objects.filter(song_id=song_id, state=JobState.QUEUED)))


def song_snapshot(song: Song) -> events.SongSnapshot:
    """All that the song's topic tells, at this moment."""
    stems = list(song.stems.all())
    mixes = list(selectors.current_mixes(song, stems))
    line = selectors.queue(mixes)
    return {
        "song": {"id": str(song.pk), "status": song.status},
        "stems": [stem_progress(stem) for stem in stems],
        "mixes": [mix_progress(mix, line) for mix in mixes],
    }
