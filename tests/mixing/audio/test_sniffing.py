"""Content decides, names do not (rows U2 to U5 of the bad-input table)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixing.audio.errors import AudioRejected
from mixing.audio.sniffing import sniff
from tests.mixing.audio.building import Entry, aiff, id3, sine, sound_file, wav, zip_file

NOT_AUDIO = {
    "html": b"<!DOCTYPE html><html><script>1</script></html>",
    "html with a byte order mark": b"\xef\xbb\xbf\n <html></html>",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "elf": b"\x7fELF\x02\x01\x01" + bytes(57),
    "exe": b"MZ\x90\x00\x03" + bytes(100),
    "hls playlist": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n",
    "ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    "xspf": b'<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"></playlist>',
    "m4a": b"\0\0\0\x20ftypM4A \0\0\0\0",
    "aac": b"\xff\xf1\x50\x80\x43\xff\xfc" * 300,
    "mp2": b"\xff\xfd\x84\x00" + bytes(4000),
    "midi": b"MThd\0\0\0\6\0\1\0\1\0\x60",
    "avi": b"RIFF\x24\0\0\0AVI LIST",
    "big-endian wav": b"RIFX\0\0\0\x24WAVEfmt ",
    "speex in ogg": b"OggS\0\2" + bytes(20) + b"\1\x50Speex   1.2",
    "text": b"hello",
    "one byte": b"\0",
    "zeros": bytes(10_000),
    "an id3 tag and nothing else": id3(10),
    "an id3 tag before a wav": id3(10) + wav(),
    "a frame header in noise": b"\xff\xfb\x90\x64" + b"\x55" * 5000,
}


@pytest.mark.parametrize("name", NOT_AUDIO)
def test_what_is_not_audio_is_refused_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "kick.wav"
    path.write_bytes(NOT_AUDIO[name])
    with pytest.raises(AudioRejected) as refusal:
        sniff(path)
    assert refusal.value.code == "unsupported_type"
    assert refusal.value.status == 415


def test_the_refusal_names_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "kick.wav"
    for content, noun in (("elf", "program"), ("pdf", "PDF"), ("hls playlist", "playlist")):
        path.write_bytes(NOT_AUDIO[content])
        with pytest.raises(AudioRejected, match=noun):
            sniff(path)


def test_an_empty_file_is_empty_audio(tmp_path: Path) -> None:
    path = tmp_path / "kick.wav"
    path.touch()
    with pytest.raises(AudioRejected) as refusal:
        sniff(path)
    assert refusal.value.code == "empty_audio"


@pytest.mark.parametrize(
    ("container", "keywords"),
    [
        ("wav", {"format": "WAV"}),
        ("wav", {"format": "WAVEX"}),
        ("wav", {"format": "RF64"}),
        ("aiff", {"format": "AIFF"}),
        ("flac", {"format": "FLAC"}),
        ("ogg", {"format": "OGG", "subtype": "VORBIS"}),
        ("ogg", {"format": "OGG", "subtype": "OPUS"}),
        ("mp3", {"format": "MP3"}),
    ],
)
def test_audio_is_known_under_any_name(
    container: str, keywords: dict[str, str], tmp_path: Path
) -> None:
    path = sound_file(tmp_path / "page.html", sine(rate=48_000), 48_000, **keywords)
    assert sniff(path) == container


def test_tags_in_front_of_flac_and_mp3_are_stepped_over(tmp_path: Path) -> None:
    for keywords, container in (({"format": "MP3"}, "mp3"), ({"format": "FLAC"}, "flac")):
        path = sound_file(tmp_path / "x", sine(), 44_100, **keywords)
        path.write_bytes(id3(100) + id3(3) + path.read_bytes())
        assert sniff(path) == container


def test_a_zip_is_known_and_so_is_aiff_c(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(zip_file([Entry(b"a.wav")]))
    assert sniff(path) == "zip"
    path.write_bytes(aiff(compression=b"NONE"))
    assert sniff(path) == "aiff"


def test_a_thousand_tags_do_not_keep_it_busy(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(b"ID3\x03\0\0\0\0\0\0" * 100_000)
    with pytest.raises(AudioRejected) as refusal:
        sniff(path)
    assert refusal.value.code == "unsupported_type"
