"""Ordering mixes and downloads."""

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import orders, services
from mixing.jobs import JobState
from mixing.models import Export, Mix, Mixer, OutboxMessage, Song, Stem
from mixing.refusals import (
    AlreadyFinished,
    MixNotReady,
    NoMixers,
    NotRetryable,
    NotYourSong,
    QueueFull,
    SongNotReady,
    SongSilent,
    SongWithoutStems,
)
from tests.mixing.conftest import Work


def render_messages() -> int:
    return OutboxMessage.objects.filter(task="mixing.tasks.render_mix").count()


def test_a_preview_and_a_full_mix_by_each_mixer_previews_first(
    song: Song, house: list[Mixer]
) -> None:
    mixes = services.request_mixes(song=song, by=song.owner)
    assert [mix.section for mix in mixes] == ["preview"] * 5 + ["full"] * 5
    assert [mix.mixer for mix in mixes[:5]] == house
    assert all(mix.state == JobState.QUEUED for mix in mixes)
    assert render_messages() == 10


def test_the_same_request_gives_the_same_mixes(song: Song, house: list[Mixer]) -> None:
    first = services.request_mixes(song=song, by=song.owner)
    assert services.request_mixes(song=song, by=song.owner) == first
    assert render_messages() == 10


def test_another_role_is_another_mix(song: Song, house: list[Mixer]) -> None:
    first = services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    stem = song.stems.all()[0]
    services.set_role(stem=stem, role="percussion")
    second = services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    assert {mix.cache_key for mix in first}.isdisjoint(mix.cache_key for mix in second)
    services.set_role(stem=stem, role="drums")
    # Told by a person instead of a name, it is the same role: the same mixes.
    assert services.request_mixes(song=song, by=song.owner, mixers=house[:1]) == first


def test_mixes_that_failed_or_were_stopped_start_anew(song: Song, house: list[Mixer]) -> None:
    preview, full = services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    services.cancel_mix(preview)
    Mix.objects.filter(pk=full.pk).update(state=JobState.FAILED, attempt=3, error_code="x")
    again = services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    assert [(mix.state, mix.attempt, mix.error_code) for mix in again] == [("queued", 0, "")] * 2
    assert render_messages() == 4


def test_only_the_owner_mixes_a_private_song(
    song: Song, house: list[Mixer], stranger: User
) -> None:
    with pytest.raises(NotYourSong):
        services.request_mixes(song=song, by=stranger)
    Song.objects.update(visibility=Song.Visibility.PUBLIC)
    assert services.request_mixes(song=song, by=stranger)


def test_a_song_must_be_ready(song: Song, house: list[Mixer]) -> None:
    Song.objects.update(status=Song.Status.ANALYSING)
    with pytest.raises(SongNotReady):
        services.request_mixes(song=song, by=song.owner)
    song.stems.all().delete()
    Song.objects.update(status=Song.Status.DRAFT)
    with pytest.raises(SongWithoutStems):
        services.request_mixes(song=song, by=song.owner)


def test_silence_cannot_be_mixed(song: Song, house: list[Mixer]) -> None:
    Stem.objects.update(warnings=["silent"])
    with pytest.raises(SongSilent):
        services.request_mixes(song=song, by=song.owner)
    first = song.stems.first()
    Stem.objects.filter(pk=first.pk).update(warnings=[])  # type: ignore[union-attr]
    assert services.request_mixes(song=song, by=song.owner)


def test_without_mixers_nothing_can_be_ordered(song: Song) -> None:
    with pytest.raises(NoMixers):
        services.request_mixes(song=song, by=song.owner)


def test_a_full_queue_takes_nothing_more(
    song: Song, house: list[Mixer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "MAX_WAITING_PER_PERSON", 9)
    with pytest.raises(QueueFull) as refusal:
        services.request_mixes(song=song, by=song.owner)
    assert refusal.value.status == 429
    assert not Mix.objects.exists()
    assert render_messages() == 0


def test_only_unfinished_mixes_can_be_stopped_and_only_failed_ones_tried_again(
    song: Song, house: list[Mixer]
) -> None:
    mix = services.request_mixes(song=song, by=song.owner, mixers=house[:1])[0]
    with pytest.raises(NotRetryable):
        services.retry_mix(mix)
    assert services.cancel_mix(mix).state == JobState.CANCELLED
    with pytest.raises(AlreadyFinished):
        services.cancel_mix(mix)
    assert services.retry_mix(mix).state == JobState.QUEUED
    assert render_messages() == 3


def test_an_export_needs_a_finished_mix_and_is_made_once(
    song: Song, house: list[Mixer], work: Work
) -> None:
    mix = services.request_mixes(song=song, by=song.owner, mixers=house[:1])[0]
    with pytest.raises(MixNotReady):
        services.request_export(mix=mix, kind="wav")
    work()
    mix.refresh_from_db()
    export = services.request_export(mix=mix, kind="wav")
    assert services.request_export(mix=mix, kind="wav") == export
    assert work() == ["export_mix"]
    Export.objects.filter(pk=export.pk).update(state=JobState.FAILED)
    assert services.request_export(mix=mix, kind="wav").state == JobState.QUEUED


def test_a_flac_is_the_mix_itself(song: Song, house: list[Mixer], work: Work) -> None:
    mix = services.request_mixes(song=song, by=song.owner, mixers=house[:1])[0]
    work()
    mix.refresh_from_db()
    export = services.request_export(mix=mix, kind="flac")
    assert (export.state, export.file) == (JobState.READY, mix.audio_file)
    assert export.bytes is not None
    assert export.bytes > 1000


def test_estimates_come_from_what_was_measured(
    song: Song, house: list[Mixer], work: Work, settings: Settings
) -> None:
    from mixing import selectors

    settings.WORKER_CONCURRENCY = 1
    services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    waiting = Mix.objects.get(section="full")
    assert selectors.queue([waiting]).seconds_left(waiting) is None
    work()
    services.request_mixes(song=song, by=song.owner, mixers=house[1:])
    first, second = list(Mix.objects.waiting())[:2]
    line = selectors.queue([first, second])
    assert [line.position(first), line.position(second)] == [1, 2]
    one, two = line.seconds_left(first), line.seconds_left(second)
    assert one is not None
    assert two == pytest.approx(2 * one, abs=0.2)
