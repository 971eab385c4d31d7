"""Peaks for drawing, from arrays and from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixing.audio import SAMPLE_RATE, waveform


def test_each_bin_holds_the_extremes_of_its_stretch_over_both_channels() -> None:
    audio = np.random.default_rng(2).uniform(-1, 1, (2, 1_234_567)).astype(np.float32)
    outline = waveform.peaks(audio, 1200)
    edges = np.arange(1201) * 1_234_567 // 1200
    assert outline.shape == (1200, 2)
    assert outline.dtype == np.float32
    for position in (0, 1, 599, 1199):
        stretch = audio[:, edges[position] : edges[position + 1]]
        assert outline[position].tolist() == [stretch.min(), stretch.max()]


def test_no_sample_is_lost_between_bins() -> None:
    for place in (0, 123_456, 999_999):
        audio = np.zeros((1, 1_000_000), np.float32)
        audio[0, place] = 0.75
        assert np.count_nonzero(waveform.peaks(audio, 777)[:, 1]) == 1


def test_a_file_gives_the_outline_of_its_samples(tmp_path: Path) -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    audio = np.stack((np.sin(time * 300) * 0.5, np.cos(time * 40) * 0.9)).astype(np.float32)
    path = tmp_path / "stem.flac"
    soundfile.write(path, audio.T, SAMPLE_RATE, subtype="PCM_24")
    assert np.allclose(waveform.peaks(path), waveform.peaks(audio), atol=2**-23)


def test_fewer_samples_than_bins_repeat() -> None:
    outline = waveform.peaks(np.array([[0.1, -0.2, 0.3]], np.float32), 6)
    assert outline[:, 0].tolist() == pytest.approx([0.1, 0.1, -0.2, -0.2, 0.3, 0.3])
    assert np.array_equal(outline[:, 0], outline[:, 1])


def test_integers_span_full_scale_and_never_beyond() -> None:
    outline = np.array([[-1.0, 1.0], [-2.0, 7.0], [0.0, 0.5]], np.float32)
    assert waveform.to_integers(outline) == [-127, 127, -127, 127, 0, 64]


def test_nothing_has_no_outline() -> None:
    with pytest.raises(ValueError, match="empty"):
        waveform.peaks(np.zeros((2, 0), np.float32))
    with pytest.raises(ValueError, match="bins"):
        waveform.peaks(np.zeros((2, 10), np.float32), 0)
