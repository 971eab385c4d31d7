"""Pictures and sentences made of figures: positions on paper, and words that promise no more."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from tournaments.drawing import outlook
from tournaments.drawing.brackets import DrawnBracket, draw_bracket, points_text
from tournaments.drawing.history import Moment, draw_history
from tournaments.drawing.matrix import head_to_head
from tournaments.drawing.sentences import percent
from tournaments.drawing.social import SIZE, SocialCard, draw_card
from tournaments.drawing.strengths import Scale, intervals, rank_range
from tournaments.formats import FORMATS, Drawn, Field, Heard
from tournaments.watching import Duel

NAMES = [f"Mix {letter}" for letter in "ABCDEFGHIJKLM"]


def row(strength: float, error: float = 0.25) -> SimpleNamespace:
    return SimpleNamespace(
        strength=strength,
        standard_error=error,
        low=strength - 2 * error,
        high=strength + 2 * error,
        rank_low=1,
        rank_high=2,
    )


def bracket_after(name: str, entries: int, votes: int) -> DrawnBracket:
    """A tournament of this format in which the lower number always wins, so many votes on."""
    heard: list[Heard] = []
    rng = np.random.default_rng(0)
    for listener in range(votes):
        drawn = FORMATS[name].next_battle(field(entries, heard, listener), rng)
        if not isinstance(drawn, Drawn):
            break
        score = 1.0 if drawn.a < drawn.b else 0.0
        heard.append(Heard(drawn.a, drawn.b, score, listener, drawn.song, drawn.match))
    bracket = FORMATS[name].bracket(field(entries, heard, 0))
    assert bracket is not None
    return draw_bracket(bracket, NAMES[:entries], knockout="elimination" in name)


def field(entries: int, heard: list[Heard], listener: int) -> Field:
    everybody = (frozenset(range(entries)),)
    return Field(
        entries=entries, audible=everybody, budget=10**6, heard=tuple(heard), listener=listener
    )


def test_intervals_share_one_scale_that_holds_zero() -> None:
    (low, high), zero = intervals([row(-2.0, 0.5), row(1.0, 0.5)])
    assert (low.low, high.high) == (4.0, 96.0)
    # Three logits lie between -3 and 2: zero is at three fifths of what the margins leave.
    assert zero == pytest.approx(4 + 92 * 3 / 5, abs=0.05)
    assert low.mean == pytest.approx(4 + 92 / 5, abs=0.05)
    assert low.strength_text == "−2.00"


def test_a_bell_peaks_at_the_mean_and_ends_on_the_ground() -> None:
    (drawn,), _ = intervals([row(1.0)])
    points = [tuple(map(float, p.split())) for p in drawn.bell[1:-1].split("L")]
    peak = min(points, key=lambda point: point[1])
    assert peak[0] == pytest.approx(drawn.mean, abs=0.1)
    assert peak[1] == pytest.approx(2.0)
    assert points[0][1] == points[-1][1] == 24


def test_equal_rows_do_not_divide_by_nothing() -> None:
    assert Scale.around([row(0.0, 0.0)]).place(0.0) == 4.0
    assert intervals([]) == ([], 50.0)


@pytest.mark.parametrize(
    ("points", "text"), [(2.0, "2"), (2.5, "2½"), (0.5, "½"), (0.0, "0"), (1.9, "1.9")]
)
def test_points_are_written_as_people_write_them(points: float, text: str) -> None:
    assert points_text(points) == text


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_votes_never_prove_everything(chance: float) -> None:
    assert percent(chance) in ("under 1 %", "over 99 %")
    assert rank_range(2, 5) == "2–5"


@pytest.mark.parametrize("entries", [2, 3, 5, 8, 13])
@pytest.mark.parametrize("name", ["single_elimination", "double_elimination"])
def test_a_bracket_joins_rounds_and_ends_with_its_winner(name: str, entries: int) -> None:
    drawn = bracket_after(name, entries, 200)
    assert drawn.winner == "Mix A"
    upper = drawn.parts[0].rounds
    assert [r.join for r in upper[:-1]] == ["pairs"] * (len(upper) - 1)
    assert upper[-1].join == "none"
    for part in drawn.parts:
        for match in (m for r in part.rounds for m in r.matches):
            assert sum(side.won for side in match.sides) <= 1
            known = [side for side in match.sides if side.known]
            assert (match.pair is not None) == (len(known) == 2)


def test_what_is_not_known_yet_says_where_it_comes_from() -> None:
    drawn = bracket_after("single_elimination", 4, 1)
    first, final = drawn.parts[0].rounds
    assert [match.status for match in first.matches].count("decided") == 1
    coming = [side.name for side in final.matches[0].sides if not side.known]
    assert len(coming) == 1
    assert coming[0].startswith("Winner of ")
    assert final.matches[0].pair is None


def test_a_bye_has_one_side_and_no_votes() -> None:
    matches = bracket_after("single_elimination", 3, 0).parts[0].rounds[0].matches
    (bye,) = (match for match in matches if match.note)
    assert (len(bye.sides), bye.votes_text, bye.pair) == (1, "", None)


def test_rounds_without_a_knockout_are_not_joined() -> None:
    drawn = bracket_after("round_robin", 4, 20)
    assert {r.join for r in drawn.parts[0].rounds} == {"none"}
    assert [place.name for place in drawn.places] == NAMES[:4]
    assert drawn.places[0].record == "3–0–0"


def test_the_matrix_is_seen_from_both_sides() -> None:
    duels = [Duel(0, 1, 1.0, 3), Duel(1, 0, 0.5, 1), Duel(1, 0, None, 2), Duel(2, 0, 0.0, 1)]
    a, b, c = head_to_head(NAMES[:3], duels)
    assert a.cells[0] is None
    assert a.cells[1] is not None
    assert b.cells[0] is not None
    assert (a.cells[1].text, b.cells[0].text) == ("3½–½", "½–3½")
    assert (a.cells[1].votes, a.cells[1].both_bad) == (6, 2)
    assert (a.cells[1].tone, b.cells[0].tone) == (2, -2)
    assert c.cells[1] is not None
    assert c.cells[1].votes == 0
    # One vote alone is no certainty.
    assert a.cells[2] is not None
    assert a.cells[2].tone == 1


def test_the_matrix_follows_the_order_it_is_given() -> None:
    rows = head_to_head(NAMES[:3], [Duel(0, 2, 1.0, 1)], order=(2, 0, 1))
    assert [(r.entry, r.number) for r in rows] == [(2, 1), (0, 2), (1, 3)]
    assert rows[0].cells[1] is not None
    assert rows[0].cells[1].losses == 1


def test_a_history_needs_two_moments_and_runs_left_to_right() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [
        Moment(day + timedelta(days=k), k / 2, k / 2 - 1, k / 2 + 1, votes=k) for k in (0, 2)
    ]
    assert draw_history(moments[:1]) is None
    picture = draw_history(moments)
    assert picture is not None
    assert picture.line == "M8.0 104.0L592.0 56.0"
    assert picture.zero == 104.0
    assert (picture.top_text, picture.bottom_text) == ("+2.00", "−1.00")


def test_a_picture_of_a_result_is_the_same_for_the_same_figures() -> None:
    card = SocialCard("Song " * 40, "Warm is the champion", "Best of 2.", [("Warm", row(1.0))])
    first, again = draw_card(card), draw_card(card)
    assert first == again
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert tuple(int.from_bytes(first[k : k + 4], "big") for k in (16, 20)) == SIZE
    assert draw_card(SocialCard("", "No champion", "", ())) != first


def test_the_end_is_told_without_false_precision() -> None:
    assert outlook.end_figure(14, 0.93, closed=False).figure == "about 14"
    assert outlook.end_figure(None, 0.95, closed=False).figure == "Very many"
    assert outlook.end_figure(None, None, closed=False).remark == "Too early to tell"
    assert outlook.end_figure(9, 0.95, closed=True).figure == "None"


def test_a_bracket_and_the_votes_may_name_two_winners() -> None:
    both = outlook.two_winners("Warm", "Punchy", 0.87)
    assert both == "Warm won the bracket. Best by all votes: Punchy, 87 %."
    assert outlook.two_winners("", "Punchy", 0.87) == "Best by all votes: Punchy, 87 %."
    assert outlook.two_winners("Warm", None, None, knockout=False) == "Warm won on points."
