"""What is written can be read by others, is the same every time, and carries nothing else."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.encoding import write_flac, write_mp3, write_wav
from tests.mixing.audio.building import sine

Write = Callable[..., None]

WRITERS: dict[str, tuple[Write, dict[str, object]]] = {
    "wav 16": (write_wav, {"bits": 16}),
    "wav 24": (write_wav, {"bits": 24}),
    "wav float": (write_wav, {"bits": "32f"}),
    "flac 16": (write_flac, {"bits": 16}),
    "flac 24": (write_flac, {"bits": 24}),
    "mp3": (write_mp3, {"kbps": 192}),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mix"


def music(seconds: float = 2.5, channels: int = 2) -> NDArray[np.float32]:
    return np.ascontiguousarray(sine(997.0, seconds=seconds, channels=channels).T)


@pytest.mark.parametrize("bits", [24, "32f"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_holds_the_samples(bits: int | str, channels: int, path: Path) -> None:
    audio = music(1.00001, channels)  # an odd number of frames: the pad byte matters
    write_wav(audio, path, bits=bits)  # type: ignore[arg-type]
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.frames) == (44_100, channels, audio.shape[1])
    assert info.subtype == ("FLOAT" if bits == "32f" else "PCM_24")
    read = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    assert np.max(np.abs(read - audio)) <= (0 if bits == "32f" else 2**-24)
    content = path.read_bytes()
    assert len(content) % 2 == 0
    assert int.from_bytes(content[4:8], "little") == len(content) - 8


@pytest.mark.parametrize("bits", [16, 24])
def test_wav_is_read_by_python_too(bits: int, path: Path) -> None:
    write_wav(music(), path, bits=bits)  # type: ignore[arg-type]
    with wave.open(io.BytesIO(path.read_bytes())) as file:
        assert (file.getframerate(), file.getsampwidth() * 8) == (44_100, bits)


def test_flac_24_is_exact(path: Path) -> None:
    integers = np.random.default_rng(1).integers(-(2**23), 2**23, (2, 100_000))
    audio = (integers / 2**23).astype(np.float32)
    write_flac(audio, path)
    info = soundfile.info(path)
    assert (info.format, info.subtype) == ("FLAC", "PCM_24")
    assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, audio)


@pytest.mark.parametrize("write", [write_wav, write_flac])
def test_16_bits_are_dithered(write: Write, path: Path) -> None:
    # A tenth of a 16-bit step vanishes without dither; with it, it is there under the noise.
    quiet = (sine(997.0, seconds=4, level=0.1 / 2**15).T).astype(np.float32)
    write(quiet, path, bits=16)
    read = soundfile.read(path, dtype="float64")[0]
    assert read @ quiet[0] / (quiet[0] @ quiet[0].astype(np.float64)) == pytest.approx(1, abs=0.1)
    # TPDF: noise power of two uniform steps and the rounding, 3 / 12 of a step squared.
    noise = (read - quiet[0]) * 2**15
    assert np.var(noise) == pytest.approx(0.25, rel=0.02)
    assert abs(np.mean(noise)) < 0.01


def test_full_scale_and_beyond_is_clipped_not_wrapped(path: Path) -> None:
    audio = np.array([[1.0, -1.0, 2.0, -2.0] * 50], np.float32)
    for write, bits in ((write_wav, 16), (write_wav, 24), (write_flac, 16), (write_flac, 24)):
        write(audio, path, bits=bits)
        read = soundfile.read(path, dtype="float64")[0]
        assert np.max(np.abs(read - np.clip(audio[0], -1, 1))) < 3 / 2 ** (bits - 1)


def test_float_wav_keeps_what_is_beyond_full_scale(path: Path) -> None:
    write_wav(np.array([[4.0, -3.5]], np.float32), path, bits="32f")
    assert soundfile.read(path)[0].tolist() == [4.0, -3.5]


def test_mp3_keeps_pitch_level_and_bit_rate(path: Path) -> None:
    write_mp3(music(4), path, kbps=320)
    assert path.stat().st_size == pytest.approx(4 * 320_000 / 8, rel=0.02)
    read, rate = soundfile.read(path, dtype="float32")
    assert (rate, read.shape[1], soundfile.info(path).format) == (44_100, 2, "MP3")
    middle = read[SAMPLE_RATE : SAMPLE_RATE + 32_768]
    spectrum = np.abs(np.fft.rfft(middle[:, 0] * np.hanning(32_768)))
    assert np.argmax(spectrum) * SAMPLE_RATE / 32_768 == pytest.approx(997, abs=1.4)
    level = np.sqrt(np.mean(middle**2, axis=0))
    assert level == pytest.approx([0.3536, 0.1768], rel=0.01)


def test_mono_mp3(path: Path) -> None:
    write_mp3(music(1, channels=1), path)
    assert soundfile.info(path).channels == 1


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_samples_give_the_same_bytes(name: str, path: Path) -> None:
    write, keywords = WRITERS[name]
    write(music(), path, **keywords)
    first = path.read_bytes()
    write(np.asfortranarray(music()), path, **keywords)
    assert path.read_bytes() == first
    for trace in (b"ID3", b"LIST", b"PEAK", b"artist"):
        assert trace not in first


@pytest.mark.parametrize("name", WRITERS)
def test_a_minute_is_written_whole(name: str, path: Path) -> None:
    write, keywords = WRITERS[name]
    write(music(60, channels=1), path, **keywords)
    frames = soundfile.info(path).frames
    assert frames == pytest.approx(60 * SAMPLE_RATE, abs=6 * 1152 if name == "mp3" else 0)


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_no_audio_is_not_written(name: str, path: Path) -> None:
    write, keywords = WRITERS[name]
    broken = music()
    broken[1, 70_000] = np.nan
    for audio in (broken, np.zeros((3, 10), np.float32)):
        with pytest.raises(ValueError, match="audio"):
            write(audio, path, **keywords)
    with pytest.raises(ValueError, match="audio"):
        write(np.zeros(10, np.float32), path, **keywords)
    assert list(path.parent.iterdir()) == []


def test_odd_bit_rates_are_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="kbps"):
        write_mp3(music(), path, kbps=100)


def test_no_samples_make_an_empty_wav(path: Path) -> None:
    write_wav(np.zeros((2, 0), np.float32), path)
    assert soundfile.info(path).frames == 0
