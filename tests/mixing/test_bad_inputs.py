"""The project's table of bad input, through the API: what is answered, and that nothing is left.

What can be told from the first bytes is answered to the request (`answered`). What only decoding
finds is told by the stem or the upload, with the code and status the request would have got
(`told_later`). The rows in detail: tests/mixing/audio/test_decoding.py and test_archives.py.
"""

import io
import stat
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from rest_framework.test import APIClient

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Song, Stem, Upload
from mixing.transfer import CHUNK_TYPE
from tests.mixing import making
from tests.mixing.audio.building import MARKER, Entry, chunk, id3, wav, zip_file
from tests.mixing.conftest import Work

KICK = making.wav_of(making.KICK)


@pytest.fixture
def api(api_of: Callable[[User], APIClient], owner: User) -> APIClient:
    return api_of(owner)


@pytest.fixture
def song_url(api: APIClient) -> str:
    song = api.post("/api/v1/songs/", {"title": "Bad input"}).json()
    return f"/api/v1/songs/{song['id']}/"


def begin(api: APIClient, song_url: str, name: str, size: int) -> Any:
    return api.post(f"{song_url}uploads/", {"name": name, "size": size})


def send(api: APIClient, upload_id: str, data: bytes, offset: int = 0, **headers: str) -> Any:
    return api.generic(
        "PATCH",
        f"/api/v1/uploads/{upload_id}/",
        data,
        content_type=CHUNK_TYPE,
        headers={"Upload-Offset": str(offset), **headers},
    )


def offer(api: APIClient, song_url: str, data: bytes, name: str = "kick.wav") -> Any:
    begun = begin(api, song_url, name, len(data))
    return send(api, begun.json()["id"], data) if begun.status_code == 201 else begun


