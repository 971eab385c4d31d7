"""From an uploaded file to a stem that can be mixed, or to a reason why not."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import analysis, services
from mixing.audio import SAMPLE_RATE, decoding, spectrogram
from mixing.jobs import JobState
from mixing.models import Song, Stem
from mixing.storage import media_path
from tests.mixing import making
from tests.mixing.conftest import Work


@pytest.fixture
def song(owner: User) -> Song:
    return services.create_song(owner=owner, title="New song")


def upload(song: Song, data: bytes, name: str) -> Stem:
    row = services.begin_upload(song=song, name=name, size=len(data))
    stem = services.receive_chunk(upload=row, offset=0, chunk=data).stem
    assert stem is not None
    return stem


def sine(rate: int, seconds: float, level: float = 0.1, hz: float = 997.0) -> bytes:
    time = np.arange(round(rate * seconds)) / rate
    return making.wav_bytes(level * np.sin(2 * np.pi * hz * time)[:, None], rate)


def test_a_stem_is_decoded_and_measured(song: Song, work: Work) -> None:
    stem = upload(song, sine(48_000, 2.0), "Lead Vocal.wav")
    assert work() == ["analyse_stem", "prepare_song"]
    stem.refresh_from_db()
    assert (stem.state, stem.error_code) == (JobState.READY, "")
    assert (stem.source_sample_rate, stem.channels) == (48_000, 1)
    assert stem.frames == 2 * SAMPLE_RATE
    # BS.1770-4: a 997 Hz sine of 0 dBFS in one channel reads -3.01 LUFS.
    assert stem.lufs == pytest.approx(-23.01, abs=0.1)
    assert stem.peak_dbfs == pytest.approx(-20.0, abs=0.1)
    assert len(stem.peaks) == 2400
    assert stem.stereo_width == 0.0
    audio = decoding.load(media_path(stem.audio_file))
    assert audio.shape == (1, 2 * SAMPLE_RATE)
    assert len(spectrogram.load(media_path(stem.spectrogram_file))) == 1 + stem.frames // 1024


def test_the_upload_goes_and_what_is_stored_counts(song: Song, work: Work) -> None:
    stem = upload(song, making.wav_of(making.KICK), "Kick.wav")
    work()
    stem.refresh_from_db()
    assert list(Path(django_settings.UPLOAD_ROOT).iterdir()) == []
    stored = [media_path(name).stat().st_size for name in (stem.audio_file, stem.spectrogram_file)]
    song.owner.refresh_from_db()
    assert song.owner.storage_bytes == stem.counted_bytes == sum(stored)


def test_a_role_comes_from_the_name_else_from_the_sound(song: Song, work: Work) -> None:
    named = upload(song, sine(44_100, 2.0), "Bass DI.wav")
    nameless = upload(song, making.wav_of(making.KICK), "01.wav")
    work()
    named.refresh_from_db()
    nameless.refresh_from_db()
    assert (named.role, named.role_source) == ("bass", "name")
    assert nameless.role_source == "sound"
    assert nameless.role == making.analysed(making.KICK).columns["role"]


def test_a_role_that_a_person_chose_meanwhile_stays(song: Song, work: Work) -> None:
    stem = upload(song, making.wav_of(making.KICK), "01.wav")
    services.set_role(stem=stem, role="strings")
    work()
    stem.refresh_from_db()
    assert (stem.role, stem.role_source) == ("strings", "person")


def test_a_refused_file_tells_why_and_holds_nothing(song: Song, work: Work) -> None:
    frames = np.full((1000, 1), np.nan, np.float32)
    stem = upload(song, making.wav_bytes(frames, subtype="FLOAT"), "Broken.wav")
    assert work() == ["analyse_stem"]
    stem.refresh_from_db()
    assert (stem.state, stem.error_code) == (JobState.FAILED, "non_finite")
    assert stem.error_message.endswith(".")
    assert making.left_files() == []
    song.refresh_from_db()
    song.owner.refresh_from_db()
    assert (song.owner.storage_bytes, song.status) == (0, Song.Status.DRAFT)


def test_a_stem_that_grows_beyond_the_quota_is_refused(
    song: Song, work: Work, settings: Settings
) -> None:
    stem = upload(song, making.wav_of(making.KICK), "Kick.wav")
    settings.USER_QUOTA_BYTES = 1000
    Stem.objects.filter(pk=stem.pk).update(counted_bytes=500)
    song.owner.refresh_from_db()
    song.owner.storage_bytes = 500
    song.owner.save()
    work()
    stem.refresh_from_db()
    assert (stem.state, stem.error_code) == (JobState.FAILED, "quota_exceeded")
    song.owner.refresh_from_db()
    assert song.owner.storage_bytes == 0
    assert making.left_files() == []


def test_a_stem_removed_while_it_is_analysed_leaves_nothing(song: Song, work: Work) -> None:
    stem = upload(song, making.wav_of(making.KICK), "Kick.wav")
    claimed = Stem.objects.claim(stem.pk)
    assert claimed is not None
    services.remove_stem(stem)
    analysis.perform(claimed, analysis.CRAFT)
    work()
    assert making.left_files() == []
    assert not Stem.objects.exists()


def test_a_second_message_changes_nothing(song: Song, work: Work) -> None:
    stem = upload(song, making.wav_of(making.KICK), "Kick.wav")
    work()
    before = making.left_files()
    analysis.analyse(str(stem.pk))
    stem.refresh_from_db()
    assert stem.attempt == 1
    assert making.left_files() == before
