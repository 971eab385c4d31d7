"""From votes to a personal mixer: what is learnt, bred, listed, replaced and taken back."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from evolution import beliefs, catching_up, personal, services, slots
from evolution.models import (
    EvolutionRun,
    Generation,
    Individual,
    PreferenceModel,
    Promotion,
)
from evolution.packing import genome_from
from evolution.registry import genome_of_mixer
from mixing import selectors as mixing_selectors
from mixing.models import Mixer, OutboxMessage, Slot, Song
from tests.evolution import building
from tests.evolution.building import likes
from tests.evolution.conftest import Work
from tests.tournaments.conftest import make_mixer
from tournaments.models import Tournament, Vote

BRIGHT = likes(brightness=4.0, air=2.0)


def test_votes_become_a_taste_a_generation_and_a_personal_mixer(
    listener: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    votes = building.listen(listener, songs, house, BRIGHT, 20)
    building.arrive(votes[-1])
    assert work() == ["learn", "breed_for"]
    row = PreferenceModel.objects.get(listener=listener)
    assert (row.votes, row.version, row.is_current) == (20, 1, True)
    assert row.horizon == max(vote.created_at for vote in votes)
    generations = list(Generation.objects.filter(run__listener=listener).order_by("number"))
    assert [(g.number, g.state) for g in generations] == [(0, "closed"), (1, "listening")]
    assert generations[1].taste == row
    founders, bred = (list(g.individuals.all()) for g in generations)
    assert [one.mixer for one in founders] == house
    assert all(one.parents.exists() for one in bred)
    best = bred[0]
    assert best.niche == "mean"
    assert best.p_better is not None
    assert best.p_better >= 0.8
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    assert own == best.mixer
    assert own.owner == listener
    assert np.array_equal(genome_of_mixer(own), genome_from(best.genome))
    done = Promotion.objects.get()
    assert (done.slot, done.rule, done.to_mixer) == (
        f"personal:{listener.pk}", personal.RULE_FORESEEN, own,
    )  # fmt: skip
    # Listed for its owner, and first; nobody else sees it.
    assert next(iter(mixing_selectors.listed_mixers(listener))) == own
    for other in (None, User.objects.create_guest()):
        assert own not in mixing_selectors.listed_mixers(other)
    # What it makes of a song is what its owner likes more than everybody's mixer.
    for song in songs:
        mine, everybodys = (building.mix_of(song, mixer) for mixer in (own, house[0]))
        assert BRIGHT(building.sound_of(mine)) > BRIGHT(building.sound_of(everybodys))


def test_the_same_votes_again_change_nothing(
    listener: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    votes = building.listen(listener, songs, house, BRIGHT, 8)
    for _ in range(2):  # Delivered twice, as brokers do.
        building.arrive(votes[-1])
        work()
    personal.breed_for(listener.pk, closing=True)
    assert PreferenceModel.objects.get(listener=listener).version == 1
    assert Generation.objects.filter(run__listener=listener).count() == 2


def test_a_vote_taken_back_is_unlearnt(
    listener: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    votes = building.listen(listener, songs, house, BRIGHT, 3)
    first = beliefs.refresh_taste(listener)
    Vote.objects.filter(pk=votes[-1].pk).update(withdrawn_at=timezone.now())
    building.arrive(votes[-1])
    work()
    second = PreferenceModel.objects.current(first.scope)
    assert second is not None
    assert (second.votes, second.version) == (2, 2)
    Vote.objects.filter(pk=votes[-1].pk).update(withdrawn_at=None)
    third = beliefs.refresh_taste(listener)
    assert bytes(third.arrays) == bytes(first.arrays)


def test_a_vote_is_learnt_in_a_moment(
    listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 20)
    row = beliefs.refresh_taste(listener)
    assert row.fit_ms < 2000  # 50 ms on an idle machine; here only that it was measured.


def test_few_votes_breed_nothing(
    listener: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    votes = building.listen(listener, songs, house, BRIGHT, 3)
    building.arrive(votes[-1])
    assert work() == ["learn"]
    assert not EvolutionRun.objects.exists()


def test_nothing_is_learnt_from_who_paused(
    listener: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    services.pause_taste(listener=listener)
    votes = building.listen(listener, songs, house, BRIGHT, 8)
    building.arrive(votes[-1])
    work()
    assert not PreferenceModel.objects.exists()
    assert personal.breed_for(listener.pk, closing=True) is None
    services.resume_taste(listener=listener)
    assert work() == ["learn", "breed_for"]
    assert PreferenceModel.objects.get().votes == 8


def test_the_end_of_a_tournament_needs_one_new_vote(
    listener: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    building.listen(listener, songs, house, BRIGHT, 6)
    personal.breed_for(listener.pk)
    vote = building.choose(listener, songs[0], (house[0], house[2]), BRIGHT)
    row = beliefs.refresh_taste(listener)
    assert not personal.is_due(listener, row)
    catching_up.finish(vote.battle.tournament_id)
    assert Generation.objects.filter(run__listener=listener).count() == 3
    catching_up.finish(vote.battle.tournament_id)
    assert Generation.objects.filter(run__listener=listener).count() == 3


def test_only_personal_tournaments_end_with_a_generation(
    listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    votes = building.listen(listener, songs, house, BRIGHT, 6)
    Tournament.objects.update(format=Tournament.Format.ARENA)
    catching_up.finish(votes[0].battle.tournament_id)
    assert not Generation.objects.exists()


def test_lost_messages_are_made_up_for(
    listener: User, stranger: User, songs: list[Song], house: list[Mixer], work: Work
) -> None:
    building.listen(listener, songs, house, BRIGHT, 2)
    building.listen(stranger, songs, house, BRIGHT, 2)
    services.pause_taste(listener=stranger)
    assert catching_up.catch_up() == 1
    assert work() == ["learn"]
    assert PreferenceModel.objects.get().listener == listener
    assert catching_up.catch_up() == 0


# --- Who holds the place: without weights, as only votes count ------------------------------------


@pytest.fixture
def own(listener: User, mixers: list[Mixer]) -> Mixer:
    """The listener's mixer for a day already."""
    mixer = owned(listener, "Own")
    slot = slots.personal_slot(listener.pk)
    slots.move(slot, mixer, slots.Decision("Foreseen."), expected=None)
    Slot.objects.get(name=slot).moves.update(moved_at=timezone.now() - timedelta(days=1))
    mixer.refresh_from_db()
    return mixer


