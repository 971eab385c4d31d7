"""Readers of published collections, on small stand-ins in the same layout."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixing.audio.decoding import Limits
from mixing.audio.spectrogram import band_centres_hz
from mixing.networks.sources import tracks
from mixing.networks.sources.cambridge import Cambridge
from mixing.networks.sources.folder import Folder
from mixing.networks.sources.medleydb import MedleyDb
from mixing.networks.sources.moisesdb import MoisesDb
from mixing.networks.sources.musdb import Musdb18
from mixing.networks.sources.songs import DataUnusable, Hearing, Part, Song, Source

from .recordings import medley, moises, multitrack, musdb_hq, record


@dataclass(frozen=True)
class Stored:
    scale_db: float = 0.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a process per file: test_tracks decodes as uploads are decoded."""

    def decode(source: Path, destination: Path, *, limits: Limits) -> Stored:
        audio, rate = soundfile.read(source)
        soundfile.write(destination, audio, rate, format="FLAC", subtype="PCM_24")
        return Stored()

    monkeypatch.setattr(tracks, "decode", decode)


def titles(source: Source) -> list[str]:
    return [song.title for song in source.listing().songs]


def roles(song: Song) -> list[str]:
    return [stem.role for stem in song.hear().stems]


def only(source: Source) -> Song:
    (song,) = source.listing().songs
    return song


def test_a_folder_of_multitracks(tmp_path: Path) -> None:
    multitrack(tmp_path / "My Song", ["Kick.wav", "Gtr/L.wav", "Full Mix.wav", "._Kick.wav"])
    (tmp_path / "My Song" / "notes.txt").write_text("play loud")
    (tmp_path / "Empty").mkdir()
    record(tmp_path / "loose.wav")
    listing = Folder(tmp_path).listing()
    assert titles(Folder(tmp_path)) == ["My Song"]
    assert roles(listing.songs[0]) == ["guitar", "drums"]
    assert [str(tmp_path / "loose.wav") in fault for fault in listing.faults] == [True, False]
    assert str(tmp_path / "Empty") in listing.faults[1]


def test_a_path_that_is_no_folder_or_holds_no_song_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataUnusable, match="is no folder"):
        Folder(tmp_path / "nowhere").listing()
    for source in (Folder, Cambridge, Musdb18, MedleyDb, MoisesDb):
        with pytest.raises(DataUnusable, match=str(tmp_path)):
            source(tmp_path).listing()


def test_cambridge_songs_nested_in_their_archive_and_as_excerpts(tmp_path: Path) -> None:
    nested = tmp_path / "AnArtist_ATitle_Full" / "AnArtist_ATitle_Full"
    multitrack(nested, ["01_KickIn.wav", "12_BassDI.wav", "20_LeadVox.wav"])
    multitrack(tmp_path / "AnArtist_ATitle_Excerpt", ["01_Kick.wav", "02_Snare.wav"])
    multitrack(tmp_path / "Other_Song_Full" / "Drums", ["03_Close1.wav", "04_Close2.wav"])
    multitrack(tmp_path / "TheDrums_Summer_Full", ["01_Track.wav", "02_Bass.wav"])
    (tmp_path / "Third_Song_Full.zip").write_bytes(b"PK")
    listing = Cambridge(tmp_path).listing()
    titles = [song.title for song in listing.songs]
    assert titles == ["AnArtist_ATitle", "Other_Song", "TheDrums_Summer"]
    assert roles(listing.songs[0]) == ["drums", "bass", "vocal"]
    assert roles(listing.songs[1]) == ["drums", "drums"]
    assert roles(listing.songs[2]) == ["other", "bass"]
    assert listing.faults == (f"{tmp_path / 'Third_Song_Full.zip'}: left out. Unpack it first.",)


def test_musdb18_hq_keeps_its_test_songs_apart(tmp_path: Path) -> None:
    musdb_hq(tmp_path, "train", "A Band - First")
    musdb_hq(tmp_path, "test", "A Band - Second", without="bass")
    (tmp_path / "train" / "A Band - Lost").mkdir()
    listing = Musdb18(tmp_path).listing()
    first, second = listing.songs
    assert roles(first) == ["drums", "bass", "other", "vocal"]
    assert second.part == Part.HELD_OUT
    hearing = second.hear()
    assert [stem.role for stem in hearing.stems] == ["drums", "other", "vocal"]
    assert hearing.faults == (f"{tmp_path / 'test' / 'A Band - Second' / 'bass.wav'}: not there.",)
    assert "A Band - Lost" in listing.faults[0]


FFMPEG = """#!/bin/sh
# Stands for ffmpeg: writes the recording that lies beside the container for the stream asked for.
while [ $# -gt 0 ]; do
  case "$1" in -i) file="$2" ;; -map) stream="${2##*:}" ;; esac
  last="$1"; shift
done
cp "$file.$stream.wav" "$last" || { echo "no stream $stream" >&2; exit 1; }
"""


