"""The pairing benchmark at tiny sizes: whole reports, and the parts that make its figures."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command

from tournaments.benchmarks.pairing import (
    WAYS,
    OpenArena,
    RandomPairs,
    SwissRounds,
    _crossing,
    _knockout,
)


def test_the_report_names_every_way() -> None:
    out, err = StringIO(), StringIO()
    options = ("--entries", "3", "--runs", "6", "--percent", "60")
    call_command("bench", "pairing", *options, stdout=out, stderr=err)
    report = json.loads(out.getvalue())
    assert (report["benchmark"], report["wanted"], report["runs"]) == ("pairing", 0.6, 6)
    needed = report["votes_needed"]["3"]
    assert set(needed) == {*WAYS, "single_elimination"}
    assert all(votes is None or votes > 0 for votes in needed.values())
    assert report["choice_ms_at_100_entries"].keys() == {"top_two", "information_gain"}


@pytest.mark.parametrize("name", sorted(WAYS))
def test_a_course_finds_a_clear_best(name: str) -> None:
    course = WAYS[name](np.array([0.0, 6.0, 0.0, -1.0]), np.random.default_rng(1))
    course.play(40)
    assert course.best() == 1


def test_single_elimination_finds_a_clear_best() -> None:
    assert _knockout(np.array([0.0, 0.0, 9.0, 0.0, 0.0]), 3, np.random.default_rng(2)) == 2


@pytest.mark.parametrize("way", [RandomPairs, OpenArena])
def test_courses_go_on_from_where_they_are(way: type[RandomPairs]) -> None:
    course = way(np.zeros(5), np.random.default_rng(3))
    for votes in (4, 4, 11):
        course.play(votes)
        assert course.tally.count == votes


def test_swiss_courses_end_with_a_round() -> None:
    course = SwissRounds(np.zeros(5), np.random.default_rng(4))
    course.play(5)
    assert course.tally.count == 6


def test_the_crossing_is_between_two_numbers_of_votes() -> None:
    assert _crossing([(10, 0.5), (40, 0.7)], 0.6) == pytest.approx(20.0)
    assert _crossing([(10, 0.5), (40, 0.7)], 0.8) is None
    # A fall is luck: 0.7 and 0.5 are taken as 0.6 and 0.6.
    assert _crossing([(1, 0.2), (2, 0.7), (4, 0.5), (8, 0.8)], 0.6) == pytest.approx(2, abs=2)
