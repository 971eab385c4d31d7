"""Headers that lie (rows U7, U8, U10), read by our own code before any decoder."""

from __future__ import annotations

import random
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixing.audio.errors import AudioRejected
from mixing.audio.headers import Header, check_header, read_header
from mixing.audio.readers import PcmReader, open_reader
from mixing.audio.sniffing import Container
from tests.mixing.audio.building import aiff, chunk, id3, sine, sound_file, wav


def header_of(content: bytes, container: Container, tmp_path: Path) -> Header:
    path = tmp_path / "x"
    path.write_bytes(content)
    with FileIO(path) as file:
        return read_header(file, container)


def refusal_of(content: bytes, container: Container, tmp_path: Path) -> tuple[str, int]:
    with pytest.raises(AudioRejected) as refusal:
        check_header(header_of(content, container, tmp_path), 900)
    return refusal.value.code, refusal.value.status


@pytest.mark.parametrize("tag", [2, 6, 7, 0x11, 0x14, 0x31, 0x40, 0x45, 0x55, 0x64, 0xFFFF, 0])
def test_compressed_wav_is_refused_before_a_decoder_sees_it(tag: int, tmp_path: Path) -> None:
    assert refusal_of(wav(tag=tag, bits=4), "wav", tmp_path) == ("unsupported_type", 415)
    extensible = wav(tag=0xFFFE, subformat=tag)
    assert refusal_of(extensible, "wav", tmp_path) == ("unsupported_type", 415)


def test_an_extensible_wav_of_an_unknown_family_is_refused(tmp_path: Path) -> None:
    content = wav(tag=0xFFFE, subformat=1).replace(b"\x80\x00\x00\xaa", b"\x80\x00\x00\xab")
    assert refusal_of(content, "wav", tmp_path) == ("unsupported_type", 415)


@pytest.mark.parametrize("compression", [b"ima4", b"ulaw", b"MAC3", b"GSM ", b"????"])
def test_compressed_aiff_is_refused_too(compression: bytes, tmp_path: Path) -> None:
    content = aiff(compression=compression)
    assert refusal_of(content, "aiff", tmp_path) == ("unsupported_type", 415)


