"""Coming and leaving with music: what the other apps do when accounts tells them."""

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import services
from accounts.models import User
from mixing.models import Mixer, Song
from tests.tournaments.conftest import NAMES, Clock, hear, make_mixer, make_song, mix_all
from tournaments import services as tournament_services
from tournaments.models import Tournament, Vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def vote_once(listener: User, song: Song, clock: Clock) -> Vote:
    tournament = tournament_services.start_tournament(owner=listener, song=song, battle_budget=3)
    battle = tournament_services.next_battle(tournament=tournament, listener=listener)
    assert battle is not None
    hear(battle, clock)
    vote, _ = tournament_services.cast_vote(battle=battle, listener=listener, choice="a")
    return vote


def song_of(owner: User) -> Song:
    if not Mixer.objects.exists():
        for name in NAMES:
            make_mixer(name)
    song = make_song(owner)
    mix_all(song, owner)
    return song


def test_a_guest_who_logs_in_finds_song_tournament_and_vote_in_the_account(
    owner: User, guest: User, clock: Clock, media: Path
) -> None:
    song = song_of(guest)
    vote = vote_once(guest, song, clock)
    services.merge_guest(guest=guest, user=owner)

    assert Song.objects.get(pk=song.pk).owner == owner
    assert Tournament.objects.get().owner == owner
    assert Vote.objects.get(pk=vote.pk).listener == owner
    assert not User.objects.filter(is_guest=True).exists()


def test_who_leaves_takes_everything_along_and_others_keep_theirs(
    owner: User,
    stranger: User,
    clock: Clock,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        vote_once(owner, song_of(owner), clock)
        kept = vote_once(stranger, song_of(stranger), clock)
    files_before = {path for path in media.rglob("*") if path.is_file()}

    with django_capture_on_commit_callbacks(execute=True):
        services.delete_account(user=User.objects.get(pk=owner.pk), password="correct horse 7")

    for model in set(apps.get_models()) - {Session}:
        rows = str(list(model._default_manager.values()))
        assert owner.pk.hex not in rows, model
        assert str(owner.pk) not in rows, model
    assert Song.objects.get().owner == stranger
    assert Vote.objects.get() == kept
    files_after = {path for path in media.rglob("*") if path.is_file()}
    song_files = {path for path in files_after if str(Song.objects.get().pk) in str(path)}
    assert files_after < files_before
    assert files_after == song_files
