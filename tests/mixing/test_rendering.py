"""From a song and a mixer to a mix, by the shipped networks and the real console."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import listening, rendering, services, sessions, storage
from mixing.audio import SAMPLE_RATE, decoding
from mixing.audio.console import render_section
from mixing.audio.loudness import integrated_lufs, true_peak_dbtp
from mixing.audio.measurements import MEASUREMENT_VERSION
from mixing.audio.parameters import Settings as Console
from mixing.jobs import MAX_ATTEMPTS, JobState
from mixing.models import Embedding, Mix, Mixer, Song
from mixing.multitrack import mix_preview
from mixing.storage import media_path
from tests.mixing import making
from tests.mixing.conftest import Work


@pytest.fixture
def mixes(song: Song, house: list[Mixer]) -> list[Mix]:
    """A preview and a full mix by each of two mixers, ordered and waiting."""
    return services.request_mixes(song=song, by=song.owner, mixers=house[:2])


def ignore(share: float) -> None:
    """Progress that nobody follows."""


def test_mixes_are_made_and_measured(mixes: list[Mix], work: Work) -> None:
    assert work() == ["render_mix"] * 4
    for mix in Mix.objects.all():
        assert (mix.state, mix.error_code, mix.progress) == (JobState.READY, "", 1.0)
        path = media_path(mix.audio_file)
        assert storage.sha256_of(path) == mix.audio_sha256
        audio = decoding.load(path)
        assert audio.shape == (2, mix.frames) == (2, 3 * SAMPLE_RATE)
        assert np.isfinite(audio).all()
        # What the row says is what the file holds: FLAC's 24 bits are far finer than this.
        assert mix.lufs == pytest.approx(integrated_lufs(audio, SAMPLE_RATE), abs=0.05)
        assert mix.true_peak_dbtp == pytest.approx(true_peak_dbtp(audio, SAMPLE_RATE), abs=0.05)
        assert mix.true_peak_dbtp <= -1.0
        assert len(Console.from_json(mix.settings).strips) == 3
        assert mix.measurements["version"] == MEASUREMENT_VERSION
        assert len(mix.measurements["masking"]) == 3
        assert len(mix.peaks) == 2400
        assert set(mix.timings) >= {"listening", "loading", "mixing", "saving", "cpu_s"}


def test_each_mixer_makes_its_own_mix_and_the_same_one_again(mixes: list[Mix], work: Work) -> None:
    work()
    by_mixer = list(Mix.objects.filter(section="full").order_by("mixer__name"))
    assert by_mixer[0].audio_sha256 != by_mixer[1].audio_sha256
    first = by_mixer[0]
    Mix.objects.filter(pk=first.pk).update(state=JobState.QUEUED, attempt=0)
    rendering.render_next()
    first.refresh_from_db()
    assert first.audio_sha256 == by_mixer[0].audio_sha256


def test_the_stems_are_heard_once_for_all_mixers(mixes: list[Mix], work: Work) -> None:
    work()
    assert Embedding.objects.count() == 1


def test_previews_come_first_whichever_message_arrives(mixes: list[Mix]) -> None:
    rendering.render_next()
    rendering.render_next()
    ready = Mix.objects.filter(state=JobState.READY)
    assert {mix.section for mix in ready} == {"preview"}


def test_a_preview_sounds_like_that_part_of_the_song(owner: User, house: list[Mixer]) -> None:
    song = making.ready_song(owner, making.LONG_PARTS)
    assert song.section_start is not None
    assert song.section_stop == song.section_start + 30 * SAMPLE_RATE
    stems = list(song.stems.all())
    multitrack = listening.multitrack_of(song, stems)
    settings = rendering.choose_settings(Mix(song=song, mixer=house[4]), stems)
    preview = mix_preview(multitrack, settings, loading=ignore, mixing=ignore)
    whole = multitrack.load(0, multitrack.frames)
    expected = render_section(whole, settings, start=song.section_start, stop=song.section_stop)
    np.testing.assert_array_equal(preview.audio, expected.audio)


def test_an_echo_in_beats_follows_the_songs_tempo(song: Song, house: list[Mixer]) -> None:
    song.tempo_bpm = 100.0
    mix = Mix(song=song, mixer=house[0], overrides={"delay": {"note_beats": 0.5}})
    settings = rendering.choose_settings(mix, list(song.stems.all()))
    assert settings.delay["time_ms"] == pytest.approx(300.0)  # an eighth at 100 a minute


def test_a_preview_lasts_thirty_seconds(owner: User, house: list[Mixer], work: Work) -> None:
    song = making.ready_song(owner, making.LONG_PARTS)
    services.request_mixes(song=song, by=owner, mixers=house[:1])
    rendering.render_next()
    preview = song.mixes.get(section="preview")
    assert preview.frames == 30 * SAMPLE_RATE


def test_a_message_that_comes_again_does_nothing(mixes: list[Mix], work: Work) -> None:
    work()
    files = making.left_files()
    for _ in mixes:
        rendering.render_next()
    assert making.left_files() == files
    assert set(Mix.objects.values_list("attempt", flat=True)) == {1}


def test_a_worker_thought_dead_changes_nothing(mixes: list[Mix]) -> None:
    slow = Mix.objects.claim_most_urgent()
    assert slow is not None
    Mix.objects.filter(pk=slow.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    Mix.objects.exclude(pk=slow.pk).delete()
    rendering.render_next()
    ready = Mix.objects.get(pk=slow.pk)
    assert (ready.state, ready.attempt) == (JobState.READY, 2)
    files = making.left_files()
    rendering.perform(slow, rendering.CRAFT)
    again = Mix.objects.get(pk=slow.pk)
    assert (again.audio_file, again.finished_at) == (ready.audio_file, ready.finished_at)
    assert making.left_files() == files


def test_a_cancelled_mix_stops_and_leaves_no_file(mixes: list[Mix]) -> None:
    files = making.left_files()
    mix = Mix.objects.claim_most_urgent()
    assert mix is not None
    services.cancel_mix(mix)
    rendering.perform(mix, rendering.CRAFT)
    mix.refresh_from_db()
    assert (mix.state, mix.audio_file) == (JobState.CANCELLED, "")
    assert making.left_files() == files


def test_a_song_deleted_under_the_worker_leaves_nothing(
    mixes: list[Mix], song: Song, work: Work
) -> None:
    mix = Mix.objects.claim_most_urgent()
    assert mix is not None
    services.delete_song(song)
    work()
    rendering.perform(mix, rendering.CRAFT)
    assert making.left_files() == []


def test_stems_that_changed_since_the_order_fail_the_mix(mixes: list[Mix], song: Song) -> None:
    stem = song.stems.first()
    assert stem is not None
    services.set_role(stem=stem, role="percussion")
    rendering.render_next()
    failed = Mix.objects.get(state=JobState.FAILED)
    assert failed.error_code == "song_changed"


def test_a_damaged_mixer_fails_with_a_reason_and_can_be_tried_again(
    mixes: list[Mix], models_root: Path, settings: Settings, tmp_path: Path, work: Work
) -> None:
    settings.MODELS_ROOT = tmp_path
    mixer = mixes[0].mixer
    (tmp_path / mixer.encoder_onnx_file).write_bytes(b"not a network")
    sessions._embedder.cache_clear()
    rendering.render_next()
    mix = Mix.objects.get(state=JobState.FAILED)
    assert mix.error_code in ("model_invalid", "model_unavailable")
    settings.MODELS_ROOT = models_root
    services.retry_mix(mix)
    work()
    mix.refresh_from_db()
    assert (mix.state, mix.error_message) == (JobState.READY, "")


def test_a_mix_that_kills_its_worker_is_not_taken_for_ever(mixes: list[Mix]) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert Mix.objects.claim(mixes[0].pk) is not None
        Mix.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    others = set()
    while mix := Mix.objects.claim_most_urgent():
        others.add(mix.pk)
    assert others == {mix.pk for mix in mixes[1:]}


def test_a_song_larger_than_memory_is_paged(
    mixes: list[Mix], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work()
    expected = dict(Mix.objects.values_list("pk", "audio_sha256"))
    monkeypatch.setattr(rendering, "BUDGET_BYTES", 1000)
    Mix.objects.update(state=JobState.QUEUED, attempt=0)
    while Mix.objects.filter(state=JobState.QUEUED).exists():
        rendering.render_next()
    assert dict(Mix.objects.values_list("pk", "audio_sha256")) == expected