@pytest.mark.parametrize("tag", [1, 3])
def test_wav_and_aiff_never_reach_libsndfile(tag: int, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(wav(tag=tag, bits=32))
    with FileIO(path) as file:
        assert isinstance(open_reader(file, read_header(file, "wav")), PcmReader)


@pytest.mark.parametrize("channels", [0, 3, 6, 1024, 65_535])
def test_a_stem_is_mono_or_stereo(channels: int, tmp_path: Path) -> None:
    # 65,535 channels do not fit the header's own frame size field, which is refused as well.
    for content, container in (
        (wav(channels=channels, bits=8), "wav"),
        (aiff(channels=channels), "aiff"),
    ):
        assert refusal_of(content, container, tmp_path) == ("unsupported_format", 422)


@pytest.mark.parametrize("rate", [0, 1, 7_999, 192_001, 4_000_000_000])
def test_sample_rates_beyond_reason_are_refused(rate: int, tmp_path: Path) -> None:
    for content, container in ((wav(rate=rate), "wav"), (aiff(rate=rate), "aiff")):
        assert refusal_of(content, container, tmp_path) == ("unsupported_format", 422)


@pytest.mark.parametrize("bits", [0, 1, 4, 12, 20, 48, 64, 65_535])
def test_odd_sample_sizes_are_refused(bits: int, tmp_path: Path) -> None:
    assert refusal_of(wav(bits=bits), "wav", tmp_path) == ("unsupported_format", 422)
    if bits < 1 << 15:
        assert refusal_of(aiff(bits=bits), "aiff", tmp_path) == ("unsupported_format", 422)


def test_a_header_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    content = bytearray(wav())
    content[32:34] = b"\x07\0"  # bytes per frame
    assert refusal_of(bytes(content), "wav", tmp_path) == ("unsupported_format", 422)


def test_frames_are_counted_from_the_bytes_that_exist(tmp_path: Path) -> None:
    for size, truncated in ((4000, False), (5000, True), (0xFFFFFFFF, False), (2000, False)):
        header = header_of(wav(bytes(4000), data_size=size), "wav", tmp_path)
        assert header.frames == (1000 if size == 2000 else 2000)
        assert header.is_truncated is truncated


def test_an_aiff_header_that_promises_more_is_cut_to_what_there_is(tmp_path: Path) -> None:
    assert header_of(aiff(frames=4_000_000_000), "aiff", tmp_path).frames == 2000
    assert header_of(aiff(frames=10), "aiff", tmp_path).frames == 10


@pytest.mark.parametrize("extra", [chunk(b"LIST", b"INFO" + bytes(9)), chunk(b"junk", b"x" * 33)])
def test_other_chunks_are_stepped_over(extra: bytes, tmp_path: Path) -> None:
    assert header_of(wav(extra=extra), "wav", tmp_path).frames == 2000


def test_half_a_million_chunks_are_not_read(tmp_path: Path) -> None:
    content = wav(extra=chunk(b"junk", b"") * 500_000)
    assert refusal_of(content, "wav", tmp_path) == ("decode_failed", 422)


def test_a_wav_without_sound_is_empty(tmp_path: Path) -> None:
    for content in (wav(b""), wav(b"x"), wav()[:36]):
        assert refusal_of(content, "wav", tmp_path) == ("empty_audio", 422)
    assert refusal_of(aiff(b""), "aiff", tmp_path) == ("empty_audio", 422)


@pytest.mark.parametrize(
    ("container", "keywords"),
    [
        ("wav", {"format": "WAV", "subtype": "PCM_24"}),
        ("wav", {"format": "WAVEX", "subtype": "FLOAT"}),
        ("wav", {"format": "RF64", "subtype": "PCM_32"}),
        ("aiff", {"format": "AIFF", "subtype": "PCM_24"}),
        ("flac", {"format": "FLAC", "subtype": "PCM_24"}),
        ("ogg", {"format": "OGG", "subtype": "VORBIS"}),
        ("ogg", {"format": "OGG", "subtype": "OPUS"}),
        ("mp3", {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_it_agrees_with_libsndfile_on_honest_files(
    container: Container, keywords: dict[str, str], channels: int, tmp_path: Path
) -> None:
    path = sound_file(tmp_path / "x", sine(rate=48_000, channels=channels), 48_000, **keywords)
    with FileIO(path) as file:
        header = read_header(file, container)
    info = soundfile.info(path)
    assert (header.sample_rate, header.channels) == (info.samplerate, info.channels)
    assert header.frames in (None, info.frames)
    assert (header.frames is None) == (container in ("ogg", "mp3"))


def test_mp3_of_every_version_behind_a_tag(tmp_path: Path) -> None:
    for rate in (8_000, 22_050, 44_100):
        path = sound_file(tmp_path / "x", sine(rate=rate), rate, format="MP3")
        header = header_of(id3(50) + path.read_bytes(), "mp3", tmp_path)
        assert (header.sample_rate, header.channels) == (rate, 1)


def test_damaged_headers_end_in_a_rejection_and_nothing_else(tmp_path: Path) -> None:
    rng = random.Random(7)
    honest: list[tuple[bytes, Container]] = [(wav(bytes(200)), "wav"), (aiff(bytes(200)), "aiff")]
    for container, keywords in (("flac", {"format": "FLAC"}), ("ogg", {"format": "OGG"})):
        path = sound_file(tmp_path / "honest", sine(seconds=0.1), 44_100, **keywords)
        honest.append((path.read_bytes(), container))
    outcomes = set()
    for _ in range(500):
        content, container = rng.choice(honest)
        damaged = bytearray(content[: rng.choice((len(content), rng.randrange(13, 100)))])
        for _ in range(rng.randrange(6)):
            damaged[rng.randrange(12, min(len(damaged), 120))] = rng.choice((0, 1, 255, 128, 16))
        try:
            check_header(header_of(bytes(damaged), container, tmp_path), 900)
            outcomes.add("read")
        except AudioRejected as rejection:
            outcomes.add(rejection.code)
    assert {"read", "decode_failed", "empty_audio", "unsupported_format"} <= outcomes


def test_pcm_samples_are_read_to_the_last_bit(tmp_path: Path) -> None:
    for bits, expected in (
        (8, [(-128) / 128, 0, 127 / 128]),
        (16, [-1, 0, 32767 / 32768]),
        (24, [-1, 0, (2**23 - 1) / 2**23]),
        (32, [-1, 0, 1]),
    ):
        top = 1 << bits - 1
        values = [(0, 128, 255) if bits == 8 else (-top, 0, top - 1)][0]
        little = b"".join(v.to_bytes(bits // 8, "little", signed=bits > 8) for v in values)
        big = b"".join(
            (v - 128 if bits == 8 else v).to_bytes(bits // 8, "big", signed=True) for v in values
        )
        for content, container in (
            (wav(little, bits=bits), "wav"),
            (aiff(big, bits=bits, frames=3), "aiff"),
        ):
            path = tmp_path / "x"
            path.write_bytes(content)
            with FileIO(path) as file:
                reader = open_reader(file, read_header(file, container))
                samples = np.concatenate(list(reader.blocks()))
            assert samples.dtype == np.float32
            assert samples.reshape(-1).tolist() == np.float32(expected).tolist(), (bits, container)
