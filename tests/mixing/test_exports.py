"""Downloads: every format holds the mix it was made of."""

import io
import json
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from mixing import access, downloads, services
from mixing.audio import decoding, ffmpeg
from mixing.audio.parameters import Settings
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Export, Mix, Mixer, Song
from mixing.refusals import EncoderMissing, NotYourSong
from mixing.storage import media_path
from tests.mixing import making
from tests.mixing.audio import dawproject_reader
from tests.mixing.conftest import Work

needs_ffmpeg = pytest.mark.skipif(len(ffmpeg.codecs()) < 2, reason="no ffmpeg with both encoders")


@pytest.fixture
def mix(song: Song, house: list[Mixer], work: Work) -> Mix:
    wanted = services.request_mixes(song=song, by=song.owner, mixers=house[:1])[1]
    work()
    return Mix.objects.get(pk=wanted.pk)


def made(mix: Mix, kind: str, work: Work) -> bytes:
    services.request_export(mix=mix, kind=kind)
    work()
    export = mix.exports.get(kind=kind)
    assert (export.state, export.error_message) == (JobState.READY, "")
    data = media_path(export.file).read_bytes()
    assert export.bytes == len(data)
    return data


def test_wav_and_flac_hold_the_same_samples(mix: Mix, work: Work) -> None:
    wav, rate = soundfile.read(io.BytesIO(made(mix, "wav", work)), dtype="int32")
    flac, _ = soundfile.read(io.BytesIO(made(mix, "flac", work)), dtype="int32")
    assert rate == 44_100
    assert wav.shape == (mix.frames, 2)
    np.testing.assert_array_equal(wav, flac)


def test_mp3_sounds_like_the_mix(mix: Mix, work: Work) -> None:
    mp3, rate = soundfile.read(io.BytesIO(made(mix, "mp3", work)), dtype="float32")
    assert rate == 44_100
    master = decoding.load(media_path(mix.audio_file))
    # The codec shifts and changes samples; the level survives within a fraction of a dB.
    level = 20 * np.log10(np.sqrt((mp3**2).mean()) / np.sqrt((master**2).mean()))
    assert abs(level) < 0.3


@pytest.mark.parametrize(
    ("kind", "subtype", "step"), [("wav16", "PCM_16", 2**-14), ("wav32f", "FLOAT", 2**-23)]
)
def test_other_kinds_of_wav(mix: Mix, work: Work, kind: str, subtype: str, step: float) -> None:
    data = made(mix, kind, work)
    assert soundfile.info(io.BytesIO(data)).subtype == subtype
    wav, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    master = decoding.load(media_path(mix.audio_file))
    assert np.abs(wav.T - master).max() <= step


@needs_ffmpeg
@pytest.mark.parametrize("kind", ["opus", "aac"])
def test_opus_and_aac_sound_like_the_mix(mix: Mix, work: Work, kind: str, tmp_path: Path) -> None:
    coded = tmp_path / "coded"
    coded.write_bytes(made(mix, kind, work))
    decoded = tmp_path / "decoded.wav"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(coded), "-ar", "44100", str(decoded)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    read, _ = soundfile.read(decoded, dtype="float32")
    master = decoding.load(media_path(mix.audio_file))
    level = 20 * np.log10(np.sqrt((read**2).mean()) / np.sqrt((master**2).mean()))
    assert abs(level) < 0.3
    assert abs(len(read) - master.shape[1]) < 4096


def test_without_ffmpeg_opus_and_aac_are_refused(mix: Mix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "codecs", frozenset)
    with pytest.raises(EncoderMissing) as refused:
        services.request_export(mix=mix, kind="opus")
    assert (refused.value.code, refused.value.status) == ("encoder_missing", 422)
    assert not Export.objects.exists()
    assert downloads.unmakeable() == ["Opus, 160 kbit/s", "AAC, 256 kbit/s"]
    kinds = [kind for kind, _ in downloads.kinds_for(mix.song, mix.song.owner)]
    assert "mp3" in kinds
    assert "opus" not in kinds


def test_a_worker_without_ffmpeg_says_so(
    mix: Mix, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "codecs", lambda: frozenset(["aac"]))
    services.request_export(mix=mix, kind="aac")
    monkeypatch.setattr(ffmpeg, "codecs", frozenset)
    work()
    export = mix.exports.get(kind="aac")
    assert (export.state, export.error_code) == (JobState.FAILED, "encoder_missing")


