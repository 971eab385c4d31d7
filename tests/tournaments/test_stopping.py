"""When a tournament has heard enough, and the votes it is away from that."""

from dataclasses import replace

import numpy as np
import pytest

from tournaments.pairing import all_pairs, top_two
from tournaments.ratings import Comparison, Votes, fit
from tournaments.simulation.listeners import Honest
from tournaments.stopping import Forecast, StopRule, forecast

RULE = StopRule(budget=300, p_best=0.9)


def test_a_spent_budget_ends_it() -> None:
    assert forecast(fit(3, Votes.of([])), 300, RULE).over
    before = forecast(fit(3, Votes.of([])), 299, RULE)
    assert (before.over, before.votes_left) == (False, 1)


def test_a_sure_leader_ends_it() -> None:
    votes = Votes.of([Comparison(0, 1, 1.0)] * 40)
    found = forecast(fit(2, votes), 40, RULE)
    assert (found.over, found.votes_left, found.leader) == (True, 0, 0)
    assert found.p_best > 0.9


def test_without_a_probability_the_budget_is_what_is_left() -> None:
    found = forecast(fit(4, Votes.of([])), 10, StopRule(budget=50))
    assert (found.over, found.votes_left) == (False, 40)


def test_the_same_input_gives_the_same_forecast() -> None:
    posterior = fit(6, Votes.of([Comparison(0, 1, 1.0), Comparison(2, 3, 0.0)]))
    assert forecast(posterior, 2, RULE) == forecast(posterior, 2, RULE)


def test_a_clear_case_is_nearer_than_a_close_one() -> None:
    pairs = [(0, 1), (0, 2), (1, 2)]
    clear = [Comparison(a, b, 1.0) for a, b in pairs * 4]
    close = [Comparison(a, b, float(k % 2)) for k in range(4) for a, b in pairs]
    left = [forecast(fit(3, Votes.of(cast)), 12, RULE).votes_left for cast in (clear, close)]
    assert left[0] < 0.6 * left[1]


def test_a_higher_probability_needs_more_votes() -> None:
    posterior = fit(5, Votes.of([Comparison(0, k, 1.0) for k in range(1, 5)]))
    lefts = [
        forecast(posterior, 4, StopRule(budget=1000, p_best=p)).votes_left for p in (0.6, 0.8, 0.95)
    ]
    assert lefts == sorted(lefts)
    assert lefts[0] < lefts[2]


def played(seed: int, entries: int) -> list[Forecast]:
    """Forecasts before every third vote of a tournament that runs until its rule ends it."""
    rng = np.random.default_rng(seed)
    listener = Honest(rng.normal(0, 1.2, entries))
    cast: list[Comparison] = []
    found = []
    while True:
        posterior = fit(entries, Votes.of(cast))
        found.append(forecast(posterior, len(cast), RULE))
        if found[-1].over:
            return found
        for _ in range(3):
            pair = top_two(posterior, all_pairs(range(entries)), rng)
            cast.append(Comparison(*pair, listener.answer(*pair, rng)))


def test_forecasts_are_about_right() -> None:
    """Over eight tournaments, the middle forecast is within a factor of two of what came.

    Single ones are often further off: how close the leaders are is what votes have yet to tell.
    """
    ratios = []
    for seed in range(8):
        course = played(seed, 5)
        end = course[-1].votes
        ratios += [f.votes_left / (end - f.votes) for f in course if 8 <= f.votes < end - 4]
    assert 0.5 < np.median(ratios) < 2.0


def test_the_number_shown_never_rises_without_a_cause() -> None:
    causes = 0
    for seed in range(4):
        shown: Forecast | None = None
        for now in played(seed, 5):
            before, shown = shown, now.shown_after(shown)
            if before is not None and shown.votes_left > before.votes_left:
                causes += 1
                assert shown.leader != before.leader or shown.p_best < before.p_best
    assert causes  # Otherwise the test has seen nothing.


def test_what_counts_as_a_cause() -> None:
    before = Forecast(leader=1, p_best=0.7, votes=20, votes_left=15, over=False, entries=4)
    now = replace(before, votes=21, votes_left=18)
    assert now.shown_after(before).votes_left == 15
    assert replace(now, votes_left=9).shown_after(before).votes_left == 9
    for cause in ({"leader": 2}, {"p_best": 0.6}, {"votes": 19}, {"entries": 5}):
        assert replace(now, **cause).shown_after(before).votes_left == 18
    assert now.shown_after(None) is now


@pytest.mark.parametrize("entries", [2, 16])
def test_any_number_of_entries(entries: int) -> None:
    found = forecast(fit(entries, Votes.of([])), 0, RULE)
    assert 1 <= found.votes_left <= 300