def assert_nothing_left(owner: User, work: Work) -> None:
    work()
    owner.refresh_from_db()
    assert (making.left_files(), owner.storage_bytes) == ([], 0)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        pytest.param(b"", 422, "empty_audio", id="U2 no bytes"),
        pytest.param(b"<html><script>", 415, "unsupported_type", id="U3 HTML"),
        pytest.param(b"%PDF-1.7 ...", 415, "unsupported_type", id="U3 PDF"),
        pytest.param(b"\x7fELF" + bytes(60), 415, "unsupported_type", id="U3 ELF"),
        pytest.param(b"MZ" + bytes(60), 415, "unsupported_type", id="U3 EXE"),
        pytest.param(b"#EXTM3U\nhttp://x/a.ts\n", 415, "unsupported_type", id="U4 playlist"),
        pytest.param(b"ffconcat version 1.0\n", 415, "unsupported_type", id="U5 ffconcat"),
        pytest.param(b"v=0\r\no=- 0 0 IN IP4\r\n", 415, "unsupported_type", id="U5 SDP"),
        pytest.param(b"<?xml version='1.0'?>", 415, "unsupported_type", id="U5 XML"),
    ],
)
def test_answered(
    api: APIClient, song_url: str, owner: User, work: Work, data: bytes, status: int, code: str
) -> None:
    answer = offer(api, song_url, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Upload.objects.exists()
    assert not Stem.objects.exists()
    assert_nothing_left(owner, work)


def floats(value: float) -> bytes:
    samples = np.zeros(4410, "<f4")
    samples[1000] = value
    return wav(samples.tobytes(), tag=3, bits=32)


def flac(frames: np.ndarray, rate: int = 44_100) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, frames, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


SIXTEEN_SILENT_MINUTES = flac(np.zeros(16 * 60 * 8000, np.int16), 8000)
BROKEN_OFF = flac((making.sound(making.KICK) * 32_000).astype(np.int16))[:20_000]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        pytest.param(SIXTEEN_SILENT_MINUTES, 422, "too_long", id="U6 FLAC bomb"),
        pytest.param(BROKEN_OFF, 422, "decode_failed", id="U11 damaged"),
        pytest.param(wav(b""), 422, "empty_audio", id="U2 no frames"),
        pytest.param(b"RIFF\x24\x00\x00\x00WAVE", 422, "empty_audio", id="U2 header only"),
        pytest.param(wav(bytes(3 * 2000), channels=3), 422, "unsupported_format", id="U8 3 ch"),
        pytest.param(wav(channels=1024), 422, "unsupported_format", id="U8 1024 channels"),
        pytest.param(wav(rate=1), 422, "unsupported_format", id="U8 1 Hz"),
        pytest.param(wav(rate=4_000_000_000), 422, "unsupported_format", id="U8 4 GHz"),
        pytest.param(wav(bits=1), 422, "unsupported_format", id="U8 1 bit"),
        pytest.param(floats(np.nan), 422, "non_finite", id="U9 NaN"),
        pytest.param(floats(np.inf), 422, "non_finite", id="U9 Inf"),
        pytest.param(floats(1e30), 422, "non_finite", id="U9 1e30"),
        pytest.param(wav(tag=0x11, bits=4), 415, "unsupported_type", id="U10 IMA ADPCM"),
        pytest.param(wav(tag=2, bits=4), 415, "unsupported_type", id="U10 MS ADPCM"),
    ],
)
def test_told_later(
    api: APIClient, song_url: str, owner: User, work: Work, data: bytes, status: int, code: str
) -> None:
    stem_id = offer(api, song_url, data).json()["stem"]
    work()
    stem = api.get(f"/api/v1/stems/{stem_id}/").json()
    assert stem["state"] == JobState.FAILED
    assert (stem["error"]["status"], stem["error"]["code"]) == (status, code)
    assert_nothing_left(owner, work)
    # The row that tells why can be dismissed, or the file tried again.
    assert api.delete(f"/api/v1/stems/{stem_id}/").status_code == 204
    assert not Stem.objects.exists()


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        pytest.param([Entry(b"../kick.wav")], "bad_archive", id="U12 parent"),
        pytest.param([Entry(b"/etc/kick.wav")], "bad_archive", id="U12 absolute"),
        pytest.param([Entry(b"C:\\kick.wav")], "bad_archive", id="U12 drive"),
        pytest.param([Entry(b"a\\..\\kick.wav")], "bad_archive", id="U12 backslash"),
        pytest.param([Entry(f"{n}.wav".encode()) for n in range(101)], "bad_archive", id="U13 101"),
        pytest.param([Entry(b"a.wav", zip_file([Entry(b"b.wav")]))], "bad_archive", id="U13 zip"),
        pytest.param([Entry(b"a.wav", size=9)], "bad_archive", id="U13 wrong size"),
        pytest.param(
            [Entry(b"a.wav"), Entry(b"b.wav", offset=0)], "bad_archive", id="U13 overlapping"
        ),
        pytest.param([Entry(b"a.wav", mode=stat.S_IFLNK)], "bad_archive", id="U14 link"),
        pytest.param([Entry(b"a.wav", mode=stat.S_IFCHR)], "bad_archive", id="U14 device"),
        pytest.param([Entry(b"a.wav", flags=1)], "bad_archive", id="U14 encrypted"),
        pytest.param([Entry(b"a.wav"), Entry(b"a.wav")], "bad_archive", id="U14 same name"),
        pytest.param([Entry(b"notes.txt")], "empty_audio", id="no audio"),
    ],
)
def test_archives_are_told_later(
    api: APIClient, song_url: str, owner: User, work: Work, entries: list[Entry], code: str
) -> None:
    upload_id = offer(api, song_url, zip_file(entries), "stems.zip").json()["id"]
    work()
    upload = api.get(f"/api/v1/uploads/{upload_id}/").json()
    assert (upload["state"], upload["error"]["code"]) == (JobState.FAILED, code)
    assert upload["error"]["status"] == 422
    assert not Stem.objects.exists()
    assert_nothing_left(owner, work)
    assert api.delete(f"/api/v1/uploads/{upload_id}/").status_code == 204
    assert not Upload.objects.exists()


