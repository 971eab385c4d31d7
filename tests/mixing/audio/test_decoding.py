"""Files from outside: the good ones come out right, the bad ones leave nothing behind.

U2 to U11, U16 and U18 are rows of the project's table of bad input.
"""

from __future__ import annotations

import hashlib
import logging
import random
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from mixing.audio import SAMPLE_RATE, decoding
from mixing.audio.decoding import Decoded, Limits, align, check_song, decode, load
from mixing.audio.encoding import write_mp3
from mixing.audio.errors import AudioRejected
from tests.mixing.audio.building import MARKER, aiff, chunk, id3, sine, sound_file, wav, zip_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder / "kick.wav"


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "stem.flac"


@pytest.fixture(autouse=True)
def _nothing_half_done(destination: Path) -> Iterator[None]:
    """Whatever happened: the destination folder holds one finished file or nothing."""
    yield
    assert [path.name for path in destination.parent.iterdir()] in ([], ["stem.flac"])


def refused(source: Path, destination: Path, **limits: float) -> AudioRejected:
    with pytest.raises(AudioRejected) as refusal:
        decode(source, destination, limits=Limits(**limits))
    assert list(destination.parent.iterdir()) == []
    assert refusal.value.message.endswith(".")
    return refusal.value


LOSSLESS = [
    {"format": "WAV", "subtype": "PCM_U8"},
    {"format": "WAV", "subtype": "PCM_16"},
    {"format": "WAV", "subtype": "PCM_24"},
    {"format": "WAV", "subtype": "PCM_32"},
    {"format": "WAV", "subtype": "FLOAT"},
    {"format": "WAV", "subtype": "DOUBLE"},
    {"format": "WAVEX", "subtype": "PCM_24"},
    {"format": "RF64", "subtype": "PCM_16"},
    {"format": "AIFF", "subtype": "PCM_16"},
    {"format": "AIFF", "subtype": "PCM_24"},
    {"format": "AIFF", "subtype": "FLOAT"},
    {"format": "AIFF", "subtype": "PCM_16", "endian": "LITTLE"},
    {"format": "FLAC", "subtype": "PCM_16"},
    {"format": "FLAC", "subtype": "PCM_24"},
]
LOSSY = [
    {"format": "MP3", "subtype": "MPEG_LAYER_III"},
    {"format": "OGG", "subtype": "VORBIS"},
    {"format": "OGG", "subtype": "OPUS"},
]


def name_of(keywords: dict[str, str]) -> str:
    return "-".join(keywords.values())


@pytest.mark.parametrize("keywords", LOSSLESS, ids=name_of)
def test_every_lossless_format_comes_out_as_it_went_in(
    keywords: dict[str, str], source: Path, destination: Path
) -> None:
    frames = sine(997.0, seconds=1.7, channels=2)
    sound_file(source, frames, 44_100, **keywords)
    decoded = decode(source, destination)
    info = soundfile.info(destination)
    assert (info.samplerate, info.channels, info.format, info.subtype) == (
        44_100,
        2,
        "FLAC",
        "PCM_24",
    )
    assert (decoded.frames, decoded.original_frames, decoded.channels) == (74_970, 74_970, 2)
    assert decoded.duration_s == pytest.approx(1.7)
    assert (decoded.scale_db, decoded.warnings) == (0.0, ())
    assert decoded.peak_dbfs == pytest.approx(-6.02, abs=0.1)
    step = {"PCM_U8": 2**-7, "PCM_16": 2**-15}.get(keywords["subtype"], 2**-23)
    audio = load(destination)
    assert audio.dtype == np.float32
    assert audio.shape == (2, 74_970)
    assert np.max(np.abs(audio - frames.T)) <= step


