"""What votes add up to."""

import pytest

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Song
from tests.tournaments.conftest import Clock, hear, play
from tournaments import selectors, services
from tournaments.models import Battle, Tournament, Vote
from tournaments.refusals import NotDecided

ORDER = ("Warm", "Balanced", "Punchy", "Bright", "Spacious")


def favour(battle: Battle) -> str:
    """A listener whose taste is ORDER."""
    a, b = (ORDER.index(entry.mixer.name) for entry in (battle.side_a, battle.side_b))
    return "a" if a < b else "b"


def test_the_favourite_becomes_champion(song: Song, owner: User, clock: Clock) -> None:
    tournament = services.start_tournament(owner=owner, song=song, battle_budget=15)
    play(tournament, clock, favour)
    tournament.refresh_from_db()
    champion = selectors.champion(tournament)
    assert champion is not None
    assert champion.entry.mixer.name == "Warm"
    assert champion.state == "ready"
    assert champion.level_with == ()


def test_a_champion_of_seven_votes_is_not_certain(tournament: Tournament, clock: Clock) -> None:
    play(tournament, clock, favour)
    tournament.refresh_from_db()
    champion = selectors.champion(tournament)
    assert champion is not None
    assert champion.entry.mixer.name in ORDER[:3]
    assert 0.3 < champion.standing.p_best < 0.9


def test_the_table_is_complete_and_adds_up(tournament: Tournament, clock: Clock) -> None:
    play(tournament, clock, favour)
    table = selectors.standings(tournament)
    assert [row.rank for row in table] == [1, 2, 3, 4, 5]
    assert sum(row.strength for row in table) == pytest.approx(0.0, abs=1e-9)
    assert sum(row.p_best for row in table) == pytest.approx(1.0)
    assert sum(row.wins for row in table) == sum(row.losses for row in table) == 7
    assert sum(row.battles for row in table) == 14
    for row in table:
        assert row.low < row.strength < row.high
        assert row.rank_low <= row.rank <= row.rank_high


def test_ties_and_both_bad_are_reported_apart(tournament: Tournament, clock: Clock) -> None:
    choices = iter(("tie", "neither", "a"))
    votes = play(tournament, clock, lambda battle: next(choices), battles=3)
    table = {row.entry.pk: row for row in selectors.standings(tournament)}
    tied, bad = votes[0].battle, votes[1].battle
    assert table[tied.side_a_id].ties == table[tied.side_b_id].ties == 1
    assert table[bad.side_a_id].both_bad == 1
    assert sum(row.wins for row in table.values()) == 1


def test_both_bad_says_nothing_of_strength(tournament: Tournament, clock: Clock) -> None:
    play(tournament, clock, lambda battle: "neither")
    tournament.refresh_from_db()
    table = selectors.standings(tournament)
    assert {row.strength for row in table} == {0.0}
    champion = selectors.champion(tournament)
    assert champion is not None
    assert len(champion.level_with) == 4


def test_only_entries_that_were_heard_stand_in_the_table(
    tournament: Tournament, clock: Clock
) -> None:
    assert selectors.standings(tournament) == []
    play(tournament, clock, battles=1)
    assert len(selectors.standings(tournament)) == 2


def test_the_story_tells_each_battle_and_who_led(tournament: Tournament, clock: Clock) -> None:
    votes = play(tournament, clock, favour)
    story = selectors.battle_story(tournament)
    assert [battle.number for battle in story] == [1, 2, 3, 4, 5, 6, 7]
    for told, vote in zip(story, votes, strict=True):
        winner = vote.battle.side_a if vote.choice == "a" else vote.battle.side_b
        assert told.winner == winner
        assert told.heard_a_s == 6.0
    assert story[0].leader == story[0].winner
    last = selectors.standings(tournament)[0]
    assert (story[-1].leader, story[-1].leader_p_best) == (last.entry, last.p_best)


def test_a_vote_taken_back_leaves_no_trace(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock, favour, battles=3)
    before = selectors.standings(tournament)
    play(tournament, clock, favour, battles=1)
    assert selectors.standings(tournament) != before
    services.undo_vote(tournament=tournament, listener=owner)
    assert selectors.standings(tournament) == before


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (JobState.RUNNING, "rendering"),
        (JobState.QUEUED, "rendering"),
        (JobState.FAILED, "failed"),
        (JobState.CANCELLED, "failed"),
    ],
)
def test_the_result_waits_for_the_champions_full_mix(
    tournament: Tournament, clock: Clock, state: JobState, shown: str
) -> None:
    play(tournament, clock, favour)
    tournament.refresh_from_db()
    tournament.song.mixes.filter(section="full").update(state=state)
    champion = selectors.champion(tournament)
    assert champion is not None
    assert champion.state == shown


def test_a_reveal_waits_for_the_vote(heard: Battle, owner: User) -> None:
    with pytest.raises(NotDecided):
        selectors.reveal(heard)
    services.cast_vote(battle=heard, listener=owner, choice="b")
    battle = selectors.battles_of(owner).get(pk=heard.pk)
    reveal = selectors.reveal(battle)
    assert (reveal.a.mixer, reveal.b.mixer) == (heard.side_a.mixer, heard.side_b.mixer)
    assert (reveal.a.chosen, reveal.b.chosen) == (False, True)
    assert reveal.strips == ("Guitar",)
    assert reveal.a.settings["version"] == 1
    assert reveal.may_undo
    services.undo_vote(tournament=heard.tournament, listener=owner)
    battle.refresh_from_db()
    with pytest.raises(NotDecided):
        selectors.reveal(battle)


def test_a_public_result_names_nobody_by_their_address(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock, favour)
    tournament.refresh_from_db()
    token = services.share(tournament=tournament, by=owner)
    assert selectors.public_result(token).listener == "Owner"
    User.objects.filter(pk=owner.pk).update(name="")
    assert selectors.public_result(token).listener == "A listener"


def test_a_shared_tournament_that_is_open_again_is_not_shown(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock)
    token = services.share(tournament=tournament, by=owner)
    services.undo_vote(tournament=tournament, listener=owner)
    with pytest.raises(Tournament.DoesNotExist):
        selectors.public_result(token)


def test_lists_cost_the_same_however_long(
    tournament: Tournament,
    owner: User,
    clock: Clock,
    django_assert_num_queries: object,
) -> None:
    play(tournament, clock)
    for budget in (3, 4, 5):
        other = services.start_tournament(owner=owner, song=tournament.song, battle_budget=budget)
        play(other, clock, battles=budget - 1)
    rows = list(selectors.tournaments_of(owner))
    with django_assert_num_queries(6):  # type: ignore[operator]
        cards = selectors.cards(rows)
    by_budget = {card.tournament.battle_budget: card for card in cards}
    assert by_budget[7].champion is not None
    assert by_budget[7].progress.state == "closed"
    assert by_budget[3].progress.decided == 2
    for card in cards:
        assert card.progress == selectors.progress(card.tournament)
    with django_assert_num_queries(5):  # type: ignore[operator]
        selectors.result(tournament)


def test_strengths_are_those_of_all_votes_whatever_their_order(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock, favour)
    before = selectors.standings(tournament)
    numbers = list(Vote.objects.values_list("battle__pk", flat=True))
    for shift, pk in enumerate(reversed(numbers), start=100):
        Battle.objects.filter(pk=pk).update(number=shift)
    assert selectors.standings(tournament) == before


def test_hearing_helper_hears_enough(battle: Battle, clock: Clock) -> None:
    hear(battle, clock)
    assert selectors.blind_battle(selectors.battles_of(battle.listener).get()).may_vote
