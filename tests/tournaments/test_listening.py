"""Seconds heard, by the server's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournaments.listening import CREDIT_MS, EVENTS, SIDED, Listened, after, floor_s

START = datetime(2026, 1, 1, tzinfo=UTC)


def listen(*told: tuple[float, str, str]) -> Listened:
    """Events as (seconds since the start, event, side)."""
    listened = Listened()
    for at, event, side in told:
        listened = after(listened, event, side, START + timedelta(seconds=at))
    return listened


def ticks(side: str, start: int, stop: int) -> list[tuple[float, str, str]]:
    return [(float(second), "tick", side) for second in range(start, stop)]


def test_each_second_played_is_credited_to_its_side() -> None:
    heard = listen((0, "play", "a"), *ticks("a", 1, 6), (5.5, "switch", "b"), *ticks("b", 6, 10))
    assert (heard.heard_a_ms, heard.heard_b_ms) == (5500, 3500)
    assert (heard.first_side, heard.switches, heard.playing) == ("a", 1, "b")


def test_a_pause_earns_nothing() -> None:
    heard = listen((0, "play", "a"), (1, "pause", ""), (60, "play", "a"), (61, "tick", "a"))
    assert heard.heard_a_ms == 2000


def test_a_closed_tab_stops_earning() -> None:
    heard = listen((0, "play", "a"), (1, "tick", "a"), (3600, "play", "b"))
    assert heard.heard_a_ms == 1000 + CREDIT_MS
    assert heard.heard_b_ms == 0


def test_a_seek_earns_no_more_than_the_time_that_passed() -> None:
    heard = listen((0, "play", "a"), (1, "seek", ""), (1.2, "seek", ""), (2, "tick", "a"))
    assert heard.heard_a_ms == 2000


def test_events_without_play_earn_nothing() -> None:
    heard = listen((0, "seek", ""), (1, "seek", ""), (2, "switch", "b"), (3, "pause", ""))
    assert (heard.heard_a_ms, heard.heard_b_ms, heard.switches) == (0, 0, 0)


def test_a_tick_takes_over_when_play_was_lost_on_the_way() -> None:
    heard = listen((0, "tick", "b"), (1, "tick", "b"))
    assert (heard.heard_b_ms, heard.first_side) == (1000, "b")


def test_time_of_an_unknown_side_is_nobodys() -> None:
    heard = listen((0, "play", "a"), (1, "tick", "b"), (2, "tick", "b"))
    assert (heard.heard_a_ms, heard.heard_b_ms) == (0, 1000)


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    heard = listen((10, "play", "a"), (5, "tick", "a"), (6, "tick", "a"))
    assert heard.heard_a_ms == 1000


@pytest.mark.parametrize(("duration_s", "floor"), [(30, 5), (10, 5), (8, 4), (1, 0.5)])
def test_the_floor_is_five_seconds_or_half_the_clip(duration_s: float, floor: float) -> None:
    assert floor_s(duration_s) == floor


@given(
    st.lists(
        st.tuples(
            st.floats(0, 30, allow_nan=False), st.sampled_from(EVENTS), st.sampled_from("ab")
        ),
        max_size=60,
    )
)
def test_no_client_earns_more_than_the_time_that_passed(
    told: list[tuple[float, str, str]],
) -> None:
    """Any events, any number of tabs: both sides together stay within the clock and the cap."""
    heard, at = Listened(), START
    for wait, event, side in told:
        at += timedelta(seconds=wait)
        heard = after(heard, event, side if event in SIDED else "", at)
    total = heard.heard_a_ms + heard.heard_b_ms
    assert total <= (at - START).total_seconds() * 1000
    assert total <= CREDIT_MS * len(told)
