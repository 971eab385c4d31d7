"""Family trees, what winners share, and groups of taste, against small cases solved by hand."""

import numpy as np
import pytest

from evolution.descriptors import COLUMN, COUNT
from evolution.lineage import (
    Ancestry,
    LineageInvalid,
    Node,
    in_common,
    soup,
    taste_groups,
)
from evolution.lineage.winners import FEWEST_BATTLES


@pytest.fixture
def tree() -> Ancestry:
    """a and b have c; c alone has d; b and d have e; f is nobody's relative."""
    return Ancestry(
        [
            Node("e", ("b", "d"), "average", 3),
            Node("d", ("c",), "mutate", 2),
            Node("c", ("a", "b"), "slerp", 1),
            Node("a"),
            Node("b"),
            Node("f"),
        ]
    )


def test_parents_come_before_children(tree: Ancestry) -> None:
    order = tree.oldest_first
    assert sorted(order) == list("abcdef")
    for node in tree.nodes.values():
        assert all(order.index(parent) < order.index(node.key) for parent in node.parents)
    assert set(tree.founders) == {"a", "b", "f"}


def test_ancestors_and_descendants(tree: Ancestry) -> None:
    assert set(tree.ancestors("e")) == {"a", "b", "c", "d"}
    assert tree.ancestors("a") == ()
    assert set(tree.descendants("a")) == {"c", "d", "e"}
    assert tree.children["b"] == ("e", "c")
    assert tree.descendants("f") == ()


def test_heritage_halves_with_every_pair_of_parents(tree: Ancestry) -> None:
    # d is c is a/2 + b/2; e is b/2 + d/2 = a/4 + 3b/4.
    assert tree.heritage("e") == {"b": 0.75, "a": 0.25}
    assert list(tree.heritage("e")) == ["b", "a"]
    assert tree.heritage("f") == {"f": 1.0}


def test_a_family_leaves_strangers_out(tree: Ancestry) -> None:
    family = tree.family("d")
    assert set(family.nodes) == {"a", "b", "c", "d", "e"}
    assert set(tree.family("a").nodes) == {"a", "c", "d", "e"}
    assert tree.family("a").nodes["e"].parents == ("d",)
    assert tree.family("a").nodes["e"].operator == "average"


def test_layers_put_everybody_below_all_their_parents(tree: Ancestry) -> None:
    rows = tree.layers()
    assert [set(row) for row in rows] == [{"a", "b", "f"}, {"c"}, {"d"}, {"e"}]
    assert Ancestry([]).layers() == []


def test_children_stand_under_their_parents() -> None:
    founders = [Node(key) for key in "abc"]
    rows = Ancestry([*founders, Node("z", ("a",)), Node("x", ("c",)), Node("y", ("b",))]).layers()
    assert rows == [["a", "b", "c"], ["z", "y", "x"]]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([Node("a"), Node("a")], "twice"),
        ([Node("a", ("b",))], "unknown parent b"),
        ([Node("a", ("b",)), Node("b", ("a",))], "own ancestor"),
        ([Node("a", ("a",))], "own ancestor"),
    ],
)
def test_impossible_families_are_refused(nodes: list[Node], said: str) -> None:
    with pytest.raises(LineageInvalid, match=said) as refused:
        Ancestry(nodes)
    assert refused.value.code == "lineage_invalid"


def test_who_is_not_in_the_tree_has_no_ancestors(tree: Ancestry) -> None:
    with pytest.raises(LineageInvalid, match="no mixer z"):
        tree.ancestors("z")


def test_a_long_line_is_walked_without_recursion() -> None:
    line = [Node("0"), *(Node(str(i), (str(i - 1),), "mutate", i) for i in range(1, 3000))]
    tree = Ancestry(line)
    assert len(tree.ancestors("2999")) == 2999
    assert tree.heritage("2999") == {"0": 1.0}


