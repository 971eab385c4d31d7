"""Which pair comes next."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from tournaments.pairing import (
    Pair,
    all_pairs,
    among,
    even_start,
    information_gain,
    times_heard,
    top_two,
)
from tournaments.ratings import Comparison, Votes, fit


def vote(truth: NDArray[np.float64], pair: Pair, rng: np.random.Generator) -> Comparison:
    a, b = pair
    p = 1 / (1 + np.exp(truth[b] - truth[a]))
    return Comparison(a, b, float(rng.random() < p))


def random_pair(available: Sequence[int], rng: np.random.Generator) -> Pair:
    a, b = rng.choice(available, 2, replace=False)
    return int(a), int(b)


def found_best(votes: int, seed: int, *, by_top_two: bool) -> bool:
    """Whether the best of eight is rated best after so many votes."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, 8)
    cast: list[Comparison] = []
    for count in range(votes):
        if by_top_two and count < 4:
            pair = even_start(times_heard(8, [(c.a, c.b) for c in cast]), all_pairs(range(8)), rng)
        elif by_top_two:
            if count % 2 == 0:  # Every second vote: half the time, the same within the noise.
                posterior = fit(8, Votes.of(cast))
            pair = top_two(posterior, all_pairs(range(8)), rng)
        else:
            pair = random_pair(range(8), rng)
        cast.append(vote(truth, pair, rng))
    return bool(fit(8, Votes.of(cast)).strengths.argmax() == truth.argmax())


def test_top_two_needs_half_the_votes_of_random_pairs() -> None:
    """8 entries: 64 votes by top-two find the winner as often as 128 by random pairs."""

    def share(votes: int, *, by_top_two: bool) -> float:
        found = [found_best(votes, seed, by_top_two=by_top_two) for seed in range(60)]
        return float(np.mean(found))

    thompson = share(64, by_top_two=True)
    # A share of 60 has a standard error of 6 %; with 400 seeds they are 75 %, 63 % and 73 %.
    assert thompson > share(64, by_top_two=False) + 0.05
    assert thompson >= share(128, by_top_two=False) - 0.05


def test_an_even_start_hears_everybody_once_before_anybody_twice() -> None:
    rng = np.random.default_rng(1)
    played: list[Pair] = []
    for _ in range(8):
        played.append(even_start(times_heard(16, played), all_pairs(range(16)), rng))
    assert sorted(entry for pair in played for entry in pair) == list(range(16))


def test_an_odd_one_is_heard_before_anybody_is_heard_a_third_time() -> None:
    rng = np.random.default_rng(2)
    played: list[Pair] = []
    for _ in range(3):
        played.append(even_start(times_heard(5, played), all_pairs(range(5)), rng))
    assert min(times_heard(5, played)) == 1
    assert max(times_heard(5, played)) == 2


def test_top_two_favours_the_two_that_may_be_best() -> None:
    truth = [2.0, 1.9, -1.0, -2.0]
    rng = np.random.default_rng(3)
    cast = [
        vote(np.array(truth), pair, rng) for pair in all_pairs(range(4)).tolist() for _ in range(30)
    ]
    posterior = fit(4, Votes.of(cast))
    drawn = Counter(frozenset(top_two(posterior, all_pairs(range(4)), rng)) for _ in range(200))
    assert drawn[frozenset((0, 1))] > 190


def test_information_gain_asks_what_is_least_known() -> None:
    """Entries 0 and 1 met a hundred times; 2 and 3 never met anybody."""
    cast = [Comparison(0, 1, float(k % 2)) for k in range(100)]
    posterior = fit(4, Votes.of(cast))
    rng = np.random.default_rng(4)
    for _ in range(20):
        assert frozenset(information_gain(posterior, all_pairs(range(4)), rng)) != {0, 1}


def test_information_gain_agrees_with_a_direct_integral() -> None:
    """The pair chosen has the greatest mutual information by plain Monte Carlo too."""
    rng = np.random.default_rng(5)
    truth = rng.normal(0, 1.5, 5)
    cast = [vote(truth, random_pair(range(5), rng), rng) for _ in range(25)]
    posterior = fit(5, Votes.of(cast))
    nu = np.exp(posterior.tie.mean)
    draws = posterior.draw(rng, 200_000)

    def gain(pair: Pair) -> float:
        d = draws[:, pair[0]] - draws[:, pair[1]]
        p = np.stack((np.exp(d / 2), np.full_like(d, nu), np.exp(-d / 2)))
        p /= p.sum(axis=0)
        mean = p.mean(axis=1)
        return float(-(mean * np.log2(mean)).sum() + (p * np.log2(p)).sum(axis=0).mean())

    gains = {pair: gain(pair) for pair in map(tuple, all_pairs(range(5)).tolist())}
    chosen = information_gain(posterior, all_pairs(range(5)), rng)
    assert gains[chosen] == pytest.approx(max(gains.values()), abs=2e-3)


@pytest.mark.parametrize("choose", [top_two, information_gain])
def test_only_pairs_that_are_offered_are_chosen(choose: Callable[..., Pair]) -> None:
    rng = np.random.default_rng(6)
    posterior = fit(5, Votes.of([Comparison(0, 1, 1)] * 5))
    offered = np.array([(0, 1), (0, 4), (1, 4), (3, 4)])
    for _ in range(100):
        assert sorted(choose(posterior, offered, rng)) in offered.tolist()


def test_pairs_among_some_entries() -> None:
    assert among(all_pairs(range(4)), [0, 2, 3]).tolist() == [[0, 2], [0, 3], [2, 3]]
    assert not len(among(all_pairs(range(4)), [2]))
    assert not len(all_pairs([7]))


def test_the_same_chance_gives_the_same_pair() -> None:
    posterior = fit(10, Votes.of([Comparison(0, 1, 1)]))
    one, other = (
        top_two(posterior, all_pairs(range(10)), np.random.default_rng(9)) for _ in range(2)
    )
    assert one == other
