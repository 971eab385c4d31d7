"""Log-mel spectrograms against sines, noise and a plain float64 second implementation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixing.audio import SAMPLE_RATE, spectrogram

SECONDS = 2


def sine(frequency_hz: float, level: float = 1.0, seconds: float = SECONDS) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)[None, :]


def total_db(mel: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.sum(10 ** (mel.astype(np.float64) / 10), axis=1))


@pytest.mark.parametrize("frequency_hz", [100.0, 440.0, 1000.0, 5000.0, 15_000.0])
def test_a_full_scale_sine_reads_minus_three_db_in_its_band(frequency_hz: float) -> None:
    mel = spectrogram.log_mel(sine(frequency_hz))
    inside = mel[2:-2]  # the outer frames see zeros beyond the ends
    nearest = int(np.argmin(np.abs(spectrogram.band_centres_hz() - frequency_hz)))
    # A quarter of a dB: below 100 Hz the period of the frame leaks into the mean square.
    assert np.allclose(total_db(inside), -3.01, atol=0.25)
    assert np.all(np.abs(np.argmax(inside, axis=1) - nearest) <= 1)


def test_the_bands_of_white_noise_sum_to_its_mean_square() -> None:
    noise = np.random.default_rng(5).standard_normal((1, 10 * SAMPLE_RATE)).astype(np.float32) * 0.1
    mel = spectrogram.log_mel(noise)[2:-2]
    in_range = 20_000 / (SAMPLE_RATE / 2)  # the share of white noise that lies below 20 kHz
    expected_db = -20.0 + 10 * np.log10(in_range)
    # The outermost triangles fade to zero, which costs under 0.15 dB of white noise.
    assert 10 * np.log10(np.mean(10 ** (total_db(mel) / 10))) == pytest.approx(expected_db, abs=0.2)


def test_it_agrees_with_a_plain_float64_implementation() -> None:
    rng = np.random.default_rng(1)
    audio = (rng.standard_normal((2, 150_001)) * 0.05).astype(np.float32)
    mono = np.pad(audio.astype(np.float64).mean(axis=0), 1024)
    window = np.hanning(2049)[:-1]
    edges = np.concatenate(([20.0], spectrogram.band_centres_hz(), [20_000.0]))
    bins = np.arange(1025) * SAMPLE_RATE / 2048
    weights = np.array([np.interp(bins, edges[k : k + 3], [0, 1, 0]) for k in range(128)])
    expected = []
    for frame in range(1 + 150_001 // 1024):
        piece = np.zeros(2048)
        cut = mono[frame * 1024 : frame * 1024 + 2048]
        piece[: len(cut)] = cut
        power = np.abs(np.fft.rfft(piece * window)) ** 2 * 2 / (2048 * np.sum(window**2))
        expected.append(10 * np.log10(np.maximum(weights @ power, 1e-10)))
    mel = spectrogram.log_mel(audio)
    assert mel.dtype == np.float32
    assert mel.shape == np.shape(expected)
    assert np.max(np.abs(mel - expected)) < 0.02  # dB; float32 FFT


def test_every_band_hears_something() -> None:
    assert np.all(np.diff(spectrogram.band_centres_hz()) > 0)
    click = np.zeros((1, 4096), dtype=np.float32)
    click[0, 2048] = 1.0  # a flat spectrum
    assert np.all(spectrogram.log_mel(click)[2] > spectrogram.FLOOR_DB + 20)


def test_silence_reads_the_floor_and_a_block_border_changes_nothing() -> None:
    assert np.all(spectrogram.log_mel(np.zeros((2, 70_000), np.float32)) == spectrogram.FLOOR_DB)
    whole = spectrogram.log_mel(sine(700.0, seconds=4))
    head = spectrogram.log_mel(sine(700.0, seconds=4)[:, : 66 * 1024])
    assert np.allclose(whole[:65], head[:65], atol=1e-3)


def test_opposite_channels_cancel_and_one_sample_is_enough() -> None:
    left = sine(440.0)
    assert np.all(spectrogram.log_mel(np.concatenate((left, -left))) == spectrogram.FLOOR_DB)
    assert spectrogram.log_mel(np.ones((1, 1), np.float32)).shape == (1, 128)


def test_what_it_cannot_hear_is_refused() -> None:
    with pytest.raises(ValueError, match="not empty"):
        spectrogram.log_mel(np.zeros((2, 0), np.float32))
    with pytest.raises(ValueError, match="channels, samples"):
        spectrogram.log_mel(np.zeros(100, np.float32))
    with pytest.raises(ValueError, match="48000"):
        spectrogram.log_mel(np.zeros((1, 100), np.float32), 48_000)


def test_a_saved_spectrogram_comes_back_in_float16(tmp_path: Path) -> None:
    mel = spectrogram.log_mel(sine(440.0))
    path = tmp_path / "mel"
    spectrogram.save(path, mel, extra=np.arange(3, dtype=np.float32))
    loaded = spectrogram.load(path)
    assert loaded.dtype == np.float16
    np.testing.assert_array_equal(loaded, mel.astype(np.float16))
    assert np.max(np.abs(loaded.astype(np.float32) - mel)) <= 0.032  # half a float16 step at 100
    np.testing.assert_array_equal(spectrogram.load_beside(path, ["extra"])[0], [0.0, 1.0, 2.0])
    assert [file.name for file in tmp_path.iterdir()] == ["mel"]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (0, 1), (511, 513), (512, 1024), (700, 5000), (30, 30), (9, 3)]
)
def test_some_frames_are_those_of_the_whole(start: int, stop: int | None, tmp_path: Path) -> None:
    mel = np.random.default_rng(1).uniform(-100, 0, (1500, 128)).astype(np.float32)
    for path in (tmp_path / "mel", tmp_path / "mel.npy"):
        if path.suffix:
            np.save(path, mel.astype(np.float16))
        else:
            spectrogram.save(path, mel)
        found = spectrogram.load(path, slice(start, stop))
        np.testing.assert_array_equal(found, mel.astype(np.float16)[start:stop])


def test_even_noise_is_stored_in_a_tenth_of_its_wav(tmp_path: Path) -> None:
    """Noise is what compresses least; one channel is what the WAV needs least for."""
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 20 * 44_100)).astype(np.float32)
    path = tmp_path / "mel"
    spectrogram.save(path, spectrogram.log_mel(noise))
    assert path.stat().st_size < 0.1 * 2 * noise.size


def test_files_of_earlier_releases_come_memory_mapped(tmp_path: Path) -> None:
    mel = spectrogram.log_mel(sine(440.0)).astype(np.float16)
    np.save(tmp_path / "mel.npy", mel)
    loaded = spectrogram.load(tmp_path / "mel.npy")
    assert isinstance(loaded, np.memmap)
    np.testing.assert_array_equal(loaded, mel)
    with pytest.raises(ValueError, match="levels"):
        spectrogram.load_beside(tmp_path / "mel.npy", ["levels"])


@pytest.mark.parametrize("keep", [10, 200, -100, -1])
def test_a_file_that_was_cut_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "mel"
    spectrogram.save(path, spectrogram.log_mel(sine(440.0)))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="mel"):
        spectrogram.load(path)


def test_damaged_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mel"
    spectrogram.save(path, spectrogram.log_mel(sine(440.0)))
    data = bytearray(path.read_bytes())
    data[-40:-20] = bytes(20)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="mel"):
        spectrogram.load(path)


def test_a_file_that_is_no_spectrogram_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.npy"
    np.save(wrong, np.zeros((4, 12), np.float16))
    with pytest.raises(ValueError, match="spectrogram"):
        spectrogram.load(wrong)
    np.save(wrong, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        spectrogram.load(wrong)