@pytest.mark.parametrize("keywords", LOSSY, ids=name_of)
def test_lossy_formats_keep_pitch_level_and_length(
    keywords: dict[str, str], source: Path, destination: Path
) -> None:
    sound_file(source, sine(997.0, rate=48_000, seconds=2), 48_000, **keywords)
    decoded = decode(source, destination)
    audio = load(destination)[0]
    middle = audio[SAMPLE_RATE // 2 : SAMPLE_RATE // 2 + 32_768]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(32_768)))
    assert np.argmax(spectrum) * SAMPLE_RATE / 32_768 == pytest.approx(997, abs=1.4)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    # An MP3 frame is 1,152 samples; without a gapless tag one or two of padding may stay.
    assert decoded.frames == pytest.approx(2 * SAMPLE_RATE, abs=2400)
    assert decoded.sample_rate == 48_000


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000])
def test_every_rate_becomes_44100_without_moving_the_sound(
    rate: int, source: Path, destination: Path
) -> None:
    sound_file(source, sine(997.0, rate=rate, seconds=3), rate, subtype="PCM_24")
    decoded = decode(source, destination)
    assert (decoded.sample_rate, decoded.original_frames) == (rate, 3 * rate)
    assert decoded.frames == 3 * SAMPLE_RATE
    expected = sine(997.0, seconds=3)[:, 0]
    inside = slice(4_000, -4_000)  # the filter rings where the sine starts and ends
    # -80 dB below the sine: a shift of a hundredth of a sample would show.
    assert np.max(np.abs(load(destination)[0] - expected)[inside]) < 5e-5


def test_facts_about_the_source_are_kept(source: Path, destination: Path) -> None:
    sound_file(source, sine(level=0.25), 44_100, subtype="PCM_16")
    decoded = decode(source, destination)
    assert decoded.source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert decoded.container == "wav"
    assert 0 < decoded.cpu_seconds < 5
    assert 10 << 20 < decoded.memory_bytes < 300 << 20
    samples = soundfile.read(source, dtype="float32")[0].astype("<f4").tobytes()
    assert decoded.fingerprint == (hashlib.sha256(b"44100 Hz, 1 channels\n" + samples).hexdigest())


def test_the_fingerprint_follows_the_sound_not_the_file(source: Path, destination: Path) -> None:
    fingerprints = []
    for frames, keywords in (
        (sine(), {"format": "WAV", "subtype": "PCM_16"}),
        (sine(), {"format": "AIFF", "subtype": "PCM_16"}),
        (sine(), {"format": "FLAC", "subtype": "PCM_16"}),
        (sine(441.0), {"format": "WAV", "subtype": "PCM_16"}),
    ):
        # As integers: libsndfile rounds floats its own way in each format.
        integers = np.rint(frames * 2**15).astype(np.int16)
        sound_file(source, integers, 44_100, **keywords)
        fingerprints.append(decode(source, destination).fingerprint)
    assert fingerprints[0] == fingerprints[1] == fingerprints[2] != fingerprints[3]


def test_silent_mono_and_shorter_silent_stereo_differ(source: Path, destination: Path) -> None:
    source.write_bytes(wav(bytes(8_000), channels=1))
    mono = decode(source, destination).fingerprint
    source.write_bytes(wav(bytes(8_000), channels=2))
    assert decode(source, destination).fingerprint != mono


def test_the_same_file_gives_the_same_bytes(source: Path, destination: Path) -> None:
    sound_file(source, sine(rate=48_000, channels=2), 48_000)
    decode(source, destination)
    first = destination.read_bytes()
    decode(source, destination)
    assert destination.read_bytes() == first


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_float_file_above_full_scale_is_stored_scaled(
    rate: int, source: Path, destination: Path
) -> None:
    sound_file(source, sine(level=4.0, rate=rate), rate, subtype="FLOAT")
    decoded = decode(source, destination)
    assert decoded.scale_db == pytest.approx(12.04, abs=0.02)
    assert decoded.peak_dbfs == pytest.approx(12.04, abs=0.01)
    assert decoded.warnings == ("above_full_scale",)
    assert np.max(np.abs(load(destination))) <= 1.0
    restored = load(destination, scale_db=decoded.scale_db)[0]
    assert np.max(np.abs(restored - sine(level=4.0)[:, 0])[2000:-2000]) < 2e-4