def test_musdb18_containers_are_read_by_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = tmp_path / "train" / "A Band - First.stem.mp4"
    for stream, hz in enumerate((100.0, 200.0, 400.0, 800.0)):  # the vocals' stream is missing
        record(Path(f"{container}.{stream}.wav"), hz)
    container.write_bytes(b"\0\0\0\x20ftyp")
    song = only(Musdb18(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert song.hear().stems == ()
    assert "needs ffmpeg" in song.hear().faults[0]
    program = tmp_path / "ffmpeg"
    program.write_text(FFMPEG)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    hearing = song.hear()
    assert [stem.role for stem in hearing.stems] == ["drums", "bass", "other"]
    loudest = [int(stem.mel.mean(axis=0).argmax()) for stem in hearing.stems]
    assert loudest == sorted(set(loudest))  # 200, 400, 800 Hz: streams 1 to 3, not the mixture
    assert str(container) in hearing.faults[0]
    assert "no stream 4" in hearing.faults[0]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_real_containers_are_read_by_the_real_ffmpeg(tmp_path: Path) -> None:
    streams = [record(tmp_path / f"{number}.wav", 200.0 * 2**number) for number in range(5)]
    container = tmp_path / "train" / "A Band - First.stem.mp4"
    container.parent.mkdir()
    inputs = [word for path in streams for word in ("-i", str(path))]
    maps = [word for number in range(5) for word in ("-map", str(number))]
    command = ["ffmpeg", "-v", "error", *inputs, *maps, "-c:a", "aac", str(container)]
    subprocess.run(command, check=True)
    hearing = only(Musdb18(tmp_path)).hear()
    assert hearing.faults == ()
    assert [stem.role for stem in hearing.stems] == ["drums", "bass", "other", "vocal"]
    loudest = [band_centres_hz()[stem.mel[5:-5].mean(axis=0).argmax()] for stem in hearing.stems]
    np.testing.assert_allclose(loudest, [400.0, 800.0, 1600.0, 3200.0], rtol=0.05)


def test_medleydb_with_metadata_beside_and_apart(tmp_path: Path) -> None:
    medley(
        tmp_path, "ABand_ASong",
        {"S01": "drum set", "S02": "electric bass", "S03": "male singer", "S04": "vocalists",
         "S05": ["erhu", "dizi"], "S06": "fx/processed sound", "S07": "tenor saxophone"},
    )  # fmt: skip
    medley(tmp_path, "BBand_BSong", {"S01": "piano", "S02": "Main System"}, apart=True)
    broken = medley(tmp_path, "CBand_CSong", {"S01": "piano"})
    broken.write_text("stems: [unclosed")
    listless = medley(tmp_path, "DBand_DSong", {"S01": "piano"})
    listless.write_text("artist: D")
    (tmp_path / "Audio" / "BBand_BSong" / "BBand_BSong_STEMS" / "BBand_BSong_STEM_02.wav").unlink()
    listing = MedleyDb(tmp_path).listing()
    assert [song.title for song in listing.songs] == ["ABand ASong", "BBand BSong"]
    assert roles(listing.songs[0]) == [
        "drums", "bass", "vocal", "backing_vocal", "strings", "effects", "brass",
    ]  # fmt: skip
    second: Hearing = listing.songs[1].hear()
    assert [stem.role for stem in second.stems] == ["keys"]
    assert "BBand_BSong_STEM_02.wav: not there." in second.faults[0]
    assert [fault.split(":")[0] for fault in listing.faults] == [str(broken), str(listless)]


def test_moisesdb_tracks_have_the_role_of_their_type(tmp_path: Path) -> None:
    data = moises(
        tmp_path, "0a1b", "A Band", "A Song",
        {
            "drums": {"k": "kick drum", "o": "overheads"},
            "vocals": {"l": "lead female singer", "b": "background vocals"},
            "bass": {"s": "bass synthesizer (moog etc)"},
            "other_keys": {"p": "synth pad", "x": "something new"},
            "wind": {"f": "flutes (piccolo, bamboo flute, panpipes, flutes etc)"},
            "other": {"c": "click track"},
        },
    )  # fmt: skip
    broken = moises(tmp_path, "0c2d", "A Band", "Broken", {"bass": {"b": "bass guitar"}})
    broken.write_text(broken.read_text()[:40])
    odd = moises(tmp_path, "0e3f", "A Band", "Odd", {"bass": {"b": "bass guitar"}})
    odd.write_text(json.dumps({"stems": [{"stemName": None}, "bass", {"stemName": "bass"}]}))
    (data.parent / "drums" / "o.wav").unlink()
    listing = MoisesDb(tmp_path).listing()
    (song,) = listing.songs
    assert song.title == "A Band - A Song"
    hearing = song.hear()
    assert [stem.role for stem in hearing.stems] == [
        "drums", "vocal", "backing_vocal", "bass", "synth", "keys", "other",
    ]  # fmt: skip
    assert hearing.faults == (f"{data.parent / 'drums' / 'o.wav'}: not there.",)
    assert [fault.split(":")[0] for fault in listing.faults] == [str(broken), str(odd)]
