"""What pages, API and sockets show of songs, mixers and mixes, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from mixing import blindness
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, MixQuerySet, Song, Stem, Upload
from mixing.pace import Pace, seconds_left

MAX_STEMS = 32


@dataclass(frozen=True, slots=True)
class MixCard:
    """One mixer's work on a song as it is now; the numbers are those of what is under way."""

    mixer: Mixer
    preview: Mix | None
    full: Mix | None
    percent: float
    seconds_left: float | None
    queue_position: int | None
    # Blind: show progress, but neither audio nor settings nor measurements.
    hidden: bool

    @property
    def current(self) -> Mix | None:
        """The mix under way or wanting attention: the preview until it is ready, then the full."""
        if self.preview is not None and not self.preview.is_ready():
            return self.preview
        return self.full or self.preview

    @property
    def audible(self) -> Mix | None:
        """The best that can be played: the full mix, else the preview; None while blind."""
        if self.hidden:
            return None
        return next((m for m in (self.full, self.preview) if m is not None and m.is_ready()), None)


@dataclass(frozen=True, slots=True)
class SongDetail:
    """A song's page."""

    song: Song
    stems: list[Stem]
    uploads: list[Upload]
    board: list[MixCard]
    may_edit: bool
    hidden: bool
    # Mixes exist, but of an earlier state of the stems.
    outdated: bool

    @property
    def ready_stems(self) -> list[Stem]:
        return [stem for stem in self.stems if stem.is_ready()]

    @property
    def room_for_stems(self) -> int:
        failed = sum(stem.state == JobState.FAILED for stem in self.stems)
        return MAX_STEMS - len(self.stems) + failed

    @property
    def can_mix(self) -> bool:
        return self.may_edit and self.song.is_ready() and bool(self.ready_stems)

    @property
    def has_mixes(self) -> bool:
        return any(card.current is not None for card in self.board)


@dataclass(frozen=True, slots=True)
class QueueView:
    """The render queue at one moment: who is where, and how fast it moves."""

    positions: dict[UUID, int]
    pace: Pace

    def position(self, mix: Mix) -> int | None:
        """1 for the next to be taken; None for a mix that does not wait."""
        return self.positions.get(mix.pk) if mix.state == JobState.QUEUED else None

    def seconds_left(self, mix: Mix) -> float | None:
        return seconds_left(mix, self.pace, self.position(mix))


def songs_of(user: User) -> QuerySet[Song]:
    """The person's songs, newest first, with `stem_count` and `ready_mix_count`."""
    return with_counts(Song.objects.owned_by(user)).order_by("-created_at")


def demo_songs() -> QuerySet[Song]:
    """Public songs that anybody may try, ready to mix."""
    demos = Song.objects.filter(
        visibility=Song.Visibility.PUBLIC, demo_slug__isnull=False, status=Song.Status.READY
    )
    return with_counts(demos).order_by("created_at")


def with_counts(songs: QuerySet[Song]) -> QuerySet[Song]:
    """Each song with `stem_count` and `ready_mix_count` (full mixes)."""
    stems = Stem.objects.filter(song=OuterRef("pk"))
    mixes = Mix.objects.as_mixed().filter(
        song=OuterRef("pk"), state=JobState.READY, section=Mix.Section.FULL
    )
    # Subqueries: joining both would multiply stems by mixes.
    return songs.annotate(stem_count=_count_of(stems), ready_mix_count=_count_of(mixes))


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("song").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def listed_mixers(user: object = None) -> QuerySet[Mixer]:
    """The mixers that mix for this person: their own first, then the community's listed ones."""
    owner = Q(owner=None)
    if isinstance(user, User):
        owner |= Q(owner=user)
    listed = Mixer.objects.filter(owner, status=Mixer.Status.LISTED)
    return listed.order_by(F("owner").desc(nulls_last=True), "created_at", "name")


def song_detail(song: Song, user: object) -> SongDetail:
    """Everything the page of a song shows to this person."""
    stems = list(song.stems.all())
    uploads = list(song.uploads.worth_showing().order_by("created_at"))
    board = _board(song, stems, user)
    return SongDetail(
        song=song,
        stems=stems,
        uploads=uploads if song.is_owned_by(user) else [],
        board=board,
        may_edit=song.is_owned_by(user),
        hidden=any(card.hidden for card in board),
        outdated=not any(card.current for card in board) and song.mixes.exists(),
    )


def mix_board(song: Song, viewer: object) -> list[MixCard]:
    """A card per mixer, for the song's stems as they are now."""
    return _board(song, list(song.stems.all()), viewer)


def current_mixes(song: Song, stems: Iterable[Stem] | None = None) -> MixQuerySet:
    """The mixes of the song's stems and roles as they are now, previews first."""
    if stems is None:
        stems = song.stems.all()
    key = multitrack_sha256(stem for stem in stems if stem.is_ready())
    return (
        Mix.objects.as_mixed()
        .filter(song=song, multitrack_sha256=key)
        .select_related("mixer")
        .order_by("-section", "created_at")
    )


def queue(mixes: Sequence[Mix] = ()) -> QueueView:
    """The render queue, looked up only if one of these mixes is not finished."""
    if all(mix.is_finished() for mix in mixes):
        return QueueView({}, Pace.unknown())
    waiting = Mix.objects.waiting().values_list("pk", flat=True)
    return QueueView({pk: place for place, pk in enumerate(waiting, 1)}, Pace.measured())


def queue_position(mix: Mix) -> int | None:
    """How many turns until the mix is taken (1 is next); None if it does not wait."""
    return queue([mix]).position(mix)


def _board(song: Song, stems: list[Stem], viewer: object) -> list[MixCard]:
    mixes = list(current_mixes(song, stems).known_to(viewer))
    by_key = {(mix.mixer_id, mix.section): mix for mix in mixes}
    line = queue(mixes)
    hidden = bool(mixes) and blindness.is_blind(viewer, song)
    mixers = {mixer.pk: mixer for mixer in listed_mixers(viewer)}
    # A mixer that was retired meanwhile still shows what it made.
    mixers |= {mix.mixer_id: mix.mixer for mix in mixes if mix.mixer_id not in mixers}
    return [
        _card(
            mixer,
            by_key.get((mixer.pk, Mix.Section.PREVIEW)),
            by_key.get((mixer.pk, Mix.Section.FULL)),
            line,
            hidden,
        )
        for mixer in mixers.values()
    ]


def _card(
    mixer: Mixer, preview: Mix | None, full: Mix | None, line: QueueView, hidden: bool
) -> MixCard:
    card = MixCard(mixer, preview, full, 0.0, None, None, hidden)
    mix = card.current
    if mix is None:
        return card
    return MixCard(
        mixer,
        preview,
        full,
        percent=round(100 * mix.progress, 1),
        seconds_left=line.seconds_left(mix),
        queue_position=line.position(mix),
        hidden=hidden,
    )
