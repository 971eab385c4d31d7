"""What is known of one mixer across songs, and of one listener across tournaments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tournaments import leaderboards
from tournaments.judgements import SCORES
from tournaments.leaderboards import BoardRow
from tournaments.models import Battle, MixerStrength, Participant, Tournament, Vote, VoteQuerySet
from tournaments.progress import cards
from tournaments.result_cards import Consistency, consistency

SONGS_SHOWN: Final = 5
LEAST_VOTES_PER_SONG: Final = 3
_TYPICAL_FROM: Final = 50
_SECTIONS: Final = ("master", "reverb", "delay")


@dataclass(frozen=True, slots=True)
class SongRecord:
    """How a mixer did on a song: votes for it (a tie is half), of so many."""

    song: Song
    points: float
    votes: int

    @property
    def share(self) -> float:
        """0 to 1, drawn towards a half where votes are few (two imagined votes, one each)."""
        return (self.points + 1.0) / (self.votes + 2.0)


@dataclass(frozen=True, slots=True)
class MixerRecord:
    """A mixer's page. Only songs that this viewer may open are named."""

    mixer: Mixer
    standing: BoardRow | None
    history: tuple[MixerStrength, ...]
    best_songs: tuple[SongRecord, ...]
    worst_songs: tuple[SongRecord, ...]
    typical_settings: dict[str, float]
    """Median of each knob of the whole mix over its latest mixes: `master.…`, `reverb.…`, …."""
    champion_mixes: tuple[Mix, ...]
    """Full mixes with which it won a tournament, newest first."""
    chips: dict[str, int]
    """What listeners said of battles it lost, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Title:
    """Something a listener earns by listening well; `progress` is 0 to 1."""

    key: str
    name: str
    reason: str
    progress: float

    @property
    def earned(self) -> bool:
        return self.progress >= 1.0


@dataclass(frozen=True, slots=True)
class ListenerRecord:
    """A listener's page: what they did, and how well they hear; never how fast."""

    finished: int
    votes: int
    hours: float
    """Heard, by the server's clock."""
    agreement: float | None
    """Share of choices that the fit of all other votes expected too (0 to 1)."""
    consistency: Consistency
    streak: int
    """Weeks in a row with a finished tournament, this one or the last included."""
    titles: tuple[Title, ...]


def mixer_record(mixer: Mixer, viewer: object) -> MixerRecord:
    """All that the mixer's page shows to this person."""
    board = leaderboards.leaderboard()
    songs = _songs(mixer, viewer)
    ranked = sorted(songs, key=lambda record: (-record.share, record.song.title))
    return MixerRecord(
        mixer=mixer,
        standing=next((row for row in board.rows if row.mixer.pk == mixer.pk), None),
        history=tuple(leaderboards.history([mixer])[mixer.pk]),
        best_songs=tuple(r for r in ranked[:SONGS_SHOWN] if r.share >= 0.5),
        worst_songs=tuple(r for r in ranked[::-1][:SONGS_SHOWN] if r.share < 0.5),
        typical_settings=_typical_settings(mixer),
        champion_mixes=_champion_mixes(mixer, viewer),
        chips=_chips(mixer),
    )


def listener_record(listener: User) -> ListenerRecord:
    """All that the listener's page shows them."""
    votes = list(
        Vote.objects.standing()
        .filter(listener=listener, battle__state=Battle.State.DECIDED)
        .select_related("battle__side_a", "battle__side_b")
        .order_by("created_at")
    )
    finished = list(
        Participant.objects.filter(listener=listener, finished_at__isnull=False).values_list(
            "finished_at", flat=True
        )
    )
    answered = consistency(votes)
    seconds = sum(vote.heard_a_s + vote.heard_b_s for vote in votes)
    weeks = {moment.date() for moment in finished if moment is not None}
    return ListenerRecord(
        finished=len(finished),
        votes=len(votes),
        hours=seconds / 3600,
        agreement=_agreement(listener, votes),
        consistency=answered,
        streak=_streak(weeks, timezone.now().date()),
        titles=titles(len(finished), seconds / 3600, answered, _genres(votes)),
    )


def titles(finished: int, hours: float, answered: Consistency, genres: int) -> tuple[Title, ...]:
    """What can be earned. Each asks for time or care, none for many or quick votes."""
    steady = min(answered.checks / 10, 1.0) if (answered.share or 0.0) >= 0.8 else 0.0
    return (
        Title("first", "First result", "Finish a tournament.", min(finished / 1, 1.0)),
        Title("patient", "Patient ears", "Listen for three hours.", min(hours / 3, 1.0)),
        Title("steady", "Steady ears", "Answer 8 of 10 hidden checks as before.", steady),
        Title("open", "Open ears", "Vote on songs of five genres.", min(genres / 5, 1.0)),
        Title("regular", "Regular", "Finish ten tournaments.", min(finished / 10, 1.0)),
    )


