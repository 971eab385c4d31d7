"""Downloads: every format holds the mix it was made of."""

import io
import json
import zipfile

import numpy as np
import pytest
import soundfile

from accounts.models import User
from mixing import downloads, services
from mixing.audio import decoding
from mixing.audio.parameters import Settings
from mixing.jobs import JobState
from mixing.models import Export, Mix, Mixer, Song
from mixing.storage import media_path
from tests.mixing import making
from tests.mixing.conftest import Work


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
        "AC_DC _live_ - Balanced.flac",
        "AC_DC _live_ - Balanced.mp3",
        "AC_DC _live_ - Balanced stems.zip",
        "AC_DC _live_ - Balanced settings.json",
    ]
    mix.section = Mix.Section.PREVIEW
    assert downloads.mix_title(mix).endswith("(preview)")
