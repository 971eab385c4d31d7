"""What staff see."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.tournaments.conftest import Clock, play
from tournaments import selectors
from tournaments.models import Battle, Tournament, Vote

ClientOf = Callable[[User], Client]


@pytest.fixture
def admin(staff: User, client_of: ClientOf) -> Client:
    return client_of(staff)


@pytest.mark.parametrize("model", ["tournament", "battle", "vote"])
def test_lists_pages_and_search_work(
    admin: Client, tournament: Tournament, clock: Clock, model: str
) -> None:
    play(tournament, clock, battles=3)
    listing = reverse(f"admin:tournaments_{model}_changelist")
    assert admin.get(listing).status_code == 200
    assert admin.get(listing, {"q": "song"}).status_code == 200
    row = {"tournament": Tournament, "battle": Battle, "vote": Vote}[model].objects.first()
    assert row is not None
    page = admin.get(reverse(f"admin:tournaments_{model}_change", args=[row.pk]))
    assert page.status_code == 200
    assert str(tournament.seed) not in page.content.decode()


def test_lists_cost_the_same_however_long(
    admin: Client,
    tournament: Tournament,
    clock: Clock,
    django_assert_max_num_queries: object,
) -> None:
    play(tournament, clock)
    for model in ("tournament", "battle", "vote"):
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            admin.get(reverse(f"admin:tournaments_{model}_changelist"))


def test_staff_hear_both_clips_of_a_battle(admin: Client, battle: Battle) -> None:
    listing = admin.get(reverse("admin:tournaments_battle_changelist")).content.decode()
    for side in "ab":
        url = reverse("admin:tournaments_battle_clip", args=[battle.pk, side])
        assert url in listing
        answer = admin.get(url)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "audio/wav"
        assert b"".join(answer)[:4] == b"RIFF"  # type: ignore[arg-type]


def test_nobody_else_hears_clips_there(battle: Battle, owner: User, client_of: ClientOf) -> None:
    url = reverse("admin:tournaments_battle_clip", args=[battle.pk, "a"])
    assert client_of(owner).get(url).status_code == 302
    helper = User.objects.create_user("helper@example.org", "correct horse 11", is_staff=True)
    assert client_of(helper).get(url).status_code == 403


def test_votes_are_held_out_and_counted_again_but_never_changed(
    admin: Client, tournament: Tournament, clock: Clock
) -> None:
    play(tournament, clock, battles=3)
    before = selectors.standings(tournament)
    vote = Vote.objects.first()
    assert vote is not None
    url = reverse("admin:tournaments_vote_changelist")
    admin.post(url, {"action": "hold_out", "_selected_action": [str(vote.pk)]})
    vote.refresh_from_db()
    assert (vote.counted, vote.why_not_counted) == (False, "held_out_by_staff")
    assert sum(row.battles for row in selectors.standings(tournament)) == 4
    admin.post(url, {"action": "count_again", "_selected_action": [str(vote.pk)]})
    assert selectors.standings(tournament) == before
    change = reverse("admin:tournaments_vote_change", args=[vote.pk])
    assert admin.post(change, {"choice": "b"}).status_code == 403
    delete = reverse("admin:tournaments_vote_delete", args=[vote.pk])
    assert admin.post(delete, {"post": "yes"}).status_code == 403