def _songs(mixer: Mixer, viewer: object) -> list[SongRecord]:
    """Songs with enough votes that this viewer may see listed (two queries)."""
    points: dict[UUID, float] = defaultdict(float)
    counts: dict[UUID, int] = defaultdict(int)
    rows = (
        _votes_on(mixer)
        .order_by()
        .values_list("battle__song", "battle__side_a__mixer", "choice")
        .annotate(count=Count("pk"))
    )
    for song, side_a, choice, count in rows:
        score = SCORES.get(choice)
        if score is not None:
            points[song] += count * (score if side_a == mixer.pk else 1.0 - score)
            counts[song] += count
    songs = Song.objects.visible_to(viewer).in_bulk(
        [song for song, count in counts.items() if count >= LEAST_VOTES_PER_SONG]
    )
    return [SongRecord(song, points[pk], counts[pk]) for pk, song in songs.items()]


def _votes_on(mixer: Mixer) -> VoteQuerySet:
    sides = Q(battle__side_a__mixer=mixer) | Q(battle__side_b__mixer=mixer)
    return Vote.objects.that_count().filter(sides, battle__state=Battle.State.DECIDED)


def _typical_settings(mixer: Mixer) -> dict[str, float]:
    """The median of what it chose for the whole mix lately."""
    mixes = Mix.objects.filter(mixer=mixer, state=JobState.READY, section=Mix.Section.FULL)
    found = mixes.exclude(settings=None).order_by("-created_at")
    values: dict[str, list[float]] = defaultdict(list)
    for chosen in found.values_list("settings", flat=True)[:_TYPICAL_FROM]:
        for section in _SECTIONS:
            for name, value in (chosen or {}).get(section, {}).items():
                values[f"{section}.{name}"].append(float(value))
    return {name: float(np.median(column)) for name, column in values.items()}


def _champion_mixes(mixer: Mixer, viewer: object) -> tuple[Mix, ...]:
    """Its mixes of songs on which it leads a closed tournament, among songs the viewer may hear."""
    closed = (
        Tournament.objects.filter(state=Tournament.State.CLOSED, entries__mixer=mixer)
        .filter(song__in=Song.objects.visible_to(viewer))
        .order_by("-closed_at")[:30]
    )
    won = [card.champion for card in cards(list(closed)) if card.champion is not None]
    mixes = [c.full for c in won if c.entry.mixer_id == mixer.pk and isinstance(c.full, Mix)]
    ready = {mix.pk: mix for mix in mixes if mix.is_ready()}
    return tuple(list(ready.values())[:SONGS_SHOWN])


def _chips(mixer: Mixer) -> dict[str, int]:
    lost = Q(battle__side_a__mixer=mixer, choice="b") | Q(battle__side_b__mixer=mixer, choice="a")
    counts: dict[str, int] = defaultdict(int)
    for chips in Vote.objects.that_count().filter(lost).values_list("chips", flat=True):
        for chip in chips:
            counts[chip] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _agreement(listener: User, votes: Sequence[Vote]) -> float | None:
    """Among closed tournaments with others in them: the listener's wins that the others' votes on
    the same pair favour."""
    pairs: dict[tuple[UUID, UUID], float] = defaultdict(float)
    mine = [v for v in votes if v.battle.kind == Battle.Kind.REAL and v.choice in ("a", "b")]
    rows = (
        Vote.objects.that_count()
        .filter(battle__tournament__in={v.battle.tournament_id for v in mine})
        .filter(battle__tournament__state=Tournament.State.CLOSED)
        .exclude(listener=listener)
        .order_by()
        .values_list("battle__side_a", "battle__side_b", "choice")
        .annotate(count=Count("pk"))
    )
    for a, b, choice, count in rows:
        lead = count * (2 * SCORES[choice] - 1) if choice in SCORES else 0.0
        pairs[a, b] += lead
        pairs[b, a] -= lead
    compared = [
        (v.choice == "a") == (lead > 0)
        for v in mine
        if (lead := pairs.get((v.battle.side_a_id, v.battle.side_b_id), 0.0))
    ]
    return sum(compared) / len(compared) if compared else None


def _genres(votes: Sequence[Vote]) -> int:
    songs = {vote.battle.song_id for vote in votes}
    named = Song.objects.filter(pk__in=songs).exclude(genre="")
    return named.values("genre").distinct().count()


def _streak(days: set[date], today: date) -> int:
    """Weeks in a row. A week not over yet cannot break it."""
    weeks = {day - timedelta(days=day.weekday()) for day in days}
    week = today - timedelta(days=today.weekday())
    if week not in weeks:
        week -= timedelta(days=7)
    count = 0
    while week in weeks:
        count += 1
        week -= timedelta(days=7)
    return count
