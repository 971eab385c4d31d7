"""Who may open a song's console, and whose presets and hand mixes are whose."""

from django.db.models import Q, QuerySet

from mixing import blindness
from mixing.models import HandMix, Preset, Song
from mixing.refusals import Blind


def songs(user: object) -> QuerySet[Song]:
    """Songs whose stems this person may play with: their own, and the demo songs, which are CC0.

    Raw stems of other songs are for their owner alone, also where their mixes are public.
    """
    demos = Q(visibility=Song.Visibility.PUBLIC, demo_slug__isnull=False)
    return Song.objects.owned_by(user) | Song.objects.filter(demos)


def may_use(song: Song, user: object) -> bool:
    """Whether `songs` has this one for the person, without asking the database."""
    return song.is_owned_by(user) or (
        song.demo_slug is not None and song.visibility == Song.Visibility.PUBLIC
    )


def check_open(song: Song, user: object) -> None:
    """Raises Blind while the person judges the song's mixes without names: the console would tell
    what each mixer did."""
    if blindness.is_blind(user, song):
        raise Blind


def presets(user: object) -> QuerySet[Preset]:
    """The person's own presets; those that come with the product are everybody's."""
    return Preset.objects.owned_by(user)


def hand_mixes(user: object) -> QuerySet[HandMix]:
    """What the person mixed by hand, the newest first."""
    mine = Q(owner=user) if getattr(user, "is_authenticated", False) else Q(pk__in=())
    return HandMix.objects.filter(mine).select_related(
        "preview__song", "preview__mixer", "full__song", "full__mixer"
    )