def test_u1_sizes_are_limited_while_bytes_arrive(
    api: APIClient, song_url: str, owner: User, work: Work
) -> None:
    too_large = begin(api, song_url, "kick.wav", 500 * 1024**2 + 1)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    begun = begin(api, song_url, "kick.wav", 100 * 1024**2).json()
    chunk = send(api, begun["id"], bytes(8 * 1024**2 + 1))
    assert (chunk.status_code, chunk.json()["code"]) == (413, "chunk_too_large")
    lying = begin(api, song_url, "kick.wav", 100).json()
    past = send(api, lying["id"], bytes(101))
    assert (past.status_code, past.json()["code"]) == (422, "past_end")
    for upload in (begun, lying):
        assert api.get(f"/api/v1/uploads/{upload['id']}/").json()["received"] == 0
        assert api.delete(f"/api/v1/uploads/{upload['id']}/").status_code == 204
    assert_nothing_left(owner, work)


def test_u7_a_wrong_length_in_the_header_is_counted_not_believed(
    api: APIClient, song_url: str, work: Work
) -> None:
    stem_id = offer(api, song_url, wav(bytes(88_200), data_size=0xFFFFFFFF)).json()["stem"]
    work()
    stem = api.get(f"/api/v1/stems/{stem_id}/").json()
    assert (stem["state"], stem["duration_s"]) == (JobState.READY, 1.0)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("kick\x00\n.wav", "kick.wav"),
        ("\u202egnp.exe.wav", "gnp.exe.wav"),
        ("CON.wav", "_CON.wav"),
        ('a"b<c>.wav', "a_b_c_.wav"),
        ("x" * 5000 + ".wav", "x" * 196 + ".wav"),
    ],
)
def test_u15_names_are_made_harmless(
    api: APIClient, song_url: str, work: Work, name: str, shown: str
) -> None:
    upload = offer(api, song_url, KICK, name).json()
    assert upload["name"] == shown
    work()
    answer = api.get(f"/api/v1/stems/{upload['stem']}/audio/")
    assert "\n" not in answer["Content-Disposition"]
    assert not any(shown.split(".")[0] in path for path in making.left_files() if len(shown) > 8)


def test_u16_tags_and_covers_do_not_survive(api: APIClient, song_url: str, work: Work) -> None:
    tagged = wav(bytes(range(256)) * 400, extra=chunk(b"LIST", b"INFOIART" + MARKER))
    stem_id = offer(api, song_url, tagged).json()["stem"]
    work()
    answer = api.get(f"/api/v1/stems/{stem_id}/audio/")
    stored = b"".join(answer.streaming_content)
    assert MARKER not in stored
    assert MARKER.decode() not in api.get(f"/api/v1/stems/{stem_id}/").content.decode()
    only_tags = offer(api, song_url, id3(100_000), "cover.mp3")
    assert only_tags.status_code == 415


def test_u18_other_rates_and_lengths_and_silence_are_accepted_all_silent_is_named(
    api: APIClient, song_url: str, work: Work, house: list[Any]
) -> None:
    tone = 0.1 * np.sin(np.arange(96_000) * 0.05)[:, None]
    silent = offer(api, song_url, wav(bytes(20_000)), "silence.wav").json()["stem"]
    work()
    answer = api.post(f"{song_url}mixes/")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_quiet")
    offer(api, song_url, making.wav_bytes(tone, 96_000), "long.wav")
    offer(api, song_url, making.wav_bytes(tone[:4000], 8_000), "short.wav")
    work()
    assert api.get(f"/api/v1/stems/{silent}/").json()["warnings"] == ["silent"]
    assert api.get(song_url).json()["duration_s"] == pytest.approx(1.0, abs=0.001)
    mixes = api.post(f"{song_url}mixes/", {"mixers": [str(house[0].pk)]}).json()
    work()
    mix = api.get(f"/api/v1/mixes/{mixes[1]['id']}/").json()
    assert (mix["state"], mix["duration_s"]) == ("ready", pytest.approx(1.0, abs=0.001))