def test_slices_are_those_of_the_whole(source: Path, destination: Path) -> None:
    sound_file(source, sine(seconds=2, channels=2), 44_100)
    decode(source, destination)
    whole = load(destination)
    for start, stop in ((0, 10), (12_345, 54_321), (80_000, None), (88_199, 10**9), (88_200, None)):
        assert np.array_equal(load(destination, start=start, stop=stop), whole[:, start:stop])
    assert load(destination, start=500, stop=400).shape == (2, 0)
    assert whole.flags.c_contiguous


def test_load_wants_44100_hz(source: Path) -> None:
    sound_file(source, sine(rate=48_000), 48_000, format="FLAC")
    with pytest.raises(ValueError, match="48000"):
        load(source)


# U1, U2


def test_u1_a_file_beyond_the_byte_limit(source: Path, destination: Path) -> None:
    source.write_bytes(wav())
    rejection = refused(source, destination, max_bytes=1000)
    assert (rejection.code, rejection.status) == ("too_large", 413)


@pytest.mark.parametrize(
    "content",
    [b"", wav(b""), wav()[:44], wav()[:36], wav(b"\0"), aiff(b""), aiff(frames=0)],
)
def test_u2_files_without_sound(content: bytes, source: Path, destination: Path) -> None:
    source.write_bytes(content)
    assert refused(source, destination).code == "empty_audio"


@pytest.mark.parametrize(
    ("keywords", "code"),
    [
        ({"format": "FLAC"}, "empty_audio"),
        ({"format": "OGG", "subtype": "VORBIS"}, "empty_audio"),
        ({"format": "OGG", "subtype": "OPUS"}, "decode_failed"),  # libsndfile will not open it
        ({"format": "MP3"}, "empty_audio"),
    ],
)
def test_u2_no_frames_in_a_compressed_file(
    keywords: dict[str, str], code: str, source: Path, destination: Path
) -> None:
    sound_file(source, sine(rate=48_000, seconds=0), 48_000, **keywords)
    assert refused(source, destination).code == code


# U3 to U5: the contents themselves are in test_sniffing


