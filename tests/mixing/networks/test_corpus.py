"""Songs become rows of statistics: from a cache or not, by their chances, and only what sounds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mixing.audio.parameters import MAX_STRIPS
from mixing.networks.batches import random_songs
from mixing.networks.corpus import Corpus, gather
from mixing.networks.pooling import pool
from mixing.networks.sources.choosing import Chance
from mixing.networks.sources.songs import DataUnusable, Hearing, Part, Song, Stem

from .conftest import noise_mel


def stem(level_db: float = -50.0, *, seed: int = 0, frames: int = 60, role: str = "keys") -> Stem:
    return Stem(role, noise_mel(level_db, seed=seed, frames=frames), 0.25)


def silence() -> Stem:
    return Stem("other", np.full((60, 128), -100.0, np.float32), 0.0)


class Counted:
    """A song that counts how often it was heard."""

    def __init__(self, *stems: Stem, faults: Sequence[str] = ()) -> None:
        self.times, self.hearing = 0, Hearing(stems, tuple(faults))

    def hear(self) -> Hearing:
        self.times += 1
        return self.hearing

    def chance(self, keep_as: str | None) -> Chance:
        return Chance(Song("A song", Part.TRAINING, self.hear, keep_as), 1.0)


def test_a_cache_changes_nothing_but_the_work(tmp_path: Path) -> None:
    song = Counted(stem(seed=1), stem(seed=2, frames=90, role="bass"), faults=["x.wav: left out."])
    told: list[str] = []
    fresh = gather([song.chance(None)], cache=tmp_path, tell=told.append)
    assert list(tmp_path.iterdir()) == []  # what must not be kept is not
    first, again = (gather([song.chance("a")], cache=tmp_path, tell=told.append) for _ in range(2))
    assert song.times == 2
    assert told == ["x.wav: left out."] * 3
    assert fresh.digest() == first.digest() == again.digest()
    assert fresh.role.tolist() == [5, 1]


def test_silent_stems_and_lonely_ones_are_left_out(tmp_path: Path) -> None:
    pair, lonely = Counted(stem(seed=1), silence(), stem(seed=2)), Counted(stem(), silence())
    corpus = gather([lonely.chance(None), pair.chance(None)], cache=tmp_path)
    np.testing.assert_array_equal(corpus.songs, [[0, 2]])
    np.testing.assert_allclose(corpus.width, [0.25, 0.25])
    told: list[str] = []
    with pytest.raises(DataUnusable, match="No song"):
        gather([Counted(stem()).chance(None)], cache=tmp_path, tell=told.append)
    assert told == ["A song: left out. Fewer than two of its stems can be used."]


def test_of_more_stems_than_strips_the_loudest_stay_in_their_order() -> None:
    levels = np.random.default_rng(0).permutation(np.linspace(-70.0, -30.0, MAX_STRIPS + 3))
    corpus = Corpus.of([[stem(level, seed=1) for level in levels]])
    np.testing.assert_array_equal(corpus.songs, [[0, MAX_STRIPS]])
    kept = levels[levels > np.sort(levels)[2]]
    found = corpus.pooled.levels[:, 2].mean(axis=1)
    np.testing.assert_array_equal(np.argsort(found), np.argsort(kept))


def test_chances_of_songs_that_fall_out_go_to_the_others() -> None:
    songs = [[stem(seed=1), stem(seed=2)], [stem()], [stem(seed=3), stem(seed=4), stem(seed=5)]]
    corpus = Corpus.of(songs, [0.2, 0.5, 0.3])
    np.testing.assert_allclose(corpus.chances, [0.4, 0.6])
    rng = np.random.default_rng(0)
    drawn = [random_songs(corpus, 100, rng, drop_stems=False) for _ in range(30)]
    ordinary = [song.present.sum(axis=1) for song in drawn if len(song.rows) == 100]
    # Standard deviation of the share over about 2,800 draws: below 0.01.
    assert (np.concatenate(ordinary) == 3).mean() == pytest.approx(0.6, abs=0.04)


def test_views_are_masked_versions_of_their_stem() -> None:
    stems = [stem(seed=seed, frames=200) for seed in range(4)]
    corpus = Corpus.of([stems], views=3)
    assert corpus.views is not None
    assert corpus.views.levels.shape == (4, 3, 5, 128)
    whole = np.stack([pool(s.mel).levels[0] for s in stems])
    apart = np.abs(corpus.views.levels[:, None, :, 0] - whole[None, :, None]).mean(axis=-1)
    assert (apart.argmin(axis=1) == np.arange(4)[:, None]).all()
    again = Corpus.of([stems], views=3)
    assert corpus.digest() == again.digest()
    assert corpus.digest() != Corpus.of([stems]).digest()
