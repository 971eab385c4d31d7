"""What admins see before they decide: candidates with their evidence, slots with their history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from evolution import evidence, safety, slots
from evolution.evidence import HeadToHead, Record
from evolution.families import Relative, ancestors_of
from evolution.judging import favour
from evolution.models import Generation, Individual, Promotion, PromotionRule
from evolution.promotion_test import COMMUNITY, Evidence
from evolution.promotion_test import PromotionRule as Rule
from evolution.refusals import NoMixersToBreed
from evolution.safety import Check
from evolution.slots import CHAMPION, champion_slot
from mixing.audio.parameters import Settings
from mixing.models import Mix, Mixer, Slot, SlotMove, Song
from mixing.networks.distance import console_distance
from tournaments.judgements import JudgedPair, comparisons

WORST_SONGS: Final = 3
MOST_DECISIONS: Final = 50


@dataclass(frozen=True, slots=True)
class SongRecord:
    """How a candidate does on one song, against whatever it met there."""

    song: Song
    wins: int
    ties: int
    losses: int
    own: Mix | None
    """Its listening copy, and the incumbent's: an A/B pair."""
    incumbents: Mix | None

    @property
    def mixes(self) -> list[Mix]:
        """What can be heard of the song, the candidate's first."""
        return [mix for mix in (self.own, self.incumbents) if mix is not None]

    @property
    def balance(self) -> float:
        """Losses less wins, with one of each added, per battle: the worst song is the highest."""
        return (self.losses - self.wins) / (self.wins + self.ties + self.losses + 2)


@dataclass(frozen=True, slots=True)
class Review:
    """One candidate for one slot."""

    mixer: Mixer
    slot: str
    incumbent: Mixer
    votes: HeadToHead
    """Fresh ones, against the incumbent only."""
    test: Evidence
    record: Record
    """Against all that it met."""
    worst_songs: tuple[SongRecord, ...]
    listening: tuple[SongRecord, ...]
    """Songs that both mixed, to compare by ear."""
    checks: tuple[Check, ...]
    """Empty as long as there are no listening copies."""
    lufs: tuple[float, float] | None
    """Quietest and loudest copy."""
    true_peak_dbtp: float | None
    render_seconds: float | None
    """Mean time of the console per preview."""
    console_distance: float | None
    """From the incumbent's settings on the same songs, in audible steps (root mean square)."""
    lineage: tuple[Relative, ...]
    generation: Generation | None

    @property
    def has_copies(self) -> bool:
        return bool(self.checks)

    @property
    def is_safe(self) -> bool:
        return self.has_copies and all(check.passed for check in self.checks)

    @property
    def may_promote(self) -> bool:
        """Whether an admin may; the votes advise, and do not forbid."""
        return self.is_safe


@dataclass(frozen=True, slots=True)
class SlotView:
    """A community slot, its holder and how it came about."""

    name: str
    label: str
    incumbent: Mixer
    is_filled: bool
    """False: nobody was promoted yet, the holder is everybody's mixer."""
    rule: PromotionRule | None
    can_roll_back: bool
    moves: tuple[SlotMove, ...]


def community_slots() -> list[SlotView]:
    """All music first, then the genres that have a slot. Empty when no mixer is installed."""
    names = set(Slot.objects.filter(name__startswith=f"{CHAMPION}:").values_list("name", flat=True))
    try:
        return [slot_view(name) for name in (CHAMPION, *sorted(names))]
    except NoMixersToBreed:
        return []


def slot_view(name: str) -> SlotView:
    """Raises NoMixersToBreed."""
    moves = SlotMove.objects.filter(slot__name=name).select_related("to_mixer", "moved_by")
    genre = name.partition(":")[2]
    return SlotView(
        name=name,
        label=genre.title() or "All music",
        incumbent=slots.incumbent(name),
        is_filled=Slot.objects.filter(name=name).exists(),
        rule=PromotionRule.objects.filter(slot=name).first(),
        can_roll_back=slots.previous(name) is not None,
        moves=tuple(moves.order_by("-moved_at", "-pk")),
    )


def candidates() -> Iterable[Mixer]:
    """Community mixers that wait for a decision, oldest first."""
    waiting = Mixer.objects.filter(owner=None, status=Mixer.Status.CANDIDATE)
    return waiting.order_by("created_at", "pk")


def on_the_list() -> list[Mixer]:
    """Community mixers that may mix songs and hold no place, newest first: they can be retired."""
    listed = Mixer.objects.filter(owner=None, status=Mixer.Status.LISTED, slots=None)
    return list(listed.order_by("-created_at", "pk"))


def review_queue(slot: str = CHAMPION) -> list[Review]:
    """Every candidate for this slot, the likeliest to win first. Empty without mixers."""
    try:
        incumbent = slots.incumbent(slot)
    except NoMixersToBreed:
        return []
    waiting = list(candidates())
    if not waiting:
        return []
    queue = _Queue.of(waiting, slot, incumbent)
    found = [queue.review(mixer) for mixer in waiting]
    return sorted(found, key=lambda one: (-one.test.p_better, one.mixer.created_at))


def review(mixer: Mixer, slot: str = CHAMPION) -> Review:
    """The evidence about one mixer. Raises NoMixersToBreed."""
    return _Queue.of([mixer], slot, slots.incumbent(slot)).review(mixer)


