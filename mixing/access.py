"""Who may see, hear and change what: the querysets that every interface starts from.

Something that a person may not see does not exist for them (404, the same as an unknown id).
"""

from django.db.models import QuerySet

from mixing import blindness, console_access
from mixing.models import Export, Mix, ReferenceMatch, Song, Stem, Upload
from mixing.refusals import Blind, ExportNotReady, MixNotReady, NotYourSong


def songs(user: object) -> QuerySet[Song]:
    """Songs this person may open: their own, public ones, unlisted ones by address."""
    return Song.objects.reachable_by(user)


def own_songs(user: object) -> QuerySet[Song]:
    """Songs this person may change."""
    return Song.objects.owned_by(user)


def own_stems(user: object) -> QuerySet[Stem]:
    """Raw stems are for their owner alone, also those of public songs."""
    return Stem.objects.filter(song__in=own_songs(user)).select_related("song")


def own_uploads(user: object) -> QuerySet[Upload]:
    return Upload.objects.filter(song__in=own_songs(user)).select_related("song")


def mixes(user: object) -> QuerySet[Mix]:
    """Mixes of songs that this person may open, by mixers that they may know."""
    open_songs = Mix.objects.filter(song__in=songs(user))
    return open_songs.known_to(user).select_related("song", "mixer")


def own_mixes(user: object) -> QuerySet[Mix]:
    """Mixes this person may stop and try again."""
    return mixes(user).filter(song__in=own_songs(user))


def exports(user: object) -> QuerySet[Export]:
    return Export.objects.filter(mix__in=mixes(user)).select_related("mix__song", "mix__mixer")


def reference_matches(user: object) -> QuerySet[ReferenceMatch]:
    """What this person matched to references, of mixes that they may still open."""
    mine = ReferenceMatch.objects.filter(owner_id=getattr(user, "pk", None), mix__in=mixes(user))
    return mine.select_related("mix__song", "mix__mixer", "matched")


def check_audible(mix: Mix, user: object) -> None:
    """Raises Blind while the person judges the song's mixes without names, MixNotReady before the
    mix is made."""
    if blindness.is_blind(user, mix.song):
        raise Blind
    if not mix.is_ready():
        raise MixNotReady


def check_takeable(mix: Mix, kind: str, user: object) -> None:
    """Raises NotYourSong for a session of a song whose raw stems are not for this person."""
    if kind == Export.Kind.DAWPROJECT and not console_access.may_use(mix.song, user):
        raise NotYourSong


def check_downloadable(export: Export, user: object) -> None:
    """Raises Blind as for the mix itself, NotYourSong, ExportNotReady before the file is made."""
    if blindness.is_blind(user, export.mix.song):
        raise Blind
    check_takeable(export.mix, export.kind, user)
    if not export.is_ready():
        raise ExportNotReady