@pytest.fixture
def challenger(listener: User, mixers: list[Mixer]) -> Mixer:
    return owned(listener, "Challenger", Mixer.Status.CANDIDATE)


def owned(listener: User, name: str, status: str = Mixer.Status.LISTED) -> Mixer:
    """A mixer bred for the listener two days ago."""
    mixer = make_mixer(name, owner=listener, origin=Mixer.Origin.EVOLVED)
    created = timezone.now() - timedelta(days=2)
    Mixer.objects.filter(pk=mixer.pk).update(status=status, created_at=created)
    mixer.refresh_from_db()
    return mixer


def meet(listener: User, song: Song, pair: tuple[Mixer, Mixer], scores: Sequence[float]) -> None:
    for score in scores:
        building.judge(listener, song, pair, score)


def test_a_challenger_that_wins_takes_the_place(
    listener: User, plain_song: Song, own: Mixer, challenger: Mixer
) -> None:
    meet(listener, plain_song, (challenger, own), [1.0] * 5)
    assert personal.settle(listener) == []  # Six fresh votes at least.
    meet(listener, plain_song, (own, challenger), [0.0])
    (done,) = personal.settle(listener)
    assert (done.kind, done.from_mixer, done.to_mixer) == ("promote", own, challenger)
    assert done.evidence["wins"] == 6
    own.refresh_from_db()
    assert own.status == Mixer.Status.RETIRED
    assert slots.personal_mixer(listener.pk) == challenger
    assert personal.settle(listener) == []


def test_votes_from_before_it_was_bred_do_not_count(
    listener: User, plain_song: Song, own: Mixer, challenger: Mixer
) -> None:
    meet(listener, plain_song, (challenger, own), [1.0] * 8)
    Vote.objects.update(created_at=challenger.created_at - timedelta(seconds=1))
    assert personal.settle(listener) == []


def test_other_peoples_votes_do_not_move_a_personal_place(
    listener: User, stranger: User, plain_song: Song, own: Mixer, challenger: Mixer
) -> None:
    meet(stranger, plain_song, (challenger, own), [1.0] * 8)
    assert personal.settle(listener) == []


def test_a_challenger_that_loses_is_dropped(
    listener: User, plain_song: Song, own: Mixer, challenger: Mixer
) -> None:
    meet(listener, plain_song, (challenger, own), [0.0] * 8)
    assert personal.settle(listener) == []
    challenger.refresh_from_db()
    assert challenger.status == Mixer.Status.RETIRED
    assert Promotion.objects.get(kind="reject").from_mixer == challenger


def test_a_mixer_that_loses_gives_the_place_back(
    listener: User, plain_song: Song, own: Mixer, challenger: Mixer
) -> None:
    slot = slots.personal_slot(listener.pk)
    slots.move(slot, challenger, slots.Decision("It won."), expected=own.pk)
    meet(listener, plain_song, (own, challenger), [1.0] * 12)
    (done,) = personal.settle(listener)
    assert (done.kind, done.from_mixer, done.to_mixer) == ("rollback", challenger, own)
    own.refresh_from_db()
    challenger.refresh_from_db()
    assert (own.status, challenger.status) == (Mixer.Status.LISTED, Mixer.Status.RETIRED)


def test_a_first_mixer_that_loses_to_everybodys_goes(
    listener: User, plain_song: Song, own: Mixer, mixers: list[Mixer]
) -> None:
    meet(listener, plain_song, (own, mixers[0]), [0.0] * 12)
    (done,) = personal.settle(listener)
    assert (done.kind, done.to_mixer) == ("rollback", None)
    assert slots.personal_mixer(listener.pk) is None
    own.refresh_from_db()
    assert own.status == Mixer.Status.RETIRED


def test_equals_do_not_swap_places(
    listener: User, plain_song: Song, own: Mixer, challenger: Mixer
) -> None:
    meet(listener, plain_song, (challenger, own), [1.0, 0.0] * 8)
    assert personal.settle(listener) == []


def test_learning_of_somebody_who_is_gone(db: None) -> None:
    assert personal.learn(uuid4()) is None
    assert personal.breed_for(uuid4()) is None
    assert not OutboxMessage.objects.exists()
    assert not Individual.objects.exists()
