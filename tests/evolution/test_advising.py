"""Advice to tournaments: who is invited, what is held back, which pair is played."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from accounts.models import User
from evolution import advising, services, slots
from evolution.models import HoldBack
from evolution.worth import worth
from mixing.models import Mixer, OutboxMessage, Song
from tests.evolution import building
from tests.evolution.building import likes
from tests.tournaments.conftest import make_mixer
from tournaments import advice
from tournaments.models import Tournament

BRIGHT = likes(brightness=4.0, air=2.0)


def candidate(name: str, owner: User | None = None) -> Mixer:
    mixer = make_mixer(name, owner=owner)
    mixer.status = Mixer.Status.CANDIDATE
    mixer.save()
    return mixer


@pytest.fixture
def own(listener: User, mixers: list[Mixer]) -> Mixer:
    mixer = make_mixer("Own", owner=listener)
    slots.move(slots.personal_slot(listener.pk), mixer, slots.Decision("Foreseen."), expected=None)
    return mixer


def tournament_of(listener: User, song: Song, seed: int = 1) -> Tournament:
    return Tournament.objects.create(owner=listener, song=song, seed=seed)


def test_the_own_mixer_is_invited_first_then_challengers(
    listener: User, stranger: User, plain_song: Song, own: Mixer
) -> None:
    mine, communitys = candidate("Mine", listener), candidate("Community 1")
    candidate("Theirs", stranger)
    assert advising.challengers(listener, plain_song) == [own, mine, communitys]
    assert advice.challengers(listener, plain_song) == [own, mine, communitys]
    services.pause_taste(listener=listener)
    assert advising.challengers(listener, plain_song) == [own, communitys]
    assert advising.challengers(User.objects.create_guest(), plain_song) == [communitys]


def test_the_candidate_heard_least_is_invited(
    listener: User, plain_song: Song, owner: User, mixers: list[Mixer]
) -> None:
    heard, unheard = candidate("Heard"), candidate("Unheard")
    other = building.make_songs(owner, 1)[0]
    building.mix_of(other, heard)
    assert advising.challengers(listener, plain_song) == [unheard]
    # Asked again for the same song, the answer is the same, whatever was mixed meanwhile.
    building.mix_of(plain_song, unheard)
    assert advising.challengers(listener, plain_song) == [unheard]


def test_an_unknown_song_is_read_ahead(listener: User, plain_song: Song) -> None:
    advising.challengers(listener, plain_song)
    message = OutboxMessage.objects.get()
    assert (message.task, message.args) == ("evolution.tasks.hear_song", [str(plain_song.pk)])


def test_chance_holds_a_tenth_of_the_battles_back(
    listener: User, plain_song: Song, own: Mixer, mixers: list[Mixer]
) -> None:
    """Personal against champion, whatever else is there; every one is written down."""
    field = [*mixers, own]
    asked = 300
    pairs = Counter(
        advising.next_pair(tournament_of(listener, plain_song, seed), listener, field, [])
        for seed in range(asked)
    )
    assert set(pairs) == {None, (3, 0)}  # Own is number 3, the champion number 0.
    held = HoldBack.objects.count()
    assert held == pairs[(3, 0)]
    # Three standard errors of a binomial share.
    assert abs(held / asked - 0.1) < 3 * (0.1 * 0.9 / asked) ** 0.5
    row = HoldBack.objects.first()
    assert row is not None
    assert (row.personal, row.community, row.listener) == (own, mixers[0], listener)


def test_asked_twice_it_is_the_same_battle(
    listener: User, plain_song: Song, own: Mixer, mixers: list[Mixer]
) -> None:
    tournament = held_back_tournament(listener, plain_song, [*mixers, own])
    first = HoldBack.objects.get()
    assert advising.next_pair(tournament, listener, [*mixers, own], []) == (3, 0)
    assert HoldBack.objects.get() == first


def held_back_tournament(listener: User, song: Song, field: list[Mixer]) -> Tournament:
    for seed in range(200):
        tournament = tournament_of(listener, song, seed)
        advising.next_pair(tournament, listener, field, [])
        if HoldBack.objects.filter(tournament=tournament).exists():
            return tournament
    raise AssertionError("Chance never held anything back.")


def test_challengers_meet_whom_they_want_to_replace(
    listener: User, plain_song: Song, own: Mixer, mixers: list[Mixer]
) -> None:
    field = [*mixers, own, candidate("Mine", listener), candidate("Community 1")]
    first, second = Counter[object](), Counter[object]()
    for seed in range(150):
        tournament = tournament_of(listener, plain_song, seed)
        first[advising.next_pair(tournament, listener, field, [])] += 1
        second[advising.next_pair(tournament, listener, field, [(3, 4, 1.0)])] += 1
    # Mine (4) against own (3); once that was heard, the community's (5) against the champion (0).
    assert first[(4, 3)] > 20
    assert second[(4, 3)] == 0
    assert second[(5, 0)] > 20


def test_nobody_is_advised_to_hear_a_pair_again(
    listener: User, plain_song: Song, own: Mixer, mixers: list[Mixer]
) -> None:
    field = [*mixers, own, candidate("Mine", listener)]
    heard = [(a, b, 1.0) for a, b in combinations(range(len(field)), 2)]
    found = {
        advising.next_pair(tournament_of(listener, plain_song, seed), listener, field, heard)
        for seed in range(60)
    }
    assert found <= {None, (3, 0)}  # Only chance may ask again.


def test_the_rest_are_pairs_that_teach_and_are_good_to_hear(
    listener: User, songs: list[Song], house: list[Mixer], work: object
) -> None:
    from evolution import beliefs
    from evolution.choosing import SLACK, telling_pair

    building.listen(listener, songs, house, BRIGHT, 12)
    beliefs.refresh_taste(listener)
    mixes = [building.mix_of(songs[0], mixer) for mixer in house]
    heard = [building.sound_of(mix) for mix in mixes]
    pair = advising.next_pair(tournament_of(listener, songs[0]), listener, house, [])
    assert pair is not None
    taste = beliefs.taste_of(listener).posterior
    rows = np.array([list(sound.values()) for sound in heard], float)
    # Chance only decides between equals, so any generator finds the same pair.
    chosen = telling_pair(taste, rows, np.zeros(len(rows)), np.random.default_rng(1), SLACK)
    assert pair == chosen
    # Not again, once it was heard: the next best.
    again = advising.next_pair(tournament_of(listener, songs[0]), listener, house, [(*pair, 1.0)])
    assert again is not None
    assert set(again) != set(pair)


def test_without_known_sounds_the_format_decides(
    listener: User, plain_song: Song, mixers: list[Mixer]
) -> None:
    assert advising.next_pair(tournament_of(listener, plain_song), listener, mixers, []) is None


def test_what_personalisation_is_worth(
    listener: User, stranger: User, plain_song: Song, own: Mixer, mixers: list[Mixer]
) -> None:
    field = [*mixers, own]
    assert worth().result is None
    tournament = held_back_tournament(listener, plain_song, field)
    # Before chance asked, of another pair, and by somebody else: not part of the experiment.
    building.judge(listener, plain_song, (mixers[1], own), 1.0, tournament=tournament)
    building.judge(stranger, plain_song, (own, mixers[0]), 0.0)
    assert worth().result is None
    building.judge(listener, plain_song, (mixers[0], own), 0.0, tournament=tournament)
    # A second battle of the same pair that chance did not ask for.
    building.judge(listener, plain_song, (mixers[0], own), 1.0, tournament=tournament)
    found = worth()
    assert found.result is not None
    assert (found.assigned, found.result.battles, found.result.share) == (1, 1, 1.0)
    assert found.result.low < 0.5 < found.result.high <= 1.0
    assert found.verdict == "unknown"
