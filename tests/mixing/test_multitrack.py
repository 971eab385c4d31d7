"""Tracks are read, padded, remembered and paged without changing a sample."""

from pathlib import Path

import numpy as np
import pytest

from mixing.audio import SAMPLE_RATE
from mixing.audio.encoding import write_flac
from mixing.hot_audio import HotAudio, paged_reader
from mixing.multitrack import AFTER_S, BEFORE_S, Multitrack, Track, read_track


def make_track(folder: Path, name: str, frames: int, channels: int = 1) -> Track:
    rng = np.random.default_rng(frames)
    audio = (0.1 * rng.standard_normal((channels, frames))).astype(np.float32)
    path = folder / f"{name}.flac"
    write_flac(audio, path)
    return Track(path, path, channels, frames, 6.0, -20.0, 0.0, None)


@pytest.fixture
def short(tmp_path: Path) -> Track:
    return make_track(tmp_path, "short", 1000)


@pytest.fixture
def long(tmp_path: Path) -> Track:
    return make_track(tmp_path, "long", 3000, channels=2)


def test_shorter_tracks_end_in_silence(short: Track, long: Track) -> None:
    multitrack = Multitrack((short, long), (0, 3000))
    assert multitrack.frames == 3000
    first, second = multitrack.load(0, 3000)
    assert (first.shape, second.shape) == ((1, 3000), (2, 3000))
    np.testing.assert_array_equal(first[:, :1000], read_track(short, 0, 1000))
    assert not first[:, 1000:].any()


def test_a_stretch_beyond_a_tracks_end_is_silent(short: Track, long: Track) -> None:
    first, second = Multitrack((short, long), (0, 3000)).load(1500, 2500)
    assert (first.shape, second.shape) == ((1, 1000), (2, 1000))
    assert not first.any()


def test_what_was_scaled_down_comes_back_at_its_level(short: Track) -> None:
    stored = Track(short.audio, short.mel, 1, 1000, 0.0, -20.0, 0.0, None)
    # 6 dB are a factor of 1.9953.
    np.testing.assert_allclose(
        read_track(short, 0, 1000), 1.9953 * read_track(stored, 0, 1000), rtol=1e-4
    )


def test_loading_tells_how_far_it_is(short: Track, long: Track) -> None:
    told: list[float] = []
    Multitrack((short, long), (0, 3000)).load(0, 3000, progress=told.append)
    assert told == [0.5, 1.0]


def test_surroundings_stay_inside_the_song(long: Track) -> None:
    before, after = round(BEFORE_S * SAMPLE_RATE), round(AFTER_S * SAMPLE_RATE)
    frames = 100 * SAMPLE_RATE
    whole = Track(long.audio, long.mel, 2, frames, 0.0, -20.0, 0.0, None)
    start, stop = 30 * SAMPLE_RATE, 60 * SAMPLE_RATE
    assert Multitrack((whole,), (start, stop)).surroundings == (start - before, stop + after)
    assert Multitrack((whole,), (0, frames)).surroundings == (0, frames)


def test_hot_tracks_are_read_once_and_cannot_be_changed(long: Track) -> None:
    hot = HotAudio()
    first = hot(long, 0, 3000)
    assert hot(long, 0, 3000) is first
    np.testing.assert_array_equal(first, read_track(long, 0, 3000))
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1.0
    np.testing.assert_array_equal(hot(long, 100, 200), first[:, 100:200])


def test_the_least_recently_used_leaves_first(tmp_path: Path) -> None:
    tracks = [make_track(tmp_path, f"{n}", 1000 + n) for n in range(3)]
    hot = HotAudio(budget_bytes=9000)
    first = hot(tracks[0], 0, 1000)
    second = hot(tracks[1], 0, 1000)
    assert hot(tracks[0], 0, 1000) is first
    hot(tracks[2], 0, 1000)
    assert hot.held_bytes == 8000
    assert hot(tracks[0], 0, 1000) is first
    assert hot(tracks[1], 0, 1000) is not second


def test_a_track_larger_than_the_budget_is_not_kept(long: Track) -> None:
    hot = HotAudio(budget_bytes=100)
    np.testing.assert_array_equal(hot(long, 0, 3000), read_track(long, 0, 3000))
    assert hot.held_bytes == 0


def test_paged_tracks_are_the_same_and_leave_no_file(
    short: Track, long: Track, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    multitrack = Multitrack((short, long), (0, 3000))
    paged = multitrack.load(0, 3000, read=paged_reader(scratch))
    for one, other in zip(paged, multitrack.load(0, 3000), strict=True):
        assert isinstance(one, np.memmap)
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(paged_reader(scratch)(long, 500, 700), read_track(long, 500, 700))
    assert list(scratch.iterdir()) == []
    assert multitrack.decoded_bytes == 4 * 3 * 3000
