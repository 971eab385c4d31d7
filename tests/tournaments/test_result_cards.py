"""A listener's card, records, boards: numbers that can be counted by hand."""

from datetime import date, timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from mixing.models import Mixer, Song
from tests.tournaments.crowd import Ears, people, vote_all, vote_once
from tournaments import leaderboards, records, selectors, services
from tournaments.models import Battle, MixerStrength, Tournament, Vote
from tournaments.result_cards import Consistency, passes
from tournaments.services import Plan


@pytest.fixture
def duel(song: Song, owner: User, mixers: list[Mixer]) -> Tournament:
    """Two mixers, one pair: everybody hears the same."""
    return services.create_tournament(
        owner=owner,
        songs=[song],
        mixers=[mixers[0], mixers[4]],
        plan=Plan(format="round_robin", voters="everybody", votes_per_match=5, hidden_checks=False),
    )


def for_(name: str):  # type: ignore[no-untyped-def]
    return lambda battle: "a" if battle.side_a.name == name else "b"


def test_the_card_shows_the_crowd_once_the_listener_is_done(duel: Tournament) -> None:
    crowd = people(5)
    for person in crowd[:3]:
        vote_once(duel, person, for_("Warm"))
    vote_once(duel, crowd[3], for_("Balanced"))
    before = selectors.result_card(duel, crowd[3])
    assert [choice.crowd_a for choice in before.choices] == [None]
    assert (before.is_finished, before.agreement) == (False, None)
    vote_once(duel, crowd[4], lambda battle: "tie")
    services.close_tournament(tournament=duel, by=duel.owner)
    duel.refresh_from_db()

    card = selectors.result_card(duel, crowd[3])
    (choice,) = card.choices
    assert choice.others == 4
    share = choice.crowd_a if choice.side_a.name == "Warm" else 1 - (choice.crowd_a or 0)
    assert share == pytest.approx(3.5 / 4)
    assert choice.agrees is False
    assert card.differences == card.choices
    assert card.agreement == 0.0
    assert card.favourite is not None
    assert card.crowd_favourite is not None
    assert (card.favourite.name, card.crowd_favourite.name) == ("Balanced", "Warm")
    assert selectors.result_card(duel, crowd[0]).agreement == 1.0
    assert selectors.result_card(duel, crowd[4]).agreement is None


@pytest.mark.parametrize(
    ("kind", "choice", "before", "passed"),
    [
        ("identical", "tie", None, True),
        ("identical", "neither", None, True),
        ("identical", "a", None, False),
        ("repeat", "a", "b", True),
        ("repeat", "a", "a", False),
        ("repeat", "tie", "a", False),
        ("repeat", "tie", "tie", True),
        ("repeat", "a", None, None),
    ],
)
def test_what_passes_a_check(
    duel: Tournament, kind: str, choice: str, before: str | None, passed: bool | None
) -> None:
    person = people(1)[0]
    first = vote_once(duel, person, for_("Warm"))
    assert first is not None
    first.choice = before or ""
    check = Battle(tournament=duel, kind=kind, repeats=first.battle)
    known = {first.battle_id: first} if before else {}
    assert passes(Vote(battle=check, choice=choice), known) is passed


def test_streaks_are_weeks_in_a_row() -> None:
    monday = date(2026, 11, 16)

    def weeks_ago(*counts: int) -> set[date]:
        return {monday - timedelta(days=7 * count - 3) for count in counts}

    today = monday + timedelta(days=4)
    assert records._streak(weeks_ago(0, 1, 2, 4), today) == 3
    assert records._streak(weeks_ago(1, 2), today) == 2
    assert records._streak(weeks_ago(2, 3), today) == 0
    assert records._streak(set(), today) == 0


def test_titles_are_earned_by_care_and_never_by_haste() -> None:
    def earned(*arguments: object) -> set[str]:
        return {title.key for title in records.titles(*arguments) if title.earned}  # type: ignore[arg-type]

    assert earned(0, 0.0, Consistency(0, 0), 0) == set()
    assert earned(1, 3.0, Consistency(10, 8), 5) == {"first", "patient", "steady", "open"}
    assert "steady" not in earned(1, 0.0, Consistency(100, 79), 0)
    assert "steady" not in earned(1, 0.0, Consistency(9, 9), 0)


def test_boards_go_by_the_lower_bound_and_days_are_kept(song: Song, owner: User) -> None:
    Song.objects.update(genre="Jazz")
    arena = services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format="arena", voters="everybody", hidden_checks=False),
    )
    ears = Ears({"Warm": 3.0, "Spacious": -3.0}, np.random.default_rng(8))
    vote_all(arena, people(10), ears, most=80)
    for genre in ("", "jazz"):
        board = selectors.leaderboard(genre=genre)
        assert (board.votes, board.voters) == (80, 10)
        assert sum(row.votes for row in board.rows) == 160
        ranked = [row for row in board.rows if not row.preliminary]
        assert [row.low for row in ranked] == sorted((row.low for row in ranked), reverse=True)
        assert all(row.votes < leaderboards.LEAST_VOTES for row in board.rows[len(ranked) :])
        assert board.rows[0].mixer.name == "Warm"
        assert {row.tournaments for row in board.rows} == {1}
    assert selectors.leaderboard(genre="polka").rows == ()

    today = timezone.now().date()
    assert leaderboards.record_strengths(today - timedelta(days=1)) == 10
    assert leaderboards.record_strengths(today) == leaderboards.record_strengths(today) == 10
    warm = Mixer.objects.get(name="Warm")
    days = [row.day for row in selectors.history([warm])[warm.pk]]
    assert days == [today - timedelta(days=1), today]
    assert MixerStrength.objects.filter(genre="Jazz").count() == 10
    # Who starts next is seeded by what is known.
    other = services.create_tournament(
        owner=owner, songs=[song], plan=Plan(format="single_elimination")
    )
    seeds = {entry.name: entry.seeding for entry in other.entries.all()}
    assert max(seeds, key=lambda name: seeds[name]) == "Warm"


def test_personal_mixers_stand_on_no_board(song: Song, owner: User, mixers: list[Mixer]) -> None:
    Mixer.objects.filter(name="Warm").update(owner=owner)
    tournament = services.create_tournament(
        owner=owner, songs=[song], mixers=list(Mixer.objects.all())
    )
    for _ in range(7):
        vote_once(tournament, owner, for_("Warm"))
    names = {row.mixer.name for row in selectors.leaderboard().rows}
    assert "Warm" not in names