def _battles(count: int, **gaps: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    losers = rng.normal(0, 1, (count, COUNT))
    winners = losers + rng.normal(0, 1, (count, COUNT))
    for name, steps in gaps.items():
        winners[:, COLUMN[name]] += steps
    return winners, losers


def test_what_winners_share_is_found_and_said() -> None:
    traits = in_common(*_battles(60, brightness=-1.5, wetness=1.0))
    found = {trait.descriptor.name: trait for trait in traits}
    assert set(found) == {"brightness", "wetness"}
    assert traits[0].p_value <= traits[-1].p_value
    assert found["brightness"].amount == pytest.approx(-1.5, abs=0.3)
    assert found["brightness"].low < -1.5 < found["brightness"].high
    assert "darker by 1." in found["brightness"].words
    wetness = found["wetness"]
    said = f"more reverb and echo by {2 * wetness.amount:.1f} dB"  # two decibels a step
    assert said in wetness.words


def test_students_interval_is_the_textbooks() -> None:
    """Gaps 11, 12, ... 16: mean 13.5, standard error sqrt(3.5 / 6), t(0.975, 5) = 2.571."""
    winners, losers = np.zeros((6, COUNT)), np.zeros((6, COUNT))
    winners[:, 0] = np.arange(11, 17)
    (trait,) = in_common(winners, losers)
    assert trait.amount == pytest.approx(13.5)
    assert trait.high - trait.amount == pytest.approx(2.5706 * np.sqrt(3.5 / 6), rel=1e-3)


def test_a_battle_that_counts_nothing_is_left_out() -> None:
    winners, losers = _battles(60, air=2.0)
    weights = np.concatenate([np.ones(30), np.zeros(30)])
    half = in_common(winners[:30], losers[:30])
    weighted = in_common(winners, losers, weights)
    assert [t.amount for t in weighted] == pytest.approx([t.amount for t in half])


def test_chance_alone_rarely_says_anything() -> None:
    """Where winners and losers are alike, at most a few of 100 trials name any trait at all."""
    rng = np.random.default_rng(1)
    said = [
        bool(in_common(rng.normal(size=(20, COUNT)), rng.normal(size=(20, COUNT))))
        for _ in range(100)
    ]
    assert sum(said) <= 12  # 5 expected; P(more than 12) < 0.2 %


def test_few_battles_say_nothing() -> None:
    assert in_common(*_battles(FEWEST_BATTLES - 1, air=9.0)) == []


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(LineageInvalid):
        in_common(np.zeros((9, 3)), np.zeros((9, 3)))


def test_a_soup_weighs_winners_by_their_strength() -> None:
    a, b = np.zeros(4, np.float32), np.ones(4, np.float32)
    np.testing.assert_allclose(soup([a, b]), 0.5)
    np.testing.assert_allclose(soup([a, b], [0.0, np.log(3.0)]), 0.75)
    with pytest.raises(LineageInvalid, match="winners"):
        soup([])


def _tastes(*, apart: float, count: int = 30) -> np.ndarray:
    rng = np.random.default_rng(2)
    tastes = rng.normal(0, 0.3, (count, 2 * COUNT))
    tastes[: count // 3, COLUMN["brightness"]] += apart
    tastes[count // 3 :, COLUMN["brightness"]] -= apart
    return tastes


def test_two_camps_are_two_groups_and_say_what_divides_them() -> None:
    larger, smaller = taste_groups(_tastes(apart=3.0))
    assert smaller.members == tuple(range(10))
    assert larger.members == tuple(range(10, 30))
    assert smaller.words[0] == "brighter"
    assert larger.words[0] == "darker"
    assert smaller.centre[COLUMN["brightness"]] > 2


def test_one_cloud_is_one_group() -> None:
    (group,) = taste_groups(_tastes(apart=0.0))
    assert group.members == tuple(range(30))
    assert group.words == ()
    np.testing.assert_allclose(group.centre, 0.0, atol=1e-12)


def test_few_or_equal_listeners_are_not_divided() -> None:
    assert len(taste_groups(_tastes(apart=3.0)[:6])) == 1
    assert len(taste_groups(np.ones((40, COUNT)))) == 1


def test_groups_do_not_depend_on_anything_but_tastes_and_seed() -> None:
    first, again = (taste_groups(_tastes(apart=3.0), seed=5) for _ in range(2))
    assert [g.members for g in first] == [g.members for g in again]


def test_tastes_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(LineageInvalid):
        taste_groups(np.full((20, COUNT), np.nan))
