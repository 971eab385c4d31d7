"""Votes: V1 to V9 of the list of bad inputs, races, and taking a vote back."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mix, Mixer
from tests.tournaments.conftest import Clock, hear, play
from tournaments import selectors, services
from tournaments.models import Battle, Tournament, Vote
from tournaments.refusals import (
    AlreadyVoted,
    BadChoice,
    BattleClosed,
    BattleVoided,
    NotAssigned,
    NotHeard,
    NothingToUndo,
    TooManyVotes,
)
from tournaments.voting import VOTES_PER_WINDOW, WINDOW


def test_a_vote_keeps_what_was_heard(heard: Battle, owner: User) -> None:
    services.record_listening(battle=heard, listener=owner, event="region", start_s=0.5, stop_s=2.5)
    vote, is_new = services.cast_vote(battle=heard, listener=owner, choice="b")
    heard.refresh_from_db()
    assert is_new
    assert (vote.choice, vote.counted, vote.switches, vote.first_side) == ("b", True, 1, "a")
    assert (vote.heard_a_s, vote.heard_b_s) == (6.0, 6.0)
    assert (vote.region_start_s, vote.region_stop_s) == (0.5, 2.5)
    assert heard.state == Battle.State.DECIDED


def test_v1_the_same_vote_again_is_the_same_row(heard: Battle, owner: User) -> None:
    first, is_new = services.cast_vote(battle=heard, listener=owner, choice="tie")
    again, again_is_new = services.cast_vote(battle=heard, listener=owner, choice="tie")
    assert (is_new, again_is_new) == (True, False)
    assert first == again
    assert Vote.objects.count() == 1


def test_v1_another_choice_is_refused(heard: Battle, owner: User) -> None:
    services.cast_vote(battle=heard, listener=owner, choice="a")
    with pytest.raises(AlreadyVoted):
        services.cast_vote(battle=heard, listener=owner, choice="b")
    assert Vote.objects.get().choice == "a"


def test_v1_the_last_vote_of_a_tournament_may_be_repeated_too(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    last = play(tournament, clock)[-1]
    battle = selectors.battles_of(owner).get(pk=last.battle_id)
    again, is_new = services.cast_vote(battle=battle, listener=owner, choice=last.choice)
    assert (again, is_new) == (last, False)


def test_v2_a_battle_of_an_ended_tournament_is_closed(heard: Battle, owner: User) -> None:
    services.close_tournament(tournament=heard.tournament, by=owner)
    with pytest.raises(BattleClosed):
        services.cast_vote(battle=heard, listener=owner, choice="a")
    assert not Vote.objects.exists()


def test_v2_v5_somebody_elses_battle_does_not_exist(heard: Battle, stranger: User) -> None:
    with pytest.raises(NotAssigned):
        services.cast_vote(battle=heard, listener=stranger, choice="a")
    assert not Vote.objects.exists()


@pytest.mark.parametrize("choice", ["", "c", "A", "ab", "side_a"])
def test_v3_a_choice_outside_the_four_is_refused(heard: Battle, owner: User, choice: str) -> None:
    with pytest.raises(BadChoice):
        services.cast_vote(battle=heard, listener=owner, choice=choice)


def test_v4_a_vote_needs_both_sides_heard(battle: Battle, owner: User, clock: Clock) -> None:
    """The clip lasts three seconds, so half of it is enough."""

    def refused() -> dict[str, float]:
        with pytest.raises(NotHeard) as refusal:
            services.cast_vote(battle=battle, listener=owner, choice="a")
        return refusal.value.details

    assert refused() == {"need_a_s": 1.5, "need_b_s": 1.5}
    services.record_listening(battle=battle, listener=owner, event="play", side="a")
    clock.advance(1.5)
    services.record_listening(battle=battle, listener=owner, event="switch", side="b")
    clock.advance(1.0)
    assert refused() == {"need_a_s": 0.0, "need_b_s": 0.5}
    clock.advance(0.5)
    vote, _ = services.cast_vote(battle=battle, listener=owner, choice="a")
    assert (vote.heard_a_s, vote.heard_b_s) == (1.5, 1.5)


def test_v4_on_long_clips_the_floor_is_five_seconds(
    battle: Battle, owner: User, clock: Clock
) -> None:
    Battle.objects.filter(pk=battle.pk).update(clip_frames=30 * 44_100)
    hear(battle, clock, seconds=4)
    with pytest.raises(NotHeard) as refusal:
        services.cast_vote(battle=battle, listener=owner, choice="a")
    assert refusal.value.details == {"need_a_s": 1.0, "need_b_s": 1.0}


def test_v4_a_seek_to_the_end_unlocks_nothing(battle: Battle, owner: User, clock: Clock) -> None:
    for side in "ab":
        services.record_listening(battle=battle, listener=owner, event="play", side=side)
        for _ in range(50):
            services.record_listening(battle=battle, listener=owner, event="seek")
    with pytest.raises(NotHeard):
        services.cast_vote(battle=battle, listener=owner, choice="a")


def test_v6_a_vote_on_ones_own_mixer_tells_taste_where_nobody_else_votes(
    heard: Battle, owner: User
) -> None:
    Mixer.objects.filter(pk=heard.side_a.mixer_id).update(owner=owner)
    vote, _ = services.cast_vote(battle=heard, listener=owner, choice="a")
    assert vote.counted


def test_v6_a_vote_on_ones_own_mixer_never_counts_among_others(heard: Battle, owner: User) -> None:
    Tournament.objects.filter(pk=heard.tournament_id).update(format="arena", voters="everybody")
    Mixer.objects.filter(pk=heard.side_a.mixer_id).update(owner=owner)
    battle = selectors.battles_of(owner).get(pk=heard.pk)
    vote, _ = services.cast_vote(battle=battle, listener=owner, choice="a")
    assert (vote.counted, vote.why_not_counted) == (False, "own_mixer")
    assert selectors.standings(battle.tournament) == []
    assert selectors.reveal(selectors.battles_of(owner).get()).why_not_counted == "own_mixer"
    assert [judged.weight for judged in selectors.comparisons()] == [0.0]


def test_v7_votes_faster_than_ears_are_refused(heard: Battle, owner: User, clock: Clock) -> None:
    services.cast_vote(battle=heard, listener=owner, choice="a")
    now = clock.now
    withdrawn = {"withdrawn_at": now, "heard_a_s": 6, "heard_b_s": 6, "choice": "a"}
    Vote.objects.bulk_create(
        Vote(battle=heard, listener=owner, **withdrawn) for _ in range(VOTES_PER_WINDOW - 1)
    )
    battle = services.next_battle(tournament=heard.tournament, listener=owner)
    assert battle is not None
    hear(battle, clock)
    with pytest.raises(TooManyVotes) as refusal:
        services.cast_vote(battle=battle, listener=owner, choice="a")
    wait = refusal.value.details["retry_after"]
    assert wait == (now + WINDOW - clock.now) / timedelta(seconds=1)
    clock.advance(wait + 1)
    assert services.cast_vote(battle=battle, listener=owner, choice="a")[1]


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.QUEUED])
def test_v8_a_vote_on_a_mix_that_is_gone_voids_the_battle(
    heard: Battle, owner: User, state: JobState
) -> None:
    Mix.objects.filter(pk=heard.mix_b.preview_id).update(state=state)
    for _ in range(2):
        with pytest.raises(BattleVoided):
            services.cast_vote(battle=heard, listener=owner, choice="a")
    heard.refresh_from_db()
    assert heard.is_voided()
    assert not Vote.objects.exists()


def test_undo_opens_the_same_battle_again(heard: Battle, owner: User) -> None:
    sides = (heard.side_a_id, heard.side_b_id)
    services.cast_vote(battle=heard, listener=owner, choice="a")
    battle = services.undo_vote(tournament=heard.tournament, listener=owner)
    assert (battle.pk, battle.side_a_id, battle.side_b_id) == (heard.pk, *sides)
    assert battle.is_open()
    assert battle.decided_at is None
    assert selectors.standings(heard.tournament) == []
    # What was heard stays heard.
    vote, is_new = services.cast_vote(battle=battle, listener=owner, choice="b")
    assert is_new
    assert vote.heard_a_s == 6.0
    assert [v.withdrawn_at is None for v in Vote.objects.order_by("created_at")] == [False, True]


def test_undo_drops_the_battle_opened_meanwhile(heard: Battle, owner: User, clock: Clock) -> None:
    tournament = heard.tournament
    services.cast_vote(battle=heard, listener=owner, choice="a")
    second = services.next_battle(tournament=tournament, listener=owner)
    assert second is not None
    services.undo_vote(tournament=tournament, listener=owner)
    second.refresh_from_db()
    assert second.is_voided()
    with pytest.raises(BattleVoided):
        services.cast_vote(battle=second, listener=owner, choice="a")
    assert services.next_battle(tournament=tournament, listener=owner) == heard
    clock.advance(1)
    services.cast_vote(battle=heard, listener=owner, choice="b")
    third = services.next_battle(tournament=tournament, listener=owner)
    assert third is not None
    assert (third.number, third.pk != second.pk) == (2, True)


def test_undo_reopens_the_tournament_that_the_vote_closed(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    votes = play(tournament, clock)
    before = selectors.standings(tournament)
    assert selectors.progress(tournament).may_undo
    services.undo_vote(tournament=tournament, listener=owner)
    tournament.refresh_from_db()
    assert tournament.is_open()
    assert tournament.closed_at is None
    assert selectors.champion(tournament) is None
    clock.advance(1)
    services.cast_vote(battle=votes[-1].battle, listener=owner, choice=votes[-1].choice)
    assert selectors.standings(tournament) == before
    tournament.refresh_from_db()
    assert not tournament.is_open()


def test_only_the_latest_vote_can_be_taken_back(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    with pytest.raises(NothingToUndo):
        services.undo_vote(tournament=tournament, listener=owner)
    votes = play(tournament, clock, battles=3)
    assert services.undo_vote(tournament=tournament, listener=owner) == votes[-1].battle
    with pytest.raises(NothingToUndo):
        services.undo_vote(tournament=tournament, listener=owner)
    assert Vote.objects.standing().count() == 2


def test_a_tournament_ended_by_hand_keeps_its_votes(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock, battles=3)
    clock.advance(1)
    services.close_tournament(tournament=tournament, by=owner)
    with pytest.raises(NothingToUndo):
        services.undo_vote(tournament=tournament, listener=owner)


def test_nobody_takes_back_anothers_vote(
    tournament: Tournament, stranger: User, clock: Clock
) -> None:
    play(tournament, clock, battles=1)
    with pytest.raises(NotAssigned):
        services.undo_vote(tournament=tournament, listener=stranger)


def race(runners: int, act: Callable[[int], object]) -> list[object]:
    """What each of so many threads got, a result or an exception, all starting at once."""
    start = threading.Barrier(runners)
    results: list[object] = [None] * runners

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_parallel_posts_of_a_vote_make_one_row(heard: Battle, owner: User) -> None:
    results = race(8, lambda _: services.cast_vote(battle=heard, listener=owner, choice="a"))
    rows = {vote.pk for vote, _ in results}  # type: ignore[misc, attr-defined]
    assert len(rows) == Vote.objects.count() == 1
    assert sum(is_new for _, is_new in results) == 1  # type: ignore[misc, attr-defined]


@pytest.mark.django_db(transaction=True)
def test_of_parallel_choices_the_first_stands(heard: Battle, owner: User) -> None:
    results = race(
        8,
        lambda number: services.cast_vote(battle=heard, listener=owner, choice="ab"[number % 2]),
    )
    stands = Vote.objects.get()
    for number, result in enumerate(results):
        if "ab"[number % 2] == stands.choice:
            assert isinstance(result, tuple)
            assert result[0] == stands
        else:
            assert isinstance(result, AlreadyVoted)


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_for_a_battle_get_the_same_one(
    tournament: Tournament, owner: User
) -> None:
    results = race(6, lambda _: services.next_battle(tournament=tournament, listener=owner))
    assert {battle.pk for battle in results} == {Battle.objects.get().pk}  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_parallel_undo_takes_back_one_vote(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock, battles=3)
    results = race(4, lambda _: services.undo_vote(tournament=tournament, listener=owner))
    assert sum(isinstance(result, Battle) for result in results) == 1
    assert sum(isinstance(result, NothingToUndo) for result in results) == 3
    assert Vote.objects.standing().count() == 2