def test_u19_the_same_file_twice_is_the_same_stem(api: APIClient, song_url: str) -> None:
    first, second = offer(api, song_url, KICK), offer(api, song_url, KICK, "again.wav")
    assert first.json()["stem"] == second.json()["stem"]
    assert Stem.objects.count() == 1


def test_u19_the_same_key_gives_the_same_answer_and_another_body_a_conflict(
    api: APIClient, song_url: str
) -> None:
    def post(size: int) -> Any:
        body = {"name": "kick.wav", "size": size}
        return api.post(f"{song_url}uploads/", body, headers={"Idempotency-Key": "k1"})

    first, again, other = post(1000), post(1000), post(2000)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert Upload.objects.count() == 1


def test_u20_chunks_out_of_order_repeated_past_the_end_damaged_or_somebody_elses(
    api: APIClient,
    api_of: Callable[[User], APIClient],
    stranger: User,
    song_url: str,
) -> None:
    upload = begin(api, song_url, "kick.wav", len(KICK)).json()["id"]
    assert send(api, upload, KICK[:1000]).json()["received"] == 1000
    for offset in (0, 2000):
        answer = send(api, upload, KICK[offset : offset + 1000], offset)
        assert answer.status_code == 409
        assert answer.json()["code"] == "offset_mismatch"
        assert answer.json()["offset"] == 1000
    damaged = send(api, upload, KICK[1000:], 1000, **{"Upload-Checksum": f"sha256 {'0' * 64}"})
    assert (damaged.status_code, damaged.json()["code"]) == (422, "checksum_mismatch")
    past = send(api, upload, KICK[1000:] + b"!", 1000)
    assert (past.status_code, past.json()["code"]) == (422, "past_end")
    other = api_of(stranger)
    assert send(other, upload, KICK[1000:], 1000).status_code == 404
    assert other.get(f"/api/v1/uploads/{upload}/").status_code == 404
    assert other.delete(f"/api/v1/uploads/{upload}/").status_code == 404
    for headers in ({"Upload-Offset": "-1"}, {"Upload-Offset": "x"}, {"Upload-Checksum": "md5 1"}):
        assert send(api, upload, KICK[1000:], 1000, **headers).status_code == 400
    assert api.get(f"/api/v1/uploads/{upload}/").json()["received"] == 1000
    done = send(api, upload, KICK[1000:], 1000).json()
    assert (done["state"], done["received"]) == ("ready", len(KICK))
    ended = send(api, upload, KICK, 0)
    assert (ended.status_code, ended.json()["code"]) == (409, "upload_ended")


def test_u21_quota(api: APIClient, song_url: str, owner: User, settings: Any) -> None:
    settings.USER_QUOTA_BYTES = 1000
    assert begin(api, song_url, "a.wav", 700).status_code == 201
    refused = begin(api, song_url, "b.wav", 700)
    assert (refused.status_code, refused.json()["code"]) == (413, "quota_exceeded")
    owner.refresh_from_db()
    assert owner.storage_bytes == 700
    assert Song.objects.get().uploads.count() == 1


def test_a_form_is_no_chunk(api: APIClient, song_url: str) -> None:
    upload = begin(api, song_url, "kick.wav", 100).json()["id"]
    answer = api.patch(
        f"/api/v1/uploads/{upload}/", {"received": 100}, format="json",
        headers={"Upload-Offset": "0"},
    )  # fmt: skip
    assert answer.status_code == 415
    assert api.get(f"/api/v1/uploads/{upload}/").json()["received"] == 0
