"""Tournaments with many listeners: assigned pairs, formats that finish, and hidden checks."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mixer, Song
from tests.tournaments.conftest import make_song, mix_all
from tests.tournaments.crowd import Ears, listen, people, vote_all, vote_once
from tournaments import anchors, selectors, services
from tournaments.models import Battle, Participant, Tournament, Vote
from tournaments.refusals import BattleClosed, NoSuchLink, NotAssigned
from tournaments.services import Plan

STRENGTHS = {"Warm": 3.0, "Balanced": 1.0, "Punchy": 0.0, "Bright": -1.0, "Spacious": -3.0}
FORMATS = ("round_robin", "swiss", "single_elimination", "double_elimination")


@pytest.fixture
def ears() -> Ears:
    return Ears(STRENGTHS, np.random.default_rng(3))


def start(owner: User, song: Song, kind: str, **plan: object) -> Tournament:
    plan = {"voters": "everybody", "hidden_checks": False, **plan}
    return services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format=kind, **plan),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_with_matches_finishes_by_itself(song: Song, owner: User, kind: str) -> None:
    tournament = start(owner, song, kind, votes_per_match=2)
    # So far apart that everybody hears it the same: the draw is the only chance left.
    certain = Ears({name: 20 * s for name, s in STRENGTHS.items()}, np.random.default_rng(3))
    vote_all(tournament, people(4), certain)
    tournament.refresh_from_db()
    assert (tournament.state, tournament.ended_because) == ("closed", "format")
    bracket = selectors.bracket(tournament)
    assert bracket is not None
    assert bracket.winner is not None
    assert selectors.entries_of(tournament)[bracket.winner].name == "Warm"
    champion = selectors.champion(tournament)
    assert champion is not None
    assert champion.entry.name == "Warm"


def test_an_arena_ends_when_it_is_sure(song: Song, owner: User, ears: Ears) -> None:
    tournament = start(owner, song, "arena", stop_at=0.9)
    votes = vote_all(tournament, people(12), ears, most=200)
    tournament.refresh_from_db()
    assert (tournament.state, tournament.ended_because) == ("closed", "sure")
    assert 10 <= len(votes) < 100
    assert selectors.standings(tournament)[0].p_best >= 0.9


def test_an_arena_ends_with_its_budget_to_the_vote(song: Song, owner: User, ears: Ears) -> None:
    tournament = start(owner, song, "arena", vote_budget=9)
    vote_all(tournament, people(4), ears)
    tournament.refresh_from_db()
    assert (tournament.state, tournament.ended_because) == ("closed", "budget")
    assert Vote.objects.that_count().count() == 9


def test_a_date_ends_it(song: Song, owner: User, ears: Ears) -> None:
    tournament = start(owner, song, "arena", ends_at=timezone.now() + timedelta(hours=1))
    vote_all(tournament, people(3), ears, most=3)
    Tournament.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    from tournaments.tasks import keep_tournaments_going

    keep_tournaments_going()
    tournament.refresh_from_db()
    assert (tournament.state, tournament.ended_because) == ("closed", "date")
    assert not tournament.battles.filter(state=Battle.State.OPEN).exists()
    assert services.next_battle(tournament=tournament, listener=owner) is None


def test_a_vote_that_comes_after_the_date_is_too_late(song: Song, owner: User) -> None:
    tournament = start(owner, song, "arena", ends_at=timezone.now() + timedelta(hours=1))
    battle = services.next_battle(tournament=tournament, listener=owner)
    assert battle is not None
    listen(battle)
    Tournament.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    battle = selectors.battles_of(owner).get(pk=battle.pk)
    with pytest.raises(BattleClosed):
        services.cast_vote(battle=battle, listener=owner, choice="a")
    assert services.next_battle(tournament=tournament, listener=owner) is None
    tournament.refresh_from_db()
    assert tournament.ended_because == "date"


def test_a_personal_tournament_ends_when_it_is_sure(song: Song, owner: User) -> None:
    tournament = services.create_tournament(
        owner=owner, songs=[song], plan=Plan(battle_budget=15, stop_at=0.6)
    )
    certain = Ears(STRENGTHS | {"Warm": 30.0}, np.random.default_rng(0))
    votes = vote_all(tournament, [owner], certain)
    tournament.refresh_from_db()
    assert (tournament.state, tournament.ended_because) == ("closed", "sure")
    assert 10 <= len(votes) < 15


def test_nobody_hears_a_pair_twice_in_a_song_while_others_vote(
    song: Song, owner: User, ears: Ears
) -> None:
    tournament = start(owner, song, "arena")
    listener = people(1)[0]
    votes = vote_all(tournament, [listener], ears)
    pairs = Counter(frozenset((v.battle.side_a_id, v.battle.side_b_id)) for v in votes)
    assert len(pairs) == 10
    assert set(pairs.values()) == {1}


def test_a_match_is_not_handed_to_many_more_than_it_needs(song: Song, owner: User) -> None:
    tournament = start(owner, song, "single_elimination", votes_per_match=3)
    given = [services.next_battle(tournament=tournament, listener=p) for p in people(12)]
    handed = Counter(battle.match for battle in given if battle is not None)
    assert max(handed.values()) <= 5


def test_a_pair_nobody_finishes_goes_to_somebody_else(song: Song, owner: User, ears: Ears) -> None:
    tournament = start(owner, song, "single_elimination", votes_per_match=1)
    sleeper, *awake = people(4)
    forgotten = services.next_battle(tournament=tournament, listener=sleeper)
    assert forgotten is not None
    Battle.objects.filter(pk=forgotten.pk).update(expires_at=timezone.now())
    vote_all(tournament, awake, ears)
    tournament.refresh_from_db()
    assert tournament.ended_because == "format"
    forgotten.refresh_from_db()
    assert forgotten.is_voided()


def test_a_failed_render_is_a_bye_in_a_bracket(owner: User, mixers: list[Mixer]) -> None:
    song = make_song(owner)
    mix_all(song, owner, but=("Punchy",))
    tournament = start(owner, song, "double_elimination", votes_per_match=1)
    song.mixes.filter(mixer__name="Punchy").update(state=JobState.FAILED)
    vote_all(tournament, people(3), Ears(STRENGTHS, np.random.default_rng(1)))
    tournament.refresh_from_db()
    assert tournament.ended_because == "format"
    assert "Punchy" not in {row.entry.name for row in selectors.standings(tournament)}


def test_who_may_vote(song: Song, owner: User, listener: User, stranger: User) -> None:
    alone = start(owner, song, "round_robin", voters="owner")
    linked = start(owner, song, "round_robin", voters="link")
    assert linked.join_token
    for tournament in (alone, linked):
        with pytest.raises(NotAssigned):
            services.next_battle(tournament=tournament, listener=stranger)
    for _ in range(2):
        services.join(token=linked.join_token, listener=listener)
    assert services.next_battle(tournament=linked, listener=listener) is not None
    assert Participant.objects.filter(tournament=linked, listener=listener).count() == 1
    for token in ("", "nonsense", str(alone.pk)):
        with pytest.raises(NoSuchLink):
            services.join(token=token, listener=stranger)


def test_every_session_has_a_hidden_check(song: Song, owner: User, ears: Ears) -> None:
    tournament = start(owner, song, "arena", hidden_checks=True)
    Tournament.objects.update(battle_budget=6)
    tournament.refresh_from_db()
    assert anchors.prepare(tournament) == 1
    assert anchors.prepare(tournament) == 0
    crowd = people(6)
    votes = vote_all(tournament, crowd, ears, most=36)
    kinds = Counter(vote.battle.kind for vote in votes)
    assert sum(n for kind, n in kinds.items() if kind != "real") == 6
    for person in crowd:
        mine = [vote.battle for vote in votes if vote.listener_id == person.pk]
        assert sum(battle.is_check() for battle in mine) == 1
        assert not min(mine, key=lambda battle: battle.number).is_check()
    # Checks say nothing of strength, and anchors compete with nobody.
    assert sum(row.battles for row in selectors.standings(tournament)) == 2 * kinds["real"]
    assert len(selectors.entries_of(tournament)) == 5
    assert len(selectors.comparisons()) == kinds["real"]


def test_a_check_looks_like_any_battle(song: Song, owner: User, ears: Ears) -> None:
    tournament = start(owner, song, "arena", hidden_checks=True)
    anchors.prepare(tournament)
    seen = {}
    for person in people(10):
        for _ in range(12):
            battle = services.next_battle(tournament=tournament, listener=person)
            if battle is None:
                break
            view = selectors.blind_battle(selectors.battles_of(person).get(pk=battle.pk))
            seen[battle.kind] = (view.duration_s, view.need_s, view.peaks, view.of, view.state)
            listen(battle)
            services.cast_vote(battle=battle, listener=person, choice=ears(battle))
    assert set(seen) == {"real", "identical", "repeat", "anchor"}
    assert len(set(seen.values())) == 1


def test_two_songs_are_both_heard(song: Song, owner: User, ears: Ears) -> None:
    second = make_song(owner, title="Other")
    mix_all(second, owner)
    tournament = services.create_tournament(
        owner=owner,
        songs=[song, second],
        plan=Plan(format="round_robin", voters="everybody", votes_per_match=2, hidden_checks=False),
    )
    votes = vote_all(tournament, people(3), ears)
    tournament.refresh_from_db()
    assert tournament.ended_because == "format"
    heard = Counter(vote.battle.song_id for vote in votes)
    assert set(heard) == {song.pk, second.pk}
    assert min(heard.values()) >= 8
    assert [full.song for full in selectors.champion(tournament).fulls] == [song, second]  # type: ignore[union-attr]


def test_a_guest_who_signs_in_keeps_their_place(
    song: Song, owner: User, listener: User, ears: Ears
) -> None:
    tournament = start(owner, song, "arena")
    guest = User.objects.create_guest()
    for person in (guest, listener):
        vote_once(tournament, person, ears)
    services.next_battle(tournament=tournament, listener=guest)
    services.move_to(guest=guest, user=listener)
    mine = tournament.battles.that_stand().filter(listener=listener)  # type: ignore[attr-defined]
    assert sorted(mine.values_list("number", flat=True)) == [1, 2]
    assert Vote.objects.standing().filter(listener=listener).count() == 2
    assert not Participant.objects.filter(listener=guest).exists()
    assert vote_once(tournament, listener, ears) is not None
