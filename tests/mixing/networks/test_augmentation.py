"""Each variation does what it says, and one seed draws one variation."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mixing.audio.spectrogram import BANDS, FLOOR_DB
from mixing.networks import augmentation
from mixing.networks.batches import FULL, TRAINING, Severity, random_songs, spoil, whole_songs
from mixing.networks.corpus import Corpus, stacked
from mixing.networks.pooling import LEVELS, Pooled, pool
from mixing.networks.sources.songs import Stem
from mixing.networks.styles import STYLES

from .conftest import noise_mel

REFERENCE = np.full(5, -7.0, np.float32)
DRAWS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "colour": lambda rng: augmentation.colour_curves((3,), 2.0, rng),
    "gain": lambda rng: augmentation.gains_db((3,), 12.0, rng),
    "dropout": lambda rng: np.concatenate(
        [augmentation.some_stems(np.arange(9), rng) for _ in range(9)]
    ),
    "time": lambda rng: augmentation.time_masked(noise_mel(), rng),
    "frequency": lambda rng: augmentation.frequency_masked(pooled(4), 24, rng).levels,
}


def pooled(count: int) -> Pooled:
    return stacked([pool(noise_mel(seed=seed)) for seed in range(count)])


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_one_seed_one_variation_and_seeds_differ(
    draw: Callable[[np.random.Generator], np.ndarray],
) -> None:
    first, again, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_colours_are_smooth_and_as_strong_as_asked() -> None:
    curves = augmentation.colour_curves((4000,), 2.0, np.random.default_rng(0))
    assert curves.shape == (4000, BANDS)
    # The sum of 1/k for 8 waves is 2.72 and a cosine's mean square is a half: rms 2 * 1.166.
    assert np.sqrt(np.square(curves).mean()) == pytest.approx(2.0 * 1.166, rel=0.05)
    assert np.abs(np.diff(curves, axis=1)).mean() < 0.1 * np.abs(curves).mean()


def test_gains_fill_their_range() -> None:
    gains = augmentation.gains_db((5000,), 12.0, np.random.default_rng(0))
    assert np.abs(gains).max() <= 12.0
    assert np.abs(gains).mean() == pytest.approx(6.0, abs=0.2)


def test_dropout_leaves_half_of_the_songs_whole_and_none_empty() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([len(augmentation.some_stems(np.arange(8), rng)) for _ in range(2000)])
    assert sizes.min() >= 1
    assert 0.5 < (sizes == 8).mean() < 0.6  # and now and then all of them are drawn
    assert len(augmentation.some_stems(np.arange(1), rng)) == 1


def test_time_masks_silence_up_to_half_of_the_frames_and_change_no_other() -> None:
    mel, rng = noise_mel(frames=300), np.random.default_rng(0)
    shares = []
    for _ in range(200):
        masked = augmentation.time_masked(mel, rng)
        silent = (masked == FLOOR_DB).all(axis=1)
        np.testing.assert_array_equal(masked[~silent], mel[~silent])
        shares.append(silent.mean())
    assert max(shares) <= 0.5
    assert 0.15 < np.mean(shares) < 0.3
    assert augmentation.time_masked(noise_mel(frames=1), rng).shape == (1, BANDS)


def test_a_masked_stem_sounds_like_the_rest_of_it() -> None:
    steady = noise_mel(frames=400)
    masked = pool(augmentation.time_masked(steady, np.random.default_rng(3)))
    whole = pool(steady)
    np.testing.assert_allclose(masked.levels[0], whole.levels[0], atol=1.5)
    assert masked.scalars[2] < whole.scalars[2]  # it plays less of the time


def test_frequency_masks_silence_one_stretch_per_stem() -> None:
    stems = pooled(64)
    masked = augmentation.frequency_masked(stems, 24, np.random.default_rng(0))
    hidden = masked.levels[:, 0] == FLOOR_DB
    lengths = hidden.sum(axis=1)
    assert lengths.max() <= 24
    assert len(set(lengths.tolist())) > 10
    assert np.abs(np.diff(hidden.astype(int), axis=1)).sum(axis=1).max() <= 2
    for level in range(len(LEVELS)):
        np.testing.assert_array_equal(masked.levels[:, level] == FLOOR_DB, hidden)
        np.testing.assert_array_equal(masked.levels[:, level][~hidden],
                                      stems.levels[:, level][~hidden])  # fmt: skip
    assert not masked.movements[:, 0][hidden].any()
    np.testing.assert_array_equal(masked.scalars, stems.scalars)


def test_no_bands_no_mask_and_nothing_is_drawn() -> None:
    stems, rng = pooled(2), np.random.default_rng(0)
    assert augmentation.frequency_masked(stems, 0, rng) is stems
    assert rng.random() == np.random.default_rng(0).random()


def test_masks_change_what_is_heard_and_no_label() -> None:
    stems = [Stem("keys", noise_mel(seed=seed, frames=200), 0.3) for seed in range(6)]
    corpus = Corpus.of([stems], views=2)
    draw = whole_songs(corpus, [0])
    plain, bands, time = (
        spoil(corpus, draw, STYLES, np.random.default_rng(4), severity=s, reference_db=REFERENCE)
        for s in (FULL, replace(FULL, mask_bands=24), replace(FULL, mask_time=True))
    )
    for masked in (bands, time):
        assert np.abs(plain.features - masked.features).max() > 0.3
        for wanted, found in zip(plain.strips, masked.strips, strict=True):
            np.testing.assert_array_equal(wanted, found)


def test_gain_and_dropout_can_be_turned_off(corpus: Corpus) -> None:
    rng = np.random.default_rng(0)
    still = replace(TRAINING, gain_db=0.0, least=0.0, most=0.0)
    draw = whole_songs(corpus, [0])
    levels = [
        spoil(corpus, draw, (), rng, severity=still, reference_db=REFERENCE).spoiling.clean_lufs
        for _ in range(2)
    ]
    told = Severity(hide_role=0.0)
    assert told.drop_stems
    # A role drawn at random moves what a stem should be at; the gain no longer does.
    assert np.median(np.abs(levels[0] - levels[1])) == 0.0
    sizes = corpus.songs[:, 1] - corpus.songs[:, 0]
    songs = [random_songs(corpus, 2, rng, drop_stems=False) for _ in range(20)]
    ordinary = [song for song in songs if len(song.rows) == 2]
    assert all(set(song.present.sum(axis=1)) <= set(sizes.tolist()) for song in ordinary)
