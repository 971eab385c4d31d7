"""House mixers learn from mixers that beat them, song by song, and nobody is listed unchecked.

For every public song whose votes say that a bred mixer beats the house mixer, the winner's console
becomes a lesson. The taught head must not do worse by the objective measures, nor in a replay of
the past votes in which the house mixer played, nor at the gate (`gate`); else it is quarantined
with the reason. One that passes is a candidate like others: fresh votes and an admin decide.

Needs torch, so only a command and a worker's task import this.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from evolution import beliefs, gate, reading, registry, slots, sounds
from evolution.descriptors import SongSound, describe_genomes
from evolution.harm import HARMS, penalties
from evolution.judging import favour
from evolution.models import Promotion
from evolution.preference import Taste
from evolution.registry import Birth
from evolution.slots import Decision
from mixing import listening
from mixing.audio.parameters import Settings
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Slot, Song
from mixing.networks.finetuning import Lesson, finetune
from mixing.networks.genome import Genome
from tournaments import ratings
from tournaments.comparisons import Comparison, Votes
from tournaments.judgements import JudgedPair, comparisons

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]

LEAST_VOTES: Final = 6
LEAST_LISTENERS: Final = 2
SURE: Final = 0.8
"""P(the winner beats the house mixer on the song) that makes a lesson of it."""
LEAST_LESSONS: Final = 3
HARM_ROOM: Final = 0.05
"""Mean penalty, in logits, that a taught head may add."""
REPLAY_ROOM: Final = 0.005
"""Share of past battles that a taught head may lose in the replay: rounding, not taste."""
RULE: Final = "regression"
# A taught head is meant to stray: towards consoles that people heard and preferred.
_FAULTS: Final = [k for k, name in enumerate(HARMS) if name != "straying"]


@dataclass(frozen=True, slots=True)
class Win:
    """A song on which a bred mixer beat the house mixer, and the mix that did."""

    song: Song
    mix: Mix
    p_better: float


@dataclass(frozen=True, slots=True)
class Regression:
    """Before and after, on what must not get worse. `replay` is None without votes to replay."""

    harm: tuple[float, float]
    replay: tuple[float, float] | None

    @property
    def reason(self) -> str:
        """What got worse; empty if nothing did."""
        found = []
        if self.harm[1] > self.harm[0] + HARM_ROOM:
            found.append(f"faults cost {self.harm[1]:.2f} logits, before {self.harm[0]:.2f}")
        if self.replay is not None and self.replay[1] < self.replay[0] - REPLAY_ROOM:
            found.append(
                f"it would have won {self.replay[1]:.1%} of past battles, before "
                f"{self.replay[0]:.1%}"
            )
        return "; ".join(found)

    def as_json(self) -> dict[str, object]:
        return {"harm": self.harm, "replay": self.replay}


@dataclass(frozen=True, slots=True)
class Taught:
    """What became of one house mixer's lessons; no mixer when there were too few."""

    house: Mixer
    lessons: int
    mixer: Mixer | None
    reason: str


def teach_all() -> list[Taught]:
    """Teach every house mixer; one that has learnt these lessons before is left alone."""
    slots_of_houses = Slot.objects.filter(name__startswith="house:").select_related("mixer")
    votes = comparisons()
    return [teach(slot.mixer, votes) for slot in slots_of_houses.order_by("name")]


def teach(house: Mixer, votes: Sequence[JudgedPair] | None = None) -> Taught:
    """A candidate that learnt from those who beat this mixer. May run twice: the same lessons are
    the same candidate.

    Raises ModelUnavailable or ModelInvalid.
    """
    votes = comparisons() if votes is None else votes
    wins = wins_against(house, votes)
    if len(wins) < LEAST_LESSONS:
        return Taught(house, len(wins), None, f"{LEAST_LESSONS} lessons are needed")
    genome = _taught(house, wins)
    mixer = registry.add_mixer(genome, house, _birth(house, wins), parents=_parents(house, wins))
    if mixer.status != Mixer.Status.QUARANTINED or gate.was_refused(mixer.pk):
        return Taught(house, len(wins), mixer, "these lessons were learnt before")
    regression = compare(genome, house, votes)
    if regression.reason:
        decision = Decision(
            regression.reason[:300], rule=RULE, evidence={"regression": regression.as_json()}
        )
        slots.record(Promotion.Kind.QUARANTINE, decision, left=mixer)
        return Taught(house, len(wins), mixer, regression.reason)
    settled = gate.settle(mixer.pk) or mixer
    return Taught(house, len(wins), settled, "")


def wins_against(house: Mixer, votes: Sequence[JudgedPair]) -> list[Win]:
    """Public songs on which a bred community mixer beats the house mixer, surest first."""
    by_song: dict[UUID, list[JudgedPair]] = defaultdict(list)
    for pair in votes:
        if pair.score is not None and pair.weight > 0:
            by_song[pair.song_id].append(pair)
    songs = Song.objects.filter(
        pk__in=by_song, visibility=Song.Visibility.PUBLIC, status=Song.Status.READY
    )
    bred = set(
        Mixer.objects.filter(owner=None, origin__in=(Mixer.Origin.EVOLVED, Mixer.Origin.MERGED))
        .exclude(status=Mixer.Status.QUARANTINED)
        .values_list("pk", flat=True)
    )
    wins = []
    for song in songs.order_by("pk"):
        winner, chance = _winner(by_song[song.pk], house.pk, bred)
        mix = None if winner is None else _mix_of(song, winner)
        if mix is not None and chance >= SURE:
            wins.append(Win(song, mix, chance))
    return sorted(wins, key=lambda win: (-win.p_better, win.song.pk))