def test_a_session_holds_the_raw_stems_and_the_console(mix: Mix, work: Work) -> None:
    Song.objects.filter(pk=mix.song_id).update(tempo_bpm=96.0)
    scaled = mix.song.stems.all()[1]
    scaled.scale_db = 6.0
    scaled.save()
    mix.multitrack_sha256 = multitrack_sha256(list(mix.song.stems.ready()))
    mix.save()
    with zipfile.ZipFile(io.BytesIO(made(mix, "dawproject", work))) as archive:
        tracks, tempo = dawproject_reader.read(archive.read("project.xml"))
        assert json.loads(archive.read("mixarena/settings.json")) == mix.settings
        assert b"<Title>Test song</Title>" in archive.read("metadata.xml")
        audio = {
            name: soundfile.read(io.BytesIO(archive.read(name)), always_2d=True)[0]
            for name in archive.namelist()
            if name.startswith("audio/")
        }
    assert tempo == 96.0
    assert list(audio) == ["audio/01 Kick.flac", "audio/02 Bass.wav", "audio/03 Lead Vox.flac"]
    for number, stem in enumerate(mix.song.stems.all(), 1):
        track = tracks[f"track-{number}"]
        held = audio[str(track.file)]
        assert held.shape == (stem.frames, stem.channels)
        stored = decoding.load(media_path(stem.audio_file), scale_db=stem.scale_db)
        np.testing.assert_allclose(held.T, stored, atol=2**-23)
        assert mix.settings is not None
        strip = mix.settings["strips"][number - 1]
        volume_db = strip["fader_db"] + strip["comp_makeup_db"]
        assert track.knobs["volume_db"] == pytest.approx(volume_db, abs=1e-4)
    assert mix.measurements is not None
    assert tracks["master-track"].knobs["gain_db"] == pytest.approx(mix.measurements["gain_db"])


def test_sessions_are_for_the_songs_owner(mix: Mix, stranger: User) -> None:
    access.check_takeable(mix, "dawproject", mix.song.owner)
    access.check_takeable(mix, "stems", stranger)
    for user in (stranger, AnonymousUser()):
        with pytest.raises(NotYourSong):
            access.check_takeable(mix, "dawproject", user)
        with pytest.raises(NotYourSong):
            access.check_downloadable(Export(mix=mix, kind="dawproject"), user)
        assert "dawproject" not in dict(downloads.kinds_for(mix.song, user))
    assert "dawproject" in dict(downloads.kinds_for(mix.song, mix.song.owner))
    demo = Song(owner=mix.song.owner, demo_slug="demo", visibility=Song.Visibility.PUBLIC)
    access.check_takeable(Mix(song=demo), "dawproject", stranger)  # its stems are CC0


def test_processed_stems_are_as_long_as_the_mix(mix: Mix, work: Work) -> None:
    with zipfile.ZipFile(io.BytesIO(made(mix, "stems", work))) as archive:
        assert archive.namelist() == ["01 Kick.flac", "02 Bass.flac", "03 Lead Vox.flac"]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        stems = [soundfile.read(io.BytesIO(archive.read(n)))[0] for n in archive.namelist()]
    assert {stem.shape for stem in stems} == {(mix.frames, 2)}
    assert all(np.abs(stem).max() > 0.001 for stem in stems)


def test_stems_of_a_preview_are_cut_like_it(owner: User, house: list[Mixer], work: Work) -> None:
    song = making.ready_song(owner, making.LONG_PARTS[:1])
    wanted = services.request_mixes(song=song, by=owner, mixers=house[:1])[0]
    work()
    preview = Mix.objects.get(pk=wanted.pk)
    with zipfile.ZipFile(io.BytesIO(made(preview, "stems", work))) as archive:
        stem, _ = soundfile.read(io.BytesIO(archive.read(archive.namelist()[0])))
    assert len(stem) == preview.frames == 30 * 44_100


def test_settings_can_be_read_back(mix: Mix, work: Work) -> None:
    settings = Settings.from_json(json.loads(made(mix, "settings", work)))
    assert settings.to_json() == mix.settings


def test_stems_that_changed_cannot_be_taken_away_any_more(mix: Mix, work: Work) -> None:
    stem = mix.song.stems.first()
    assert stem is not None
    services.remove_stem(stem)
    services.request_export(mix=mix, kind="stems")
    work()
    export = mix.exports.get(kind="stems")
    assert (export.state, export.error_code) == (JobState.FAILED, "song_changed")


def test_files_are_named_for_people(mix: Mix) -> None:
    mix.song.title = 'AC/DC "live"\n\u202e'
    names = [downloads.export_name(Export(mix=mix, kind=kind)) for kind in Export.Kind.values]
    assert names == [
        "AC_DC _live_ - Balanced.wav",
        "AC_DC _live_ - Balanced 16-bit.wav",
        "AC_DC _live_ - Balanced 32-bit float.wav",
        "AC_DC _live_ - Balanced.flac",
        "AC_DC _live_ - Balanced.mp3",
        "AC_DC _live_ - Balanced.opus",
        "AC_DC _live_ - Balanced.m4a",
        "AC_DC _live_ - Balanced stems.zip",
        "AC_DC _live_ - Balanced.dawproject",
        "AC_DC _live_ - Balanced settings.json",
    ]
    mix.section = Mix.Section.PREVIEW
    assert downloads.mix_title(mix).endswith("(preview)")
