"""Starting, trying, ending and sharing tournaments."""

import pytest

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from mixing.refusals import NotYourSong, SongNotReady
from tests.tournaments.conftest import Clock, make_mixer, make_song, mix_all, play, render
from tournaments import clips, selectors, services
from tournaments.models import Battle, Tournament, Vote
from tournaments.refusals import (
    BadBudget,
    NoDemoSong,
    NotFinished,
    NotOwner,
    TooFewMixers,
)


def test_a_tournament_has_an_entry_per_community_mixer(song: Song, owner: User) -> None:
    make_mixer("Mine", owner=owner)
    tournament = services.start_tournament(owner=owner, song=song)
    names = {entry.mixer.name for entry in selectors.entries_of(tournament)}
    assert names == {"Balanced", "Bright", "Punchy", "Spacious", "Warm"}
    assert tournament.battle_budget == 7
    for entry in tournament.entries.all():
        mix = entry.mixes.get()
        assert mix.preview.section == Mix.Section.PREVIEW
        assert mix.full.section == Mix.Section.FULL
        assert mix.preview.mixer_id == mix.full.mixer_id == entry.mixer_id


def test_starting_orders_the_mixes_that_are_missing(owner: User, mixers: list[Mixer]) -> None:
    song = make_song(owner)
    services.start_tournament(owner=owner, song=song)
    assert Mix.objects.filter(song=song, state=JobState.QUEUED).count() == 10


@pytest.mark.parametrize("budget", [2, 16, -1])
def test_a_budget_outside_3_to_15_is_refused(song: Song, owner: User, budget: int) -> None:
    with pytest.raises(BadBudget):
        services.start_tournament(owner=owner, song=song, battle_budget=budget)
    assert not Tournament.objects.exists()


def test_one_mixer_makes_no_tournament(owner: User) -> None:
    make_mixer("Alone")
    with pytest.raises(TooFewMixers):
        services.start_tournament(owner=owner, song=make_song(owner))


def test_an_unready_or_foreign_song_is_refused(song: Song, owner: User, stranger: User) -> None:
    with pytest.raises(NotYourSong):
        services.start_tournament(owner=stranger, song=song)
    song.stems.update(state=JobState.RUNNING)
    Song.objects.filter(pk=song.pk).update(status=Song.Status.ANALYSING)
    with pytest.raises(SongNotReady):
        services.start_tournament(owner=owner, song=song)


def test_a_double_click_starts_one_tournament(song: Song, owner: User, clock: Clock) -> None:
    first = services.start_tournament(owner=owner, song=song, battle_budget=3)
    assert services.start_tournament(owner=owner, song=song, battle_budget=3) == first
    assert services.start_tournament(owner=owner, song=song, battle_budget=5) != first
    play(first, clock, battles=1)
    assert services.start_tournament(owner=owner, song=song, battle_budget=3) != first


def test_trying_plays_a_demo_song_with_ready_previews(
    owner: User, stranger: User, mixers: list[Mixer]
) -> None:
    public = {"visibility": Song.Visibility.PUBLIC}
    make_song(owner, demo_slug="waiting", **public)
    ready = make_song(owner, demo_slug="ready", **public)
    mix_all(ready, owner)
    tournament = services.try_demo(user=stranger)
    assert (tournament.owner, tournament.song) == (stranger, ready)
    assert services.next_battle(tournament=tournament, listener=stranger) is not None
    assert services.try_demo(user=stranger) == tournament


def test_the_next_try_is_another_song(owner: User, stranger: User, mixers: list[Mixer]) -> None:
    for slug in ("one", "two"):
        demo = make_song(owner, demo_slug=slug, visibility=Song.Visibility.PUBLIC)
        mix_all(demo, owner)
    first = services.try_demo(user=stranger)
    services.close_tournament(tournament=first, by=stranger)
    assert services.try_demo(user=stranger).song != first.song