def rule_of(slot: str) -> Rule:
    """What fresh votes have to show for this slot: the usual test, or an admin's rule."""
    rule = PromotionRule.objects.filter(slot=slot, enabled=True).first()
    if rule is None:
        return COMMUNITY
    return Rule(rule.least_probability, rule.least_votes, COMMUNITY.most_votes)


def decisions(slot: str = "", since: datetime | None = None) -> list[Promotion]:
    """The audit trail of community mixers, latest first."""
    rows = Promotion.objects.exclude(slot__startswith="personal:").exclude(
        from_mixer__owner__isnull=False
    )
    if slot:
        rows = rows.filter(slot=slot)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    return list(rows.select_related("from_mixer", "to_mixer", "by")[:MOST_DECISIONS])


def slot_for(song: Song) -> str:
    """The genre's place if it has one, else that for all music."""
    name = champion_slot(song.genre)
    return name if Slot.objects.filter(name=name).exists() else CHAMPION


@dataclass(frozen=True, slots=True)
class _Queue:
    """What the reviews of several mixers have in common, read once for all of them."""

    slot: str
    incumbent: Mixer
    rule: Rule
    votes: Sequence[JudgedPair]
    """Since the oldest of the mixers was made."""
    copies: dict[UUID, list[Mix]]
    """By mixer, the incumbent among them."""
    songs: dict[UUID, Song]
    generations: dict[UUID, Generation]
    """In which a mixer was bred first."""

    @classmethod
    def of(cls, mixers: Sequence[Mixer], slot: str, incumbent: Mixer) -> "_Queue":
        votes = comparisons(since=min(mixer.created_at for mixer in mixers))
        copies = safety.copies_of([*mixers, incumbent])
        heard = {copy.song_id for own in copies.values() for copy in own}
        bred = Individual.objects.filter(mixer__in=mixers).defer("genome")
        rows = bred.select_related("generation__run").order_by("-generation__number", "-place")
        return cls(
            slot=slot,
            incumbent=incumbent,
            rule=rule_of(slot),
            votes=votes,
            copies=copies,
            songs=Song.objects.in_bulk(heard | {pair.song_id for pair in votes}),
            generations={row.mixer_id: row.generation for row in rows if row.mixer_id},
        )

    def review(self, mixer: Mixer) -> Review:
        copies = self.copies[mixer.pk]
        mixed = {copy.song_id for copy in copies}
        incumbents = self.copies[self.incumbent.pk]
        beside = {copy.song_id: copy for copy in incumbents if copy.song_id in mixed}
        songs = _song_records(mixer, self.votes, copies, beside, self.songs)
        fresh = evidence.fresh_votes(mixer, self.incumbent, votes=self.votes)
        times = [s for copy in copies if (s := safety.render_seconds(copy)) is not None]
        levels = [copy.lufs for copy in copies if copy.lufs is not None]
        peaks = [copy.true_peak_dbtp for copy in copies if copy.true_peak_dbtp is not None]
        return Review(
            mixer=mixer,
            slot=self.slot,
            incumbent=self.incumbent,
            votes=fresh,
            test=evidence.community_evidence(fresh, self.rule),
            record=evidence.record_of(mixer, self.votes),
            worst_songs=tuple(_worst(songs)),
            listening=tuple(one for one in songs if one.own and one.incumbents),
            checks=tuple(safety.checks(copies, beside.values())),
            lufs=(min(levels), max(levels)) if levels else None,
            true_peak_dbtp=max(peaks, default=None),
            render_seconds=sum(times) / len(times) if times else None,
            console_distance=_distance(copies, beside),
            lineage=ancestors_of(mixer),
            generation=self.generations.get(mixer.pk),
        )


def _song_records(
    mixer: Mixer,
    votes: Sequence[JudgedPair],
    copies: Sequence[Mix],
    beside: dict[UUID, Mix],
    known: dict[UUID, Song],
) -> list[SongRecord]:
    scores: dict[UUID, list[float]] = {copy.song_id: [] for copy in copies}
    for pair in votes:
        score = favour(pair, {mixer.pk})
        if score is not None and pair.weight > 0:
            scores.setdefault(pair.song_id, []).append(score)
    own = {copy.song_id: copy for copy in reversed(copies)}
    return [
        SongRecord(
            song=known[pk],
            wins=found.count(1.0),
            ties=found.count(0.5),
            losses=found.count(0.0),
            own=own.get(pk),
            incumbents=beside.get(pk),
        )
        for pk, found in scores.items()
        if pk in known
    ]


def _worst(songs: Sequence[SongRecord]) -> list[SongRecord]:
    heard = [one for one in songs if one.wins + one.ties + one.losses]
    return sorted(heard, key=lambda one: -one.balance)[:WORST_SONGS]


def _distance(copies: Sequence[Mix], beside: dict[UUID, Mix]) -> float | None:
    squares = []
    for copy in copies:
        other = beside.get(copy.song_id)
        if other is None or other.multitrack_sha256 != copy.multitrack_sha256:
            continue
        pair = Settings.from_json(copy.settings), Settings.from_json(other.settings)
        squares.append(console_distance(*pair) ** 2)
    return (sum(squares) / len(squares)) ** 0.5 if squares else None
