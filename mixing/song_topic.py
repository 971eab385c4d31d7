"""The live topic of a song."""

from uuid import UUID

from mixing import access, live
from mixing.events import SongSnapshot
from mixing.models import Song


def may_watch(user: object, song_id: UUID) -> bool:
    return access.songs(user).filter(pk=song_id).exists()


def snapshot(song_id: UUID) -> SongSnapshot:
    """Raises Song.DoesNotExist when the song was deleted meanwhile."""
    return live.song_snapshot(Song.objects.get(pk=song_id))
