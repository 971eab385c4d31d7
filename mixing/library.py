"""Lists of songs as pages show them: a few at a time, each with a picture of its stems."""

from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet

from mixing.jobs import JobState
from mixing.models import Song, Stem

PAGE_SIZE: Final = 24
PICTURED_STEMS: Final = 6


def page_of(
    songs: QuerySet[Song], number: str | int | None = 1, *, size: int = PAGE_SIZE
) -> Page[Song]:
    """The songs of a page; nonsense for a number is the first page, too large is the last.

    Each song has `pictured_stems`: its first ready stems, with their peaks.
    """
    ready = Stem.objects.filter(state=JobState.READY).order_by("position")
    pictured = Prefetch(
        "stems",
        ready.only("song_id", "peaks", "position")[:PICTURED_STEMS],
        to_attr="pictured_stems",
    )
    paginator: Paginator[Song] = Paginator(songs.prefetch_related(pictured), size)
    return paginator.get_page(number)
