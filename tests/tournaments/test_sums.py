"""Sums of votes: exact, whatever came first and whatever was taken away again."""

import numpy as np
import pytest

from tournaments.comparisons import Comparison, Votes
from tournaments.ratings import fit
from tournaments.sums import Alike, Sums

ENTRIES = 7
CHOICES = ("a", "tie", "b", "neither")
SCORES = {"a": 1.0, "tie": 0.5, "b": 0.0}
FIRST = {"a": 1, "b": -1, "": 0}


def some_votes(count: int, rng: np.random.Generator) -> list[Alike]:
    made = []
    for _ in range(count):
        a, b = (int(entry) for entry in rng.choice(ENTRIES, 2, replace=False))
        choice = CHOICES[int(rng.integers(4))]
        first = ("a", "b", "")[int(rng.integers(3))]
        made.append(Alike(a, b, choice, first, float(rng.random())))
    return made


def total(votes: list[Alike]) -> Sums:
    sums = Sums(ENTRIES)
    for vote in votes:
        sums.add(vote)
    return sums


def test_the_fit_is_that_of_the_votes_one_by_one() -> None:
    votes = some_votes(300, np.random.default_rng(1))
    direct = fit(
        ENTRIES,
        Votes.of(
            Comparison(v.a, v.b, SCORES[v.choice], FIRST[v.first_side], v.weight)
            for v in votes
            if v.choice in SCORES
        ),
        with_effects=True,
    )
    summed = fit(ENTRIES, total(votes).votes(), with_effects=True)
    np.testing.assert_allclose(summed.strengths, direct.strengths, atol=1e-9)
    np.testing.assert_allclose(summed.covariance, direct.covariance, atol=1e-9)


def test_order_and_detours_leave_no_trace() -> None:
    rng = np.random.default_rng(2)
    votes = some_votes(120, rng)
    detour = total(votes + some_votes(0, rng))
    for vote in (more := some_votes(50, rng)):
        detour.add(vote)
    for vote in more:
        detour.take_away(vote)
    direct = total(votes[::-1])
    for one, other in ((direct, detour), (direct, total(votes))):
        for name in ("a", "b", "score", "first", "weight"):
            np.testing.assert_array_equal(
                getattr(one.votes(), name), getattr(other.votes(), name), strict=True
            )
    assert detour.count == 120
    assert detour.weight == pytest.approx(sum(vote.weight for vote in votes), abs=1e-12)


def test_records_count_every_vote_for_both_sides() -> None:
    votes = some_votes(200, np.random.default_rng(3))
    wins, losses, ties, both_bad = total(votes).records()
    for entry in range(ENTRIES):
        mine = [v for v in votes if entry in (v.a, v.b)]
        won = [v for v in mine if v.choice == ("a" if v.a == entry else "b")]
        assert wins[entry] == len(won)
        assert ties[entry] == sum(v.choice == "tie" for v in mine)
        assert both_bad[entry] == sum(v.choice == "neither" for v in mine)
        assert losses[entry] == len(mine) - wins[entry] - ties[entry] - both_bad[entry]


def test_a_vote_without_weight_is_a_vote_that_says_nothing() -> None:
    sums = Sums(3)
    sums.add(Alike(0, 2, "a", "a", 0.0))
    assert (sums.count, sums.weight, len(sums.votes())) == (1, 0.0, 0)
    assert sums.heard().tolist() == [0, 2]


@pytest.mark.parametrize(
    "vote", [Alike(0, 0, "a", "", 1.0), Alike(0, 9, "a", "", 1.0), Alike(0, 1, "a", "", 1.5)]
)
def test_what_is_no_vote_is_refused(vote: Alike) -> None:
    with pytest.raises(ValueError, match="no vote between"):
        Sums(ENTRIES).add(vote)


def test_a_vote_that_is_not_there_cannot_be_taken_away() -> None:
    sums = total([Alike(0, 1, "a", "", 1.0)])
    with pytest.raises(ValueError, match="no such vote"):
        sums.take_away(Alike(0, 1, "b", "", 1.0))