def compare(genome: Genome, house: Mixer, votes: Sequence[JudgedPair]) -> Regression:
    """Faults on songs in general, and the house mixer's past battles fought again by both."""
    before = registry.genome_of_mixer(house)
    both = np.stack([before, genome])
    rows = reading.sounds_of(sounds.songs_to_judge(None), house)
    heard = [sounds.load_sound(row) for row in rows]
    harm = penalties(both, heard, before)[..., _FAULTS].sum(axis=2) if heard else np.zeros((2, 1))
    return Regression((float(harm[0].mean()), float(harm[1].mean())), _replay(both, house, votes))


def _winner(votes: Sequence[JudgedPair], house: UUID, bred: set[UUID]) -> tuple[UUID | None, float]:
    """The bred mixer most likely to beat the house mixer on one song, and how likely."""
    listeners = {pair.listener_id for pair in votes}
    mixers = sorted({pk for pair in votes for pk in (pair.mixer_a_id, pair.mixer_b_id)})
    if len(votes) < LEAST_VOTES or len(listeners) < LEAST_LISTENERS or house not in mixers:
        return None, 0.0
    place = {mixer: k for k, mixer in enumerate(mixers)}
    posterior = ratings.fit(
        len(mixers),
        Votes.of(
            Comparison(place[p.mixer_a_id], place[p.mixer_b_id], p.score, p.first, p.weight)
            for p in votes
            if p.score is not None
        ),
    )
    at = place[house]
    best: tuple[UUID | None, float] = (None, 0.0)
    for mixer in mixers:
        if mixer not in bred or mixer == house:
            continue
        k = place[mixer]
        spread = posterior.covariance
        variance = spread[k, k] + spread[at, at] - 2.0 * spread[k, at]
        lead = posterior.strengths[k] - posterior.strengths[at]
        chance = NormalDist().cdf(lead / max(variance, 1e-12) ** 0.5)
        if chance > best[1]:
            best = mixer, chance
    return best


def _mix_of(song: Song, mixer: UUID) -> Mix | None:
    """The mixer's mix of the song as it is now."""
    state = multitrack_sha256(song.stems.ready())
    mixes = Mix.objects.as_mixed().filter(
        song=song, mixer=mixer, state=JobState.READY, multitrack_sha256=state
    )
    return mixes.exclude(settings=None).order_by("section").first()


def _taught(house: Mixer, wins: Sequence[Win]) -> Genome:
    """The house mixer's weights after the lessons, held to its own answers on other songs."""
    lessons = [
        Lesson.of(_embeddings(win.song, house), Settings.from_json(win.mix.settings), win.p_better)
        for win in wins
    ]
    learnt = {win.song.pk for win in wins}
    others = [
        _embeddings(song, house) for song in sounds.songs_to_judge(None) if song.pk not in learnt
    ]
    return finetune(registry.genome_of_mixer(house), lessons, others)


def _embeddings(song: Song, mixer: Mixer) -> NDArray[np.float32]:
    return listening.hear(song, list(song.stems.ready()), mixer)


def _birth(house: Mixer, wins: Sequence[Win]) -> Birth:
    lessons = "\n".join(f"{win.mix.pk} {win.p_better!r}" for win in wins)
    return Birth(
        name=f"{house.name}, taught",
        slug=house.slug,
        description=f"{house.name} after {len(wins)} songs on which bred mixers beat it.",
        origin=Mixer.Origin.TRAINED,
        status=Mixer.Status.QUARANTINED,
        generation=house.generation + 1,
        provenance={
            "taught_from": house.genome_sha256,
            "lessons_sha256": hashlib.sha256(lessons.encode()).hexdigest(),
        },
    )


def _parents(house: Mixer, wins: Sequence[Win]) -> list[Mixer]:
    teachers = {win.mix.mixer_id for win in wins}
    return [house, *Mixer.objects.filter(pk__in=teachers).order_by("pk")]


def _replay(
    both: NDArray[np.float32], house: Mixer, votes: Sequence[JudgedPair]
) -> tuple[float, float] | None:
    """Expected share of the house mixer's battles that each of the two wins, by the crowd's taste.

    The opponents sound as they were heard; both contestants as they are predicted to sound.
    """
    taste = Taste.of_crowd(beliefs.crowd().posterior)
    # (vote's weight, song, opponent's mix)
    fought = [
        (p.weight, p.song_id, p.mix_b_id if p.mixer_a_id == house.pk else p.mix_a_id)
        for p in votes
        if p.weight > 0 and favour(p, {house.pk}) is not None
    ]
    heard = sounds.descriptors_of({mix for _, _, mix in fought})
    known = [battle for battle in fought if battle[2] in heard]
    songs = Song.objects.in_bulk({song for _, song, _ in known})
    utilities = {pk: _utilities(taste, both, song, house) for pk, song in songs.items()}
    won, weights = np.zeros(2), 0.0
    for weight, song, mix in known:
        own = utilities.get(song)
        if own is not None:
            lead = own - float(taste.utility(heard[mix][None])[0])
            won += weight / (1.0 + np.exp(-lead))
            weights += weight
    return (float(won[0] / weights), float(won[1] / weights)) if weights else None


def _utilities(
    taste: Taste, genomes: NDArray[np.float32], song: Song, mixer: Mixer
) -> Floats | None:
    """(genomes,) of one song; None if it cannot be read now."""
    rows: list[SongSound] = [sounds.load_sound(r) for r in reading.sounds_of([song], mixer)]
    return taste.utility(describe_genomes(genomes, rows)[:, 0]) if rows else None