def test_without_demo_songs_there_is_nothing_to_try(stranger: User) -> None:
    with pytest.raises(NoDemoSong):
        services.try_demo(user=stranger)


def test_the_owner_ends_a_tournament_early(
    tournament: Tournament, battle: Battle, owner: User, stranger: User
) -> None:
    with pytest.raises(NotOwner):
        services.close_tournament(tournament=tournament, by=stranger)
    services.close_tournament(tournament=tournament, by=owner)
    battle.refresh_from_db()
    tournament.refresh_from_db()
    assert not tournament.is_open()
    assert battle.is_voided()
    assert services.next_battle(tournament=tournament, listener=owner) is None
    assert selectors.champion(tournament) is None


def test_a_share_link_lasts_until_it_is_taken_back(
    tournament: Tournament, owner: User, stranger: User, clock: Clock
) -> None:
    with pytest.raises(NotFinished):
        services.share(tournament=tournament, by=owner)
    play(tournament, clock)
    token = services.share(tournament=tournament, by=owner)
    assert len(token) >= 43
    assert services.share(tournament=tournament, by=owner) == token
    with pytest.raises(NotOwner):
        services.unshare(tournament=tournament, by=stranger)
    assert selectors.public_result(token).title == "Song"
    services.unshare(tournament=tournament, by=owner)
    with pytest.raises(Tournament.DoesNotExist):
        selectors.public_result(token)
    assert services.share(tournament=tournament, by=owner) != token


def test_a_guests_votes_move_to_the_account(song: Song, clock: Clock, listener: User) -> None:
    from accounts.signals import guest_merged

    Song.objects.filter(pk=song.pk).update(visibility=Song.Visibility.PUBLIC)
    song.refresh_from_db()
    guest = User.objects.create_guest()
    tournament = services.start_tournament(owner=guest, song=song)
    play(tournament, clock, battles=2)
    guest_merged.send(sender=User, guest=guest, user=listener)
    guest.delete()
    tournament.refresh_from_db()
    assert tournament.owner == listener
    assert Vote.objects.filter(listener=listener).count() == 2
    assert services.next_battle(tournament=tournament, listener=listener) is not None


def test_deleting_the_song_takes_tournaments_and_clips_along(
    tournament: Tournament,
    battle: Battle,
    song: Song,
    django_capture_on_commit_callbacks: object,
) -> None:
    from mixing import services as mixing_services

    path = clips.clip_path(battle, "a")
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        mixing_services.delete_song(song)
    assert not Tournament.objects.filter(pk=tournament.pk).exists()
    assert not path.exists()


def test_deleting_the_account_of_a_listener_takes_their_tournaments(
    song: Song, stranger: User, clock: Clock
) -> None:
    Song.objects.filter(pk=song.pk).update(visibility=Song.Visibility.PUBLIC)
    song.refresh_from_db()
    tournament = services.start_tournament(owner=stranger, song=song)
    play(tournament, clock, battles=1)
    stranger.delete()
    assert not Tournament.objects.exists()
    assert Song.objects.filter(pk=song.pk).exists()


def test_a_late_preview_joins_the_tournament(
    owner: User, mixers: list[Mixer], clock: Clock
) -> None:
    song = make_song(owner)
    mix_all(song, owner, but=("Warm", "Bright", "Punchy"))
    tournament = services.start_tournament(owner=owner, song=song, battle_budget=5)
    play(tournament, clock, battles=1)
    # The only pair was heard, and three mixes are on their way: no point in hearing it again.
    assert services.next_battle(tournament=tournament, listener=owner) is None
    assert selectors.progress(tournament).state == "waiting"
    for mix in Mix.objects.filter(song=song, section=Mix.Section.PREVIEW, state=JobState.QUEUED):
        render(mix)
    assert selectors.progress(tournament).state == "battle"
    votes = play(tournament, clock)
    assert len(votes) == 4
    assert len(selectors.standings(tournament)) == 5