def test_u4_a_playlist_is_never_followed(source: Path, destination: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
        for text in (f"#EXTM3U\n#EXTINF:9,\n{url}\n", f"ffconcat version 1.0\nfile {url}\n"):
            source.write_text(text)
            assert refused(source, destination).status == 415
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_zip_is_no_stem(source: Path, destination: Path) -> None:
    source.write_bytes(zip_file([]))
    assert refused(source, destination).code == "unsupported_type"


# U6: 60 minutes of silence in a small file


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("bomb") / "bomb.flac"
    minute = np.zeros((60 * 44_100, 2), np.int16)
    with soundfile.SoundFile(path, "w", 44_100, 2, format="FLAC", subtype="PCM_16") as file:
        for _ in range(60):
            file.write(minute)
    return path.read_bytes()


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What the child of the last `decode` used, also when it refused the file."""
    used: dict[str, float] = {}
    ask = decoding._ask_child

    def asking(*arguments: object) -> dict[str, dict[str, float]]:
        answer = ask(*arguments)  # type: ignore[arg-type]
        used.update(answer["usage"])
        return answer

    monkeypatch.setattr(decoding, "_ask_child", asking)
    return used


def with_stated_frames(flac: bytes, frames: int) -> bytes:
    fields = struct.unpack_from(">Q", flac, 18)[0] >> 36 << 36 | frames
    return flac[:18] + struct.pack(">Q", fields) + flac[26:]


@pytest.mark.parametrize("stated", [None, 0, 44_100])
def test_u6_a_flac_bomb_is_refused_cheaply(
    stated: int | None,
    bomb: bytes,
    source: Path,
    destination: Path,
    usage: dict[str, float],
) -> None:
    source.write_bytes(bomb if stated is None else with_stated_frames(bomb, stated))
    assert len(bomb) < 1_500_000
    if stated == 44_100:
        # libsndfile stops where the header says: the second that was promised comes out.
        assert decode(source, destination).frames == 44_100
    else:
        assert refused(source, destination).code == "too_long"
    assert usage["memory_bytes"] <= 300 << 20
    assert usage["cpu_seconds"] <= 10


def test_u6_frames_are_counted_while_decoding(source: Path, destination: Path) -> None:
    sound_file(source, sine(seconds=3), 44_100, format="OGG", subtype="VORBIS")
    assert refused(source, destination, max_seconds=2.9).code == "too_long"
    assert decode(source, destination, limits=Limits(max_seconds=3)).frames == 3 * 44_100


# U7, U8


def test_u7_a_data_length_of_ffffffff(source: Path, destination: Path) -> None:
    source.write_bytes(wav(bytes(8_000), data_size=0xFFFFFFFF))
    assert decode(source, destination).frames == 4_000


def test_a_wav_that_was_cut_short_is_taken_with_a_warning(source: Path, destination: Path) -> None:
    source.write_bytes(wav(b"\0\x40" * 4_000, data_size=50_000))
    decoded = decode(source, destination)
    assert (decoded.frames, decoded.warnings) == (4_000, ("truncated",))


def test_a_flac_that_breaks_off_is_refused(source: Path, destination: Path) -> None:
    sound_file(source, sine(seconds=4), 44_100, format="FLAC")
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    assert refused(source, destination).code == "decode_failed"


@pytest.mark.parametrize("channels", [0, 3, 1024, 65_535])
def test_u8_channels(channels: int, source: Path, destination: Path) -> None:
    source.write_bytes(wav(channels=channels, bits=8))
    assert refused(source, destination).code == "unsupported_format"


@pytest.mark.parametrize("rate", [0, 1, 4_000_000_000])
def test_u8_rates(rate: int, source: Path, destination: Path) -> None:
    source.write_bytes(wav(rate=rate))
    assert refused(source, destination).code == "unsupported_format"


def test_u8_one_bit(source: Path, destination: Path) -> None:
    source.write_bytes(wav(bits=1))
    assert refused(source, destination).code == "unsupported_format"


@pytest.mark.parametrize("container", ["FLAC", "OGG"])
def test_u8_surround_in_compressed_files(container: str, source: Path, destination: Path) -> None:
    sound_file(source, np.tile(sine(), 6), 44_100, format=container)
    assert refused(source, destination).code == "unsupported_format"


# U9, U10


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, 2e4])
@pytest.mark.parametrize("place", [0, 70_000])
def test_u9_samples_that_are_no_sound(
    bad: float, place: int, source: Path, destination: Path
) -> None:
    frames = sine(seconds=2)
    frames[place] = bad
    sound_file(source, frames, 44_100, subtype="FLOAT")
    assert refused(source, destination).code == "non_finite"


def test_u9_a_double_beyond_float_and_an_aiff_of_nan(source: Path, destination: Path) -> None:
    source.write_bytes(wav(struct.pack("<d", 1e300) * 100, tag=3, bits=64))
    assert refused(source, destination).code == "non_finite"
    nan = struct.pack(">f", float("nan")) * 100
    source.write_bytes(aiff(nan, bits=32, frames=100, compression=b"fl32"))
    assert refused(source, destination).code == "non_finite"


@pytest.mark.parametrize("tag", [2, 0x11, 0x40, 0x45, 0x14])
def test_u10_adpcm(tag: int, source: Path, destination: Path) -> None:
    source.write_bytes(wav(tag=tag, bits=4))
    rejection = refused(source, destination)
    assert (rejection.code, rejection.status) == ("unsupported_type", 415)


# U11: a decoder that crashes, hangs or eats


CRASHES = {
    "segfault": f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})",
    "abort": "import os; os.abort()",
    "exception": "raise RuntimeError('a bug')",
    "exit": "import sys; sys.exit(3)",
    "silence": "pass",
    "nonsense": "print('{')",
    "flood": "import os\nwhile True: os.write(1, bytes(1 << 16))",
    "half written": "import json, sys, os\n"
    "os.write(json.loads(sys.argv[1])['destination_fd'], b'fLaC'); os.abort()",
}


@pytest.mark.parametrize("way", CRASHES)
def test_u11_a_child_that_crashes_dies_alone(
    way: str, source: Path, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write_bytes(wav())
    monkeypatch.setattr(decoding, "_CHILD", ("-c", CRASHES[way]))
    assert refused(source, destination).code == "decode_failed"
    monkeypatch.undo()
    assert decode(source, destination).frames == 2000  # and the next file is decoded as ever


def test_u11_the_reason_is_logged(
    source: Path,
    destination: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.write_bytes(wav())
    monkeypatch.setattr(decoding, "_CHILD", ("-c", "raise RuntimeError('a bug')"))
    with caplog.at_level(logging.WARNING):
        refused(source, destination)
    assert "a bug" in caplog.text


SLEEPERS = {
    "sleeps": "import time; time.sleep(60)",
    "closes its output and sleeps": "import os, time; os.close(1); time.sleep(60)",
    "has a child of its own": "import subprocess, sys, time\n"
    "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(other.pid, file=sys.stderr, flush=True)\n"
    "time.sleep(60)",
}


@pytest.mark.parametrize("way", SLEEPERS)
def test_u11_a_child_that_hangs_is_killed_with_its_group(
    way: str,
    source: Path,
    destination: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.write_bytes(wav())
    monkeypatch.setattr(decoding, "_CHILD", ("-c", SLEEPERS[way]))
    monkeypatch.setattr(decoding, "_WALL_PER_CPU", 0.7)
    began = time.monotonic()
    assert refused(source, destination, cpu_seconds=1).code == "decode_failed"
    said = caplog.records[0].args[1] if caplog.records[0].args else ""
    for pid in str(said).split():
        # Killed: gone, or a zombie where the machine's first process does not collect. The kernel
        # may take a moment.
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() - began < 60:
                time.sleep(0.02)
            assert process.status() == psutil.STATUS_ZOMBIE


def test_u11_a_decoder_that_never_ends_runs_out_of_cpu(
    source: Path, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = (
        "from mixing.audio import decoder_child as child\n"
        "def spin(*_):\n while True: pass\n"
        "child.decode_stream = spin\n"
        "child.main()"
    )
    source.write_bytes(wav())
    monkeypatch.setattr(decoding, "_CHILD", ("-c", endless))
    monkeypatch.setattr(decoding, "_WALL_PER_CPU", 600)
    began = time.monotonic()
    assert refused(source, destination, cpu_seconds=1).code == "decode_failed"
    assert time.monotonic() - began < 300, "it was killed for its age"


def test_u11_a_decoder_that_eats_memory_is_stopped(
    source: Path, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = (
        "from mixing.audio import decoder_child as child\n"
        "child.decode_stream = lambda *_: bytearray(2 << 30)\n"
        "child.main()"
    )
    source.write_bytes(wav())
    monkeypatch.setattr(decoding, "_CHILD", ("-c", greedy))
    assert refused(source, destination).code == "decode_failed"


def test_u11_damaged_files_are_read_or_refused_and_nothing_else(
    source: Path, destination: Path
) -> None:
    rng = random.Random(11)
    for keywords in (*LOSSY, {"format": "FLAC"}, {"format": "WAV"}):
        sound_file(source, sine(rate=48_000, seconds=0.5), 48_000, **keywords)
        honest = source.read_bytes()
        for _ in range(3):
            damaged = bytearray(honest)
            for _ in range(20):
                damaged[rng.randrange(4, len(damaged))] = rng.randrange(256)
            source.write_bytes(damaged)
            try:
                assert decode(source, destination).frames <= 30 * 44_100
            except AudioRejected as rejection:
                assert rejection.code in (  # noqa: PT017 - either way is right
                    "decode_failed",
                    "unsupported_type",
                    "unsupported_format",
                    "empty_audio",
                    "too_long",
                )
            destination.unlink(missing_ok=True)


def test_a_full_disk_is_no_fault_of_the_file(
    source: Path, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 0})()
    monkeypatch.setattr(decoding, "_CHILD", ("-c", "raise OSError(28, 'No space left')"))
    monkeypatch.setattr(decoding.shutil, "disk_usage", lambda _: usage)
    source.write_bytes(wav())
    with pytest.raises(OSError, match="space"):
        decode(source, destination)
    assert list(destination.parent.iterdir()) == []


def test_the_child_inherits_nothing_of_the_environment(
    source: Path, destination: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "environment"
    monkeypatch.setenv("SECRET_KEY", "planted")
    monkeypatch.setattr(
        decoding, "_CHILD", ("-c", f"import os; open({str(seen)!r}, 'w').write(repr(os.environ))")
    )
    source.write_bytes(wav())
    refused(source, destination)
    assert "PYTHONPATH" in seen.read_text()
    assert "planted" not in seen.read_text()


# U16


def test_u16_tags_and_covers_are_dropped(source: Path, destination: Path) -> None:
    sound_file(source, sine(), 44_100, format="MP3")
    source.write_bytes(id3(50 << 20) + source.read_bytes())
    assert decode(source, destination).frames > 44_000
    assert destination.stat().st_size < 200_000
    assert MARKER not in destination.read_bytes()


def test_u16_a_cover_does_not_count_as_length(source: Path, destination: Path) -> None:
    """Without a Xing tag (this encoder writes none) decoders guess it from the file's size."""
    write_mp3(sine(seconds=3, channels=2).T, source)
    source.write_bytes(id3(50 << 20) + source.read_bytes())
    decoded = decode(source, destination)
    assert decoded.duration_s == pytest.approx(3.0, abs=0.1)
    assert decoded.warnings == ()


def test_u16_riff_tags_are_dropped(source: Path, destination: Path) -> None:
    tag = chunk(b"LIST", b"INFO" + chunk(b"INAM", MARKER))
    source.write_bytes(wav(bytes(4000), extra=tag) + tag)
    assert decode(source, destination).frames == 2000
    assert MARKER not in destination.read_bytes()


@pytest.mark.parametrize("keywords", [{"format": "FLAC"}, {"format": "OGG"}], ids=name_of)
def test_u16_vorbis_comments_are_dropped(
    keywords: dict[str, str], source: Path, destination: Path
) -> None:
    with soundfile.SoundFile(source, "w", 44_100, 1, **keywords) as file:
        file.title = MARKER.decode()
        file.write(sine())
    assert MARKER in source.read_bytes()
    decode(source, destination)
    assert MARKER not in destination.read_bytes()


# U18


def test_u18_stems_of_other_rates_and_lengths_are_aligned(source: Path, destination: Path) -> None:
    stems = []
    for rate, seconds, channels in ((48_000, 1.0, 1), (44_100, 2.0, 2), (96_000, 1.5, 2)):
        sound_file(source, sine(rate=rate, seconds=seconds, channels=channels), rate)
        decode(source, destination)
        stems.append(load(destination))
    aligned = align(stems)
    assert [stem.shape for stem in aligned] == [(1, 88_200), (2, 88_200), (2, 88_200)]
    assert np.array_equal(aligned[0][:, :44_100], stems[0])
    assert not aligned[0][:, 44_100:].any()
    assert aligned[1] is stems[1]
    assert align([]) == []


def silent_and_loud(source: Path, destination: Path) -> tuple[Decoded, Decoded]:
    source.write_bytes(wav(bytes(4000)))
    silent = decode(source, destination)
    source.write_bytes(wav(b"\0\x40" * 2000))
    return silent, decode(source, destination)


def test_u18_a_silent_stem_is_taken_and_all_silent_is_refused(
    source: Path, destination: Path
) -> None:
    silent, loud = silent_and_loud(source, destination)
    assert (silent.peak_dbfs, silent.warnings, silent.is_silent) == (-200.0, ("silent",), True)
    assert not loud.is_silent
    check_song([silent, loud])
    for stems, code in (
        ([], "empty_audio"),
        ([silent, silent], "too_quiet"),
        ([loud] * 33, "too_many_stems"),
    ):
        with pytest.raises(AudioRejected) as refusal:
            check_song(stems)
        assert refusal.value.code == code
    check_song([replace(loud, warnings=())] * 32)
