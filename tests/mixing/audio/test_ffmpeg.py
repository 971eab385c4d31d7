"""Opus and AAC by ffmpeg: what goes in comes out, nothing is left of what fails."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mixing.audio import ffmpeg
from mixing.audio.ffmpeg import Codec
from tests.mixing.audio.building import sine

CODECS: tuple[Codec, ...] = ("opus", "aac")
needs_ffmpeg = pytest.mark.skipif(len(ffmpeg.codecs()) < 2, reason="no ffmpeg with both encoders")


def music(channels: int = 2) -> NDArray[np.float32]:
    return np.ascontiguousarray(sine(997.0, seconds=2.0, channels=channels).T)


@needs_ffmpeg
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", CODECS)
def test_pitch_and_level_survive(codec: Codec, channels: int, tmp_path: Path) -> None:
    coded, decoded = tmp_path / "coded", tmp_path / "decoded.wav"
    ffmpeg.write(music(channels), coded, codec)
    command = ["ffmpeg", "-loglevel", "error", "-i", str(coded), "-ar", "44100", str(decoded)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    read, rate = soundfile.read(decoded, always_2d=True)
    assert (rate, read.shape[1]) == (44_100, channels)
    assert len(read) == pytest.approx(2 * 44_100, abs=4096)
    middle = read[22_050 : 22_050 + 32_768]
    spectrum = np.abs(np.fft.rfft(middle[:, 0] * np.hanning(32_768)))
    assert np.argmax(spectrum) * 44_100 / 32_768 == pytest.approx(997, abs=1.4)
    assert np.sqrt((middle[:, 0] ** 2).mean()) == pytest.approx(0.3536, rel=0.01)


@needs_ffmpeg
@pytest.mark.parametrize("codec", CODECS)
def test_the_same_samples_give_the_same_bytes_without_tags(codec: Codec, tmp_path: Path) -> None:
    path = tmp_path / "coded"
    ffmpeg.write(music(), path, codec)
    first = path.read_bytes()
    ffmpeg.write(np.asfortranarray(music()), path, codec)
    assert path.read_bytes() == first
    for trace in (b"title", b"artist", b"date", b"Lavf5", b"creation"):
        assert trace not in first


@needs_ffmpeg
def test_what_is_no_audio_is_not_written(tmp_path: Path) -> None:
    broken = music()
    broken[1, 70_000] = np.nan
    for audio in (broken, np.zeros((3, 10), np.float32), np.zeros(10, np.float32)):
        with pytest.raises(ValueError, match="audio"):
            ffmpeg.write(audio, tmp_path / "coded", "opus")
    assert list(tmp_path.iterdir()) == []


@needs_ffmpeg
def test_what_ffmpeg_says_when_it_fails(tmp_path: Path) -> None:
    with pytest.raises(ffmpeg.EncodingFailed, match=r"(?i)rate|invalid"):
        ffmpeg.write(music(), tmp_path / "coded", "aac", rate=-1)
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ffmpeg.codecs.cache_clear()
    try:
        assert ffmpeg.codecs() == frozenset()
        with pytest.raises(ffmpeg.EncoderMissing):
            ffmpeg.write(music(), tmp_path / "coded", "opus")
    finally:
        ffmpeg.codecs.cache_clear()


def test_an_ffmpeg_that_does_not_work_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    ffmpeg.codecs.cache_clear()
    try:
        assert ffmpeg.codecs() == frozenset()
    finally:
        ffmpeg.codecs.cache_clear()
